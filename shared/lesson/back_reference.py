"""How a lesson stands to the one before it: which kind of sentence refers back."""

from shared.lesson.lesson import Lesson


def back_symbol(lesson: Lesson) -> str:
    """The symbol of the patterns for this case; every session after the first has one."""
    previous, earlier, mistake = lesson.previous, lesson.earlier_mistake, lesson.mistake
    if previous is None:
        return "back_unknown"
    if mistake is None:
        return "back_clean_again" if earlier is None else "back_clean"
    if earlier is None:
        return "back_from_clean"
    now, then = lesson.analysis.severity or 0, previous.severity or 0
    if earlier.code == mistake.code:
        return "back_lighter" if now < then else "back_again"
    return "back_worse" if now > then else "back_moved_on"
