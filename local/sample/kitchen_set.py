"""The set: a wooden counter seen from above, with a gas stove, a wok, a board of chopped leek and small bowls.

Everything here stands still and is drawn once. What the flame does to it is drawn a few times over, so that it can
flicker at no cost.
"""

import numpy as np
import numpy.typing as npt

from local.sample.textures import Picture, blend, blurred, cloth, clouds, colour, disc, smooth_step, wood

Bytes = npt.NDArray[np.uint8]
Point = tuple[float, float]
"""Row and column."""
Colour = tuple[float, float, float]

WIDTH, HEIGHT = 1280, 720
SWAY_PIXELS = 14
"""The set is this much larger than the picture on each side, so that the camera can sway."""
ROWS, COLUMNS = HEIGHT + 2 * SWAY_PIXELS, WIDTH + 2 * SWAY_PIXELS
PAN_CENTRE = (372.0 + SWAY_PIXELS, 596.0 + SWAY_PIXELS)
PAN_RADIUS = 282.0
FLOOR_RADIUS = 228.0
"""Where the wok's side begins to rise; food stays within."""
FLICKERS = 5
FLAME_REACH = 372
SKY, LAMP = 2.35, -0.75
"""Where the window and the lamp are mirrored in the wok, radians."""

_Y, _X = np.mgrid[0:ROWS, 0:COLUMNS].astype(np.float32)
_FROM_PAN = np.hypot(_Y - PAN_CENTRE[0], _X - PAN_CENTRE[1])
_ROUND_PAN = np.arctan2(_Y - PAN_CENTRE[0], _X - PAN_CENTRE[1])


def build_set(random: np.random.Generator) -> list[Bytes]:
    """The set, once for each state of the flame; the first with the flame out. `ROWS` × `COLUMNS` × 3 bytes each."""
    picture: Picture = wood(random, ROWS, COLUMNS, planks=5) * _daylight(random)[..., None]
    picture = _towel(random, picture)
    picture = _board(random, picture)
    picture = _bowl(picture, (150.0, 1078.0), 84.0, glaze=(0.93, 0.92, 0.88), inside=(0.27, 0.12, 0.05))
    picture = _bowl(picture, (302.0, 1192.0), 58.0, glaze=(0.35, 0.47, 0.55), inside=(0.96, 0.95, 0.93))
    picture = _wok(random, _stove(random, picture))
    out = np.clip(_oiled(random, picture), 0, 1)
    glow = np.exp(-np.clip(_FROM_PAN - PAN_RADIUS, 0, None) / (9 + 15 * _teeth())) * (0.35 + 0.65 * _teeth())
    outside = smooth_step(_FROM_PAN, PAN_RADIUS - 1.5, PAN_RADIUS + 2.0)
    return [_as_bytes(out)] + [_as_bytes(_burning(random, out, glow * outside)) for _ in range(FLICKERS)]


def _daylight(random: np.random.Generator) -> Picture:
    """Soft light from the upper left."""
    fall = np.hypot((_Y - 0.1 * ROWS) / ROWS, (_X - 0.15 * COLUMNS) / COLUMNS)
    light: Picture = 1.12 - 0.42 * fall + 0.05 * (clouds(random, ROWS, COLUMNS, 160) - 0.5)
    return light


def _with_shadow(picture: Picture, mask: Picture, offset: tuple[int, int], strength: float) -> Picture:
    """What stands on the counter throws a shadow to the lower right."""
    soft = blurred(np.roll(mask, offset, axis=(0, 1)), 11)
    shaded: Picture = picture * (1.0 - strength * np.clip(soft - mask, 0, 1))[..., None]
    return shaded


def _slab(top: int, left: int, high: int, wide: int, corner: float) -> Picture:
    """Mask of a rectangle with rounded corners."""
    inside_y = np.maximum(np.abs(_Y - (top + high / 2)) - (high / 2 - corner), 0)
    inside_x = np.maximum(np.abs(_X - (left + wide / 2)) - (wide / 2 - corner), 0)
    mask: Picture = 1.0 - smooth_step(np.hypot(inside_y, inside_x), corner - 1.2, corner + 0.8)
    return mask


def _towel(random: np.random.Generator, picture: Picture) -> Picture:
    top, left, high, wide = ROWS - 208, 8, 230, 236
    mask = _slab(top, left, high, wide, 5.0)
    picture = _with_shadow(picture, mask, (8, 10), 0.5)
    towel = picture.copy()
    towel[top:, left : left + wide] = cloth(random, high, wide)[: ROWS - top]
    return blend(picture, towel, mask)


def _board(random: np.random.Generator, picture: Picture) -> Picture:
    """A pale board with chopped leek on it."""
    top, left, high, wide = 452, 968, 262, 300
    mask = _slab(top, left, high, wide, 16.0)
    picture = _with_shadow(picture, mask, (9, 11), 0.55)
    grain = 0.86 + 0.16 * (clouds(random, ROWS, COLUMNS, 2.0, stretch=30.0) - 0.5)
    edge = 1.0 - 0.18 * (1.0 - _slab(top + 5, left + 5, high - 10, wide - 10, 13.0))
    picture = blend(picture, (grain * edge)[..., None] * colour(0.93, 0.80, 0.60), mask)
    for _ in range(230):
        row = top + high * 0.52 + random.normal(0, 36)
        column = left + wide * 0.48 + random.normal(0, 50)
        if top + 16 < row < top + high - 16 and left + 16 < column < left + wide - 16:
            green = colour(0.44, 0.66, 0.27) * np.float32(random.uniform(0.7, 1.15)) + np.float32(
                random.uniform(0, 0.16)
            )
            _leek_ring(picture, (row, column), random.uniform(5, 9.5), green)
    return picture


def _leek_ring(picture: Picture, centre: Point, size: float, tone: Picture) -> None:
    reach = int(size + 4)
    row, column = int(centre[0]), int(centre[1])
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    distance = np.hypot(y, x)
    part = picture[row - reach : row + reach + 1, column - reach : column + reach + 1]
    part *= (1.0 - 0.35 * (1.0 - smooth_step(np.hypot(y - 2, x - 2), size - 2, size + 3)))[..., None]
    body = 1.0 - smooth_step(distance, size - 1, size + 0.6)
    hollow = 1.0 - smooth_step(distance, size * 0.4, size * 0.6)
    shaded = np.clip(tone * (1.0 - 0.12 * (y + x) / size)[..., None], 0, 1)
    part[:] = blend(blend(part, shaded, body), np.clip(tone * 1.3 + 0.14, 0, 1), hollow * body)


def _bowl(picture: Picture, centre: Point, radius: float, *, glaze: Colour, inside: Colour) -> Picture:
    outer = disc(ROWS, COLUMNS, centre, radius)
    picture = _with_shadow(picture, outer, (10, 12), 0.6)
    side = (((_Y - centre[0]) + (_X - centre[1])) / radius)[..., None]
    picture = blend(picture, np.clip(colour(*glaze) * (1.0 - 0.13 * side), 0, 1), outer)
    well = disc(ROWS, COLUMNS, centre, radius * 0.86)
    picture = blend(picture, np.clip(colour(*glaze) * (0.70 + 0.12 * side), 0, 1), well)
    content = disc(ROWS, COLUMNS, centre, radius * 0.74)
    picture = blend(picture, np.clip(colour(*inside) * (1.0 + 0.16 * side), 0, 1), content)
    spot = disc(ROWS, COLUMNS, (centre[0] - radius * 0.34, centre[1] - radius * 0.30), radius * 0.12)
    return blend(picture, colour(1.0, 1.0, 1.0), 0.55 * blurred(spot, 4))


def _stove(random: np.random.Generator, picture: Picture) -> Picture:
    """The dark glass of the stove, and the iron grate the wok stands on."""
    glass = _slab(10, 262, ROWS - 20, 676, 12.0)
    picture = _with_shadow(picture, glass, (6, 8), 0.5)
    mirrored = 0.05 * np.exp(-((((_X - 300) + (_Y - 40)) / 260) ** 2))
    sheen = 0.10 + mirrored + 0.012 * clouds(random, ROWS, COLUMNS, 3)
    picture = blend(picture, sheen[..., None] * colour(0.95, 1.0, 1.08), glass)
    spokes = (np.abs(np.sin(2 * _ROUND_PAN)) * _FROM_PAN < 13) & (_FROM_PAN < PAN_RADIUS + 52)
    iron = (spokes | (np.abs(_FROM_PAN - PAN_RADIUS - 40) < 8)).astype(np.float32)
    return blend(picture, colour(0.045, 0.045, 0.05), blurred(iron, 2) * glass)


def _wok(random: np.random.Generator, picture: Picture) -> Picture:
    """Seasoned steel: dark, with a bright rim, a worn middle, and the window mirrored in its side."""
    picture = _handle(picture)
    turned = 0.5 + 0.5 * np.sin(_FROM_PAN * 1.35 + 2.0 * clouds(random, ROWS, COLUMNS, 1.5))
    side = smooth_step(_FROM_PAN, FLOOR_RADIUS - 40, PAN_RADIUS - 14)
    sky, lamp = _mirrored(SKY, 0.62), _mirrored(LAMP, 0.35)
    wear = clouds(random, ROWS, COLUMNS, 34)
    shade = 0.118 + 0.020 * turned + 0.03 * (1 - _FROM_PAN / PAN_RADIUS) + side * (0.21 * sky + 0.12 * lamp - 0.05)
    steel = (shade * (0.86 + 0.30 * wear))[..., None] * colour(1.02, 1.0, 0.98)
    steel = blend(steel, colour(0.19, 0.14, 0.12), 0.35 * np.exp(-(((_FROM_PAN - 150) / 70) ** 2)) * wear)
    picture = blend(picture, steel, 1.0 - smooth_step(_FROM_PAN, PAN_RADIUS - 1.2, PAN_RADIUS + 1.2))
    rim = np.exp(-(((_FROM_PAN - PAN_RADIUS + 4.5) / 2.6) ** 2))
    return blend(picture, colour(0.86, 0.87, 0.88), rim * (0.30 + 0.60 * sky + 0.35 * lamp))


def _oiled(random: np.random.Generator, picture: Picture) -> Picture:
    """A golden film of oil in the middle, with a few highlights."""
    wobble = 46 * (clouds(random, ROWS, COLUMNS, 60) - 0.5)
    film = 1.0 - smooth_step(_FROM_PAN + wobble, 150, 168)
    picture = blend(picture, picture * colour(1.25, 1.12, 0.80) + colour(0.035, 0.024, 0.0), film)
    brink = np.exp(-(((_FROM_PAN + wobble - 158) / 5) ** 2)) * _mirrored(SKY, 0.9)
    gleam = np.exp(-(((_X - PAN_CENTRE[1] + 70) / 46) ** 2 + ((_Y - PAN_CENTRE[0] + 78) / 20) ** 2)) * film
    return blend(picture, colour(1.0, 0.93, 0.72), np.clip(0.35 * brink + 0.30 * gleam, 0, 1))


def _mirrored(direction: float, width: float) -> Picture:
    away = np.mod(_ROUND_PAN + direction + np.pi, 2 * np.pi) - np.pi
    glint: Picture = np.exp(-((away / width) ** 2))
    return glint


def _handle(picture: Picture) -> Picture:
    """A steel socket and a wooden grip that point to the lower left."""
    down, across_axis = 0.80, -0.60
    along = (_Y - PAN_CENTRE[0]) * down + (_X - PAN_CENTRE[1]) * across_axis
    across = (_Y - PAN_CENTRE[0]) * across_axis - (_X - PAN_CENTRE[1]) * down
    parts = (
        (PAN_RADIUS - 6, PAN_RADIUS + 70, 15.0, (0.36, 0.37, 0.39)),
        (PAN_RADIUS + 54, PAN_RADIUS + 320, 23.0, (0.40, 0.22, 0.11)),
    )
    for begin, end, half, tone in parts:
        width = np.maximum(half + 4.0 * (along - begin) / 160.0, 1.0)
        lengthwise = smooth_step(along, begin - 2, begin + 2) * (1.0 - smooth_step(along, end - 2, end + 2))
        mask = (1.0 - smooth_step(np.abs(across) - width, -1.5, 1.5)) * lengthwise
        picture = _with_shadow(picture, mask, (10, 9), 0.5)
        rounded = np.clip(1.25 - 1.1 * (across / width + 0.25) ** 2, 0.25, 1.4)
        picture = blend(picture, np.clip(colour(*tone) * rounded[..., None], 0, 1), mask)
    return picture


def _teeth() -> Picture:
    """The flame comes out of the burner's ring in tongues."""
    tongues: Picture = 0.5 + 0.5 * np.cos(_ROUND_PAN * 44)
    return tongues


def _burning(random: np.random.Generator, picture: Picture, glow: Picture) -> Picture:
    """Flame is light: it adds to what is around the wok, blue at the root, warm at the tips."""
    lit = picture.copy()
    left, right = int(PAN_CENTRE[1] - FLAME_REACH), int(PAN_CENTRE[1] + FLAME_REACH)
    lick = 0.55 + 0.75 * clouds(random, ROWS, right - left, 22)
    strength = (glow[:, left:right] * lick)[..., None]
    blue, warm = colour(0.10, 0.32, 0.95), colour(0.95, 0.50, 0.18)
    lit[:, left:right] += 0.95 * strength * blue + 0.5 * strength**3 * warm
    return lit


def _as_bytes(picture: Picture) -> Bytes:
    return np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)
