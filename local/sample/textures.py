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
    spectrum = np.fft.rfft2(random.standard_normal((rows, columns), dtype=np.float32))
    down, across = np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :]
    smooth = np.fft.irfft2(
        spectrum * np.exp(-2.0 * ((down * scale) ** 2 + (across * scale * stretch) ** 2) * np.pi), s=(rows, columns)
    )
    low, high = float(smooth.min()), float(smooth.max())
    return ((smooth - low) / (high - low + 1e-9)).astype(np.float32)


def smooth_step(value: Picture, low: float, high: float) -> Picture:
    """0 below `low`, 1 above `high`, a soft ramp between: an edge without stairs."""
    share = np.clip((value - low) / (high - low), 0.0, 1.0)
    ramp: Picture = (share * share * (3.0 - 2.0 * share)).astype(np.float32)
    return ramp


def blend(under: Picture, over: Picture | tuple[float, float, float], alpha: Picture) -> Picture:
    """`over` laid on `under` with the given opacity."""
    colour = np.asarray(over, dtype=np.float32)
    laid: Picture = under + alpha[..., None] * (colour - under)
    return laid


def wood(random: np.random.Generator, rows: int, columns: int, *, planks: int) -> Picture:
    """A counter of warm planks with grain and seams."""
    plank_rows = -(-rows // planks)
    picture = np.empty((plank_rows * planks, columns, 3), dtype=np.float32)
    light, dark = np.array((0.80, 0.59, 0.38)), np.array((0.46, 0.28, 0.15))
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
    picture = shade[..., None] * np.array((0.97, 0.95, 0.90), dtype=np.float32)
    stripe = np.exp(-(((x / columns - 0.22) / 0.035) ** 2)) + np.exp(-(((x / columns - 0.36) / 0.012) ** 2))
    return blend(picture, (0.24, 0.36, 0.52), np.clip(stripe, 0, 1) * 0.85 * (0.8 + 0.2 * weave))


def disc(rows: int, columns: int, centre: tuple[float, float], radius: float) -> Picture:
    """Mask of a disc with a soft edge."""
    y, x = np.ogrid[0:rows, 0:columns]
    distance = np.hypot(y - centre[0], x - centre[1]).astype(np.float32)
    return 1.0 - smooth_step(distance, radius - 1.0, radius + 1.0)
