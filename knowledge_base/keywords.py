"""Terms in Postgres full-text form: built here, because the database has neither a Japanese parser nor pg_trgm."""

from collections import Counter
from collections.abc import Iterable

from knowledge_base.models import Principle
from knowledge_base.wording import Wording

_MOST_POSITIONS = 256
"""Of one lexeme in a tsvector; Postgres drops the rest."""


def spoken_text(principle: Principle) -> str:
    """What a principle has in common with the ways a problem is put: title, cues and `said_as`, a line each.

    This is what is embedded. The body is left out: it tells about the rule, and would drown the few words that name the
    problem.
    """
    cues = principle.cues
    return "\n".join([principle.title, *principle.said_as, *cues.sight, *cues.sound, *cues.touch, *cues.smell])


def tsvector(principle: Principle, wording: Wording) -> str:
    """The principle's terms as a tsvector literal: weight A where it is spoken of, D in the body."""
    spoken, body = wording.terms(spoken_text(principle)), wording.terms(principle.principle_text)
    return " ".join(f"{_quoted(term)}:{_positions(term, spoken, body)}" for term in sorted(spoken | body))


def any_of(terms: Iterable[str]) -> str:
    """A tsquery literal that matches whatever holds any of the terms."""
    return " | ".join(map(_quoted, terms))


def _positions(term: str, spoken: Counter[str], body: Counter[str]) -> str:
    """One position per occurrence; where they are does not matter, only how many there are of each weight."""
    labels = ["A"] * spoken[term] + ["D"] * body[term]
    return ",".join(f"{place}{label}" for place, label in enumerate(labels[:_MOST_POSITIONS], start=1))


def _quoted(term: str) -> str:
    escaped = term.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
