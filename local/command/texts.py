"""What `moment` says in two languages, from `texts.yaml`, and the error that carries it to the terminal."""

from functools import cache
from pathlib import Path
from typing import Literal

from ruamel.yaml import YAML

from shared.models.base import Model
from shared.models.session import FailureCode
from shared.opening import Refusal


class Said(Model):
    """One message, twice."""

    ja: str
    en: str


class CommandTexts(Model):
    """Every message of the command that a cook could read."""

    refused: dict[FailureCode, str]
    """English; the Japanese is the cook's own failure note."""
    sessions: dict[Refusal, Said]
    usage: dict[str, Said]
    failed: dict[str, Said]
    interrupted: dict[Literal["with_text", "without_text"], Said]


@cache
def command_texts() -> CommandTexts:
    """The texts."""
    return CommandTexts.model_validate(YAML(typ="safe", pure=True).load(Path(__file__).with_name("texts.yaml")))


class Stopped(Exception):
    """The command ends here: why, in two languages, and with which exit code."""

    def __init__(self, exit_code: int, said: Said) -> None:
        """`exit_code`: see `exits`."""
        super().__init__(said.en)
        self.exit_code = exit_code
        self.said = said


def usage(name: str, exit_code: int, found: object = "") -> Stopped:
    """The command was asked for something that cannot be."""
    said = command_texts().usage[name]
    return Stopped(exit_code, Said(ja=said.ja, en=said.en.format(found=found)))


def failed(name: str, exit_code: int, found: object = "") -> Stopped:
    """Something went wrong on our side."""
    said = command_texts().failed[name]
    return Stopped(exit_code, Said(ja=said.ja, en=said.en.format(found=found)))
