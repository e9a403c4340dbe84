"""Loudness and true peak as ITU-R BS.1770-4 measures them, and a limiter that keeps the true peak down.

The K-weighting is applied in the frequency domain, from the very coefficients of the recommendation (48 kHz).
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from functions.render.sound import SAMPLE_RATE_HZ
from functions.render.sound.wav import Signal

# Stage 1 (shelf) and stage 2 (high-pass) of the K-weighting: numerator and denominator, BS.1770-4 tables 1 and 2.
K_WEIGHTING = (
    ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)
OFFSET_DB = -0.691
BLOCK_S, STEP_S = 0.4, 0.1
ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU = -70.0, -10.0
OVERSAMPLING = 4
TAPS = 12
"""Of each phase of the interpolation filter."""
LIMITER_STEP = 48
"""Samples: the limiter decides once a millisecond."""
LOOKAHEAD = 4
"""Limiter steps over which the gain moves."""


def loudness_lufs(stereo: Signal) -> float:
    """Integrated loudness of 48 kHz stereo of shape (2, samples), LUFS; −inf for silence."""
    power = sum(_weighted(side) ** 2 for side in stereo)
    summed = np.concatenate([[0.0], np.cumsum(power, dtype=np.float64)])
    block, step = round(BLOCK_S * SAMPLE_RATE_HZ), round(STEP_S * SAMPLE_RATE_HZ)
    starts = np.arange(0, max(1, len(summed) - block), step)
    blocks = (summed[np.minimum(starts + block, len(summed) - 1)] - summed[starts]) / block
    loud = blocks[_lufs(blocks) > ABSOLUTE_GATE_LUFS]
    if len(loud) == 0:
        return float("-inf")
    gate = _lufs(loud.mean()) + RELATIVE_GATE_LU
    return float(_lufs(loud[_lufs(loud) > gate].mean()))


def true_peak_db(stereo: Signal) -> float:
    """Highest level between and on the samples, dB relative to full scale."""
    return float(20 * np.log10(max(float(_oversampled_peaks(side, 1).max()) for side in stereo) + 1e-12))


def limit(stereo: Signal, ceiling_db: float) -> Signal:
    """The same sound with every true peak at or below `ceiling_db`: the gain dips a few milliseconds around each."""
    ceiling = 10 ** (ceiling_db / 20)
    peaks = np.max([_oversampled_peaks(side, LIMITER_STEP) for side in stereo], axis=0)
    if float(peaks.max()) <= ceiling:
        return stereo
    needed = np.minimum(1.0, 0.995 * ceiling / np.maximum(peaks, 1e-9))
    around = np.pad(needed, 2 * LOOKAHEAD, mode="edge")
    held = np.min([around[shift : shift + len(needed) + 2 * LOOKAHEAD] for shift in range(2 * LOOKAHEAD + 1)], axis=0)
    window = np.hanning(2 * LOOKAHEAD + 3)[1:-1]
    smooth = np.convolve(held, window / window.sum(), mode="valid")
    centres = (np.arange(len(smooth)) + 0.5) * LIMITER_STEP
    gain = np.interp(np.arange(stereo.shape[1]), centres, smooth)
    return np.asarray(stereo * gain.astype(np.float32), dtype=np.float32)


def _lufs(mean_square: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return np.asarray(OFFSET_DB + 10 * np.log10(np.maximum(mean_square, 1e-15)))


def _weighted(side: Signal) -> Signal:
    """K-weighted samples."""
    size = _fast_length(len(side) + SAMPLE_RATE_HZ // 2)
    weighted = np.fft.irfft(np.fft.rfft(side, size) * _k_response(size), size)
    return np.asarray(weighted[: len(side)], dtype=np.float32)


@cache
def _k_response(size: int) -> NDArray[np.complex64]:
    """Of both stages, at the frequencies of a real transform of this length."""
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    response = np.ones(len(z), dtype=np.complex128)
    for numerator, denominator in K_WEIGHTING:
        response *= np.polyval(numerator[::-1], z) / np.polyval(denominator[::-1], z)
    return response.astype(np.complex64)


def _fast_length(least: int) -> int:
    """The smallest length from `least` on that a Fourier transform is quick for: a power of two, or three times one."""
    power = 1 << (least - 1).bit_length()
    return power * 3 // 4 if power * 3 // 4 >= least else power


def _oversampled_peaks(side: Signal, step: int) -> Signal:
    """Highest absolute value of each `step` samples, between the samples too."""
    peaks = np.abs(side)
    positions = np.arange(-TAPS // 2 + 1, TAPS // 2 + 1)
    for phase in range(1, OVERSAMPLING):
        distance = positions - phase / OVERSAMPLING
        kernel = np.sinc(distance) * np.cos(np.pi * distance / (TAPS + 1)) ** 2
        between = np.convolve(side, (kernel / kernel.sum())[::-1].astype(np.float32), mode="full")
        np.maximum(peaks, np.abs(between[TAPS // 2 : TAPS // 2 + len(side)]), out=peaks)
    padded = np.pad(peaks, (0, -len(peaks) % step))
    return np.asarray(padded.reshape(-1, step).max(axis=1), dtype=np.float32)
