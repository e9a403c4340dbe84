"""A cut-out that is laid over pictures again and again: its work is done before, and its empty corners are skipped."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from local.sample.textures import Picture

Bytes = npt.NDArray[np.uint8]
Shorts = npt.NDArray[np.uint16]
STRIP = 48
"""Cut-outs are worked on in strips of this many columns, each from its first to its last row that holds anything."""


@dataclass(frozen=True)
class Overlay:
    """A cut-out with its handle."""

    colours: Shorts
    """Height × width × 3, already multiplied by alpha."""
    alpha: Shorts
    """Height × width × 1, 0 to 256."""
    handle: tuple[int, int]
    """Row and column of the point it is placed by."""
    strips: list[tuple[slice, slice]]

    def draw(self, picture: Bytes, row: float, column: float) -> None:
        """Lay it over a picture (height × width × at least 3) with its handle at this place."""
        top, left = round(row) - self.handle[0], round(column) - self.handle[1]
        for rows, columns in self.strips:
            first, last = max(rows.start, -top), min(rows.stop, picture.shape[0] - top)
            begin, end = max(columns.start, -left), min(columns.stop, picture.shape[1] - left)
            if first >= last or begin >= end:
                continue
            under = picture[first + top : last + top, begin + left : end + left, :3]
            inverse = 256 - self.alpha[first:last, begin:end]
            under[:] = (under * inverse + self.colours[first:last, begin:end]) >> 8


def overlay(colours: Picture, alpha: Picture, handle: tuple[int, int]) -> Overlay:
    """Make a cut-out from colours (height × width × 3) and alpha (height × width), both 0 to 1."""
    opaque = np.round(np.clip(alpha, 0, 1) * 256)[..., None]
    shade: Shorts = opaque.astype(np.uint16)
    laid: Shorts = np.round(np.clip(colours, 0, 1) * 255 * opaque).astype(np.uint16)
    strips = []
    for begin in range(0, shade.shape[1], STRIP):
        columns = slice(begin, min(begin + STRIP, shade.shape[1]))
        filled = np.flatnonzero(shade[:, columns, 0].any(axis=1))
        if filled.size:
            strips.append((slice(int(filled[0]), int(filled[-1]) + 1), columns))
    return Overlay(laid, shade, handle, strips)


def sampled(picture: Picture, rows: Picture, columns: Picture) -> Picture:
    """Bilinear samples of a picture (height × width × channels, the last one alpha); 0 outside or where it is clear."""
    height, width, channels = picture.shape
    inside = (rows >= 0) & (rows < height - 1) & (columns >= 0) & (columns < width - 1)
    nearest = picture[np.where(inside, rows, 0).astype(np.int64), np.where(inside, columns, 0).astype(np.int64), -1]
    filled = inside & (nearest > 0)
    row, column = rows[filled], columns[filled]
    r, c = row.astype(np.int64), column.astype(np.int64)
    down, right = (row - r)[:, None], (column - c)[:, None]
    upper = picture[r, c] * (1 - right) + picture[r, c + 1] * right
    lower = picture[r + 1, c] * (1 - right) + picture[r + 1, c + 1] * right
    found: Picture = np.zeros((*rows.shape, channels), dtype=np.float32)
    found[filled] = upper * (1 - down) + lower * down
    return found
