"""How a step can end other than by going on with the next one."""

from dataclasses import dataclass

from local.workflows.language.syntax import BREAK, CONTINUE, END
from local.workflows.values import Value


@dataclass(frozen=True, slots=True)
class Jump:
    """Go on with a step of this block or of one around it."""

    destination: str


@dataclass(frozen=True, slots=True)
class Return:
    """Leave the routine with a value."""

    value: Value


@dataclass(frozen=True, slots=True)
class Control:
    """`end`, `break` or `continue`."""

    word: str


ENDED = Control(END)
BROKEN = Control(BREAK)
CONTINUED = Control(CONTINUE)

Outcome = Jump | Return | Control | None
"""None: go on with the next step."""


def outcome_of_jump(destination: str) -> Jump | Control:
    """The outcome of `next: destination`."""
    return {END: ENDED, BREAK: BROKEN, CONTINUE: CONTINUED}.get(destination) or Jump(destination)
