"""HDR to SDR for small pictures: what the cook's phone recorded in HLG or PQ, as an ordinary screen should show it.

Works on whole arrays at still size; the coaching video itself is tone-mapped by FFmpeg, not here.
"""

import numpy as np

from functions.prepare.arrays import FloatArray
from shared.models.media import Hdr

WHITE_NITS = 203.0
"""Diffuse white of HDR programmes (ITU-R BT.2408); becomes SDR white."""
HLG_PEAK_NITS = 1000.0
"""Nominal display peak HLG is rendered for (ITU-R BT.2100)."""
HLG_SYSTEM_GAMMA = 1.2
SHOULDER_START = 0.75
"""Above this share of SDR white, highlights are bent instead of clipped."""
SDR_GAMMA = 2.2

BT2020_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], dtype=np.float32
)
"""Linear light, ITU-R BT.2087."""
BT2020_LUMA = np.array([0.2627, 0.6780, 0.0593], dtype=np.float32)


def to_sdr(rgb: FloatArray, transfer: Hdr) -> FloatArray:
    """Turn coded BT.2020 values into SDR values.

    Args:
        rgb: height × width × 3, coded values 0 to 1.
        transfer: how brightness is coded; `none` returns the picture unchanged.

    Returns:
        The same shape, gamma-coded BT.709 values, 0 to 1.
    """
    if transfer == "none":
        return rgb
    nits = _hlg_nits(rgb) if transfer == "hlg" else _pq_nits(rgb)
    light = np.maximum((nits / WHITE_NITS) @ BT2020_TO_BT709.T, 0.0)
    bent = np.where(light <= SHOULDER_START, light, _shoulder(light))
    return np.clip(bent, 0.0, 1.0).astype(np.float32) ** np.float32(1 / SDR_GAMMA)


def _shoulder(light: FloatArray) -> FloatArray:
    room = 1.0 - SHOULDER_START
    excess = np.maximum(light - SHOULDER_START, 0.0) / room
    bent: FloatArray = SHOULDER_START + room * excess / (1.0 + excess)
    return bent


def _hlg_nits(coded: FloatArray) -> FloatArray:
    """ITU-R BT.2100 HLG: inverse OETF, then the OOTF of a 1000-nit display."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(coded <= 0.5, coded**2 / 3.0, (np.exp((coded - c) / a) + b) / 12.0)
    luma = np.maximum(scene @ BT2020_LUMA, 1e-6)[..., None]
    nits: FloatArray = HLG_PEAK_NITS * luma ** (HLG_SYSTEM_GAMMA - 1.0) * scene
    return nits


def _pq_nits(coded: FloatArray) -> FloatArray:
    """SMPTE ST 2084 EOTF."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    root = np.maximum(coded, 0.0) ** (1 / m2)
    nits: FloatArray = 10000.0 * (np.maximum(root - c1, 0.0) / (c2 - c3 * root)) ** (1 / m1)
    return nits
