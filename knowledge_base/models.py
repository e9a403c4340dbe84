"""The shape of the knowledge base: what each YAML file and each principle's front matter must hold.

`knowledge_base/catalogue.py` loads and cross-checks the whole of it once per process.
"""

import re
from typing import Annotated, Literal, Self

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
    """One mistake a lesson can be about (`mistakes.yaml`). How a lesson speaks of it is in its `MistakeWords`."""

    code: str = Field(pattern=CODE_PATTERN)
    name_ja: str
    """A noun phrase for the mistake, such as 鍋が温まる前に具材を入れた."""
    severity: int = Field(ge=1, le=5)
    principle: Slug
    """The principle behind it."""
    dishes: list[Slug] = []
    """Dishes it can happen in; empty: any."""
    signs: list[SignalSign | RatingSign | MemoSign] = Field(min_length=1)
    safety_ja: str = ""
    """A warning when the mistake is dangerous."""


PLAIN_PAST = r"[ただ]$"
"""A clause in the plain past: 音が小さかった."""
PLAIN = r"[うくぐすつぬぶむるい]$"
"""A clause in the plain non-past: 音が立つ, 音がしない."""
TE_FORM = r"[てで]$"
"""A clause that goes on to ください or みましょう: 鍋を温めて."""
NOUN_PHRASE = r"[^はがをにのへで、]$"
"""What は, で and を may follow: 具材を入れた瞬間."""
Fragments = list[Annotated[str, Field(min_length=3, max_length=60, pattern=r"^[^。.!?！？「」()（）]+$")]]
"""Pieces of sentences, without 。: each stands in the same place of a sentence as the others of its list."""


class MistakeWords(Model):
    """How a lesson speaks of one mistake (`fragments/{code}.yaml`): pieces of Japanese sentences, three of each.

    Each list says which grammatical form its pieces have, so that the patterns in `phrases/` can join any of them.
    Nothing is measured; everything is a state a cook can see, hear, feel, smell or taste. Only `sound`,
    `success_heard`, `listen` and, as things to wait for, `action` may speak of sound.
    """

    scene: Fragments = Field(min_length=3)
    """Noun phrase: the moment it is about. Goes before では, で, を, の."""
    sight: Fragments = Field(min_length=2)
    """Plain past: what the mistake looks like in a film. Goes before ように見えました, のが見えました."""
    sound: Fragments = []
    """Plain past: what it sounds like. Empty where nothing can be heard."""
    why: Fragments = Field(min_length=3)
    """Plain non-past: the law of the kitchen behind it. Goes before からです, ため, ので."""
    effect: Fragments = Field(min_length=3)
    """Plain non-past: what it does to the dish. Goes before のです, ことにつながります."""
    action: Fragments = Field(min_length=3)
    """て-form: the one thing to do next time. Goes before みましょう, ください."""
    aim: Fragments = Field(min_length=3)
    """Plain non-past: what goes right then. Goes before ように, のです; follows 〜と."""
    success_heard: Fragments = []
    """Plain non-past: the sign of success, heard. Goes before なら, のがわかれば. Empty where it cannot be heard."""
    success_seen: Fragments = Field(min_length=3)
    """Plain non-past: the sign of success without sound."""
    result: Fragments = Field(min_length=3)
    """Plain non-past: how the finished dish is then, to nose, tongue, teeth or fingers. Goes before はずです."""
    look: Fragments = Field(min_length=3)
    """Noun phrase: where to look in the clip. Goes before を, に, が."""
    listen: Fragments = []
    """Noun phrase: what to listen for in the clip."""
    rule: Fragments = Field(min_length=3)
    """Plain non-past: what the cook does, as a rule. Goes before と (when), のが, ことです."""

    @model_validator(mode="after")
    def _forms(self) -> Self:
        forms = {
            PLAIN_PAST: ("sight", "sound"),
            PLAIN: ("why", "effect", "aim", "success_heard", "success_seen", "result", "rule"),
            TE_FORM: ("action",),
            NOUN_PHRASE: ("scene", "look", "listen"),
        }
        for form, names in forms.items():
            for name in names:
                for piece in getattr(self, name):
                    if not re.search(form, piece):
                        raise ValueError(f"{name}: expected a piece that ends like {form}. Found: {piece}")
        return self


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
