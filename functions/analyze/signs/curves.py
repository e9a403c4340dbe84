"""The signals of a film as curves, measured against the film itself.

No kitchen is like another: microphones stand near or far, hoods roar, phones turn the gain up by themselves. So nothing
here is judged by its absolute value. The film's own quiet and its own loudest frying span the scale; movement is
measured between its stillest and its busiest moments. One value per second throughout.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.models.media import Signals

Curve = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.bool_]

LEAST_SHARE = 1e-4
"""A share of the sizzle band below this is nothing."""
LEAST_RANGE_DB = 6.0
"""Between quiet and frying lie at least this many decibels; otherwise nothing starts or stops to fry in the film."""
FRYING_SHARE = 0.10
"""Of a frying second's energy at least this much lies in the sizzle band, evenly spread."""
ALWAYS_FRYING_SHARE = 0.30
"""A film without any change in its sizzle is one of steady frying if the share is at least this."""
FRYING_LASTS_S = 5
"""Talk and crockery hiss too, but not for this long without a break."""
FRYING_HEAT = 0.4
"""How far between quiet and loudest a second must lie to count as frying."""
FRYING_OVER_QUIET_DB = 5.0
FRYING_SHARE_OF_USUAL = 0.12
"""… and how much of its energy must be hiss, against the film's clear frying: voices are loud, but hiss little."""
SIMMERING_OVER_QUIET_DB = 4.0
LOUDEST_DB = -62.0
"""What is softer than this even at its loudest is hiss of the microphone."""
ARRIVAL = 0.5
"""A second scored this high looks as if something went into the pan."""
ARRIVAL_PER_SECOND = 0.03
"""How much less likely an arrival is per second it lies before what it explains."""
ARRIVAL_MOTION = 0.25
"""What goes into the pan moves the picture by at least this share of the film's busiest moments."""
MOVING_SHARE = 0.35
"""How far between still and busy a second must lie to count as movement."""
MOVING_CONTRAST = 1.6
"""The busiest moments must differ from the stillest by this factor, or it cannot be told when anything moves."""
MOVING_LUMA = 0.015
"""… unless it always moves: by more than this share of full brightness per second."""


@dataclass(frozen=True)
class Span:
    """A stretch of film, in whole seconds: from `start` up to but not including `end`."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Seconds."""
        return self.end - self.start

    def holds(self, second: float) -> bool:
        """Whether this moment lies in it."""
        return self.start <= second < self.end


class Film:
    """The curves of one film, each computed when first asked for."""

    def __init__(self, signals: Signals) -> None:
        """The film these signals were measured on."""
        self.signals = signals
        self.seconds = signals.seconds
        self.has_sound = signals.has_sound
        self.rms_db: Curve = np.asarray(signals.rms_db, dtype=np.float64)
        self.share: Curve = np.asarray(signals.sizzle, dtype=np.float64)
        self.onsets: Curve = np.asarray(signals.onsets, dtype=np.float64)
        self.crackles: Curve = np.asarray(signals.crackles or [0] * self.seconds, dtype=np.float64)
        self.voice: Curve = np.asarray(signals.voice or [0.0] * self.seconds, dtype=np.float64)
        self.motion: Curve = np.asarray(signals.motion, dtype=np.float64)
        self.luminance: Curve = np.asarray(signals.luminance, dtype=np.float64)
        self.haze: Curve = median_filter(np.asarray(signals.haze, dtype=np.float64), 3)
        self.browning: Curve = np.asarray(signals.browning, dtype=np.float64)

    @cached_property
    def sizzle_db(self) -> Curve:
        """Loudness of the frying alone: the part of each second's energy that lies steadily in the sizzle band, dB."""
        raw: Curve = self.rms_db + 10.0 * np.log10(np.maximum(self.share, LEAST_SHARE))
        return median_filter(raw, 3)

    @cached_property
    def quiet_db(self) -> float:
        """Sizzle band when nothing fries."""
        return float(np.percentile(self.sizzle_db, 5)) if self.seconds else 0.0

    @cached_property
    def loudest_db(self) -> float:
        """Sizzle band when it fries most, but for single bursts."""
        return float(np.percentile(self.sizzle_db, 95)) if self.seconds else 0.0

    @cached_property
    def always_frying(self) -> bool:
        """Whether the whole film is one even frying."""
        flat = self.loudest_db - self.quiet_db < LEAST_RANGE_DB
        even = bool(self.seconds and np.median(self.share) >= ALWAYS_FRYING_SHARE)
        return self.has_sound and flat and even and self.loudest_db > LOUDEST_DB

    @cached_property
    def fries(self) -> bool:
        """Whether frying is heard at all."""
        if not self.has_sound or self.loudest_db < LOUDEST_DB:
            return False
        hissing = (self.sizzle_db >= self.loudest_db - 10.0) & (median_filter(self.share, 3) >= FRYING_SHARE)
        rises = self.loudest_db - self.quiet_db >= LEAST_RANGE_DB
        return self.always_frying or (rises and any(span.length >= FRYING_LASTS_S for span in runs(hissing)))

    @cached_property
    def heat(self) -> Curve:
        """How loudly it fries: 0 at the film's quiet, 1 at its loudest. All zero when nothing fries."""
        if not self.fries:
            return np.zeros(self.seconds)
        if self.always_frying:
            return np.ones(self.seconds)
        scaled: Curve = (self.sizzle_db - self.quiet_db) / (self.loudest_db - self.quiet_db)
        return np.clip(scaled, 0.0, 1.0)

    @cached_property
    def frying(self) -> Mask:
        """Seconds in which it fries."""
        if not self.fries:
            return np.zeros(self.seconds, dtype=bool)
        if self.always_frying:
            return np.ones(self.seconds, dtype=bool)
        share = median_filter(self.share, 3)
        usual_share = float(np.median(share[self.heat >= 0.8]))
        audible = self.sizzle_db >= self.quiet_db + FRYING_OVER_QUIET_DB
        mask: Mask = (self.heat >= FRYING_HEAT) & audible & (share >= FRYING_SHARE_OF_USUAL * usual_share)
        return mask

    @cached_property
    def usual_db(self) -> float:
        """Sizzle band when this pan is simply hot: the middle of its frying, on the softer side, so that a fierce end
        does not count as usual."""
        return float(np.percentile(self.sizzle_db[self.frying], 35)) if self.frying.any() else self.quiet_db

    @cached_property
    def cooking(self) -> Span:
        """From the first frying until the pan is silent for good. Without frying: from the first moment something looks
        as if it went in to the end of the film."""
        times = np.flatnonzero(self.frying)
        if times.size:
            warm = self.sizzle_db >= self.quiet_db + SIMMERING_OVER_QUIET_DB
            ends = [span.end for span in runs(warm, lapse=2) if span.holds(int(times[-1]))]
            return Span(int(times[0]), max([int(times[-1]) + 1, *ends]))
        arrived = np.flatnonzero(self.arrivals >= ARRIVAL)
        return Span(int(arrived[0]) if arrived.size else 0, self.seconds)

    @cached_property
    def stillest(self) -> float:
        """Movement when nothing moves: noise, flicker, the sway of the hand that films."""
        return float(np.percentile(self.motion, 8)) if self.seconds else 0.0

    @cached_property
    def busiest(self) -> float:
        """Movement at the busiest, but for single jerks."""
        return float(np.percentile(self.motion, 85)) if self.seconds else 0.0

    @cached_property
    def moving(self) -> Mask:
        """Seconds in which something moves in the picture."""
        if self.busiest < MOVING_CONTRAST * self.stillest:
            always: Mask = np.full(self.seconds, self.stillest > MOVING_LUMA)
            return always
        mask: Mask = self.motion > self.stillest + MOVING_SHARE * (self.busiest - self.stillest)
        return mask

    @cached_property
    def arrivals(self) -> Curve:
        """How much each second looks and sounds as if something went into the pan: a jump of movement, a sudden sound
        that stands out from the seconds around it. 0 to about 2."""
        jump = self.motion - shifted_median(self.motion, 5)
        moved = np.clip(jump / (max(self.busiest, 1e-4)), 0.0, 1.0)
        seen = moved >= ARRIVAL_MOTION  # talk and crockery are sudden too, but nothing moves
        thump = np.clip((self.rms_db - shifted_median(self.rms_db, 3) - 1.0) / 8.0, 0.0, 0.6)
        struck = 0.4 * (self.onsets > 0)
        scores: Curve = seen * (moved + (thump + struck) * self.has_sound)
        return scores

    def arrival_near(self, low: float, high: float) -> int | None:
        """The second between `low` and `high` in which something most likely went in: rather where the pan answers, and
        rather the later one. None if none looks like it."""
        first, last = max(0, int(np.floor(low))), min(self.seconds, int(np.ceil(high)) + 1)
        if first >= last:
            return None
        nearness = 1.0 - ARRIVAL_PER_SECOND * (high - np.arange(first, last))
        likely = self.arrivals[first:last] * (nearness + 0.5 * self.answers[first:last])
        best = first + int(np.argmax(likely))
        return best if self.arrivals[best] >= ARRIVAL else None

    @cached_property
    def answers(self) -> Curve:
        """Whether the pan answers: 1 where the sizzle is clearly louder a second later than a second before."""
        if self.seconds < 3 or not self.has_sound:
            return np.zeros(self.seconds)
        step = np.zeros(self.seconds)
        step[1:-1] = self.sizzle_db[2:] - self.sizzle_db[:-2]
        answered: Curve = np.clip((step - 2.0) / 6.0, 0.0, 1.0)
        return answered


def runs(mask: Mask, *, lapse: int = 0) -> list[Span]:
    """The stretches in which a mask is true; interruptions of up to `lapse` seconds do not end one."""
    spans: list[Span] = []
    for time in np.flatnonzero(mask):
        second = int(time)
        if spans and second - spans[-1].end <= lapse:
            spans[-1] = Span(spans[-1].start, second + 1)
        else:
            spans.append(Span(second, second + 1))
    return spans


def median_filter(curve: Curve, width: int) -> Curve:
    """Each value replaced by the median of the `width` (odd) around it."""
    if curve.size == 0:
        return curve
    padded = np.pad(curve, width // 2, mode="edge")
    filtered: Curve = np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)
    return filtered


def shifted_median(curve: Curve, width: int) -> Curve:
    """The median of the `width` values before each one."""
    if curve.size == 0:
        return curve
    padded = np.pad(curve, (width, 0), mode="edge")[:-1]
    filtered: Curve = np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)
    return filtered


def grade(value: float, low: float, high: float) -> float:
    """0 at `low` and below, 1 at `high` and above, straight between."""
    return float(np.clip((value - low) / max(high - low, 1e-9), 0.0, 1.0))
