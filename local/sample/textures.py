"""Surfaces drawn with noise: wood, cloth, steel, clouds. All float pictures run from 0 to 1."""

from typing import Any

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.floating[Any]]
"""Height × width (a mask or a shade) or height × width × 3 (colours), 0 to 1."""


def clouds(random: np.random.Generator, rows: int, columns: int, scale: float, *, stretch: float = 1.0) -> Picture:
    """Smooth noise, 0 to 1, that wraps around.

    Args:
        random: source of chance.
        rows: height.
        columns: width.
        scale: size of its features, pixels.
        stretch: how many times longer than high they are.
    """
    coarse = max(1, int(scale / 5.0))  # large features need no fine grid
    high, wide = -(-rows // coarse), -(-columns // coarse)
    down, across = _frequencies(high, wide)
    falloff = np.exp(-2.0 * np.pi * (scale / coarse) ** 2 * (down**2 + (stretch * across) ** 2))
    smooth = np.fft.irfft2(
        np.fft.rfft2(random.standard_normal((high, wide), dtype=np.float32)) * falloff, s=(high, wide)
    )
    low, top = float(smooth.min()), float(smooth.max())
    noise: Picture = (smooth - low) / np.float32(top - low + 1e-9)
    return noise if coarse == 1 else _enlarged(noise, coarse)[:rows, :columns]


def _frequencies(rows: int, columns: int) -> tuple[Picture, Picture]:
    down = np.fft.fftfreq(rows).astype(np.float32)[:, None]
    return down, np.fft.rfftfreq(columns).astype(np.float32)[None, :]


def _enlarged(picture: Picture, factor: int) -> Picture:
    """Bilinear, wrapping at the edge."""
    rows, columns = picture.shape
    share = (np.arange(factor, dtype=np.float32) / factor)[None, :, None]
    tall = picture[:, None, :] * (1 - share) + np.roll(picture, -1, axis=0)[:, None, :] * share
    tall = tall.reshape(rows * factor, columns)
    share = (np.arange(factor, dtype=np.float32) / factor)[None, None, :]
    wide: Picture = tall[:, :, None] * (1 - share) + np.roll(tall, -1, axis=1)[:, :, None] * share
    return wide.reshape(rows * factor, columns * factor)


def smooth_step(value: Picture, low: float, high: float) -> Picture:
    """0 below `low`, 1 above `high`, a soft ramp between: an edge without stairs."""
    share = np.clip((value - low) / (high - low), 0.0, 1.0)
    ramp: Picture = (share * share * (3.0 - 2.0 * share)).astype(np.float32)
    return ramp


def ramp(value: float, low: float, high: float) -> float:
    """`smooth_step` of a single number."""
    return float(smooth_step(np.asarray(value, dtype=np.float32), low, high))


def colour(red: float, green: float, blue: float) -> Picture:
    """One colour, to be multiplied with shades."""
    return np.array((red, green, blue), dtype=np.float32)


def blend(under: Picture, over: Picture, alpha: Picture) -> Picture:
    """`over` (a picture or a colour) laid on `under` with the given opacity, where it has any."""
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    laid = under.astype(np.float32, copy=True)
    if rows.size:
        box = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
        part = laid[box]
        part += alpha[box][..., None].astype(np.float32) * ((over[box] if over.ndim == 3 else over) - part)
    return laid


def wood(random: np.random.Generator, rows: int, columns: int, *, planks: int) -> Picture:
    """A counter of warm planks with grain and seams."""
    plank_rows = -(-rows // planks)
    picture = np.empty((plank_rows * planks, columns, 3), dtype=np.float32)
    light, dark = colour(0.80, 0.59, 0.38), colour(0.46, 0.28, 0.15)
    rise = np.linspace(0, 1, plank_rows, dtype=np.float32)[:, None]
    for plank in range(planks):
        bend = clouds(random, plank_rows, columns, 26, stretch=9.0)
        rings = 0.5 + 0.5 * np.sin(2 * np.pi * (rise * random.uniform(3, 6) + bend * random.uniform(3.0, 6.0)))
        fibre = clouds(random, plank_rows, columns, 1.2, stretch=40.0)
        shade = 0.30 + 0.26 * rings**2 + 0.42 * (fibre - 0.5) + random.uniform(-0.05, 0.05)
        tone = light + np.clip(shade, 0, 1)[..., None] * (dark - light)
        seam = np.minimum(rise, 1 - rise) * plank_rows
        tone = tone * (0.35 + 0.65 * smooth_step(seam, 0.0, 3.0))[..., None]
        picture[plank * plank_rows : (plank + 1) * plank_rows] = tone
    return picture[:rows]


def cloth(random: np.random.Generator, rows: int, columns: int) -> Picture:
    """A linen towel with a blue stripe."""
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    weave = 0.5 + 0.25 * np.sin(y * 1.9) + 0.25 * np.sin(x * 1.9)
    folds = clouds(random, rows, columns, 70, stretch=0.4)
    shade = 0.86 + 0.05 * weave + 0.22 * (folds - 0.5)
    picture = shade[..., None] * colour(0.97, 0.95, 0.90)
    stripe = np.exp(-(((x / columns - 0.22) / 0.035) ** 2)) + np.exp(-(((x / columns - 0.36) / 0.012) ** 2))
    return blend(picture, colour(0.24, 0.36, 0.52), np.clip(stripe, 0, 1) * 0.85 * (0.8 + 0.2 * weave))


def blurred(mask: Picture, radius: float) -> Picture:
    """A mask out of focus. Only the part around what it holds is worked on."""
    filled = mask > 0
    rows, columns = np.flatnonzero(filled.any(axis=1)), np.flatnonzero(filled.any(axis=0))
    if rows.size == 0:
        return mask
    reach = int(3 * radius) + 1
    top, bottom = max(0, int(rows[0]) - reach), min(mask.shape[0], int(rows[-1]) + reach + 1)
    left, right = max(0, int(columns[0]) - reach), min(mask.shape[1], int(columns[-1]) + reach + 1)
    part = mask[top:bottom, left:right].astype(np.float32)
    down, across = _frequencies(*part.shape)
    spread = np.exp(np.float32(-2.0 * (np.pi * radius * 0.5) ** 2) * (down**2 + across**2))
    soft = np.zeros(mask.shape, dtype=np.float32)
    soft[top:bottom, left:right] = np.clip(np.fft.irfft2(np.fft.rfft2(part) * spread, s=part.shape), 0.0, 1.0)
    return soft


def disc(rows: int, columns: int, centre: tuple[float, float], radius: float) -> Picture:
    """Mask of a disc with a soft edge."""
    y, x = np.ogrid[0:rows, 0:columns]
    distance = np.hypot(y - centre[0], x - centre[1]).astype(np.float32)
    mask: Picture = 1.0 - smooth_step(distance, radius - 1.0, radius + 1.0)
    return mask
