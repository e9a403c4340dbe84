"""Cancelling an execution ends it wherever it is, and leaves no thread behind."""

import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.workflows import ExecutionState, Workflow
from local.workflows.connectors import ConnectorTable
from tests.local.workflows.mock_service import MockService, mock_service

BUSY = """\
main:
  steps:
    - begin: {assign: [{total: 0}, {service: '${sys.get_env("SERVICE")}'}]}
    - for_ever:
        for:
          value: turn
          range: [1, 1000]
          steps:
            - call_one: {call: http.get, args: {url: '${service + "/slow?seconds=0.002"}'}}
            - wait: {call: sys.sleep, args: {seconds: 0.001}}
            - together:
                parallel:
                  shared: [total]
                  branches:
                    - left:
                        steps:
                          - a: {call: sys.sleep, args: {seconds: 0.002}}
                          - b: {assign: [{total: '${total + 1}'}]}
                    - right: {steps: [{c: {call: http.get, args: {url: '${service + "/slow?seconds=0.001"}'}}}]}
                    - again:
                        for:
                          value: n
                          range: [1, 50]
                          steps:
                            - d: {assign: [{own: '${n * 2}'}]}
            - retried:
                try: {raise: again}
                retry:
                  predicate: ${retry.always}
                  max_retries: 2
                  backoff: {initial_delay: 0.001, max_delay: 0.001, multiplier: 1}
                except: {as: e, steps: [{f: {call: sub, args: {n: 3}}}]}
sub:
  params: [n]
  steps:
    - deeper: {switch: [{condition: '${n > 0}', call: sub, args: {n: '${n - 1}'}}]}
    - last: {call: sys.sleep, args: {seconds: 0.0005}}
"""


def workflow_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("workflow-")]


def assert_no_thread_left() -> None:
    deadline = time.monotonic() + 2
    while workflow_threads() and time.monotonic() < deadline:
        time.sleep(0.001)
    assert workflow_threads() == []


@pytest.fixture(scope="module")
def busy_service() -> Iterator[str]:
    with mock_service() as service:
        yield service.url


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 0.05))
def test_cancelling_at_any_moment_ends_it(busy_service: str, after_s: float) -> None:
    running = Workflow(BUSY).start(env={"SERVICE": busy_service})
    time.sleep(after_s)
    running.cancel()
    execution = running.wait(5)
    assert execution.state is ExecutionState.CANCELLED
    assert execution.result is None
    assert_no_thread_left()


@pytest.mark.parametrize(
    "waiting",
    [
        "call: sys.sleep\n    args: {seconds: 1000}",
        'call: http.get\n    args: {url: \'${sys.get_env("SERVICE") + "/slow?seconds=3"}\'}',
        "call: events.await_callback\n    args: {callback: '${callback}'}",
        "try: {raise: x}\n    retry: {max_retries: 1, backoff: {initial_delay: 1000, max_delay: 1000, multiplier: 1}}",
        "parallel: {for: {value: n, range: [1, 50], steps: [{s: {call: sys.sleep, args: {seconds: 1000}}}]}}",
        "call: googleapis.run.v2.projects.locations.jobs.get\n    args: {name: '${\"a\"}'}",
    ],
    ids=["sleep", "http", "callback", "retry", "parallel", "connector"],
)
def test_whatever_it_waits_for_ends_at_once(service: MockService, waiting: str) -> None:
    source = f"- begin: {{call: events.create_callback_endpoint, result: callback}}\n- waits:\n    {waiting}\n"
    table = ConnectorTable({"run.googleapis.com": f"{service.url}/slow?seconds=3&"})
    running = Workflow(source).start(env={"SERVICE": service.url}, connectors=table)
    time.sleep(0.15)
    cancelled_at = time.monotonic()
    running.cancel()
    assert running.wait(5).state is ExecutionState.CANCELLED
    assert time.monotonic() - cancelled_at < 0.5
    assert_no_thread_left()


def test_a_finished_execution_stays_as_it_is() -> None:
    running = Workflow("- r: {return: 1}").start()
    assert running.wait(5).result == 1
    running.cancel()
    assert running.wait(5).state is ExecutionState.SUCCEEDED


def test_except_does_not_catch_a_cancellation() -> None:
    source = (
        "- a:\n    try: {call: sys.sleep, args: {seconds: 1000}}\n    except: {as: e, steps: [{b: {return: caught}}]}\n"
    )
    running = Workflow(source).start()
    time.sleep(0.05)
    running.cancel()
    assert running.wait(5).state is ExecutionState.CANCELLED
