"""Drawing the pictures of a plan, one after another: set, flame, food, bowl, hand, steam, the sway of the camera."""

from collections.abc import Iterator

import av
import numpy as np
import numpy.typing as npt

from local.sample.food import Food
from local.sample.hand import Hand
from local.sample.kitchen_set import (
    COLUMNS,
    FLOOR_RADIUS,
    HEIGHT,
    PAN_CENTRE,
    ROWS,
    SWAY_PIXELS,
    WIDTH,
    build_set,
)
from local.sample.overlay import Bytes, Overlay, overlay
from local.sample.plan import FRAME_RATE, Plan
from local.sample.textures import Picture, blend, blurred, clouds, colour, disc, ramp

STEP_S = 1.0 / FRAME_RATE
ARM_DEGREES = 34.0
"""The cook stands to the lower right."""
AWAY = (PAN_CENTRE[0] + 470.0, PAN_CENTRE[1] + 640.0)
"""Where the blade is when the hand has left the picture."""
RESTING = (PAN_CENTRE[0] + 132.0, PAN_CENTRE[1] + 178.0)
EASE_S = 0.55
"""How long the hand takes to come and go."""
STROKE_RADIUS = 96.0
STEAM_GRAIN = 4
"""Steam is computed on every fourth point …"""
STEAM_COLUMNS = slice(54, 246)
"""… in this part of them: over the stove."""


class Camera:
    """Holds what changes from picture to picture."""

    def __init__(self, plan: Plan) -> None:
        """Build the set and lay out the food."""
        random = np.random.default_rng((plan.seed, 7))
        self._plan = plan
        opaque = np.full((ROWS, COLUMNS, 1), 255, dtype=np.uint8)
        self._sets = [np.concatenate((lit, opaque), axis=2) for lit in build_set(random)]
        self._food = Food(random, plan.ingredients(), PAN_CENTRE, FLOOR_RADIUS, COLUMNS)
        self._hand, self._bowl = Hand(), _bowl()
        self._flicker = random.integers(1, len(self._sets), plan.frames + 1)
        high, wide = HEIGHT // STEAM_GRAIN, WIDTH // STEAM_GRAIN
        self._wisps = [clouds(random, 3 * high, wide, scale) for scale in (16.0, 9.0)]
        y, x = np.mgrid[0:high, 0:wide].astype(np.float32) * STEAM_GRAIN
        above = np.hypot((y - PAN_CENTRE[0] + 40) / 330, (x - PAN_CENTRE[1] + 14) / 300)
        self._steam_shape = np.exp(-(above**2) * 1.3)
        self._before = self._blade(0.0)
        self._veil: tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]] | None = None

    def pictures(self, first: int, last: int) -> Iterator[av.VideoFrame]:
        """The pictures from `first` up to but not including `last`, as YUV 4:2:0. What was before happens unseen."""
        for number in range(last):
            time_s = number * STEP_S
            blade = self._blade(time_s)
            velocity = ((blade[0] - self._before[0]) / STEP_S, (blade[1] - self._before[1]) / STEP_S)
            stirring = any(stroke.start_s <= time_s < stroke.end_s for stroke in self._plan.strokes)
            self._food.step(STEP_S, blade if stirring else None, velocity)
            self._before = blade
            if number >= first:
                yield self._picture(number, time_s, blade)

    def _picture(self, number: int, time_s: float, blade: tuple[float, float]) -> av.VideoFrame:
        plan = self._plan
        burning = plan.flame_s <= time_s < plan.off_s
        canvas = self._sets[int(self._flicker[number // 2]) if burning else 0].copy()
        browning = 0.75 * ramp(time_s, plan.drop_s + 8, plan.off_s + 6)
        self._food.draw(canvas.view(np.uint32)[..., 0], time_s, browning)
        self._draw_bowl(canvas, time_s)
        if blade[0] < AWAY[0] - 1:
            self._hand.draw(
                canvas, blade, ARM_DEGREES + 0.02 * (blade[1] - PAN_CENTRE[1]) - 0.02 * (blade[0] - PAN_CENTRE[0])
            )
        row = SWAY_PIXELS + round(3.5 * np.sin(0.9 * time_s) + 2.5 * np.sin(2.3 * time_s + 1))
        column = SWAY_PIXELS + round(4.0 * np.sin(0.7 * time_s + 2) + 2.0 * np.sin(1.9 * time_s))
        seen = np.ascontiguousarray(canvas[row : row + HEIGHT, column : column + WIDTH])
        frame = av.VideoFrame.from_ndarray(seen, format="rgba").reformat(format="yuv420p", interpolation="POINT")
        density = self._steam(time_s)
        return frame if density <= 0 else self._with_steam(frame, number, density)

    def _blade(self, time_s: float) -> tuple[float, float]:
        """Where the spatula is: circling, resting at the rim between strokes, or away."""
        place, weight = np.array(AWAY), 0.0
        for stroke in self._plan.strokes:
            coming = ramp(time_s, stroke.start_s - EASE_S, stroke.start_s)
            staying = 1.0 - ramp(time_s, stroke.end_s, stroke.end_s + EASE_S)
            share = coming * staying
            if share <= weight:
                continue
            weight = share
            angle = stroke.phase + 2 * np.pi * stroke.turns_per_s * (time_s - stroke.start_s)
            radius = STROKE_RADIUS * (0.75 + 0.55 * np.sin(1.3 * (time_s - stroke.start_s) + stroke.phase))
            circling = np.array(PAN_CENTRE) + radius * np.array((np.sin(angle), np.cos(angle)))
            place = np.array(RESTING) + share * (circling - np.array(RESTING))
        strokes = self._plan.strokes
        if weight == 0.0 and strokes and strokes[0].start_s < time_s < strokes[-1].end_s:
            place = np.array(RESTING)
        if strokes:
            present = ramp(time_s, strokes[0].start_s - 1.3, strokes[0].start_s - 0.3)
            present *= 1.0 - ramp(time_s, strokes[-1].end_s + 0.4, strokes[-1].end_s + 1.5)
            place = np.array(AWAY) + present * (np.maximum(place, 0) - np.array(AWAY)) if weight or present else place
        return float(place[0]), float(place[1])

    def _draw_bowl(self, canvas: Bytes, time_s: float) -> None:
        """A bowl comes in from the upper right, is emptied, and goes."""
        since = time_s - self._plan.drop_s
        if not -1.0 < since < 1.8:
            return
        near = ramp(since, -1.0, -0.15) * (1.0 - ramp(since, 0.75, 1.8))
        row = -160 + near * (PAN_CENTRE[0] - 150 + 160)
        column = COLUMNS + 40 + near * (PAN_CENTRE[1] + 110 - COLUMNS - 40)
        self._bowl.draw(canvas, row, column)

    def _steam(self, time_s: float) -> float:
        plan = self._plan
        rises = ramp(time_s, plan.drop_s + 2, plan.hot_s)
        falls = 1.0 - ramp(time_s, plan.off_s, plan.duration_s + 2)
        return 0.46 * rises * falls

    def _with_steam(self, frame: av.VideoFrame, number: int, density: float) -> av.VideoFrame:
        """Wisps that rise and drift: brightness goes up towards white, colour towards grey. They change every other
        picture, which is quick enough for steam."""
        if number % 2 == 0 or self._veil is None:
            time_s = number * STEP_S
            wisps = self._slice(self._wisps[0], time_s * 11) * self._slice(self._wisps[1], time_s * 19 + 90)
            veil = self._steam_shape * np.clip(1.9 * wisps - 0.22, 0, 1) * density
            alpha = np.round(np.clip(veil, 0, 0.8) * 256).astype(np.uint16)[:, STEAM_COLUMNS]
            fine = np.repeat(np.repeat(_between_points(alpha), 2, axis=0), 2, axis=1)
            half = np.repeat(np.repeat(alpha, STEAM_GRAIN // 2, axis=0), STEAM_GRAIN // 2, axis=1)
            self._veil = fine, half
        fine, half = self._veil
        planes: Bytes = frame.to_ndarray().astype(np.uint8, copy=False)
        luma = planes[:HEIGHT, _times(STEAM_COLUMNS, STEAM_GRAIN)]
        luma += (((255 - luma) * fine) >> 8).astype(np.uint8)
        chroma = planes[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)[..., _times(STEAM_COLUMNS, STEAM_GRAIN // 2)]
        chroma[:] = (chroma * (256 - half) + 128 * half) >> 8
        return av.VideoFrame.from_ndarray(planes, format="yuv420p")

    @staticmethod
    def _slice(wisps: Picture, shift: float) -> Picture:
        """A window of the picture's height on clouds that move up."""
        high = HEIGHT // STEAM_GRAIN
        start = int(shift) % (wisps.shape[0] - high - 1)
        share = np.float32(shift % 1.0)
        window: npt.NDArray[np.floating] = (
            wisps[start : start + high] * (1 - share) + wisps[start + 1 : start + 1 + high] * share
        )
        return window


def _times(span: slice, factor: int) -> slice:
    return slice(span.start * factor, span.stop * factor)


def _between_points(alpha: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
    """Twice the size, with the means of neighbours in between."""
    right, below = np.roll(alpha, -1, axis=1), np.roll(alpha, -1, axis=0)
    large = np.empty((2 * alpha.shape[0], 2 * alpha.shape[1]), dtype=np.uint16)
    large[0::2, 0::2] = alpha
    large[0::2, 1::2] = (alpha + right) >> 1
    large[1::2, 0::2] = (alpha + below) >> 1
    large[1::2, 1::2] = (large[1::2, 0::2] + np.roll(large[1::2, 0::2], -1, axis=1)) >> 1
    return large


def _bowl() -> Overlay:
    """A white bowl seen from above, tilted to the left."""
    size = 300
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    outer = disc(size, size, (150, 150), 108)
    side = ((y - 150) + (x - 150)) / 108
    tones = np.clip(colour(0.95, 0.95, 0.93) * (0.98 - 0.10 * side)[..., None], 0, 1)
    well = disc(size, size, (146, 138), 90)
    tones = blend(tones, np.clip(colour(0.80, 0.80, 0.79) * (0.92 + 0.16 * side)[..., None], 0, 1), well)
    tones = blend(tones, colour(0.30, 0.45, 0.66), np.exp(-(((np.hypot(y - 150, x - 150) - 101) / 2.0) ** 2)))
    shadow = 0.40 * blurred(np.roll(outer, (26, 22), axis=(0, 1)), 14) * (1 - outer)
    whole = outer + shadow
    return overlay(tones * (outer / (whole + 1e-6))[..., None], whole, (150, 150))
