"""What the Workflows engine costs: a step whatever the variables hold, and many executions at once.

Steps are measured in processor time beside a yardstick, a Python function that does as little: it looks a name up, adds
one and stores it. Each figure is the median of several runs.
"""

import functools
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from local.workflows import ExecutionState, Workflow

pytestmark = pytest.mark.benchmark

RUNS = 5
STEPS = 20_000
SIZES_KB = (0, 100, 200, 400)
LONGEST_STEP_US = 5.0
LARGEST_COPY_KB = 200
"""Twice as much does not fit beside the original."""
FLAT_WITHIN = 1.35
"""Most that a step may cost with 400 KB of variables, as a multiple of what it costs with none."""

EXECUTIONS = 200
CALLS = 5
CALL_S = 0.2
LONGEST_S = 2.0

ROW = 50
"""Assign steps in a row before the jump back, so that the jump does not count."""

SOURCE = """\
main:
  params: [kilobyte]
  steps:
    - begin: {{assign: [{{n: 0}}, {{turns: 0}}, {{held: []}}, {{m: {{k: 0}}}}]}}
    - fill:
        for:
          value: turn
          range: [1, {kilobytes}]
          steps:
            - hold: {{assign: [{{held: '${{list.concat(held, kilobyte)}}'}}]}}
{row}
    - turn_over: {{assign: [{{turns: '${{turns + 1}}'}}]}}
    - until: {{switch: [{{condition: '${{turns < {turns}}}', next: step0}}]}}
"""
ASSIGNMENTS = ("n: '${n + 1}'", "m.k: '${n}'", "copy: '${held}'", "n: '${len(held)}'")


def median(measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(RUNS))


def yardstick_us() -> float:
    scopes = [{"n": 0}, {"other": 1}]

    def step() -> None:
        for scope in scopes:
            if "n" in scope:
                scope["n"] = scope["n"] + 1
                return

    began = time.process_time()
    for _ in range(STEPS):
        step()
    return (time.process_time() - began) / STEPS * 1e6


def step_us(assignment: str, kilobytes: int) -> float:
    """Microseconds of processor time of one assign step."""
    row = "\n".join(f"    - step{number}: {{assign: [{{{assignment}}}]}}" for number in range(ROW))
    times = []
    for turns in (1, STEPS // ROW):
        workflow = Workflow(SOURCE.format(kilobytes=kilobytes, row=row, turns=turns))
        began = time.process_time()
        execution = workflow.execute("x" * 1000)
        times.append(time.process_time() - began)
        assert execution.state is ExecutionState.SUCCEEDED, execution.error
    return (times[1] - times[0]) / (STEPS - ROW) * 1e6


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_a_step_costs_the_same_whatever_the_variables_hold(assignment: str, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = [size for size in SIZES_KB if size <= LARGEST_COPY_KB or "copy" not in assignment]
    yardstick = median(yardstick_us)
    figures = {size: median(functools.partial(step_us, assignment, size)) for size in sizes}
    with capsys.disabled():
        print(f"\n{assignment}   (yardstick {yardstick:.2f} us)")
        for size, figure in figures.items():
            print(f"  {size:4d} KB held: {figure:.2f} us ({figure / yardstick:.1f} x)")
    assert max(figures.values()) <= LONGEST_STEP_US
    assert figures[sizes[-1]] <= FLAT_WITHIN * figures[sizes[0]]


@pytest.fixture
def service_url() -> Iterator[str]:
    """The mock service in a process of its own, so that it does not share the interpreter with what is measured."""
    program = (
        "from tests.local.workflows.mock_service import mock_service\n"
        "import sys\n"
        "with mock_service() as service:\n"
        "    print(service.url, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    if process.stdout is None or process.stdin is None:
        raise AssertionError("both are pipes")
    yield process.stdout.readline().strip()
    process.stdin.close()
    process.wait(10)


def test_two_hundred_executions_at_once(service_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"{service_url}/slow?seconds={CALL_S}"
    calls = "".join(f"- call{n}: {{call: http.get, args: {{url: '{url}'}}, result: r}}\n" for n in range(CALLS))
    workflow = Workflow(f"{calls}- done: {{return: '${{r.code}}'}}\n")

    def run_all() -> float:
        began = time.perf_counter()
        running = [workflow.start() for _ in range(EXECUTIONS)]
        assert {execution.wait(60).result for execution in running} == {200}
        return time.perf_counter() - began

    def wait() -> None:
        for _ in range(CALLS):
            time.sleep(CALL_S)

    def only_wait() -> float:
        began = time.perf_counter()
        threads = [threading.Thread(target=wait) for _ in range(EXECUTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - began

    run_all()  # opens the connections
    figure, yardstick = median(run_all), median(only_wait)
    with capsys.disabled():
        print(f"\n{EXECUTIONS} executions of {CALLS} calls of {CALL_S} s: {figure:.2f} s")
        print(f"  as many threads that only wait: {yardstick:.2f} s")
    assert figure <= LONGEST_S
