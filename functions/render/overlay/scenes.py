"""What is drawn over the footage: title, captions, the name of the part, the mark of the moment, the progress."""

from itertools import pairwise

from functions.render.captions import Caption
from functions.render.fonts import bold
from functions.render.overlay import look
from functions.render.overlay.ass import Motion, Script, TextStyle, frame, rounded
from functions.render.timeline import CHAPTER_TITLES, FRAME_RATE, Timeline
from functions.render.typesetting.lines import largest_fit, printable, shorten

CAPTION_EM = 42.0
CAPTION_LEADING = 1.36
TITLE_S = 3.8
"""How long the title stands."""
TITLE_EMS = (92, 80, 68, 58, 48)
MARK_BEFORE_S, MARK_AFTER_S = 0.25, 1.6
"""How long around the moment the picture is framed."""
MOMENT = "この瞬間に注目"
TIME_LAPSE = "早送り"
BAR = 6.0
"""Height of the progress bar, canvas units."""


def draw_title(script: Script, dish: str, session_number: int) -> None:
    """The dish and which session this is, over a veil that lifts."""
    canvas, seen = script.canvas, (0.0, TITLE_S)
    script.shape(
        rounded(canvas.width + 40, canvas.height + 40, 0),
        at=(-20, -20),
        seen=seen,
        colour=look.VEIL,
        motion=Motion(leave_ms=700),
    )
    width, name, most = canvas.width - 120, printable(dish, bold()), 3 if canvas.portrait else 2
    fit = largest_fit([name], bold(), ems=TITLE_EMS, width=width, fits=lambda _, found: len(found[0]) <= most)
    em, lines = (fit[0], fit[1][0]) if fit else (TITLE_EMS[-1], [])
    lines = lines or shorten(name, bold(), width_em=width / em, at_most=most)
    x, y = canvas.width / 2, canvas.height * (0.36 if canvas.portrait else 0.42)
    for number, line in enumerate(lines):
        at = (x, y + number * em * 1.25)
        motion = Motion(delay_ms=250, enter_ms=500, rise=18, leave_ms=500)
        script.text(line, TextStyle(bold(), em, look.PAPER), at=at, seen=seen, layer=3, motion=motion)
    _pill(script, f"第{session_number}回セッション", (x, y - em * 0.62 - 54), seen)
    foot = y + (max(len(lines), 1) - 1) * em * 1.25 + em * 0.92
    motion = Motion(delay_ms=600, enter_ms=400, leave_ms=500)
    script.shape(rounded(96, 6, 3), at=(x - 48, foot), seen=seen, colour=look.GOLD, layer=3, motion=motion)


def draw_captions(script: Script, captions: list[Caption]) -> None:
    """Captions in the lower third, each line on its own place, on one rounded plate."""
    em = min(CAPTION_EM, (script.canvas.width - 64) / 16.6)
    middle = script.canvas.width / 2
    lowest = script.canvas.height * (0.86 if script.canvas.portrait else 0.895)
    for caption in captions:
        seen = (caption.start_s, caption.end_s)
        motion = Motion(enter_ms=80, leave_ms=80)
        height = (len(caption.lines) - 1) * em * CAPTION_LEADING + em * 1.62
        width = max(map(bold().width, caption.lines)) * em + em * 1.3
        top = lowest - height + em * 0.5
        plate = rounded(width, height, em * 0.45)
        script.shape(plate, at=(middle - width / 2, top), seen=seen, colour=look.PLATE, motion=motion)
        for number, line in enumerate(caption.lines):
            at = (middle, top + em * 0.81 + number * em * CAPTION_LEADING)
            script.text(line, TextStyle(bold(), em, look.WHITE), at=at, seen=seen, motion=motion)


def draw_tags(script: Script, timeline: Timeline, dish: str, session_number: int) -> None:
    """The small name of the part in the upper left corner, for whoever looks up in between."""
    clip_s, outro_s = timeline.clip_frame / FRAME_RATE, timeline.outro_frame / FRAME_RATE
    pivot_s = timeline.pivot_frame / FRAME_RATE
    _tag(script, dish, look.GOLD, (TITLE_S, pivot_s), ending=f" 第{session_number}回")
    _tag(script, CHAPTER_TITLES["B"], look.GOLD, (pivot_s, clip_s))
    _tag(script, CHAPTER_TITLES["C"], look.EMBER, (clip_s, outro_s))
    _corner(script, TIME_LAPSE, (TITLE_S, clip_s))


def draw_mark(script: Script, moments_s: list[float], until_s: float) -> None:
    """Frame the picture when the moment comes, each time it is shown."""
    canvas, inset = script.canvas, 14.0
    for moment_s in moments_s:
        seen = (max(0.0, moment_s - MARK_BEFORE_S), min(until_s, moment_s + MARK_AFTER_S))
        motion = Motion(enter_ms=180, leave_ms=350)
        outline = frame(canvas.width - 2 * inset, canvas.height - 2 * inset - BAR, 30, 7)
        script.shape(outline, at=(inset, inset), seen=seen, colour=look.GOLD, layer=2, motion=motion)
        _pill(script, MOMENT, (canvas.width / 2, inset + 52), seen, colour=look.EMBER)


def draw_progress(script: Script, timeline: Timeline) -> None:
    """A thin line along the lower edge that fills up to the recap, with a gap where each part begins."""
    width, top = script.canvas.width, script.canvas.height - BAR
    seen = (0.0, timeline.outro_frame / FRAME_RATE)
    stops = [0, timeline.pivot_frame, timeline.clip_frame, timeline.outro_frame]
    edges = [width * stop / timeline.outro_frame for stop in stops]
    for left, right in pairwise(edges):
        bar = rounded(right - left - 3, BAR, 0)
        script.shape(bar, at=(left, top), seen=seen, colour=look.TRACK, layer=2)
        rows = f"{top:.0f}", f"{top + BAR:.0f}"
        empty, full = (f"\\clip(0,{rows[0]},{until},{rows[1]})" for until in (0, width))
        script.shape(
            bar,
            at=(left, top),
            seen=seen,
            colour=look.EMBER,
            layer=3,
            tags=f"{empty}\\t(0,{seen[1] * 1000:.0f},{full})",
        )


def _pill(
    script: Script, words: str, middle: tuple[float, float], seen: tuple[float, float], colour: str = look.EMBER
) -> None:
    em = 30.0
    width, height = (bold().width(words) + 1.7) * em, em * 1.85
    motion = Motion(delay_ms=100, enter_ms=350, leave_ms=400)
    corner = (middle[0] - width / 2, middle[1] - height / 2)
    script.shape(rounded(width, height, height / 2), at=corner, seen=seen, colour=colour, layer=3, motion=motion)
    script.text(words, TextStyle(bold(), em, look.WHITE), at=middle, seen=seen, layer=4, motion=motion)


def _tag(script: Script, words: str, colour: str, seen: tuple[float, float], *, ending: str = "") -> None:
    """Words on a small plate; as many of them as there is room for, and their ending always."""
    em, x, y = 24.0, 30.0, 30.0
    room = (script.canvas.width * 0.6) / em - bold().width(ending)
    line = "".join(shorten(printable(words), bold(), width_em=room, at_most=1)) + ending
    width, height = (bold().width(line) + 2.1) * em, em * 1.8
    motion = Motion(enter_ms=250, leave_ms=200)
    script.shape(rounded(width, height, 12), at=(x, y), seen=seen, colour=look.PLATE, layer=1, motion=motion)
    stripe = (x + em * 0.55, y + height * 0.27)
    script.shape(rounded(5, height * 0.46, 2.5), at=stripe, seen=seen, colour=colour, layer=2, motion=motion)
    at = (x + em * 1.1, y + height / 2)
    script.text(line, TextStyle(bold(), em, look.WHITE, 4), at=at, seen=seen, layer=2, motion=motion)


def _corner(script: Script, words: str, seen: tuple[float, float]) -> None:
    """A mark in the upper right corner with two small triangles: this is quicker than life."""
    em, y = 22.0, 30.0
    width, height = (bold().width(words) + 3.4) * em, em * 1.96
    x = script.canvas.width - 30 - width
    motion = Motion(enter_ms=250, leave_ms=200)
    script.shape(rounded(width, height, 12), at=(x, y), seen=seen, colour=look.PLATE, layer=1, motion=motion)
    size = em * 0.62
    triangle = f"m 0 0 l {size:.1f} {size / 2:.1f} l 0 {size:.1f}"
    for step in (0, 1):
        corner = (x + em * 0.7 + step * size, y + height / 2 - size / 2)
        script.shape(triangle, at=corner, seen=seen, colour=look.WHITE, layer=2, motion=motion)
    at = (x + em * 2.4, y + height / 2)
    script.text(words, TextStyle(bold(), em, look.WHITE, 4), at=at, seen=seen, layer=2, motion=motion)
