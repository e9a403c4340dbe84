"""Finds where a recorded sentence pauses, so that captions can change with the voice."""

from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from functions.render.sound.wav import read_wav

FRAME_S = 0.01
BELOW_PEAK_DB = 38.0
"""A frame this far below the loudest one is silent."""
MIN_PAUSE_S = 0.2
"""The closure of a っ, a ぱ or a ち lasts up to 0.15 s; a pause at a comma 0.3 s and more."""


class Pause(NamedTuple):
    """A silence inside a sentence, seconds from its start."""

    start_s: float
    end_s: float


@cache
def find_pauses(wav: Path) -> list[Pause]:
    """The pauses of a mono WAV file, in order; silence at either end does not count."""
    samples, sample_rate_hz = read_wav(wav)
    frame = round(FRAME_S * sample_rate_hz)
    framed = samples[: len(samples) // frame * frame].reshape(-1, frame)
    level_db = 10 * np.log10(np.mean(framed**2, axis=1) + 1e-12)
    silent = level_db < level_db.max() - BELOW_PEAK_DB
    edges = np.flatnonzero(np.diff(silent.astype(np.int8)))
    pauses = []
    for begin, end in pairwise(edges):
        if silent[begin + 1] and (end - begin) * FRAME_S >= MIN_PAUSE_S:
            pauses.append(Pause(float((begin + 1) * FRAME_S), float((end + 1) * FRAME_S)))
    return pauses
