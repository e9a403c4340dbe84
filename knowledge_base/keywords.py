"""Terms in Postgres full-text form: built here, because the database has neither a Japanese parser nor pg_trgm."""

from collections import Counter
from collections.abc import Iterable

from knowledge_base.fragments import words_about
from knowledge_base.models import Mistake, Principle
from knowledge_base.wording import Wording

_MOST_POSITIONS = 256
"""Of one lexeme in a tsvector; Postgres drops the rest."""


def spoken_text(principle: Principle, mistakes: Iterable[Mistake]) -> str:
    """What a principle has in common with the ways a problem is put, a line each.

    Its title, cues and `said_as`, and the words a lesson has for the mistakes it stands behind. This is what is
    embedded. The body is left out: it tells about the rule, and would drown the few words that name the problem.
    """
    cues = principle.cues
    lines = [principle.title, *principle.said_as, *cues.sight, *cues.sound, *cues.touch, *cues.smell]
    for mistake in mistakes:
        words = words_about(mistake.code)
        lines += [mistake.name_ja, *words.sight, *words.why, *words.effect]
    return "\n".join(lines)


def tsvector(spoken: str, body: str, wording: Wording) -> str:
    """The terms of a principle as a tsvector literal: weight A where it is spoken of, D in its body."""
    loud, quiet = wording.terms(spoken), wording.terms(body)
    return " ".join(f"{_quoted(term)}:{_positions(term, loud, quiet)}" for term in sorted(loud | quiet))


def any_of(terms: Iterable[str]) -> str:
    """A tsquery literal that matches whatever holds any of the terms."""
    return " | ".join(map(_quoted, terms))


def _positions(term: str, loud: Counter[str], quiet: Counter[str]) -> str:
    """One position per occurrence; where they are does not matter, only how many there are of each weight."""
    labels = ["A"] * loud[term] + ["D"] * quiet[term]
    return ",".join(f"{place}{label}" for place, label in enumerate(labels[:_MOST_POSITIONS], start=1))


def _quoted(term: str) -> str:
    escaped = term.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
