"""How a picture of any shape fills the video. Pure.

The video is 16:9 or 9:16. A picture of nearly that shape fills it, a sliver cropped; any other stands whole before a
blurred copy of itself. All of it is made a little larger than the video, because the view drifts slowly over it: a
picture held for a second, as phones do in the dark, still lives.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from shared.models.media import MediaInfo

LONG_SIDE, SHORT_SIDE = 16, 9
CROPPED_AT_MOST = 0.16
"""Share of the picture that may be lost to fill the video."""
DRIFT_PX = 12
"""How far the view moves from the middle. One pixel less is invisible, and this leaves four per cent of the picture."""
DRIFT_PERIOD_S = 13.0
"""One round; five to six pixels a second, so that no two pictures half a second apart are the same."""


class Framing(NamedTuple):
    """Sizes in pixels, as the viewer sees them."""

    width: int
    """Of the video."""
    height: int
    picture_width: int
    """Of the footage inside it."""
    picture_height: int

    @property
    def stage(self) -> tuple[int, int]:
        """The area the view drifts over."""
        return self.width + 2 * DRIFT_PX, self.height + 2 * DRIFT_PX

    @property
    def fills(self) -> bool:
        """Whether the footage covers the whole stage."""
        return self.picture_width >= self.stage[0] and self.picture_height >= self.stage[1]

    def coded_size(self, rotation_degrees: int) -> tuple[int, int]:
        """Size of the footage before it is turned upright."""
        if rotation_degrees in (90, 270):
            return self.picture_height, self.picture_width
        return self.picture_width, self.picture_height


def frame_picture(media: MediaInfo, short_side: int) -> Framing:
    """How footage is fitted into a video whose shorter side is `short_side` pixels."""
    long_side = _even(short_side * LONG_SIDE / SHORT_SIDE, math.floor)
    width, height = (short_side, long_side) if media.portrait else (long_side, short_side)
    stage_width, stage_height = width + 2 * DRIFT_PX, height + 2 * DRIFT_PX
    across, down = stage_width / media.width, stage_height / media.height
    if 1 - min(across, down) / max(across, down) <= CROPPED_AT_MOST:
        scale = max(across, down)
        return Framing(width, height, _even(media.width * scale, math.ceil), _even(media.height * scale, math.ceil))
    scale = min(across, down)
    return Framing(width, height, _even(media.width * scale, math.floor), _even(media.height * scale, math.floor))


def _even(value: float, rounded: Callable[[float], int]) -> int:
    """An even number of pixels, as the chroma planes need."""
    return max(2, 2 * rounded(round(value, 6) / 2))
