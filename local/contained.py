"""Runs a module as a child that never outlives its parent: `python -m local.contained MODULE [ARGUMENT …]`.

The parent holds a pipe to the child's standard input. When it closes, however the parent ended, the child ends itself
and every process it started (they share its process group; start it in a session of its own).
"""

import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

STOP_TIMEOUT_S = 5.0
STDIN = 0


def start_contained(
    module: str, arguments: Sequence[str], *, environment: Mapping[str, str], log: Path, read_output: bool = False
) -> "subprocess.Popen[bytes]":
    """Start `module` as a contained child.

    Args:
        module: run as `__main__`.
        arguments: its command line.
        environment: the whole of its environment.
        log: file that gets its standard error, and its standard output unless that is read.
        read_output: whether standard output is a pipe for the caller.
    """
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "local.contained", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if read_output else file,
            stderr=file,
            env=dict(environment),
            start_new_session=True,
        )


def stop_contained(process: "subprocess.Popen[bytes]") -> None:
    """End a contained child and all it started: asked first, made to after five seconds."""
    _signal_group(process, signal.SIGTERM)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        _signal_group(process, signal.SIGKILL)
        process.wait()
    if process.stdin is not None:
        process.stdin.close()


def _signal_group(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return  # it has ended by itself


def _end_with_parent() -> None:
    # not through sys.stdin: its lock, held by this thread, would keep the interpreter from ending by itself
    while os.read(STDIN, 1024):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
