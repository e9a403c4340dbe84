"""The little of Advanced SubStation Alpha that the overlay is made of: text and rounded shapes at fixed places.

Every text is placed by its own centre or edge and never wrapped by the renderer, so what is planned is what is seen.
Text that comes from people cannot turn into commands: `printable` leaves no brace and no backslash in it.
"""

from typing import NamedTuple

from functions.render.fonts import Font
from functions.render.typesetting.lines import printable
from shared.models.base import Model

GLYPH_RISE_EM = 0.056
"""The middle of a full-width character lies this far below the middle of the line box that ASS centres."""
CURVE = 0.5523
"""Where the handles of a Bézier curve must lie for a quarter of a circle."""


class Canvas(Model):
    """The coordinates everything is laid out in; the renderer scales them to the real size of the picture."""

    width: int
    height: int

    @property
    def portrait(self) -> bool:
        """Whether it is taller than wide."""
        return self.height > self.width


class Motion(NamedTuple):
    """How something comes and goes."""

    delay_ms: int = 0
    """From the start of its event until it begins to show."""
    enter_ms: int = 0
    """How long it fades in."""
    rise: float = 0
    """How far it moves up while it fades in, canvas units."""
    leave_ms: int = 0
    """How long it fades out at the end of its event."""


class TextStyle(NamedTuple):
    """How a line of text looks."""

    font: Font
    em: float
    """Size of a full-width character, canvas units."""
    colour: str
    """`RRGGBB`, or `RRGGBBAA` where AA is the share that shines through, 00 (solid) to FF."""
    align: int = 5
    """Which point of the text is placed, as on a number pad: 5 is the middle, 4 the left edge."""


STILL = Motion()
LANDSCAPE = Canvas(width=1280, height=720)
PORTRAIT = Canvas(width=720, height=1280)


class Script:
    """An ASS script in the making; later events of the same layer are drawn over earlier ones."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self._events: list[str] = []

    def text(
        self,
        words: str,
        style: TextStyle,
        *,
        at: tuple[float, float],
        seen: tuple[float, float],
        layer: int = 1,
        motion: Motion = STILL,
    ) -> None:
        """One line of text.

        Args:
            words: any text; it is made printable here.
            style: how it looks.
            at: the point it is placed by, canvas units.
            seen: from when to when, seconds.
            layer: higher is in front.
            motion: how it comes and goes.
        """
        font = style.font
        shown = printable(words, font)
        middle = (at[0], at[1] - GLYPH_RISE_EM * style.em)
        face = f"\\fn{font.family}\\b{int(font.bold)}\\fs{style.em * font.ass_size_per_em:.2f}"
        look = f"\\an{style.align}{face}{_colour(style.colour)}{_motion(middle, seen, motion)}"
        self._add(layer, seen, f"{{{look}}}{shown}")

    def shape(
        self,
        outline: str,
        *,
        at: tuple[float, float],
        seen: tuple[float, float],
        colour: str,
        layer: int = 0,
        motion: Motion = STILL,
        tags: str = "",
    ) -> None:
        """A filled drawing with its top left corner at `at`; `tags` are further overrides of ours, such as a blur."""
        self._add(layer, seen, f"{{\\an7{_motion(at, seen, motion)}{_colour(colour)}{tags}\\p1}}{outline}")

    def __str__(self) -> str:
        """The whole script."""
        header = (
            "[Script Info]\nScriptType: v4.00+\nWrapStyle: 2\nScaledBorderAndShadow: yes\nYCbCr Matrix: TV.709\n"
            f"PlayResX: {self.canvas.width}\nPlayResY: {self.canvas.height}\n\n"
            "[V4+ Styles]\n"
            "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, "
            "Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, "
            "MarginL, MarginR, MarginV, Encoding\n"
            "Style: Plain,Zen Maru Gothic,40,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,"
            "0,0,0,0,100,100,0,0,1,0,0,5,0,0,0,1\n\n"
            "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        )
        return header + "\n".join(self._events) + "\n"

    def _add(self, layer: int, seen: tuple[float, float], body: str) -> None:
        if seen[1] > seen[0]:
            self._events.append(f"Dialogue: {layer},{_clock(seen[0])},{_clock(seen[1])},Plain,,0,0,0,,{body}")


def rounded(width: float, height: float, radius: float) -> str:
    """The outline of a rectangle with round corners."""
    r = min(radius, width / 2, height / 2)
    c = r * (1 - CURVE)
    w, h = width, height
    return (
        f"m {r:.1f} 0 l {w - r:.1f} 0 b {w - c:.1f} 0 {w:.1f} {c:.1f} {w:.1f} {r:.1f} "
        f"l {w:.1f} {h - r:.1f} b {w:.1f} {h - c:.1f} {w - c:.1f} {h:.1f} {w - r:.1f} {h:.1f} "
        f"l {r:.1f} {h:.1f} b {c:.1f} {h:.1f} 0 {h - c:.1f} 0 {h - r:.1f} "
        f"l 0 {r:.1f} b 0 {c:.1f} {c:.1f} 0 {r:.1f} 0"
    )


def frame(width: float, height: float, radius: float, thickness: float) -> str:
    """The outline of a rounded rectangular frame: the hole is the same shape, smaller and drawn the other way round."""
    t = thickness
    w, h = width - 2 * t, height - 2 * t
    r = max(0.0, min(radius - t, w / 2, h / 2))
    c = r * (1 - CURVE)
    hole: list[tuple[str, list[tuple[float, float]]]] = [
        ("m", [(0, r)]),
        ("l", [(0, h - r)]),
        ("b", [(0, h - c), (c, h), (r, h)]),
        ("l", [(w - r, h)]),
        ("b", [(w - c, h), (w, h - c), (w, h - r)]),
        ("l", [(w, r)]),
        ("b", [(w, c), (w - c, 0), (w - r, 0)]),
        ("l", [(r, 0)]),
        ("b", [(c, 0), (0, c), (0, r)]),
    ]
    strokes = (f"{command} " + " ".join(f"{x + t:.1f} {y + t:.1f}" for x, y in points) for command, points in hole)
    return f"{rounded(width, height, radius)} {' '.join(strokes)}"


def _motion(at: tuple[float, float], seen: tuple[float, float], motion: Motion) -> str:
    x, y = at
    shown_ms = motion.delay_ms + motion.enter_ms
    tags = f"\\pos({x:.1f},{y:.1f})"
    if motion.rise:
        tags = f"\\move({x:.1f},{y + motion.rise:.1f},{x:.1f},{y:.1f},{motion.delay_ms},{shown_ms})"
    if shown_ms or motion.leave_ms:
        length_ms = round((seen[1] - seen[0]) * 1000)
        tags += f"\\fade(255,0,255,{motion.delay_ms},{shown_ms},{length_ms - motion.leave_ms},{length_ms})"
    return tags


def _colour(colour: str) -> str:
    red, green, blue, alpha = colour[0:2], colour[2:4], colour[4:6], colour[6:8] or "00"
    return f"\\1c&H{blue}{green}{red}&\\1a&H{alpha}&"


def _clock(seconds: float) -> str:
    hundredths = max(0, round(seconds * 100))
    return f"{hundredths // 360_000}:{hundredths // 6000 % 60:02d}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"
