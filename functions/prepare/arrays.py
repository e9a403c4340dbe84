"""Names for the numpy arrays that pass between the modules of this stage."""

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]
"""Measurements and pictures; single precision wherever there is much of it."""
ByteArray = npt.NDArray[np.uint8]
CountArray = npt.NDArray[np.int64]
MaskArray = npt.NDArray[np.bool_]
