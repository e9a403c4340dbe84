"""The sound's side of the pass: decode, mix to mono, and keep the sound where its timestamps say it belongs."""

from __future__ import annotations  # av.Packet is generic only to the type checker

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream

from functions.prepare.sound.meter import SAMPLE_RATE_HZ, SoundMeter, SoundTrack

SOUND_GAP_S = 0.1
"""A jump of the timestamps by more than this is a gap (filled with silence) or an overlap (cut off); less is jitter."""


class SoundReader:
    """Reads the packets of one audio stream."""

    def __init__(self, stream: AudioStream, zero_s: float, end_s: float) -> None:
        """Times are seconds; sound later than `end_s` after the film's start `zero_s` is left out."""
        self._stream, self._zero_s, self._end_s = stream, zero_s, end_s
        self._meter = SoundMeter()
        self._resampler = _resampler()
        self._skip_samples = 0
        self.damaged = 0

    def read(self, packet: Packet[Stream]) -> None:
        """Take the next packet."""
        self._decode(packet)

    def finish(self, seconds: int) -> SoundTrack:
        """What was heard in the first `seconds` seconds."""
        self._decode(None)
        return self._meter.finish(seconds)

    def _decode(self, packet: Packet[Stream] | None) -> None:
        try:
            for frame in self._stream.codec_context.decode(packet):
                self._hear(frame)
        except (FFmpegError, ValueError):  # ValueError: the format changes in the middle, as only damaged files do
            self.damaged += 1
            self._resampler = _resampler()

    def _hear(self, frame: AudioFrame) -> None:
        if frame.pts is not None and frame.time_base is not None:
            start_s = float(frame.pts * frame.time_base) - self._zero_s
            if not start_s <= self._end_s:
                return
            self._align(start_s)
        for piece in self._resampler.resample(frame):
            samples = np.ravel(piece.to_ndarray()).astype(np.float32, copy=False)
            cut = min(self._skip_samples, samples.size)
            self._skip_samples -= cut
            self._meter.hear(samples[cut:])

    def _align(self, start_s: float) -> None:
        """Make the next sample fall where it belongs."""
        missing = round(start_s * SAMPLE_RATE_HZ) - self._meter.samples
        if missing > SOUND_GAP_S * SAMPLE_RATE_HZ:
            self._skip_samples = 0
            for start in range(0, missing, SAMPLE_RATE_HZ):  # in pieces: a gap may be an hour long
                self._meter.hear(np.zeros(min(SAMPLE_RATE_HZ, missing - start), dtype=np.float32))
        elif missing < -SOUND_GAP_S * SAMPLE_RATE_HZ or (self._meter.samples == 0 and missing < 0):
            self._skip_samples = -missing


def _resampler() -> AudioResampler:
    return AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)
