"""Finished videos to look at."""

from pathlib import Path
from typing import NamedTuple

from functions.render.compose import compose
from functions.render.order import RenderedVideo, RenderOrder
from functions.render.timeline import Timeline, plan_timeline
from tests.functions.render.films import number_in, pictures_at


class Made(NamedTuple):
    """A finished video and what was ordered."""

    order: RenderOrder
    video: RenderedVideo
    timeline: Timeline
    progress: list[float]

    def numbers_at(self, times_s: list[float]) -> list[int]:
        """The numbers read off the pictures shown at these times."""
        return [number_in(picture) for picture in pictures_at(self.video.video, times_s)]

    @property
    def clip_s(self) -> float:
        """When the clip begins."""
        return self.timeline.clip_frame / 30


def make(order: RenderOrder, directory: Path) -> Made:
    workspace = directory / "work"
    workspace.mkdir()
    progress: list[float] = []
    video = compose(order, workspace, progress.append)
    timeline = plan_timeline(order.sentences, pause_s=order.pause_s, outro_s=order.options.outro_s)
    return Made(order, video, timeline, progress)
