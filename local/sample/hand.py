"""A forearm, a fist and a wooden spatula, drawn once and turned into the few directions a stroke needs."""

from functools import cached_property

import numpy as np

from local.sample.overlay import Bytes, Overlay, overlay, sampled
from local.sample.textures import Picture, blurred, colour, smooth_step

LENGTH, BREADTH = 820, 250
"""Of the drawing: the blade points to the left, the arm leaves it at the right."""
BLADE = (BREADTH / 2, 62.0)
"""Row and column of the blade's middle on the drawing."""
TURN_STEP_DEGREES = 1.0

SKIN = (0.86, 0.66, 0.53)
SLEEVE = (0.27, 0.36, 0.47)
WOOD = (0.78, 0.58, 0.37)


class Hand:
    """Draws itself over pictures."""

    def __init__(self) -> None:
        """Nothing is drawn before it is needed."""
        self._turned: dict[int, Overlay] = {}

    def draw(self, picture: Bytes, blade: tuple[float, float], degrees: float) -> None:
        """Lay hand and spatula over a picture.

        Args:
            picture: height × width × channels.
            blade: row and column where the blade is.
            degrees: direction from the blade to the arm, clockwise from straight right.
        """
        self._towards(round(degrees / TURN_STEP_DEGREES)).draw(picture, *blade)

    @cached_property
    def _drawing(self) -> tuple[Picture, Picture]:
        return _draw()

    def _towards(self, step: int) -> Overlay:
        if step not in self._turned:
            self._turned[step] = _turn(*self._drawing, np.deg2rad(step * TURN_STEP_DEGREES))
        return self._turned[step]


def _draw() -> tuple[Picture, Picture]:
    """Colours and alpha, with the shadow the arm throws."""
    y, x = np.mgrid[0:BREADTH, 0:LENGTH].astype(np.float32)
    y -= BREADTH / 2
    colours = np.zeros((BREADTH, LENGTH, 3), dtype=np.float32)
    alpha = np.zeros((BREADTH, LENGTH), dtype=np.float32)

    def lay(mask: Picture, tone: tuple[float, float, float], light: Picture) -> None:
        nonlocal alpha
        shaded = np.clip(colour(*tone) * light[..., None], 0, 1)
        colours[:] = colours + mask[..., None] * (shaded - colours)
        alpha = np.maximum(alpha, mask)

    blade_half = 30.0 + 5.0 * (x - 20.0) / 90.0
    blade = _between(x, 22, 106) * (1.0 - smooth_step(np.abs(y) - blade_half, -1.2, 1.2))
    grain = 1.0 + 0.05 * np.sin(y * 1.1 + 0.03 * x) - 0.10 * np.clip(y / 34, -1, 1)
    lay(blade, WOOD, grain - 0.10 * smooth_step(x, 90, 30))
    handle = _between(x, 96, 430) * (1.0 - smooth_step(np.abs(y) - 8.5, -1.0, 1.0))
    lay(handle, WOOD, 1.12 - 0.55 * ((y + 2) / 9.0) ** 2 * 0.6)
    arm_half = 37.0 + 16.0 * smooth_step(x, 470, 800)
    arm = smooth_step(x, 428, 452) * (1.0 - smooth_step(np.abs(y) - arm_half, -1.5, 1.5))
    lay(arm, SKIN, _round(y, arm_half))
    palm = 1.0 - smooth_step(np.hypot((x - 405) / 62, y / 49), 0.97, 1.03)
    lay(palm, SKIN, _round(y, np.full_like(y, 52.0)))
    for finger, (column, reach) in enumerate(((352, 40), (376, 45), (401, 46), (425, 42))):
        bulge = np.hypot((x - column) / 14.5, (y + 4) / reach)
        lay(1.0 - smooth_step(bulge, 0.95, 1.05), SKIN, 1.08 - 0.30 * bulge**3 - 0.10 * (y / 50) - 0.015 * finger)
    thumb_along, thumb_across = (x - 352) * 0.92 + (y - 30) * 0.39, (y - 30) * 0.92 - (x - 352) * 0.39
    thumb = np.hypot(thumb_along / 44, thumb_across / 15.5)
    lay(1.0 - smooth_step(thumb, 0.95, 1.05), SKIN, 1.12 - 0.32 * thumb**3)
    nail = np.hypot((thumb_along + 27) / 10, thumb_across / 8)
    lay(0.75 * (1.0 - smooth_step(nail, 0.9, 1.1)), (0.95, 0.80, 0.72), np.ones_like(x))
    sleeve_half = arm_half + 13.0 + 2.0 * np.sin(x * 0.045)
    sleeve = smooth_step(x, 574, 578) * (1.0 - smooth_step(np.abs(y) - sleeve_half, -1.5, 1.5))
    folds = 0.06 * np.sin(0.055 * x + 0.02 * y) + 0.05 * np.sin(0.021 * x - 0.06 * y)
    lay(sleeve, SLEEVE, _round(y, sleeve_half) + folds - 0.20 * _between(x, 573, 581) - 0.12 * _between(x, 604, 607))
    shadow = 0.42 * blurred(np.roll(alpha, (15, -8), axis=(0, 1)), 11) * (1 - alpha)
    whole = np.clip(alpha + shadow, 0, 1)
    return colours * (alpha / (whole + 1e-6))[..., None], whole


def _between(x: Picture, low: float, high: float) -> Picture:
    inside: Picture = smooth_step(x, low - 2, low + 2) * (1.0 - smooth_step(x, high - 2, high + 2))
    return inside


def _round(y: Picture, half: Picture) -> Picture:
    """Light on something round, from above in the drawing."""
    light: Picture = 1.06 - 0.16 * (y / half) - 0.26 * np.clip(np.abs(y) / half, 0, 1) ** 3
    return light


def _turn(colours: Picture, alpha: Picture, angle: float) -> Overlay:
    """The drawing turned clockwise around its blade."""
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    corners = np.array([(row - BLADE[0], column - BLADE[1]) for row in (0, BREADTH) for column in (0, LENGTH)])
    rows = corners[:, 1] * sine + corners[:, 0] * cosine
    columns = corners[:, 1] * cosine - corners[:, 0] * sine
    top, left = int(np.floor(rows.min())), int(np.floor(columns.min()))
    y, x = np.mgrid[top : int(np.ceil(rows.max())), left : int(np.ceil(columns.max()))].astype(np.float32)
    whole = np.concatenate((colours, alpha[..., None]), axis=2)
    turned = sampled(whole, y * cosine - x * sine + np.float32(BLADE[0]), x * cosine + y * sine + np.float32(BLADE[1]))
    return overlay(turned[..., :3], turned[..., 3], (-top, -left))
