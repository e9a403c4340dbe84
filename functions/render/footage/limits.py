"""What a process that handles a stranger's file may use, and that it dies with the one that started it."""

import ctypes
import resource
import signal
import sys

MEMORY_BYTES = 6 * 1024**3
"""Address space, of which decoders reserve far more than they touch; a 4K HEVC decoder stays below 2 GB."""
OPEN_FILES = 64
REPORT_BYTES = 1024**2
_PR_SET_PDEATHSIG = 1


def confine(*, cpu_s: int) -> None:
    """Limit this process for good: processor time, memory, open files, a file no longer than a report, no core dump."""
    for limit, value in (
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, REPORT_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (allowed, allowed))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
