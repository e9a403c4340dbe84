"""Looking: about one small picture per second goes in, one value per second comes out.

Everything is measured on a picture of some 160 × 90 points, in which camera noise and texture have averaged out.
Movement of the camera is taken out before pictures are compared, and changes of exposure do not count as change.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from functions.prepare.arrays import FloatArray

LONG_SIDE_PIXELS = 160
BLOCK_PIXELS = 8
"""Side of the squares in which local contrast is compared."""

LUMA_BT709 = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)

MAX_SHIFT_SHARE = 0.12
"""A camera that moved by more than this share of the picture shows another picture."""
EXPOSURE_RANGE = (0.6, 1.6)
"""Brightness of two pictures is matched within these factors before they are compared."""

BROWN_HUE_DEGREES = (2.0, 14.0, 40.0, 50.0)
"""Orange begins, is full, is full to here, ends."""
BROWN_SATURATION = (0.12, 0.5)
BROWN_VALUE = (0.35, 0.95)
"""Brightness of deep brown, and of what is not browned at all."""
CHANGED_COLOUR = 0.08
"""How much a colour channel must differ before a place counts as changed."""
"""Bread crust, seared meat, caramel: orange hue, dull to deep, darker than the raw food."""

SHOT_LIKENESS = 0.35
"""Pictures whose structures agree by less than this, and whose colours differ, belong to two shots."""
SHOT_COLOUR_DISTANCE = 0.30

VEIL_LUMA = 0.8
"""Brightness of lit smoke or steam: what a veiled dark pixel moves towards."""
LOCAL_OVER_MEAN = 3.0
"""Over the pan a veil is denser than on average, by at most this factor."""
MOST_VEILED = 0.7
VEIL_TEXTURE = 0.015
"""A block must have held at least this much contrast to show a loss of it."""
LEAST_TEXTURED = 0.2
"""Share of the picture that must hold contrast before a veil can be measured in full."""
VEIL_LIKENESS = 0.7
"""A veiled block still shows the same structure; one in which things moved does not, and is left out."""
MEMORY_RATE = 0.06
"""How fast the remembered clear picture follows, per picture: some 15 s."""
MEMORY_RATE_VEILED = 0.012
"""… and while it is veiled: smoke is to be seen as long as it stays."""
VEILED = 0.025


@dataclass(frozen=True)
class PictureTrack:
    """What was seen, one value per second; names as in `shared.models.media.Signals`."""

    motion: FloatArray
    luminance: FloatArray
    browning: FloatArray
    haze: FloatArray
    shot_changes_s: list[float]


class PictureMeter:
    """Compares each picture with the one before it, with the first of its shot, and with the clear one it remembers."""

    def __init__(self) -> None:
        """Nothing has been seen yet."""
        self._times_s: list[float] = []
        self._luminance: list[float] = []
        self._browning: list[float] = []
        self._haze: list[float] = []
        self._changes: list[float] = []
        self._shot_changes_s: list[float] = []
        self._before: FloatArray | None = None
        self._before_rgb: FloatArray | None = None
        self._first_rgb: FloatArray | None = None
        self._memory: FloatArray | None = None

    @property
    def last_time_s(self) -> float | None:
        """When the last picture was taken in; None before the first."""
        return self._times_s[-1] if self._times_s else None

    def see(self, time_s: float, rgb: FloatArray) -> None:
        """Take in the next picture: height × width × 3, gamma-coded, 0 to 1; always of the same size."""
        luma = rgb @ LUMA_BT709
        memory = luma if self._memory is None else self._memory
        first_rgb = rgb if self._first_rgb is None else self._first_rgb
        if self._before is not None and self._before_rgb is not None:
            earlier, now = _overlap(self._before, luma)
            self._changes.append(_change(earlier, now))
            recoloured = _colour_distance(self._before_rgb, rgb) > SHOT_COLOUR_DISTANCE
            if recoloured and _likeness(earlier, now) < SHOT_LIKENESS:
                self._shot_changes_s.append(time_s)
                memory, first_rgb = luma, rgb
        haze = veil_between(*_overlap(memory, luma))
        self._memory = _follow(memory, luma, MEMORY_RATE_VEILED if haze > VEILED else MEMORY_RATE)
        self._times_s.append(time_s)
        self._luminance.append(float(luma.mean()))
        self._browning.append(browning_since(first_rgb, rgb, haze))
        self._haze.append(haze)
        self._before, self._before_rgb, self._first_rgb = luma, rgb, first_rgb

    def finish(self, seconds: int) -> PictureTrack:
        """Values for the first `seconds` seconds. A second without a picture of its own lies between its neighbours."""
        times = np.asarray(self._times_s, dtype=np.float64)
        return PictureTrack(
            motion=_over_intervals(times, self._changes, seconds),
            luminance=_over_moments(times, self._luminance, seconds),
            browning=_over_moments(times, self._browning, seconds),
            haze=_over_moments(times, self._haze, seconds),
            shot_changes_s=[round(time, 2) for time in self._shot_changes_s if time < seconds],
        )


def browning_since(first: FloatArray, now: FloatArray, haze: float = 0.0) -> float:
    """How much of the picture has taken on the colour of browned food since `first`, 0 to 1.

    Wooden counters and tan tiles have that colour too, but they had it from the start. A veil (its mean density is
    `haze`) pales what lies under it and is taken off first.
    """
    row, column = _shift_between(first @ LUMA_BT709, now @ LUMA_BT709)
    before, after = _cut(first, row, column), _cut(now, -row, -column)
    if haze > VEILED:
        after = _unveiled(before, after, haze)
    gain = float(np.median((after @ LUMA_BT709 + 1e-3) / (before @ LUMA_BT709 + 1e-3)))
    after = after / np.float32(np.clip(gain, *EXPOSURE_RANGE))
    changed = np.abs(after - before).max(axis=-1) > CHANGED_COLOUR
    return float((changed * brownness(after)).mean())


def _unveiled(clear: FloatArray, now: FloatArray, haze: float) -> FloatArray:
    """`now` without its veil. How dense it is in each place shows in the darkest point around, which a veil lifts; what
    is bright by itself is kept from being taken for a veil by a bound on the density."""
    lifted = _darkest_around(now) - _darkest_around(clear)
    density = np.clip(lifted / VEIL_LUMA, 0.0, min(MOST_VEILED, LOCAL_OVER_MEAN * haze))[..., None]
    unveiled: FloatArray = np.clip((now - density * VEIL_LUMA) / (1.0 - density), 0.0, 1.0)
    return unveiled


def _darkest_around(rgb: FloatArray) -> FloatArray:
    """The smallest channel value in the block around each point, smoothed over neighbouring blocks."""
    darkest = rgb.min(axis=-1)
    height, width = darkest.shape
    rows, columns = -(-height // BLOCK_PIXELS), -(-width // BLOCK_PIXELS)
    padded = np.pad(darkest, ((0, rows * BLOCK_PIXELS - height), (0, columns * BLOCK_PIXELS - width)), mode="edge")
    blocks = padded.reshape(rows, BLOCK_PIXELS, columns, BLOCK_PIXELS).min(axis=(1, 3))
    spread: FloatArray = np.kron(blocks, np.ones((BLOCK_PIXELS, BLOCK_PIXELS), dtype=np.float32))
    return spread[:height, :width]


def brownness(rgb: FloatArray) -> FloatArray:
    """How browned each place looks, 0 (raw, or not food) to 1 (deep brown to charred).

    Bread crust, seared meat and caramel are orange in hue, dull to deep, and darker than the raw food. Each of the
    three comes in gradually, so that food which browns evenly is seen to brown evenly.
    """
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    value = rgb.max(axis=-1)
    chroma = value - rgb.min(axis=-1)
    hue = np.where((red >= green) & (green >= blue), 60.0 * (green - blue) / (chroma + 1e-6), -1.0)
    orange = np.interp(hue, BROWN_HUE_DEGREES, (0.0, 1.0, 1.0, 0.0))
    deep = np.interp(chroma / (value + 1e-6), BROWN_SATURATION, (0.0, 1.0))
    dark = np.interp(value, BROWN_VALUE, (1.0, 0.0))
    brown: FloatArray = orange * deep * dark
    return brown


def veil_between(clear: FloatArray, now: FloatArray) -> float:
    """How much of a veil lies over `now` that did not lie over `clear` (lumas of one view), 0 to 1.

    A veil of density h turns x into g((1 − h)x + hA), with exposure g and veil brightness A. Contrast within a block
    falls by g(1 − h) while its darkest parts rise by ghA; from the two, h follows whatever g is. So a picture that only
    got darker shows no veil, and neither does a block whose content changed (its structure is another one).
    """
    before, after = _blocks(clear), _blocks(now)
    before_mean, after_mean = before.mean(axis=1), after.mean(axis=1)
    before_contrast, after_contrast = before.std(axis=1), after.std(axis=1)
    covariance = ((before - before_mean[:, None]) * (after - after_mean[:, None])).mean(axis=1)
    likeness = covariance / (before_contrast * after_contrast + 1e-6)
    textured = before_contrast > VEIL_TEXTURE
    slope = after_contrast / (before_contrast + 1e-6)
    lift = (after_mean - slope * before_mean) / VEIL_LUMA
    density = np.clip(lift / (slope + lift + 1e-6), -1.0, 1.0)
    counted = textured & (likeness > VEIL_LIKENESS)
    # Blocks that lost and blocks that won contrast balance out when things merely moved; only an excess is a veil.
    return float(np.clip(density[counted].sum() / max(textured.sum(), LEAST_TEXTURED * textured.size), 0.0, 1.0))


def _blocks(luma: FloatArray) -> FloatArray:
    """Number of blocks × points per block, after averaging 2 × 2 so that focus and motion blur hardly matter."""
    halved = _halved(luma)
    side = BLOCK_PIXELS // 2
    rows, columns = halved.shape[0] // side, halved.shape[1] // side
    cut = halved[: rows * side, : columns * side].reshape(rows, side, columns, side)
    blocks: FloatArray = cut.transpose(0, 2, 1, 3).reshape(rows * columns, side * side)
    return blocks


def _halved(luma: FloatArray) -> FloatArray:
    """Averages of 2 × 2 points."""
    height, width = (side // 2 * 2 for side in luma.shape)
    rows = luma[0:height:2, :width] + luma[1:height:2, :width]
    return np.float32(0.25) * (rows[:, 0::2] + rows[:, 1::2])


def _overlap(earlier: FloatArray, now: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The parts of both pictures that show the same view."""
    row, column = _shift_between(earlier, now)
    return _cut(earlier, row, column), _cut(now, -row, -column)


def _shift_between(earlier: FloatArray, now: FloatArray) -> tuple[int, int]:
    """Rows and columns by which the view moved from `earlier` to `now`: the peak of their phase correlation, unless the
    pictures agree better just as they are."""
    spectrum = np.fft.rfft2(earlier - earlier.mean()) * np.conj(np.fft.rfft2(now - now.mean()))
    peak = np.fft.irfft2(spectrum / (np.abs(spectrum) + 1e-6), s=earlier.shape)
    row, column = divmod(int(np.argmax(peak)), earlier.shape[1])
    height, width = earlier.shape
    row = row - height if row > height // 2 else row
    column = column - width if column > width // 2 else column
    if abs(row) > MAX_SHIFT_SHARE * height or abs(column) > MAX_SHIFT_SHARE * width:
        return 0, 0
    moved = _change(_cut(earlier, row, column), _cut(now, -row, -column))
    return (row, column) if moved < _change(earlier, now) else (0, 0)


def _cut(picture: FloatArray, row: int, column: int) -> FloatArray:
    height, width = picture.shape[:2]
    return picture[max(0, row) : height + min(0, row), max(0, column) : width + min(0, column)]


def _follow(memory: FloatArray, luma: FloatArray, rate: float) -> FloatArray:
    """The remembered picture, taken along with the camera, filled from the new one at the edge, and drawn towards it by
    `rate`."""
    row, column = _shift_between(memory, luma)
    followed = luma.copy()
    inner = _cut(followed, -row, -column)
    inner += np.float32(1.0 - rate) * (_cut(memory, row, column) - inner)
    return followed


def _change(earlier: FloatArray, now: FloatArray) -> float:
    """Mean absolute difference of luma, exposure matched, 0 to 1; coarse, so that a shift by less than a pixel and the
    noise of the sensor hardly count."""
    earlier, now = _halved(earlier), _halved(now)
    gain = float(np.clip((now.mean() + 1e-3) / (earlier.mean() + 1e-3), *EXPOSURE_RANGE))
    return float(np.clip(np.abs(now - gain * earlier).mean(), 0.0, 1.0))


def _likeness(earlier: FloatArray, now: FloatArray) -> float:
    """Correlation of two lumas, −1 to 1; 1 where neither shows any structure."""
    spread = float(earlier.std() * now.std())
    if spread < 1e-5:
        return 1.0
    return float(((earlier - earlier.mean()) * (now - now.mean())).mean() / spread)


def _colour_distance(earlier: FloatArray, now: FloatArray) -> float:
    """Half the L1 distance of coarse colour histograms, 0 to 1."""
    first, second = _colours(earlier), _colours(now)
    return float(np.abs(first - second).sum() / 2)


def _colours(rgb: FloatArray) -> FloatArray:
    levels = np.minimum((rgb * 4).astype(np.int64), 3)
    index = (levels[..., 0] * 4 + levels[..., 1]) * 4 + levels[..., 2]
    counts = np.bincount(index.ravel(), minlength=64).astype(np.float32)
    shares: FloatArray = counts / counts.sum()
    return shares


def _over_moments(times_s: FloatArray, values: Sequence[float], seconds: int) -> FloatArray:
    """Mean of the pictures within each second; where there is none, the line between its neighbours."""
    if times_s.size == 0:
        return np.zeros(seconds, dtype=np.float32)
    second = np.clip(times_s.astype(np.int64), 0, max(seconds - 1, 0))
    counts = np.bincount(second, minlength=seconds)[:seconds]
    sums = np.bincount(second, weights=np.asarray(values), minlength=seconds)[:seconds]
    between = np.interp(np.arange(seconds) + 0.5, times_s, np.asarray(values))
    return np.where(counts > 0, sums / np.maximum(counts, 1), between).astype(np.float32)


def _over_intervals(times_s: FloatArray, changes: Sequence[float], seconds: int) -> FloatArray:
    """Each change lies between two pictures; a second gets the mean of the intervals over it, weighed by overlap."""
    if not changes or seconds == 0:
        return np.zeros(seconds, dtype=np.float32)
    starts, ends = times_s[:-1], np.maximum(times_s[1:], times_s[:-1] + 1e-3)
    reached = np.concatenate(([0.0], np.cumsum(np.asarray(changes) * (ends - starts))))
    edges = np.clip(np.arange(seconds + 1, dtype=np.float64), times_s[0], times_s[-1])
    total = np.interp(edges, times_s, reached)
    lengths = np.diff(edges)
    means = np.where(lengths > 1e-6, np.diff(total) / np.maximum(lengths, 1e-6), np.nan)
    known = np.flatnonzero(~np.isnan(means))
    return np.interp(np.arange(seconds), known, means[known]).astype(np.float32)
