"""The one sentence a session is remembered by: what moved since the last time."""

from shared.lesson.grammar import Choices, load_grammar
from shared.lesson.lesson import Lesson


def key_progress(lesson: Lesson) -> str:
    """One Japanese sentence for the learner state's summary."""
    return load_grammar("progress").sentence(
        _symbol(lesson),
        {
            "title": [lesson.principle.title],
            "mistake": [] if lesson.mistake is None else [lesson.mistake.name_ja],
        },
        Choices(str(lesson.session_id)),
    )


def _symbol(lesson: Lesson) -> str:
    before, now = lesson.previous, lesson.mistake
    if now is None:
        return "clean_at_once" if before is None else "clean"
    if before is None:
        return "first"
    if before.key_issue == now.code:
        lighter = before.severity is not None and (lesson.analysis.severity or 0) < before.severity
        return "lighter" if lighter else "again"
    return "moved_on"
