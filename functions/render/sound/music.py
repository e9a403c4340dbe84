"""The music: an original piece, composed and played here, as long as the video needs it.

F major, about 84 beats a minute. While the coach speaks there is only a slow pad, a round bass and a few marimba
notes; where the recap begins, on the first beat of a bar, a music box takes up the melody, and the last bar rests on
the tonic. The tempo bends a little so that this first beat falls exactly on the recap. The same seed always plays the
same notes.
"""

from typing import NamedTuple

import numpy as np

from functions.render.sound import SAMPLE_RATE_HZ
from functions.render.sound.instruments import bass, bell, marimba, pad, shaker
from functions.render.sound.room import Room
from functions.render.sound.wav import Signal

BEATS_PER_MINUTE = 84.0
BEATS = 4
SEED = 20


class Chord(NamedTuple):
    """A bass note and the notes above it, as MIDI numbers."""

    root: int
    notes: tuple[int, int, int, int]


VERSE = (
    Chord(41, (60, 64, 67, 69)),  # F maj 9
    Chord(40, (60, 64, 67, 72)),  # C over E
    Chord(38, (57, 60, 65, 69)),  # D minor 7
    Chord(46, (57, 62, 65, 69)),  # B flat maj 7
    Chord(45, (57, 60, 65, 72)),  # F over A
    Chord(43, (58, 62, 65, 69)),  # G minor 9
    Chord(48, (58, 62, 65, 67)),  # C 11
    Chord(48, (58, 60, 64, 67)),  # C 7
)
CHORUS = (
    Chord(46, (57, 62, 65, 70)),  # B flat maj 7
    Chord(48, (58, 60, 64, 67)),  # C 7
    Chord(45, (55, 60, 64, 69)),  # A minor 7
    Chord(38, (57, 60, 65, 69)),  # D minor 7
    Chord(43, (58, 62, 65, 69)),  # G minor 9
    Chord(48, (58, 62, 65, 67)),  # C 11
    Chord(41, (57, 60, 65, 69)),  # F
    Chord(41, (57, 60, 65, 72)),  # F
)
TONIC = Chord(41, (57, 60, 65, 69))
MELODY: tuple[tuple[tuple[float, int], ...], ...] = (
    ((0, 74), (1, 77), (2, 81), (3.5, 79)),
    ((0, 79), (1.5, 76), (2.5, 72)),
    ((0, 76), (1, 79), (2, 84), (3, 81)),
    ((0, 81), (2, 77)),
    ((0, 74), (1, 77), (1.5, 79), (2, 82), (3.5, 81)),
    ((0, 79), (1, 77), (2, 74), (3, 76)),
    ((0, 77), (2, 81), (3, 84)),
    ((0, 89),),
)
"""Beat and MIDI note, one bar after the other, over `CHORUS`."""
ARPEGGIO = ((0.0, 0), (1.5, 2), (2.0, 1), (3.0, 3))
"""Beat and which note of the chord, while the coach speaks."""
BUSY_ARPEGGIO = ((0.0, 0), (0.5, 2), (1.0, 1), (1.5, 3), (2.0, 2), (2.5, 3), (3.0, 1), (3.5, 2))


def compose_music(duration_s: float, chorus_s: float) -> Signal:
    """The whole piece, shape (2, samples), peaking near full scale.

    Args:
        duration_s: length.
        chorus_s: when the melody begins; the bars before it are stretched to fit.
    """
    return _Performance(duration_s, chorus_s).play()


class _Performance:
    """One rendering of the piece: where bars begin, and the sound so far."""

    def __init__(self, duration_s: float, chorus_s: float) -> None:
        self._duration_s = duration_s
        natural_s = BEATS * 60 / BEATS_PER_MINUTE
        self._verse_bars = max(1, round(chorus_s / natural_s))
        self._bar_s = chorus_s / self._verse_bars
        self._samples = round(duration_s * SAMPLE_RATE_HZ)
        self._dry = np.zeros((2, self._samples), dtype=np.float32)
        self._random = np.random.default_rng(SEED)

    def play(self) -> Signal:
        """All bars, then the room."""
        bars = int(np.ceil(self._duration_s / self._bar_s))
        for bar in range(bars):
            start_s = bar * self._bar_s
            if bar < self._verse_bars:
                self._verse(start_s, VERSE[(bar - self._verse_bars) % len(VERSE)], bar)
            elif bar == bars - 1 or start_s + 1.6 * self._bar_s > self._duration_s:
                self._ending(start_s)
                break
            else:
                position = (bar - self._verse_bars) % len(CHORUS)
                self._chorus(start_s, CHORUS[position], MELODY[position])
        wet = Room(seed=SEED, length_s=1.6).around(self._dry)
        mixed = self._dry + 0.22 * wet
        return np.asarray(mixed / np.abs(mixed).max(), dtype=np.float32)

    def _verse(self, start_s: float, chord: Chord, bar: int) -> None:
        self._foundation(start_s, chord, 0.34)
        beat_s = self._bar_s / BEATS
        for beat, note in ARPEGGIO:
            if bar == 0 and beat < 2:
                continue  # the pad opens alone
            self._strike(marimba(chord.notes[note] + 12), start_s + beat * beat_s, 0.26, pan=0.3 * (note - 1.5))

    def _chorus(self, start_s: float, chord: Chord, melody: tuple[tuple[float, int], ...]) -> None:
        self._foundation(start_s, chord, 0.44)
        beat_s = self._bar_s / BEATS
        for beat, note in BUSY_ARPEGGIO:
            self._strike(marimba(chord.notes[note] + 12), start_s + beat * beat_s, 0.22, pan=0.3 * (note - 1.5))
        for beat, midi in melody:
            self._strike(bell(midi), start_s + beat * beat_s, 0.34, pan=0.12)
        for eighth in range(2 * BEATS):
            self._strike(shaker(eighth % 3), start_s + eighth * beat_s / 2, 0.2 + 0.14 * (eighth % 2), pan=-0.35)
        self._strike(bass(chord.root, 1.2), start_s + 2.5 * beat_s, 0.26)

    def _ending(self, start_s: float) -> None:
        length_s = self._duration_s - start_s + 0.5
        for note in TONIC.notes:
            self._add(pad(note, round(length_s, 2)), start_s, 0.12)
        self._strike(bass(TONIC.root, 2.4), start_s, 0.5)
        for step, midi in enumerate((77, 81, 84, 89)):
            self._strike(bell(midi), start_s + 0.09 * step, 0.3, pan=0.1 * step)

    def _foundation(self, start_s: float, chord: Chord, bass_level: float) -> None:
        for note in chord.notes:
            self._add(pad(note, round(self._bar_s + 0.7, 3)), start_s - 0.15, 0.105)
        self._strike(bass(chord.root, 2.0), start_s, bass_level)

    def _strike(self, tone: Signal, at_s: float, level: float, *, pan: float = 0.0) -> None:
        """One note of a mono instrument, a little early or late and louder or softer as hands are."""
        at_s += float(self._random.normal(0, 0.005))
        level *= float(1 + self._random.normal(0, 0.06))
        sides = np.asarray([np.sqrt((1 - pan) / 2), np.sqrt((1 + pan) / 2)], dtype=np.float32)
        self._add(sides[:, None] * tone, at_s, level)

    def _add(self, stereo: Signal, at_s: float, level: float) -> None:
        start = round(at_s * SAMPLE_RATE_HZ)
        skipped = max(0, -start)
        room = self._samples - max(0, start)
        if room <= 0:
            return
        piece = stereo[:, skipped : skipped + room]
        self._dry[:, max(0, start) : max(0, start) + piece.shape[1]] += np.float32(level) * piece
