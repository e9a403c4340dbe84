"""What a gate is told about a lesson, and what it answers.

A gate judges a text against facts, never against the model that wrote it: the same gates stand behind Gemini and behind
the rules.
"""

from pydantic import Field

from shared.models.base import Model


class LessonFacts(Model):
    """What is true of the lesson whichever way it is worded."""

    name: str = Field(min_length=1)
    """How the cook is addressed, without さん; see `shared.gates.untrusted.address`."""
    dish_name: str
    """As it may be written in a lesson; a number inside it is part of the name, not a measurement."""
    session_number: int = Field(ge=1, le=3)
    has_sound: bool
    """Whether anything may be said about what was heard in the film."""
    questions: list[str] = []
    """Questions of the memo, as they are quoted; each wants an answer."""
    private: list[str] = []
    """Strings that must never appear: e-mail address, ids, paths. The first name is not one of them."""


class GateFailure(Model):
    """One gate a text did not pass."""

    gate: str
    """Name of the gate, such as `no_measurement`; stable, it is stored with the run and named when a text is redone."""
    reason: str
    """English: what was expected and what was found."""
    found: str = ""
    """The piece of text that failed, at most 80 characters."""


class GateRejection(ValueError):
    """A text that may not reach a cook, with the gates that stopped it."""

    def __init__(self, failures: list[GateFailure]) -> None:
        super().__init__("; ".join(f"{failure.gate}: {failure.reason}" for failure in failures))
        self.failures = failures
