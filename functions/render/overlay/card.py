"""The recap card: what to try next time, and how the cook will know that it worked."""

from typing import NamedTuple

from functions.render.fonts import bold, medium
from functions.render.overlay import look
from functions.render.overlay.ass import Canvas, Motion, Script, TextStyle, rounded
from functions.render.typesetting.lines import break_lines, largest_fit, printable, shorten

NEXT_ACTION, SUCCESS_SIGN = "次回試すこと", "成功のサイン"
GOODBYE = "おつかれさまでした。次の一皿も楽しみにしています"
BODY_EMS = (40, 36, 34, 32, 30, 28, 26)
"""Sizes tried for the texts, largest first, canvas units."""
LEADING = 1.5
"""Distance of two lines, in ems."""
HEADER_EMS, HEADING_EMS, GAP_EMS = 2.6, 1.9, 1.1
"""Heights: of the card's header and of a block's heading, in their own ems; between two blocks, in ems of the text."""
APPEARS_MS = 350
"""After the clip has softened, milliseconds from the start of the recap."""
GOODBYE_MS = 2_200
"""After the card."""
ENTER_MS = 450
CARD_STANDS_S = (APPEARS_MS + GOODBYE_MS + ENTER_MS) / 1000 + 0.1
"""From then on nothing of it moves."""


class Layout(NamedTuple):
    """Measures of the card for one orientation, canvas units."""

    margin: float
    padding: float
    around: float
    """Height that is left to the picture above and below, and to the last line."""
    most_lines: int
    """Of each text, when it must be cut."""
    heading_em: float
    header_em: float


WIDE = Layout(margin=120, padding=64, around=150, most_lines=3, heading_em=32, header_em=26)
TALL = Layout(margin=44, padding=44, around=420, most_lines=6, heading_em=32, header_em=26)


class Place(NamedTuple):
    """Where a block begins, canvas units, and when."""

    x: float
    y: float
    delay_ms: int


class Block(NamedTuple):
    """One heading with its lines."""

    heading: str
    colour: str
    lines: list[str]


def draw_card(
    script: Script, *, dish: str, session_number: int, next_action: str, success_sign: str, seen: tuple[float, float]
) -> None:
    """Draw the card for the length of the recap, `seen`, in seconds."""
    layout = TALL if script.canvas.portrait else WIDE
    em, blocks = _typeset(script.canvas, layout, next_action, success_sign)
    width = script.canvas.width - 2 * layout.margin
    height = _height(layout, em, [block.lines for block in blocks])
    left, top = layout.margin, (script.canvas.height - height) / 2 - 26

    _panel(script, left, top, width, height, seen)
    _header(script, layout, (dish, f"　第{session_number}回のまとめ"), (left, top, width), seen)
    y = top + layout.header_em * HEADER_EMS + layout.padding * 0.55
    for order, block in enumerate(blocks):
        place = Place(left + layout.padding, y, APPEARS_MS + 350 + 500 * order)
        _block(script, layout, block, em, place, seen)
        y += _block_height(layout, em, block.lines) + em * GAP_EMS
    rule = (left + layout.padding, y - _block_height(layout, em, blocks[-1].lines) - 1.6 * em * GAP_EMS)
    script.shape(
        rounded(width - 2 * layout.padding, 2, 1),
        at=rule,
        seen=seen,
        colour=look.RULE,
        layer=6,
        motion=_rising(APPEARS_MS + 800),
    )
    _goodbye(script, top + height + 46, seen)


def _typeset(canvas: Canvas, layout: Layout, next_action: str, success_sign: str) -> tuple[float, list[Block]]:
    """The largest size at which both texts fit; at the smallest, only as much of them as fits."""
    width = canvas.width - 2 * layout.margin - 2 * layout.padding - 8
    texts = [printable(next_action, medium()), printable(success_sign, medium())]
    room = canvas.height - layout.around
    fit = largest_fit(
        texts, medium(), ems=BODY_EMS, width=width, fits=lambda em, lines: _height(layout, em, lines) <= room
    )
    if fit is None:
        least = BODY_EMS[-1]
        fit = least, [shorten(text, medium(), width_em=width / least, at_most=layout.most_lines) for text in texts]
    em, (first, second) = fit
    return em, [Block(NEXT_ACTION, look.EMBER, first), Block(SUCCESS_SIGN, look.HERB, second)]


def _height(layout: Layout, em: float, lines: list[list[str]]) -> float:
    """Of the whole card."""
    blocks = sum(_block_height(layout, em, block) for block in lines)
    return layout.header_em * HEADER_EMS + blocks + em * GAP_EMS + layout.padding * 1.45


def _block_height(layout: Layout, em: float, lines: list[str]) -> float:
    return layout.heading_em * HEADING_EMS + len(lines) * em * LEADING


def _panel(script: Script, left: float, top: float, width: float, height: float, seen: tuple[float, float]) -> None:
    panel = rounded(width, height, 34)
    script.shape(
        panel, at=(left, top + 10), seen=seen, colour=look.SHADOW, layer=5, motion=_rising(APPEARS_MS), tags="\\blur14"
    )
    script.shape(panel, at=(left, top), seen=seen, colour=look.PAPER, layer=5, motion=_rising(APPEARS_MS))


def _header(
    script: Script,
    layout: Layout,
    title: tuple[str, str],
    panel: tuple[float, float, float],
    seen: tuple[float, float],
) -> None:
    """The dish and which session this was; a long name is cut, its ending is not."""
    left, top, width = panel
    em, motion = layout.header_em, _rising(APPEARS_MS)
    dish, ending = title
    room = (width - 2 * layout.padding) / em - bold().width(ending)
    words = "".join(shorten(printable(dish), bold(), width_em=room, at_most=1)) + ending
    at = (left + width / 2, top + em * 1.75)
    script.text(words, TextStyle(bold(), em, look.SOFT_INK), at=at, seen=seen, layer=6, motion=motion)
    underline = (left + width / 2 - 34, top + em * 2.55)
    script.shape(rounded(68, 5, 2.5), at=underline, seen=seen, colour=look.GOLD, layer=6, motion=motion)


def _block(script: Script, layout: Layout, block: Block, em: float, place: Place, seen: tuple[float, float]) -> None:
    x, y, delay_ms = place
    pill_em = layout.heading_em * 0.86
    width, height = (bold().width(block.heading) + 1.6) * pill_em, pill_em * 1.75
    motion = _rising(delay_ms)
    script.shape(rounded(width, height, height / 2), at=(x, y), seen=seen, colour=block.colour, layer=6, motion=motion)
    middle = (x + width / 2, y + height / 2)
    script.text(block.heading, TextStyle(bold(), pill_em, look.WHITE), at=middle, seen=seen, layer=7, motion=motion)
    for number, line in enumerate(block.lines):
        at = (x + 4, y + layout.heading_em * HEADING_EMS + (number + 0.5) * em * LEADING)
        motion = _rising(delay_ms + 120)
        script.text(line, TextStyle(medium(), em, look.INK, 4), at=at, seen=seen, layer=7, motion=motion)


def _goodbye(script: Script, y: float, seen: tuple[float, float]) -> None:
    em = 26.0
    room = (script.canvas.width - 200) / em
    for number, line in enumerate(break_lines(GOODBYE, bold(), width_em=room, at_most=2) or []):
        at = (script.canvas.width / 2, y + number * em * LEADING)
        motion = _rising(APPEARS_MS + GOODBYE_MS)
        script.text(line, TextStyle(bold(), em, look.PAPER), at=at, seen=seen, layer=7, motion=motion)


def _rising(delay_ms: int) -> Motion:
    return Motion(delay_ms=delay_ms, enter_ms=ENTER_MS, rise=16)
