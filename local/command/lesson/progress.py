"""Showing a lesson in the making: a live table on a terminal, one line per step elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from local.coaching import Update
from shared.progress import SPANS, fraction
from shared.texts import texts

STEP_NAMES = {
    "cloud": "starting the embedded cloud",
    "clip": "filming a sample clip",
    "upload": "uploading",
    "on_upload": "received",
    "prepare": "prepare",
    "transcribe": "transcribe",
    "analyze": "analyze",
    "retrieve": "retrieve",
    "coach": "coach",
    "narrate": "narrate",
    "speak": "speak",
    "render": "render",
}
MESSAGE_NAMES = {"raw": "the cook's video", "text": "the text", "video": "the coaching video", "failure": "a note"}


class LessonProgress:
    """What is going on now, how far it is, and how long each step took."""

    def __init__(self, console: Console) -> None:
        """`console`: where it is shown; standard error when standard output carries JSON."""
        self._console = console
        self._live = console.is_terminal
        self._bar = Progress(
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[label]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not self._live,
        )
        self._step: str | None = None
        self._task: TaskID | None = None
        self._began = time.monotonic()
        self.text_delivered = False
        """Whether the coaching text has arrived."""

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self._finish_step()
        self._bar.stop()

    def step(self, name: str, label: str = "") -> None:
        """A new step begins; the one before is done."""
        if name == self._step:
            return
        self._finish_step()
        self._step, self._began = name, time.monotonic()
        self._task = self._bar.add_task(STEP_NAMES.get(name, name), total=1.0, label=label)
        if not self._live:
            self._console.print(f"… {STEP_NAMES.get(name, name)}  {label}".rstrip(), highlight=False, markup=False)

    def detail(self, label: str) -> None:
        """What exactly the current step is at."""
        if self._task is not None:
            self._bar.update(self._task, label=label)

    def fraction(self, value: float) -> None:
        """How far the current step is, 0 to 1."""
        if self._task is not None:
            self._bar.update(self._task, completed=value)

    def show(self, update: Update) -> None:
        """Take in what happened."""
        if update.upload_fraction is not None:
            self.step("upload")
            self.fraction(update.upload_fraction)
        view = update.view
        if view is not None and view.stage is not None:
            self.step(view.stage, texts().stages.get(view.stage, ""))
            if view.stage in SPANS:
                self.fraction(fraction(view.stage, view.percent))
        if update.message_id is not None:
            self.text_delivered |= update.message_id.endswith("-text")
            kind = update.message_id.rpartition("-")[2]
            self._console.print(f"  ✉ {MESSAGE_NAMES.get(kind, kind)} is in the chat", style="cyan", highlight=False)

    def _finish_step(self) -> None:
        if self._task is None:
            return
        self._bar.update(self._task, completed=1.0)
        self._bar.stop_task(self._task)
        if not self._live:
            took_s = time.monotonic() - self._began
            self._console.print(f"✓ {STEP_NAMES.get(self._step or '', self._step)} ({took_s:.1f} s)", highlight=False)
        self._task = None
