"""The Japanese of the analysis, from `sentences.yaml`: which sentence, filled with what was found."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Literal

from ruamel.yaml import YAML

from shared.models.analysis import Sign
from shared.models.base import Model

DiagnosisKind = Literal["clear", "hedged", "memo", "ratings", "unsure"]
PraiseKind = Literal[
    "quick_start", "steady_sizzle", "even_rhythm", "even_browning", "clear_air", "steady_hands", "filmed_well"
]
FailureSign = Literal["smoke", "sticking", "clumping", "burning", "stewing", "splatter"]


class SignWords(Model):
    """How a sign is spoken of."""

    event: str
    """A sentence."""
    shows: str
    """A clause that goes before ようす."""
    pan_temperature: Literal["too_low", "correct", "too_high", "unknown"]
    failure_signs: list[FailureSign] = []
    safety: str = ""
    """A warning, where the sign means danger."""


class Course(Model):
    """Events that are no mistakes."""

    food_in: str
    steady_frying: str


class Praise(Model):
    """Praise for one kind of observation."""

    against: list[Sign]
    variants: list[str]


class Sentences(Model):
    """`sentences.yaml`."""

    signs: dict[Sign, SignWords]
    course: Course
    diagnosis: dict[DiagnosisKind, list[str]]
    ratings: dict[str, str]
    praise: dict[PraiseKind, Praise]
    no_picture: str
    something_else: str


@cache
def sentences() -> Sentences:
    """The sentences, read once."""
    return Sentences.model_validate(YAML(typ="safe", pure=True).load(Path(__file__).with_name("sentences.yaml")))


def time_code(seconds: float) -> str:
    """A moment as a cook reads it on a player: 0:42."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


def pick(variants: list[str], variety: str) -> str:
    """One of the variants, always the same for the same `variety`."""
    digest = hashlib.sha256("|".join((variety, *variants)).encode()).digest()
    return variants[int.from_bytes(digest[:4], "big") % len(variants)]
