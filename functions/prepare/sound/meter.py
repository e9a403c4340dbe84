"""Listening: mono sound at 16 kHz goes in piece by piece, one value per second comes out.

Sound is cut into frames of 32 ms every 20 ms, fifty to the second. A handful of numbers per frame is kept (an hour is a
few megabytes), so that peaks can be judged against their surroundings when all has been heard.
"""

from dataclasses import dataclass

import numpy as np

from functions.prepare.arrays import CountArray, FloatArray, MaskArray

SAMPLE_RATE_HZ = 16_000
FRAME_SAMPLES = 512
HOP_SAMPLES = 320
FRAMES_PER_SECOND = SAMPLE_RATE_HZ // HOP_SAMPLES
LEAST_FRAMES = 5
"""A second of which less than this is there counts as silent."""
BATCH_FRAMES = 10 * FRAMES_PER_SECOND
"""Frames analysed at once: enough for numpy to be quick, little enough to stay small."""
BATCH_SAMPLES = (BATCH_FRAMES - 1) * HOP_SAMPLES + FRAME_SAMPLES

FLOOR_DB = -90.0
SILENCE_DB = -50.0
"""A frame below this is silent, dB relative to full scale."""
DIGITAL_SILENCE_DB = -80.0
"""A sound track that never rises above this carries nothing but the noise of its coding."""

AUDIBLE_HZ = 80.0
"""Below lies handling rumble; the loudness of a kitchen is not there."""
SIZZLE_BAND_HZ = (2500.0, 7500.0)
"""Frying is noise of bursting bubbles, strongest at a few kHz; voices, fans and knocks have most of theirs below."""
STEADINESS_FRAMES = 5
"""Frying is even over a tenth of a second; sibilants, crockery and taps are not."""

FLUX_BANDS = 24
FLUX_LAG_FRAMES = 2
ONSET_RISE_DB = 5.0
"""A sound starts where the bands rise by this much on average within 40 ms …"""
ONSET_OVER_LOCAL = 2.2
"""… and by this many times as much as is usual within the second around."""

CRACKLE_SAMPLES = 64
"""Drops that burst in hot fat last a few milliseconds: 4 ms at a time are compared."""
CRACKLE_OVER_HISS = 4.0
"""A burst holds this many times the energy of the hiss around it, …"""
CRACKLE_ISOLATED = 0.5
"""… and 8 ms before and after it at most this share of its own: knocks ring on, sibilants last."""

PITCH_BAND_HZ = (120.0, 1500.0)
PITCH_LAGS = (40, 200)
"""Periods of 80 to 400 Hz, in samples: voices and most instruments."""
PITCH_PERIODICITY = 0.75
"""How alike a frame must be to itself one period later."""


@dataclass(frozen=True)
class SoundTrack:
    """What was heard, one value per second; names as in `shared.models.media.Signals`."""

    has_sound: bool
    rms_db: FloatArray
    onsets: CountArray
    crackles: CountArray
    sizzle: FloatArray
    silence: FloatArray
    voice: FloatArray


class SoundMeter:
    """Collects frames; `finish` turns them into seconds."""

    def __init__(self) -> None:
        """Empty: as if nothing had been recorded."""
        self._arrived: list[FloatArray] = []
        self._waiting = 0
        self._pending = np.zeros(0, dtype=np.float32)
        self._measured: list[FloatArray] = []
        self._last_bands: FloatArray | None = None
        self._window = np.hanning(FRAME_SAMPLES + 1)[:-1].astype(np.float32)
        self._lags = slice(*PITCH_LAGS)
        self_likeness = np.fft.irfft(np.abs(np.fft.rfft(self._window)) ** 2)
        self._window_likeness = (self_likeness / self_likeness[0])[self._lags]
        self._power_scale = float(FRAME_SAMPLES * np.sum(self._window**2))
        frequencies = np.fft.rfftfreq(FRAME_SAMPLES, 1.0 / SAMPLE_RATE_HZ)
        self._audible = frequencies >= AUDIBLE_HZ
        self._sizzling = (frequencies >= SIZZLE_BAND_HZ[0]) & (frequencies <= SIZZLE_BAND_HZ[1])
        self._pitched = (frequencies >= PITCH_BAND_HZ[0]) & (frequencies <= PITCH_BAND_HZ[1])
        edges = np.searchsorted(frequencies, np.geomspace(100.0, SAMPLE_RATE_HZ / 2, FLUX_BANDS + 1))
        self._band_starts = np.unique(edges[:-1])
        self.samples = 0

    def hear(self, samples: FloatArray) -> None:
        """Take in the next mono samples, −1 to 1 at `SAMPLE_RATE_HZ`."""
        self.samples += samples.size
        self._arrived.append(samples)
        self._waiting += samples.size
        if self._waiting >= BATCH_SAMPLES:
            self._gather()
            while self._pending.size >= BATCH_SAMPLES:
                self._measure(BATCH_FRAMES)
            self._waiting = self._pending.size

    def finish(self, seconds: int) -> SoundTrack:
        """The first `seconds` seconds of what was heard. The second in which the sound ends is judged by what there is
        of it; seconds after that are silent."""
        self._arrived.append(np.zeros(FRAME_SAMPLES, dtype=np.float32))
        self._gather()
        remaining = (self._pending.size - FRAME_SAMPLES) // HOP_SAMPLES + 1
        for start in range(0, remaining, BATCH_FRAMES):
            self._measure(min(BATCH_FRAMES, remaining - start))
        frames = np.concatenate(self._measured, axis=0) if self._measured else np.zeros((0, _COLUMNS), np.float32)
        wanted = seconds * FRAMES_PER_SECOND
        frames = _last_second_filled(frames[: self.samples // HOP_SAMPLES])[:wanted]
        if len(frames) < wanted:
            frames = np.concatenate((frames, np.zeros((wanted - len(frames), _COLUMNS), np.float32)))
        return _seconds_of(frames, seconds)

    def _gather(self) -> None:
        arrived = np.concatenate([self._pending, *self._arrived])
        self._pending = np.nan_to_num(arrived, nan=0.0, posinf=0.0, neginf=0.0)
        self._arrived.clear()

    def _measure(self, count: int) -> None:
        if count <= 0:
            return
        starts = np.arange(count) * HOP_SAMPLES
        frames = self._pending[starts[:, None] + np.arange(FRAME_SAMPLES)[None, :]]
        spectrum = np.fft.rfft(frames * self._window, axis=1)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32) * np.float32(2.0 / self._power_scale)
        bands = 10.0 * np.log10(np.add.reduceat(power, self._band_starts, axis=1) + 1e-9)
        before = bands[:1] if self._last_bands is None else self._last_bands
        earlier = np.concatenate((np.repeat(before[:1], max(0, FLUX_LAG_FRAMES - len(before)), axis=0), before, bands))
        rise = np.maximum(bands - earlier[: len(bands)], 0.0)
        measured = np.empty((count, _COLUMNS), dtype=np.float32)
        measured[:, _TOTAL] = power[:, self._audible].sum(axis=1)
        measured[:, _SIZZLE] = power[:, self._sizzling].sum(axis=1)
        measured[:, _RISE] = rise.mean(axis=1)
        measured[:, _CRACKLES] = _crackles(self._pending[: count * HOP_SAMPLES])
        measured[:, _PITCH] = self._periodicity(power)
        self._measured.append(measured)
        self._last_bands = bands[-FLUX_LAG_FRAMES:]
        self._pending = self._pending[count * HOP_SAMPLES :]

    def _periodicity(self, power: FloatArray) -> FloatArray:
        """Largest normalised autocorrelation at a period of `PITCH_LAGS`, by the Wiener-Khinchin theorem; what the
        window takes from longer periods is given back (Boersma 1993)."""
        likeness = np.fft.irfft(np.where(self._pitched, power, 0.0), axis=1)
        strongest = (likeness[:, self._lags] / self._window_likeness).max(axis=1)
        periodicity: FloatArray = (strongest / (likeness[:, 0] + 1e-12)).astype(np.float32)
        return periodicity


def _last_second_filled(frames: FloatArray) -> FloatArray:
    begun = len(frames) % FRAMES_PER_SECOND
    if begun < LEAST_FRAMES:
        return frames[: len(frames) - begun]
    return np.concatenate((frames, np.resize(frames[-begun:], (FRAMES_PER_SECOND - begun, _COLUMNS))))


def silent_track(seconds: int) -> SoundTrack:
    """What is heard of a film without a sound track: every value at its floor."""
    return SoundMeter().finish(seconds)


_TOTAL, _SIZZLE, _RISE, _CRACKLES, _PITCH = range(5)
_COLUMNS = 5


def _seconds_of(frames: FloatArray, seconds: int) -> SoundTrack:
    total, sizzling = frames[:, _TOTAL], frames[:, _SIZZLE]
    per_second = (seconds, FRAMES_PER_SECOND)
    level_db = 10.0 * np.log10(np.maximum(total, 1e-12))
    energy = total.reshape(per_second).mean(axis=1)
    audible = level_db > SILENCE_DB
    return SoundTrack(
        has_sound=bool(np.any(level_db > DIGITAL_SILENCE_DB)),
        rms_db=np.clip(10.0 * np.log10(np.maximum(energy, 1e-12)), FLOOR_DB, 0.0).astype(np.float32),
        onsets=_onsets(frames[:, _RISE], audible).reshape(per_second).sum(axis=1),
        crackles=np.where(audible, frames[:, _CRACKLES], 0.0).reshape(per_second).sum(axis=1).astype(np.int64),
        sizzle=_sizzle(total.reshape(per_second), sizzling.reshape(per_second)),
        silence=(~audible).reshape(per_second).mean(axis=1).astype(np.float32),
        voice=((frames[:, _PITCH] > PITCH_PERIODICITY) & audible).reshape(per_second).mean(axis=1).astype(np.float32),
    )


def _sizzle(total: FloatArray, sizzling: FloatArray) -> FloatArray:
    """Share of each second's energy in the sizzle band, times how steady that band is: its geometric over its
    arithmetic mean, 1 for an even hiss and near 0 for single bursts."""
    seconds, frames = sizzling.shape
    steps = sizzling.reshape(seconds, frames // STEADINESS_FRAMES, STEADINESS_FRAMES).mean(axis=2) + 1e-12
    steadiness = np.exp(np.log(steps).mean(axis=1)) / steps.mean(axis=1)
    share = sizzling.sum(axis=1) / (total.sum(axis=1) + 1e-9)
    weighed: FloatArray = np.clip(share * steadiness, 0.0, 1.0).astype(np.float32)
    return weighed


def _crackles(samples: FloatArray) -> FloatArray:
    """How many isolated bursts of the sizzle band fall into each hop of up to `BATCH_FRAMES` hops of samples."""
    padded = np.zeros(BATCH_FRAMES * HOP_SAMPLES, dtype=np.float32)
    padded[: samples.size] = samples
    spectrum = np.fft.rfft(padded)
    frequencies = np.fft.rfftfreq(padded.size, 1.0 / SAMPLE_RATE_HZ)
    spectrum[(frequencies < SIZZLE_BAND_HZ[0]) | (frequencies > SIZZLE_BAND_HZ[1])] = 0.0
    energy = np.square(np.fft.irfft(spectrum, padded.size)).reshape(-1, CRACKLE_SAMPLES).sum(axis=1)
    per_second = SAMPLE_RATE_HZ // CRACKLE_SAMPLES
    hiss = np.repeat(np.median(energy.reshape(-1, per_second), axis=1), per_second)
    around = np.pad(energy, 2, mode="edge")
    burst = (
        (energy > CRACKLE_OVER_HISS * hiss + 1e-7)
        & (energy >= np.maximum(around[1:-3], around[3:-1]))
        & (np.maximum(around[:-4], around[4:]) < CRACKLE_ISOLATED * energy)
    )
    per_hop: FloatArray = burst.reshape(-1, HOP_SAMPLES // CRACKLE_SAMPLES).sum(axis=1).astype(np.float32)
    return per_hop[: samples.size // HOP_SAMPLES]


def _onsets(rise: FloatArray, audible: MaskArray) -> CountArray:
    """1 at every frame where a sound starts: a rise that peaks, in decibels and against the median rise around it."""
    if rise.size == 0:
        return np.zeros(0, dtype=np.int64)
    half = FRAMES_PER_SECOND // 2
    padded = np.pad(rise, half, mode="edge")
    # The median over a sliding second, taken at every fifth frame: it hardly moves in a tenth of a second.
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)[::5]
    usual = np.repeat(np.median(windows, axis=1), 5)[: rise.size]
    neighbours = np.lib.stride_tricks.sliding_window_view(np.pad(rise, 2, mode="edge"), 5).max(axis=1)
    is_peak = (rise >= neighbours) & (rise > ONSET_RISE_DB) & (rise > ONSET_OVER_LOCAL * usual) & audible
    is_peak[1:] &= ~is_peak[:-1]
    counts: CountArray = is_peak.astype(np.int64)
    return counts
