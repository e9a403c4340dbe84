"""Children that never outlive their parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from local.contained import start_contained, stop_contained

WITHIN_S = 10.0


def write_module(directory: Path, name: str, source: str) -> dict[str, str]:
    """A module of this name, and an environment in which it is found."""
    (directory / f"{name}.py").write_text(source, encoding="utf-8")
    return {**os.environ, "PYTHONPATH": f"{directory}{os.pathsep}{os.getcwd()}"}  # noqa: PTH109  # as the shell sees it


def wait_until_gone(pid: int) -> bool:
    """Whether the process ends in time."""
    give_up_at = time.monotonic() + WITHIN_S
    while time.monotonic() < give_up_at:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


SLEEPER_WITH_CHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


def test_a_child_that_ends_by_itself_gives_its_exit_code(tmp_path: Path) -> None:
    environment = write_module(tmp_path, "quitter", "raise SystemExit(7)")
    process = start_contained("quitter", [], environment=environment, log=tmp_path / "log")
    assert process.wait(WITHIN_S) == 7
    stop_contained(process)


def test_a_module_that_does_not_exist_is_an_ordinary_failure(tmp_path: Path) -> None:
    process = start_contained("no_such_module", [], environment=dict(os.environ), log=tmp_path / "log")
    assert process.wait(WITHIN_S) == 1
    assert "No module named no_such_module" in (tmp_path / "log").read_text()
    stop_contained(process)


def test_arguments_and_environment_arrive(tmp_path: Path) -> None:
    source = "import os, sys; print(sys.argv[1:], os.environ['GREETING'], flush=True)"
    environment = {**write_module(tmp_path, "echo", source), "GREETING": "こんにちは"}
    process = start_contained("echo", ["a", "b c"], environment=environment, log=tmp_path / "log", read_output=True)
    assert process.stdout is not None
    assert process.stdout.readline().decode() == "['a', 'b c'] こんにちは\n"
    process.wait(WITHIN_S)
    stop_contained(process)


def test_stopping_ends_the_childs_own_children(tmp_path: Path) -> None:
    environment = write_module(tmp_path, "sleeper", SLEEPER_WITH_CHILD)
    process = start_contained("sleeper", [], environment=environment, log=tmp_path / "log", read_output=True)
    assert process.stdout is not None
    grandchild = int(process.stdout.readline())
    stop_contained(process)
    assert wait_until_gone(grandchild)


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_a_parent_that_is_killed_takes_child_and_grandchild_along(tmp_path: Path, ending: signal.Signals) -> None:
    write_module(tmp_path, "sleeper", SLEEPER_WITH_CHILD)
    parent_source = f"""
import os, time
from pathlib import Path
from local.contained import start_contained
log = Path({str(tmp_path / "log")!r})
process = start_contained("sleeper", [], environment=dict(os.environ), log=log, read_output=True)
print(process.pid, process.stdout.readline().decode().strip(), flush=True)
time.sleep(600)
"""
    environment = write_module(tmp_path, "parent", parent_source)
    parent = subprocess.Popen([sys.executable, "-m", "parent"], stdout=subprocess.PIPE, env=environment)
    assert parent.stdout is not None
    child, grandchild = map(int, parent.stdout.readline().split())
    parent.send_signal(ending)
    parent.wait()
    assert wait_until_gone(child)
    assert wait_until_gone(grandchild)
