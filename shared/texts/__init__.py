"""The fixed texts a cook sees, from `ja.yaml`: loaded once, every key known, every slot filled by name."""

from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from shared.models.base import Model
from shared.models.session import FailureCode

LOCALE = "ja"


class MessageTexts(Model):
    """Headings of the chat message."""

    date_and_title: str
    problem: str
    skill: str
    next_action: str
    success_sign: str
    answers: str
    question: str
    answer: str
    safety: str
    video_caption: str


class FailureText(Model):
    """What happened, and what the cook can do now."""

    said: str
    do: str


class NotificationText(Model):
    """Title and body of a notification; `{dish}` is filled in."""

    title: str
    body: str


class Texts(Model):
    """One locale."""

    pivot: str
    message: MessageTexts
    stages: dict[str, str]
    finished: dict[str, str]
    failures: dict[FailureCode, FailureText]
    notifications: dict[str, NotificationText]


@cache
def texts() -> Texts:
    """The texts of the cook's locale."""
    return Texts.model_validate(YAML(typ="safe", pure=True).load(Path(__file__).with_name(f"{LOCALE}.yaml")))


def notification_texts(event: str, *, dish: str) -> tuple[str, str]:
    """Title and body of a notification for this event."""
    chosen = texts().notifications[event]
    return chosen.title.format(dish=dish), chosen.body.format(dish=dish)


def failure_note(code: FailureCode) -> str:
    """What a cook reads when there is no lesson, or no video: what happened and what to do."""
    chosen = texts().failures[code]
    return f"{chosen.said}\n{chosen.do}"
