"""`math.*`.

Source: cloud.google.com/workflows/docs/reference/stdlib/math
"""

import math

from local.workflows.errors import system_error
from local.workflows.operators import negate
from local.workflows.standard_library.registry import Number, library_function


@library_function("math.abs", names=("x",))
def absolute(number: Number) -> Number:
    """The value without its sign."""
    return number if number >= 0 else negate(number)


@library_function("math.floor", names=("x",))
def floor(number: Number) -> int:
    """The largest integer not above a number."""
    if not math.isfinite(number):
        raise system_error("ValueError", f"math.floor: {number} has no integer below it")
    return math.floor(number)


@library_function("math.max", names=("x", "y"))
def larger(first: Number, second: Number) -> Number:
    """The larger of two numbers."""
    return max(first, second)


@library_function("math.min", names=("x", "y"))
def smaller(first: Number, second: Number) -> Number:
    """The smaller of two numbers."""
    return min(first, second)
