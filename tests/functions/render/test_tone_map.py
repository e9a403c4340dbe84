"""HDR to SDR."""

from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from functions.render.tone_map import SIZE, to_sdr, write_cube

Transfer = Literal["hlg", "pq"]
REFERENCE_WHITE = {"hlg": 0.75, "pq": 0.5807}
"""Signal of diffuse white, ITU-R BT.2408 table 1."""


def grey(level: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.full((1, 3), level)


@pytest.mark.parametrize("transfer", ["hlg", "pq"])
def test_grey_stays_grey_and_order_is_kept(transfer: Transfer) -> None:
    ramp = to_sdr(np.repeat(np.linspace(0, 1, 50)[:, None], 3, axis=1), transfer)
    assert np.ptp(ramp, axis=1).max() < 0.002
    assert np.diff(ramp[:, 0]).min() >= -1e-9


@pytest.mark.parametrize("transfer", ["hlg", "pq"])
def test_black_is_black_and_diffuse_white_is_nearly_white(transfer: Transfer) -> None:
    assert to_sdr(grey(0.0), transfer).max() < 0.01
    assert 0.85 < to_sdr(grey(REFERENCE_WHITE[transfer]), transfer)[0, 0] < 0.95


@pytest.mark.parametrize("transfer", ["hlg", "pq"])
def test_highlights_above_diffuse_white_can_still_be_told_apart(transfer: Transfer) -> None:
    white = REFERENCE_WHITE[transfer]
    levels = [float(to_sdr(grey(white + step), transfer)[0, 0]) for step in (0.0, 0.04, 0.08)]
    assert levels[0] + 0.01 < levels[1] < levels[2] <= 1.0


def test_colours_are_kept_apart_and_in_range() -> None:
    sdr = to_sdr(np.array([[0.6, 0.2, 0.2], [0.2, 0.6, 0.2], [0.2, 0.2, 0.6]]), "hlg")
    assert (sdr.argmax(axis=1) == [0, 1, 2]).all()
    assert sdr.min() >= 0
    assert sdr.max() <= 1


def test_cube_file_lists_red_fastest(tmp_path: Path) -> None:
    write_cube("hlg", tmp_path / "hdr.cube")
    lines = (tmp_path / "hdr.cube").read_text().splitlines()
    assert lines[0] == f"LUT_3D_SIZE {SIZE}"
    assert len(lines) == 1 + SIZE**3
    second = [float(value) for value in lines[2].split()]
    assert second == pytest.approx(to_sdr(np.array([[1 / (SIZE - 1), 0, 0]]), "hlg")[0].tolist(), abs=1e-4)
