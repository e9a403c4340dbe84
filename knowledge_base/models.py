"""The shape of the knowledge base: what each YAML file and each principle's front matter must hold.

`knowledge_base/catalogue.py` loads and cross-checks the whole of it once per process.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from shared.models.analysis import Sign
from shared.models.base import Model

Slug = str
RatingName = Literal["appearance", "taste", "texture", "aroma"]
SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
CODE_PATTERN = r"^[a-z0-9]+(_[a-z0-9]+)*$"


class Cues(Model):
    """How a principle shows itself to a cook, Japanese noun phrases or short sentences, by sense."""

    sight: list[str] = []
    sound: list[str] = []
    touch: list[str] = []
    smell: list[str] = []


class Principle(Model):
    """One cooking principle, from `principles/{slug}.md`: front matter plus a Japanese body in Markdown."""

    slug: Slug = Field(pattern=SLUG_PATTERN, max_length=100)
    title: str = Field(min_length=4, max_length=60)
    """Japanese, a rule one can remember."""
    category: str = Field(max_length=100)
    dishes: list[Slug]
    """Dishes it matters for; empty: any dish."""
    mistake_codes: list[str]
    cues: Cues
    related: list[Slug] = []
    said_as: list[str] = []
    """How cooks and models put the problem in their own words; indexed for search, never shown."""
    principle_text: str
    """The body: what, why, how it looks, sounds and feels when right and when wrong, one thing to try."""


class SignalSign(Model):
    """The signals show it."""

    signal: Sign
    weight: float = Field(gt=0, le=5)


class RatingSign(Model):
    """The cook's own rating shows it."""

    rating: RatingName
    at_most: int = Field(ge=1, le=4)
    weight: float = Field(gt=0, le=5)


class MemoSign(Model):
    """The cook says it: any of these words in the memo."""

    memo: list[str] = Field(min_length=1)
    weight: float = Field(gt=0, le=5)


class Mistake(Model):
    """One mistake a lesson can be about (`mistakes.yaml`). Its Japanese texts name observable states, not measures."""

    code: str = Field(pattern=CODE_PATTERN)
    name_ja: str
    """A noun phrase for the mistake, such as 鍋が温まる前に具材を入れた."""
    severity: int = Field(ge=1, le=5)
    principle: Slug
    """The principle behind it."""
    dishes: list[Slug] = []
    """Dishes it can happen in; empty: any."""
    signs: list[SignalSign | RatingSign | MemoSign] = Field(min_length=1)
    # Fragments the coach's sentences are made of; several of each, so that no two lessons read alike.
    sight_ja: list[str] = []
    """What it looks like."""
    sound_ja: list[str] = []
    """What it sounds like; empty when it cannot be heard."""
    cause_ja: list[str] = []
    """Why it happens."""
    effect_ja: list[str] = []
    """What it does to the dish."""
    next_action_ja: list[str] = []
    """The one thing to do next time."""
    success_sign_ja: list[str] = []
    """What the cook will see, hear, smell or feel when it went right."""
    safety_ja: str = ""
    """A warning when the mistake is dangerous."""


class DishEntry(Model):
    """One dish (`dishes.yaml`)."""

    slug: Slug = Field(pattern=SLUG_PATTERN)
    name_ja: str
    name_en: str
    description_ja: str
    principles: list[Slug] = Field(min_length=1)
    transferable_to: list[Slug]
    month_unlocked: int = Field(ge=1, le=12)
    position: int = Field(ge=1)
    praise_ja: dict[str, str] = {}
    """Praise by what was observed, keyed by a sign or `always`."""


class Reading(Model):
    """How the voice must read a written form (`lexicon.yaml`)."""

    written: str
    reading: str = Field(pattern=r"^[ァ-ヶー・]+$")
    """Katakana."""


class Question(Model):
    """One onboarding question (`onboarding.yaml`)."""

    id: str = Field(pattern=CODE_PATTERN)
    section: str
    text_ja: str
    kind: Literal["single", "multiple", "scale", "text", "number"]
    options: list[str] = []
    """Japanese; for `single` and `multiple`."""
    minimum: int | None = None
    maximum: int | None = None
    profile_field: str = Field(pattern=CODE_PATTERN)
    """The field of the learner profile the answer feeds."""
    required: bool = False

    @model_validator(mode="after")
    def _options_belong_to_kind(self) -> Self:
        chooses = self.kind in ("single", "multiple")
        if chooses != bool(self.options):
            raise ValueError(
                f"options belong to single and multiple only. Found: {self.kind}, {len(self.options)} options"
            )
        if self.kind in ("scale", "number") and (self.minimum is None or self.maximum is None):
            raise ValueError(f"minimum and maximum are expected for {self.kind}")
        return self
