"""A room for dry sounds: convolution with a short tail of decaying noise, different on both sides."""

import numpy as np

from functions.render.sound import SAMPLE_RATE_HZ
from functions.render.sound.wav import Signal


class Room:
    """A small, soft room."""

    def __init__(self, *, seed: int, length_s: float) -> None:
        """`length_s`: until the tail is 60 dB down."""
        time_s = np.arange(round(length_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        noise = np.random.default_rng(seed).standard_normal((2, len(time_s)))
        softened = np.cumsum(noise, axis=1)
        softened[:, 24:] -= softened[:, :-24].copy()  # a moving sum: highs fade as on soft walls
        tail = softened * np.exp(-6.9 * time_s / length_s) * np.clip((time_s - 0.012) / 0.02, 0, 1)
        self._tail: Signal = (tail / np.sqrt((tail**2).sum(axis=1, keepdims=True))).astype(np.float32)

    def around(self, dry: Signal) -> Signal:
        """The room's answer to a sound of shape (2, n); same shape."""
        return np.stack([convolve(side, tail) for side, tail in zip(dry, self._tail, strict=True)])


def convolve(signal: Signal, response: Signal) -> Signal:
    """Linear convolution cut to the signal's length, in blocks, so that the cost grows with the length alone."""
    block = max(2 * len(response), 1 << 16)
    size = 1 << (block + len(response) - 1).bit_length()
    block = size - len(response) + 1
    spectrum = np.fft.rfft(response, size)
    out = np.zeros(len(signal) + size, dtype=np.float32)
    for start in range(0, len(signal), block):
        piece = np.fft.irfft(np.fft.rfft(signal[start : start + block], size) * spectrum, size)
        out[start : start + size] += piece.astype(np.float32)
    return out[: len(signal)]
