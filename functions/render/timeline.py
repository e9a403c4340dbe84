"""When everything happens in the video, planned before a single picture is read. Pure.

The parts follow each other without a gap:

    A  time-lapse under part 1, title first            chapter 原理と診断
    B  the pivot line over the end of the time-lapse   chapter ポイント
    C  a cut to the moment itself, under part 2        chapter その瞬間
    D  the recap card                                  chapter まとめ

The voice decides how long A, B and C are, and the video should last 75 to 95 s. What gives is the *breath*: how long
the title stands before the voice begins, the pauses between sentences, the rest around the pivot, the looks at the clip
before and after part 2. Each of these has a tight, a natural and a wide length (`BREATHS`). A script that lands inside
the window gets the natural ones; a short script breathes up to the wide ones, a long one down to the tight ones. Only
when that is not enough does the recap grow (to 24 s at most) or shrink (to 8 s at least).
"""

import math
from bisect import bisect_left
from typing import NamedTuple

from pydantic import Field

from functions.render.order import RenderFailed, VoicedSentence
from shared.models.base import Model
from shared.models.video import Chapter, Part

FRAME_RATE = 30
WISHED_S = (75.5, 94.5)
"""The plan aims a little inside the promised 75 to 95 s."""
ALLOWED_S = (60.0, 120.0)
CLIP_AT_LEAST_S = 15.0
OUTRO_S = (8.0, 24.0)
"""How far the recap may be moved to reach the wished length."""
CHAPTER_TITLES: dict[str, str] = {"A": "原理と診断", "B": "ポイント", "C": "その瞬間", "D": "まとめ"}


class Breath(NamedTuple):
    """A rest without voice, seconds."""

    tight: float
    natural: float
    wide: float

    def at(self, ease: float) -> float:
        """Its length at an ease from −1 (tight) over 0 (natural) to 1 (wide)."""
        other = self.wide if ease > 0 else self.tight
        return self.natural + abs(ease) * (other - self.natural)


TITLE = Breath(1.0, 2.2, 4.0)
"""The title stands alone before the voice begins."""
BEFORE_PIVOT = Breath(0.4, 0.8, 1.6)
AFTER_PIVOT = Breath(0.3, 0.6, 1.4)
"""Between the pivot line and the cut."""
LOOK = Breath(0.3, 0.5, 1.2)
"""The clip is seen before part 2 begins."""
AFTERTASTE = Breath(0.3, 0.6, 2.0)
"""The clip is seen after part 2 has ended."""
BREATHS = (TITLE, BEFORE_PIVOT, AFTER_PIVOT, LOOK, AFTERTASTE)
EASE_STEPS = 64
PAUSE_TIGHT_S, PAUSE_WIDE_S = 0.25, 1.1
"""Between two sentences; the natural length comes with the recorded voice."""


class Cue(Model):
    """A sentence at its place."""

    index: int
    """Position in the order's sentences."""
    part: Part
    start_s: float = Field(ge=0)
    end_s: float = Field(gt=0)


class Timeline(Model):
    """The plan. Boundaries are whole frames of 1/30 s."""

    cues: list[Cue]
    pivot_frame: int
    """First frame of B."""
    clip_frame: int
    """First frame of C: the cut."""
    outro_frame: int
    """First frame of D."""
    frames: int
    """Length of the whole."""
    warnings: list[str] = []

    @property
    def duration_s(self) -> float:
        """Length of the whole, seconds."""
        return self.frames / FRAME_RATE

    @property
    def clip_frames(self) -> int:
        """Length of C."""
        return self.outro_frame - self.clip_frame

    @property
    def outro_frames(self) -> int:
        """Length of D."""
        return self.frames - self.outro_frame

    def chapters(self) -> list[Chapter]:
        """The four chapters, each ending where the next begins."""
        starts = [0, self.pivot_frame, self.clip_frame, self.outro_frame, self.frames]
        return [
            Chapter(title=title, start_s=start / FRAME_RATE, end_s=end / FRAME_RATE)
            for title, start, end in zip(CHAPTER_TITLES.values(), starts[:-1], starts[1:], strict=True)
        ]


def plan_timeline(sentences: list[VoicedSentence], *, pause_s: float, outro_s: float) -> Timeline:
    """Place every sentence and every cut.

    Args:
        sentences: in speaking order: part 1, one pivot or more, part 2.
        pause_s: wished silence between two sentences of a part.
        outro_s: wished length of the recap.

    Raises:
        RenderFailed: a part is missing or out of order, or the voice is so short or long that no plan lands within
            60 to 120 s.
    """
    _check_order(sentences)
    ease = _ease(sentences, pause_s, outro_s)
    plan = _place(sentences, pause_s, ease, _fitting_outro_s(_place(sentences, pause_s, ease, 0.0).duration_s, outro_s))
    if not ALLOWED_S[0] <= plan.duration_s <= ALLOWED_S[1]:
        spoken = sum(sentence.duration_s for sentence in sentences)
        raise RenderFailed(
            f"expected a script that fills {ALLOWED_S[0]:.0f} to {ALLOWED_S[1]:.0f} s. "
            f"Found: {spoken:.1f} s of voice, which make {plan.duration_s:.1f} s"
        )
    warnings = []
    if not WISHED_S[0] - 0.5 <= plan.duration_s <= WISHED_S[1] + 0.5:
        warnings.append(f"the video lasts {plan.duration_s:.1f} s instead of 75 to 95 s: the script is short or long")
    if abs(plan.outro_frames / FRAME_RATE - outro_s) > 0.05:
        warnings.append(f"the recap lasts {plan.outro_frames / FRAME_RATE:.1f} s instead of {outro_s:.1f} s")
    return plan.model_copy(update={"warnings": warnings})


def _ease(sentences: list[VoicedSentence], pause_s: float, outro_s: float) -> float:
    """The ease nearest to natural at which the whole lands in the wished window; ±1 where none does."""

    def length(ease: float) -> float:
        return _place(sentences, pause_s, ease, outro_s).duration_s

    steps = range(EASE_STEPS)
    if length(0.0) < WISHED_S[0]:
        return bisect_left(steps, WISHED_S[0], key=lambda step: length(step / EASE_STEPS)) / EASE_STEPS
    if length(0.0) > WISHED_S[1]:
        return -bisect_left(steps, -WISHED_S[1], key=lambda step: -length(-step / EASE_STEPS)) / EASE_STEPS
    return 0.0


def _fitting_outro_s(without_outro_s: float, outro_s: float) -> float:
    """The wished length of the recap, moved as little as brings the whole into the wished window."""
    if without_outro_s + outro_s < WISHED_S[0]:
        return min(max(OUTRO_S[1], outro_s), WISHED_S[0] - without_outro_s)
    if without_outro_s + outro_s > WISHED_S[1]:
        return max(min(OUTRO_S[0], outro_s), WISHED_S[1] - without_outro_s)
    return outro_s


def _place(sentences: list[VoicedSentence], pause_s: float, ease: float, outro_s: float) -> Timeline:
    """The plan at a given ease, with a recap of `outro_s`."""
    pause = Breath(min(PAUSE_TIGHT_S, pause_s), pause_s, max(PAUSE_WIDE_S, pause_s)).at(ease)
    cues: list[Cue] = []
    now = TITLE.at(ease)
    pivot_frame = clip_frame = 0
    for index, sentence in enumerate(sentences):
        if cues and cues[-1].part == sentence.part:
            now += pause
        elif sentence.part == "pivot":
            now += BEFORE_PIVOT.at(ease)
            pivot_frame = round((now - min(0.3, BEFORE_PIVOT.at(ease) / 2)) * FRAME_RATE)
        elif sentence.part == "part2":
            clip_frame = math.ceil((now + AFTER_PIVOT.at(ease)) * FRAME_RATE)
            now = clip_frame / FRAME_RATE + LOOK.at(ease)
        cues.append(Cue(index=index, part=sentence.part, start_s=now, end_s=now + sentence.duration_s))
        now += sentence.duration_s
    clip_frames = max(
        round(CLIP_AT_LEAST_S * FRAME_RATE), math.ceil((now + AFTERTASTE.at(ease)) * FRAME_RATE) - clip_frame
    )
    outro_frame = clip_frame + clip_frames
    return Timeline(
        cues=cues,
        pivot_frame=pivot_frame,
        clip_frame=clip_frame,
        outro_frame=outro_frame,
        frames=outro_frame + round(outro_s * FRAME_RATE),
    )


def _check_order(sentences: list[VoicedSentence]) -> None:
    order: tuple[Part, ...] = ("part1", "pivot", "part2")
    ranks = [order.index(sentence.part) for sentence in sentences]
    if ranks != sorted(ranks) or set(ranks) != {0, 1, 2}:
        found = ", ".join(dict.fromkeys(sentence.part for sentence in sentences)) or "nothing"
        raise RenderFailed(f"expected sentences of part1, then pivot, then part2. Found: {found}")
