"""Where `moment` writes: a terminal somebody looks at, or a file or pipe that something reads.

On a terminal lines are as wide as it is, tables have frames and what goes on moves. Elsewhere lines are as long as they
need to be, and there are no frames, colours or control codes.
"""

import os
import re
import sys
from collections.abc import Iterator

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

UNBROKEN_CELLS = 10_000
"""Width of a line that nothing breaks."""
NEVER_FIRST = "、。，．・：；？！」』）】〉》”’ー～…々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.:;?!)]}"
"""Characters no Japanese line begins with (JIS X 4051)."""
NEVER_LAST = "「『（【〈《“‘([{"
"""Characters no Japanese line ends with."""
_UNIT = re.compile(rf"[{re.escape(NEVER_LAST)}]*(?:[!-~]+|.)[{re.escape(NEVER_FIRST)}]*")


def open_console(*, stderr: bool = False) -> Console:
    """The console of standard output, or of standard error."""
    stream = sys.stderr if stderr else sys.stdout
    watched = stream.isatty() and os.environ.get("TERM") != "dumb"
    if watched:
        return Console(stderr=stderr)
    return Console(stderr=stderr, width=UNBROKEN_CELLS, force_terminal=False, color_system=None)


def new_table(console: Console, *columns: str, title: str | None = None) -> Table:
    """An empty table in the manner of the console. On a terminal long cells go on in the next line."""
    framed = console.is_terminal
    table = Table(title=title if framed else None, box=box.HEAVY_HEAD if framed else None, pad_edge=framed)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=not framed)
    return table


def wrapped(text: str, width: int) -> str:
    """Text with line breaks so that no line is wider than `width` cells (one for a Latin character, two for a kana).

    Japanese breaks between any two characters, except before closing and after opening punctuation; Latin words stay
    whole. A piece wider than a line is left whole.
    """
    return "\n".join(piece for line in text.split("\n") for piece in _lines(line, width))


def _lines(text: str, width: int) -> Iterator[str]:
    line = ""
    for unit in _UNIT.findall(text):
        if line and cell_len(line) + cell_len(unit) > width:
            yield line.rstrip()
            line = unit.lstrip()
        else:
            line += unit
    yield line
