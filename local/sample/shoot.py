"""Draws one part of a plan into a file of its own: `python -m local.sample.shoot PLAN FIRST LAST FILE`.

A part begins with a key frame and is encoded like every other, so that parts can be put one behind another as they are.
"""

import sys
from fractions import Fraction
from pathlib import Path

import av
from av.video.stream import VideoStream

from local.sample.camera import Camera
from local.sample.kitchen_set import HEIGHT, WIDTH
from local.sample.plan import FRAME_RATE, Plan

ENCODER: dict[str, object] = {
    "preset": "superfast",
    "tune": "fastdecode",
    "crf": "25",
    "g": str(FRAME_RATE),  # a key frame each second, as phones write them
    "bf": "0",
    "sc_threshold": "0",
    "threads": "1",
}


def shoot(plan: Plan, first: int, last: int, path: Path) -> None:
    """Draw and encode the pictures from `first` up to but not including `last`."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FRAME_RATE)
        if not isinstance(stream, VideoStream):
            raise TypeError(f"expected a video stream. Found: {stream.type}")
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = ENCODER
        for number, picture in enumerate(Camera(plan).pictures(first, last)):
            picture.pts, picture.time_base = number, Fraction(1, FRAME_RATE)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def main(arguments: list[str]) -> None:
    """Entry point of the process."""
    plan, first, last, path = arguments
    shoot(Plan.model_validate_json(plan), int(first), int(last), Path(path))


if __name__ == "__main__":
    main(sys.argv[1:])
