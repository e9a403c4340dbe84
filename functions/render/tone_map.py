"""HDR to SDR as a look-up table: what an HLG or PQ picture in BT.2020 should look like on an ordinary screen.

Signal → light on the reference display (ITU-R BT.2100) → BT.709 primaries → a curve that keeps everything up to half
of reference white and bends the highlights below full white → display gamma. Computed once for the corners of a cube;
FFmpeg interpolates between them.
"""

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

SIZE = 33
"""Corners of the cube along each axis."""
REFERENCE_WHITE_NITS = 203.0
"""Diffuse white in HDR, ITU-R BT.2408."""
HLG_PEAK_NITS, HLG_GAMMA = 1000.0, 1.2
PQ_PEAK_NITS = 10_000.0
KNEE = 0.5
"""Below this share of SDR white nothing is bent."""
DISPLAY_GAMMA = 2.2

BT2020_TO_BT709 = np.array(
    [[1.660491, -0.587641, -0.072850], [-0.124550, 1.132900, -0.008349], [-0.018151, -0.100579, 1.118730]]
)
"""ITU-R BT.2407."""
BT2020_LUMA = np.array([0.2627, 0.6780, 0.0593])

Colours = NDArray[np.float64]
"""RGB triples, shape (n, 3)."""


def write_cube(transfer: Literal["hlg", "pq"], path: Path) -> None:
    """Write the table as a .cube file."""
    axis = np.linspace(0.0, 1.0, SIZE)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")  # red changes fastest in the file
    mapped = to_sdr(np.stack([red.ravel(), green.ravel(), blue.ravel()], axis=1), transfer)
    lines = "\n".join(f"{r:.5f} {g:.5f} {b:.5f}" for r, g, b in mapped)
    path.write_text(f"LUT_3D_SIZE {SIZE}\n{lines}\n", encoding="ascii")


def to_sdr(signal: Colours, transfer: Literal["hlg", "pq"]) -> Colours:
    """BT.2020 HDR signal, 0 to 1, to BT.709 SDR signal, 0 to 1."""
    nits = _hlg_nits(signal) if transfer == "hlg" else _pq_nits(signal)
    light = np.maximum(nits / REFERENCE_WHITE_NITS @ BT2020_TO_BT709.T, 0.0)
    strongest = light.max(axis=1, keepdims=True)
    bent = np.where(strongest <= KNEE, strongest, KNEE + (1 - KNEE) * (1 - np.exp(-(strongest - KNEE) / (1 - KNEE))))
    sdr: Colours = np.clip(light * bent / np.maximum(strongest, 1e-9), 0.0, 1.0) ** (1 / DISPLAY_GAMMA)
    return sdr


def _hlg_nits(signal: Colours) -> Colours:
    """Inverse OETF of ARIB STD-B67 and the display's OOTF, BT.2100 table 5."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    luminance = scene @ BT2020_LUMA
    nits: Colours = HLG_PEAK_NITS * scene * np.maximum(luminance, 1e-9)[:, None] ** (HLG_GAMMA - 1)
    return nits


def _pq_nits(signal: Colours) -> Colours:
    """EOTF of SMPTE ST 2084, BT.2100 table 4."""
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    powered = signal ** (1 / m2)
    nits: Colours = PQ_PEAK_NITS * (np.maximum(powered - c1, 0) / (c2 - c3 * powered)) ** (1 / m1)
    return nits
