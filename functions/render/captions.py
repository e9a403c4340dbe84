"""Captions: what the voice says, in at most two lines of sixteen full-width characters, at the moment it says it.

Where a sentence is cut is the matter of `typesetting/pieces.py`. The voice pauses at commas, and the pauses can be
found in its recording: they tie the text to time. Only inside a clause without any pause is time shared out by the
estimated number of morae.
"""

from itertools import pairwise
from pathlib import Path

from functions.render.order import VoicedSentence
from functions.render.sound.pauses import Pause, find_pauses
from functions.render.timeline import Timeline
from functions.render.typesetting.lines import printable
from functions.render.typesetting.pieces import cut_sentence
from shared.gates.speech import morae
from shared.models.base import Model

LINGER_S = 0.12
"""A caption stays this long after the last sound."""
MIN_GAP_S = 0.02


class Caption(Model):
    """What is shown from when to when, seconds."""

    start_s: float
    end_s: float
    lines: list[str]


def plan_captions(sentences: list[VoicedSentence], timeline: Timeline) -> list[Caption]:
    """The captions of the whole video, in order, never two at once."""
    captions: list[Caption] = []
    for cue in timeline.cues:
        sentence = sentences[cue.index]
        captions += [
            Caption(
                start_s=cue.start_s + caption.start_s, end_s=cue.start_s + caption.end_s + LINGER_S, lines=caption.lines
            )
            for caption in caption_sentence(sentence.text, sentence.duration_s, find_pauses(sentence.wav))
        ]
    return [
        caption.model_copy(update={"end_s": min(caption.end_s, following.start_s - MIN_GAP_S)})
        for caption, following in pairwise(captions)
    ] + captions[-1:]


def caption_sentence(text: str, duration_s: float, pauses: list[Pause]) -> list[Caption]:
    """The captions of one sentence, timed from its own start."""
    shown = printable(text)
    anchors = _anchors(shown, duration_s, pauses)
    captions: list[Caption] = []
    start_s = 0.0
    for piece in cut_sentence(shown):
        end_s, next_start_s = _time_at(shown, piece.end, anchors)
        captions.append(Caption(start_s=start_s, end_s=end_s, lines=piece.lines))
        start_s = next_start_s
    return captions


def web_vtt(captions: list[Caption]) -> str:
    """The captions as a WebVTT file."""
    blocks = ["WEBVTT\n"]
    for number, caption in enumerate(captions, start=1):
        text = "\n".join(caption.lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{number}\n{_clock(caption.start_s)} --> {_clock(caption.end_s)}\n{text}\n")
    return "\n".join(blocks)


def write_web_vtt(captions: list[Caption], path: Path) -> None:
    """Write `captions` as a WebVTT file."""
    path.write_text(web_vtt(captions), encoding="utf-8")


Anchor = tuple[int, float, float]
"""Position in the text, and when the sound before it ends and the sound after it begins, seconds."""


def _anchors(text: str, duration_s: float, pauses: list[Pause]) -> list[Anchor]:
    """Start, end, and every comma whose pause was found in between."""
    commas = [position + 1 for position, character in enumerate(text[:-1]) if character in "、。！？"]
    voiced_s = duration_s - sum(pause.end_s - pause.start_s for pause in pauses)
    total = morae(text) or 1.0
    expected = [morae(text[:comma]) / total * voiced_s for comma in commas]
    silence_s, found = 0.0, []
    for pause in pauses:
        found.append(pause.start_s - silence_s)
        silence_s += pause.end_s - pause.start_s
    matched = [(commas[c], pauses[p].start_s, pauses[p].end_s) for c, p in _match(expected, found)]
    return [(0, 0.0, 0.0), *matched, (len(text), duration_s, duration_s)]


def _match(expected: list[float], found: list[float]) -> list[tuple[int, int]]:
    """Pairs of indexes, in order, with the least sum of distances; as many pairs as the shorter list has."""
    best: dict[tuple[int, int], tuple[int, float, list[tuple[int, int]]]] = {}
    for e in range(len(expected) + 1):
        for f in range(len(found) + 1):
            options: list[tuple[int, float, list[tuple[int, int]]]] = [(0, 0.0, [])]
            if e:
                options.append(best[e - 1, f])
            if f:
                options.append(best[e, f - 1])
            if e and f:
                missing, distance, pairs = best[e - 1, f - 1]
                options.append((missing - 1, distance + abs(expected[e - 1] - found[f - 1]), [*pairs, (e - 1, f - 1)]))
            best[e, f] = min(options)
    return best[len(expected), len(found)][2]


def _time_at(text: str, position: int, anchors: list[Anchor]) -> tuple[float, float]:
    """When the sound before a position ends and the sound after it begins."""
    for (left, _, starts_s), (right, ends_s, resumes_s) in pairwise(anchors):
        if position == right:
            return ends_s, resumes_s
        if left < position < right:
            share = morae(text[left:position]) / (morae(text[left:right]) or 1.0)
            moment = starts_s + share * (ends_s - starts_s)
            return moment, moment
    raise ValueError(f"expected a position from 1 to {len(text)}. Found: {position}")


def _clock(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
