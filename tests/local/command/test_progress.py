"""What is shown of a lesson in the making where nobody watches: a line per step, no control codes."""

import io

from rich.console import Console

from local.coaching import Update
from local.command.lesson.progress import LessonProgress
from shared.models.chat import LiveView


def view_of(stage: str, percent: int) -> Update:
    return Update(view=LiveView(status="processing", stage=stage, label_ja="", percent=percent))


def test_steps_are_told_once_and_the_text_is_noticed() -> None:
    shown = io.StringIO()
    progress = LessonProgress(Console(file=shown, width=200))
    with progress:
        progress.show(Update(upload_fraction=0.5))
        progress.show(Update(upload_fraction=1.0))
        progress.show(view_of("coach", 40))
        before = progress.text_delivered
        progress.show(Update(message_id="b0b5a2b0-text"))
        progress.show(view_of("render", 70))
        progress.show(view_of("render", 90))
    lines = [line.split(" (")[0] for line in shown.getvalue().splitlines()]
    assert (before, progress.text_delivered) == (False, True)
    assert "  ✉ the text is in the chat" in lines
    assert [line for line in lines if line.startswith("✓")] == ["✓ uploading", "✓ coach", "✓ render"]
    assert "\x1b" not in shown.getvalue()


def test_a_watched_stage_moves_with_the_live_view() -> None:
    progress = LessonProgress(Console(file=io.StringIO(), force_terminal=True, width=100))
    with progress:
        progress.show(view_of("render", 65))
        progress.show(view_of("render", 81))
        [task] = progress._bar.tasks
        assert 0.4 < task.completed < 0.6
