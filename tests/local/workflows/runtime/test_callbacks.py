"""Workflows that wait for somebody to call them."""

import threading
import time
from collections.abc import Callable

import pytest
import requests

from local.workflows import Execution, ExecutionState, StepEvent, Workflow
from local.workflows.runtime.clock import VirtualClock

WAITS = """\
- endpoint: {call: events.create_callback_endpoint, args: {http_callback_method: PUT}, result: callback}
- rest: {call: sys.sleep, args: {seconds: 0.1}}
- wait: {call: events.await_callback, args: {callback: '${callback}', timeout: 5}, result: request}
- done: {return: '${request}'}
"""


def run_and_call(step: str, call: Callable[[str], None]) -> Execution:
    """Run WAITS, and `call` its endpoint when `step` has started."""
    urls: list[str] = []
    reached = threading.Event()

    def watch(event: StepEvent) -> None:
        if event.step == "endpoint" and event.phase == "finished":
            urls.append(event.values["callback"]["url"])
        if event.step == step:
            reached.set()

    running = Workflow(WAITS).start(on_step=watch)
    assert reached.wait(5)
    call(urls[0])
    return running.wait(10)


def test_a_request_lets_the_workflow_go_on() -> None:
    def approve(url: str) -> None:
        headers = {"X-Who": "chef"}
        answer = requests.put(f"{url}?by=chef&tag=a&tag=b", json={"approved": True}, headers=headers, timeout=5)
        assert answer.status_code == 200

    result = run_and_call("wait", approve).result
    assert result["type"] == "HTTP"
    assert abs(result["received_time"] - time.time()) < 10
    request = result["http_request"]
    assert request["body"] == {"approved": True}
    assert request["method"] == "PUT"
    assert request["query"] == {"by": "chef", "tag": ["a", "b"]}
    assert request["headers"]["X-Who"] == "chef"
    assert request["url"].startswith("/v1/projects/")


def test_a_request_that_comes_early_is_kept() -> None:
    execution = run_and_call("rest", lambda url: requests.put(url, timeout=5).raise_for_status())
    assert execution.result["http_request"]["body"] is None


def test_other_requests_are_refused() -> None:
    statuses = []

    def call(url: str) -> None:
        statuses.append(requests.get(url, timeout=5).status_code)
        statuses.append(requests.put(f"{url}0", timeout=5).status_code)
        statuses.append(requests.put(url, timeout=5).status_code)

    run_and_call("wait", call)
    assert statuses == [405, 404, 200]


def test_nobody_calls() -> None:
    execution = Workflow(WAITS).execute(clock=VirtualClock())
    assert execution.state is ExecutionState.FAILED
    assert execution.error is not None
    assert execution.error.payload["tags"] == ["TimeoutError", "OSError"]


def test_the_endpoint_is_gone_with_the_execution() -> None:
    source = "- a: {call: events.create_callback_endpoint, result: c}\n- b: {return: '${c.url}'}"
    url = Workflow(source).execute().result
    with pytest.raises(requests.ConnectionError):
        requests.post(url, timeout=5)


@pytest.mark.parametrize(
    ("arguments", "tag"),
    [
        ("{callback: {}}", "ValueError"),
        ("{callback: {url: 'http://127.0.0.1/x'}}", "ValueError"),
        ("{callback: 5}", "TypeError"),
    ],
)
def test_what_is_no_endpoint_cannot_be_waited_for(arguments: str, tag: str) -> None:
    execution = Workflow(f"- a: {{call: events.await_callback, args: {arguments}}}").execute()
    assert execution.error is not None
    assert execution.error.payload["tags"] == [tag]
