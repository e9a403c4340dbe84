"""HDR pictures become SDR pictures, without a complaint from the arithmetic."""

import numpy as np
import pytest

from functions.prepare.picture.colour import to_sdr
from shared.models.media import Hdr


@pytest.mark.parametrize("transfer", ["hlg", "pq"])
def test_every_coded_value_has_a_place_between_black_and_white(transfer: Hdr) -> None:
    values = np.linspace(0.0, 1.0, 33, dtype=np.float32)
    cube = np.stack(np.meshgrid(values, values, values), axis=-1).reshape(33, -1, 3)
    with np.errstate(all="raise", under="ignore"):
        shown = to_sdr(cube, transfer)
    assert shown.shape == cube.shape
    assert float(shown.min()) >= 0.0
    assert float(shown.max()) <= 1.0
    grey = to_sdr(np.repeat(values[None, :, None], 3, axis=2), transfer)[0, :, 1]
    assert bool(np.all(np.diff(grey) >= 0.0))
