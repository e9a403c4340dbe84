"""The set: a wooden counter seen from above with a gas ring, a wok, a board of chopped leek and small bowls.

Everything here stands still and is drawn once. What the flame does to it is drawn a few times over, so that it can
flicker at no cost.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from local.sample.textures import Picture, blend, cloth, clouds, disc, smooth_step, wood

Bytes = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 1280, 720
SWAY_PIXELS = 14
"""The set is this much larger than the picture on each side, so that the camera can sway."""
PAN_CENTRE = (372.0 + SWAY_PIXELS, 596.0 + SWAY_PIXELS)
"""Row and column on the set."""
PAN_RADIUS = 282.0
FLOOR_RADIUS = 232.0
"""Where the wok's side begins to rise; food stays mostly within."""
FLICKERS = 5


@dataclass(frozen=True)
class Set:
    """The drawn set."""

    lit: list[Bytes]
    """The whole set, once per state of the flame; the first is with the flame out."""


def build_set(random: np.random.Generator) -> Set:
    """Draw the set."""
    rows, columns = HEIGHT + 2 * SWAY_PIXELS, WIDTH + 2 * SWAY_PIXELS
    picture = wood(random, rows, columns, planks=5)
    picture = _light(random, picture)
    picture = _towel(random, picture)
    picture = _board(random, picture)
    picture = _bowl(picture, (150.0, 1075.0), 84.0, glaze=(0.93, 0.92, 0.88), inside=(0.27, 0.12, 0.05))
    picture = _bowl(picture, (300.0, 1185.0), 58.0, glaze=(0.35, 0.47, 0.55), inside=(0.96, 0.95, 0.93))
    picture = _stove(random, picture)
    glow = _glow(rows, columns)
    states = [_wok(random_state, picture) for random_state in (np.random.default_rng(5),)]
    flames = [np.zeros_like(glow)] + [_flame(np.random.default_rng(n), glow) for n in range(FLICKERS)]
    return Set([_as_bytes(_burning(states[0], picture, flame)) for flame in flames])


def _light(random: np.random.Generator, picture: Picture) -> Picture:
    """Soft daylight from the upper left."""
    rows, columns = picture.shape[:2]
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    fall = np.hypot((y - 0.1 * rows) / rows, (x - 0.15 * columns) / columns)
    light = 1.12 - 0.42 * fall + 0.05 * (clouds(random, rows, columns, 160) - 0.5)
    return picture * light[..., None]


def _shadow(picture: Picture, mask: Picture, offset: tuple[int, int], strength: float) -> Picture:
    """What stands on the counter throws a shadow to the lower right."""
    soft = _blurred(np.roll(mask, offset, axis=(0, 1)), 11)
    return picture * (1.0 - strength * np.clip(soft - mask, 0, 1))[..., None]


def _blurred(mask: Picture, radius: int) -> Picture:
    kernel = np.hanning(2 * radius + 1).astype(np.float32)
    kernel /= kernel.sum()
    down = np.apply_along_axis(np.convolve, 0, mask, kernel, mode="same")
    return np.apply_along_axis(np.convolve, 1, down, kernel, mode="same").astype(np.float32)


def _towel(random: np.random.Generator, picture: Picture) -> Picture:
    rows, columns = picture.shape[:2]
    mask = np.zeros((rows, columns), dtype=np.float32)
    mask[-215:, 6:246] = 1.0
    picture = _shadow(picture, mask, (8, 10), 0.5)
    towel = cloth(random, 215, 240)
    picture[-215:, 6:246] = towel
    return picture


def _board(random: np.random.Generator, picture: Picture) -> Picture:
    """A pale board with chopped leek on it."""
    rows, columns = picture.shape[:2]
    top, left, high, wide = 452, 968, 262, 300
    mask = np.zeros((rows, columns), dtype=np.float32)
    mask[top : top + high, left : left + wide] = 1.0
    picture = _shadow(picture, mask, (9, 11), 0.55)
    grain = clouds(random, high, wide, 2.0, stretch=30.0)
    picture[top : top + high, left : left + wide] = (0.86 + 0.16 * (grain - 0.5))[..., None] * np.array(
        (0.93, 0.80, 0.60), dtype=np.float32
    )
    for _ in range(190):
        row = top + high * 0.52 + random.normal(0, 38)
        column = left + wide * 0.48 + random.normal(0, 52)
        if not (top + 12 < row < top + high - 12 and left + 12 < column < left + wide - 12):
            continue
        size = random.uniform(6, 11)
        green = np.array((0.42, 0.66, 0.25)) * random.uniform(0.75, 1.2) + random.uniform(0, 0.2)
        _ring(picture, (row, column), size, green)
    return picture


def _ring(picture: Picture, centre: tuple[float, float], size: float, colour: npt.NDArray[np.floating]) -> None:
    reach = int(size + 4)
    row, column = int(centre[0]), int(centre[1])
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    distance = np.hypot(y, x)
    part = picture[row - reach : row + reach + 1, column - reach : column + reach + 1]
    shadow = 1.0 - smooth_step(np.hypot(y - 2, x - 2), size - 2, size + 3)
    part *= (1.0 - 0.35 * shadow)[..., None]
    body = 1.0 - smooth_step(distance, size - 1, size + 0.6)
    hollow = 1.0 - smooth_step(distance, size * 0.4, size * 0.6)
    light = 1.0 - 0.12 * (y + x) / size
    shaded = np.clip(colour * light[..., None], 0, 1)
    part[:] = blend(blend(part, shaded, body), np.clip(colour * 1.35 + 0.12, 0, 1), hollow * body)


def _bowl(
    picture: Picture,
    centre: tuple[float, float],
    radius: float,
    *,
    glaze: tuple[float, float, float],
    inside: tuple[float, float, float],
) -> Picture:
    rows, columns = picture.shape[:2]
    outer = disc(rows, columns, centre, radius)
    picture = _shadow(picture, outer, (10, 12), 0.6)
    y, x = np.ogrid[0:rows, 0:columns]
    side = ((y - centre[0]) + (x - centre[1])) / radius
    picture = blend(picture, np.clip(np.asarray(glaze) * (1.0 - 0.13 * side)[..., None], 0, 1), outer)
    picture = blend(picture, tuple(0.72 * tone for tone in glaze), disc(rows, columns, centre, radius * 0.86))
    content = disc(rows, columns, centre, radius * 0.74)
    picture = blend(picture, np.clip(np.asarray(inside) * (1.0 + 0.16 * side)[..., None], 0, 1), content)
    spot = disc(rows, columns, (centre[0] - radius * 0.34, centre[1] - radius * 0.30), radius * 0.12)
    return blend(picture, (1.0, 1.0, 1.0), 0.55 * _blurred(spot, 4))


def _stove(random: np.random.Generator, picture: Picture) -> Picture:
    """The dark glass of the stove, and the iron grate the wok stands on."""
    rows, columns = picture.shape[:2]
    mask = np.zeros((rows, columns), dtype=np.float32)
    mask[10:-10, 262:938] = 1.0
    mask = _blurred(mask, 5)
    picture = _shadow(picture, mask, (6, 8), 0.5)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    sheen = 0.10 + 0.05 * np.exp(-((((x - 300) + (y - 40)) / 260) ** 2)) + 0.012 * clouds(random, rows, columns, 3)
    picture = blend(picture, sheen[..., None] * np.array((0.95, 1.0, 1.08), dtype=np.float32), mask)
    angle = np.arctan2(y - PAN_CENTRE[0], x - PAN_CENTRE[1])
    distance = np.hypot(y - PAN_CENTRE[0], x - PAN_CENTRE[1])
    spokes = np.abs(np.sin(2 * angle)) * distance < 13
    iron = (spokes & (distance < PAN_RADIUS + 52)) | (np.abs(distance - PAN_RADIUS - 40) < 8)
    return blend(picture, (0.045, 0.045, 0.05), _blurred(iron.astype(np.float32), 2))


def _wok(random: np.random.Generator, picture: Picture) -> Picture:
    """Seasoned steel: dark, with a bright rim, a worn middle and the sky reflected in its side."""
    rows, columns = picture.shape[:2]
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    picture = _handle(picture)
    distance = np.hypot(y - PAN_CENTRE[0], x - PAN_CENTRE[1])
    angle = np.arctan2(y - PAN_CENTRE[0], x - PAN_CENTRE[1])
    body = 1.0 - smooth_step(distance, PAN_RADIUS - 1.2, PAN_RADIUS + 1.2)
    brushed = clouds(random, rows, columns, 1.5)
    turned = 0.5 + 0.5 * np.sin(distance * 1.35 + 2.0 * brushed)
    side = smooth_step(distance, FLOOR_RADIUS - 40, PAN_RADIUS - 14)
    sky = np.exp(-(((np.mod(angle + 2.35 + np.pi, 2 * np.pi) - np.pi) / 0.62) ** 2))
    lamp = np.exp(-(((np.mod(angle - 0.75 + np.pi, 2 * np.pi) - np.pi) / 0.35) ** 2))
    shade = 0.118 + 0.020 * turned + 0.03 * (1 - distance / PAN_RADIUS) + side * (0.21 * sky + 0.12 * lamp - 0.05)
    wear = clouds(random, rows, columns, 34)
    shade = shade * (0.86 + 0.30 * wear)
    steel = shade[..., None] * np.array((1.02, 1.0, 0.98), dtype=np.float32)
    heat_tint = np.exp(-(((distance - 150) / 70) ** 2)) * wear
    steel = blend(steel, (0.19, 0.14, 0.12), 0.35 * heat_tint)
    picture = blend(picture, steel, body)
    rim = np.exp(-(((distance - PAN_RADIUS + 4.5) / 2.6) ** 2))
    return blend(picture, (0.86, 0.87, 0.88), rim * (0.30 + 0.60 * sky + 0.35 * lamp))


def _handle(picture: Picture) -> Picture:
    """A steel socket and a wooden grip that point to the lower left."""
    rows, columns = picture.shape[:2]
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    direction = np.array((0.80, -0.60))
    along = (y - PAN_CENTRE[0]) * direction[0] + (x - PAN_CENTRE[1]) * direction[1]
    across = (y - PAN_CENTRE[0]) * direction[1] - (x - PAN_CENTRE[1]) * direction[0]
    for begin, end, half, colour in (
        (PAN_RADIUS - 6, PAN_RADIUS + 70, 15.0, (0.36, 0.37, 0.39)),
        (PAN_RADIUS + 54, PAN_RADIUS + 320, 23.0, (0.40, 0.22, 0.11)),
    ):
        width = half + 4.0 * (along - begin) / 160.0
        mask = (1.0 - smooth_step(np.abs(across), width - 1.5, width + 1.5)) * (
            smooth_step(along, begin - 2, begin + 2) * (1.0 - smooth_step(along, end - 2, end + 2))
        )
        picture = _shadow(picture, mask, (10, 9), 0.5)
        round_light = np.clip(1.25 - 1.1 * (across / width + 0.25) ** 2, 0.25, 1.4)
        picture = blend(picture, np.clip(np.asarray(colour) * round_light[..., None], 0, 1), mask)
    return picture


def _glow(rows: int, columns: int) -> Picture:
    """Where the flame licks out from under the wok."""
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    distance = np.hypot(y - PAN_CENTRE[0], x - PAN_CENTRE[1])
    angle = np.arctan2(y - PAN_CENTRE[0], x - PAN_CENTRE[1])
    teeth = 0.5 + 0.5 * np.cos(angle * 44)
    return np.exp(-np.clip(distance - PAN_RADIUS, 0, None) / (9 + 15 * teeth)) * (0.35 + 0.65 * teeth)


def _flame(random: np.random.Generator, glow: Picture) -> Picture:
    rows, columns = glow.shape
    lick = 0.55 + 0.75 * clouds(random, rows, columns, 22)
    return glow * lick


def _burning(wok: Picture, without_wok: Picture, flame: Picture) -> Picture:
    """Flame is light: it adds to what is outside the wok, blue at the root and warm at the tips."""
    rows, columns = flame.shape
    y, x = np.ogrid[0:rows, 0:columns]
    outside = smooth_step(np.hypot(y - PAN_CENTRE[0], x - PAN_CENTRE[1]), PAN_RADIUS - 1.5, PAN_RADIUS + 2.0)
    del without_wok
    strength = (flame * outside)[..., None]
    blue, warm = np.array((0.10, 0.32, 0.95)), np.array((0.95, 0.50, 0.18))
    return wok + strength * blue * 0.95 + strength**3 * warm * 0.5


def _as_bytes(picture: Picture) -> Bytes:
    return np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)
