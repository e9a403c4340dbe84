"""Outputs of `transcribe`, `analyze` and `retrieve`: what was said, what was seen and heard, what the corpus knows."""

from enum import StrEnum
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.models.base import Model

Engine = Literal["gemini", "rules"]
Severity = int


class Outcome(StrEnum):
    """What kind of video this is; the workflow branches on it."""

    COACHABLE = "coachable"
    NO_ISSUE = "no_issue"
    """Well cooked: the lesson is why it worked."""
    NOT_COOKING = "not_cooking"
    UNUSABLE = "unusable"
    """Nothing can be seen or heard: black, covered lens."""


class Sign(StrEnum):
    """A fact about a stretch of the film that the signals show. `mistakes.yaml` names them; `analyze` measures them."""

    WEAK_SIZZLE = "weak_sizzle"
    """Food goes in (onset) and the pan barely answers: it was not hot."""
    SIZZLE_COLLAPSE = "sizzle_collapse"
    """A strong sizzle dies within seconds of something being added: too much, too wet or too cold."""
    SIZZLE_FADING = "sizzle_fading"
    """The sizzle sinks slowly over the cooking: the food stews in its own water."""
    FIERCE_SIZZLE = "fierce_sizzle"
    """Sizzle at the top of its range for long: heat too high."""
    LONG_SILENCE = "long_silence"
    """No frying sound for long in the middle of the cooking: the pan waits cold, or heat was off."""
    LATE_BURST = "late_burst"
    """A sudden burst of sizzle late in the cooking: liquid or sauce into a hot pan."""
    SPLATTER = "splatter"
    """Irregular loud crackles without any stroke: water in hot fat."""
    SMOKE = "smoke"
    """Haze that stays and grows while the pan is loud: smoke."""
    STEAM = "steam"
    """Haze with a weak sizzle: water is leaving, not frying."""
    RAPID_BROWNING = "rapid_browning"
    """Colour rises quickly: the surface is close to burning."""
    DARK_FINISH = "dark_finish"
    """The end is far browner than the rest."""
    NO_BROWNING = "no_browning"
    """Long sizzling and yet no colour."""
    CONSTANT_STIRRING = "constant_stirring"
    """Moved without a pause for long."""
    LONG_STILLNESS = "long_stillness"
    """On the heat and untouched for long."""
    UNEVEN_RHYTHM = "uneven_rhythm"
    """Long pauses between bursts of hurried movement: things were looked for while the pan was on."""


class Evidence(Model):
    """One sign found in this film, and what it counted for."""

    sign: Sign
    time_s: float = Field(ge=0)
    duration_s: float = Field(ge=0)
    strength: float = Field(ge=0, le=1)
    """How clearly the signals show it."""


class Event(Model):
    """Something that happens in the pan."""

    time_s: float = Field(ge=0)
    duration_s: float = Field(ge=0)
    description_ja: str = Field(max_length=200)
    pan_temperature: Literal["too_low", "correct", "too_high", "unknown"] = "unknown"
    ingredients: list[str] = []
    failure_signs: list[Literal["smoke", "sticking", "clumping", "burning", "stewing", "splatter"]] = []


class Candidate(Model):
    """A mistake that was weighed, with its score: the explanation of the choice, kept in the session record."""

    mistake_code: str
    score: float
    reasons: list[str]
    """One line each, in English: which sign, rating, memo word or history counted for how much."""


class VideoAnalysis(Model):
    """What the coach knows of the video. Exactly one mistake when coachable, none otherwise."""

    outcome: Outcome
    mistake_code: str | None = None
    key_moment_s: float = Field(ge=0)
    """The moment the lesson is shown on, seconds from the start, at most the video's duration."""
    diagnosis: str = Field(max_length=300)
    """One Japanese sentence; empty when there is nothing to coach."""
    praise: str = Field(max_length=300)
    """One specific Japanese sentence."""
    severity: Severity | None = Field(default=None, ge=1, le=5)
    confidence: float = Field(ge=0, le=1)
    events: list[Event] = []
    safety_alerts: list[str] = []
    """Japanese sentences about danger; shown apart from the lesson."""
    evidence: list[Evidence] = []
    candidates: list[Candidate] = []
    has_sound: bool
    """Whether anything may be said about what was heard."""
    engine: Engine

    @model_validator(mode="after")
    def _mistake_belongs_to_outcome(self) -> Self:
        if (self.outcome is Outcome.COACHABLE) != (self.mistake_code is not None):
            raise ValueError(
                f"mistake_code is expected exactly when coachable. Found: {self.outcome}, {self.mistake_code}"
            )
        if (self.mistake_code is None) != (self.severity is None):
            raise ValueError("severity is expected exactly when there is a mistake_code")
        return self


class StructuredInput(Model):
    """What the cook said in the memo, taken apart. Empty lists when there is no memo or nothing was understood."""

    identified_issues: list[str] = []
    questions: list[str] = []
    emotional_state: Literal["confident", "neutral", "anxious", "frustrated", "proud", ""] = ""


class Transcript(Model):
    """Output of `transcribe`."""

    text: str = ""
    structured_input: StructuredInput = StructuredInput()
    source: Literal["typed", "voice", "none"]
    """`none` when there is no memo."""
    transcribed: bool
    """False for a voice memo that could not be turned into text: it is kept, and said so."""
    engine: Engine


class FoundPrinciple(Model):
    """A principle that retrieval chose."""

    slug: str
    title: str
    principle_text: str
    category: str
    similarity: float
    """Cosine similarity of its embedding to the query's, −1 to 1."""


class PastSession(Model):
    """A line of the learner's history, as the learner state keeps it."""

    session_id: UUID
    dish: str
    """Slug of the dish."""
    session_number: int = Field(ge=1, le=3)
    key_issue: str
    """Mistake code, or `no_issue`."""
    key_progress: str
    """One Japanese sentence."""
    severity: int | None = Field(default=None, ge=1, le=5)


class RetrievedContext(Model):
    """Output of `retrieve`."""

    query: str
    principles: list[FoundPrinciple]
    """Best first, at most the requested number."""
    fallback: bool
    """True when nothing was similar enough and the dish's own principles stand in."""
    past_sessions: list[PastSession]
    """Newest first within the same dish, then the rest."""
