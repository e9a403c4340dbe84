"""Connectors: requests, polling, retries and failures, against a Cloud Run of our own."""

from typing import Any

import pytest

from local.workflows import Execution, Workflow
from local.workflows.connectors import Connector, ConnectorTable
from local.workflows.connectors.table import documented_connectors
from local.workflows.runtime.clock import VirtualClock
from tests.local.workflows.mock_service import MockService

RUN = "googleapis.run.v2.projects.locations.jobs.run"
JOB = "projects/p/locations/l/jobs"


def run(service: MockService, arguments: str, function: str = RUN, clock: VirtualClock | None = None) -> Execution:
    source = f"- a: {{call: {function}, args: {arguments}, result: r}}\n- b: {{return: '${{r}}'}}"
    table = ConnectorTable({"run.googleapis.com": service.url})
    return Workflow(source).execute(connectors=table, clock=clock or VirtualClock())


def test_a_job_is_started_and_waited_for(service: MockService) -> None:
    clock = VirtualClock()
    execution = run(service, f"{{name: {JOB}/render, body: {{overrides: {{timeout: 5s}}}}}}", clock=clock)
    assert execution.result == {"succeededCount": 1}
    assert [(request["method"], request["path"]) for request in service.requests] == [
        ("POST", f"/v2/{JOB}/render:run"),
        *[("GET", "/v2/projects/p/locations/l/operations/render")] * 3,
    ]
    assert service.requests[0]["body"] == '{"overrides":{"timeout":"5s"}}'
    assert clock.now() == 1 + 1.25 + 1.25**2
    assert all(request["headers"]["Authorization"].startswith("Bearer local-oauth2:") for request in service.requests)


def test_polling_and_scopes_can_be_set(service: MockService) -> None:
    clock = VirtualClock()
    params = "{polling_policy: {initial_delay: 10, multiplier: 3, max_delay: 20}, scopes: [x, y]}"
    run(service, f"{{name: {JOB}/render, connector_params: {params}}}", clock=clock)
    assert clock.now() == 10 + 20 + 20
    assert service.requests[0]["headers"]["Authorization"] == "Bearer local-oauth2:x,y"


def test_polling_can_be_skipped(service: MockService) -> None:
    execution = run(service, f"{{name: {JOB}/render, connector_params: {{skip_polling: true}}}}")
    assert execution.result == {"name": "projects/p/locations/l/operations/render", "done": False}


def test_a_failed_operation_is_an_error(service: MockService) -> None:
    payload = payload_of(run(service, f"{{name: {JOB}/failing}}"))
    assert payload["tags"] == ["OperationError"]
    assert payload["message"] == "the job failed"
    assert payload["operation"]["error"]["code"] == 13


def test_a_call_ends_with_its_timeout(service: MockService) -> None:
    clock = VirtualClock()
    params = "{timeout: 1.5}"
    payload = payload_of(run(service, f"{{name: {JOB}/render, connector_params: {params}}}", clock=clock))
    assert payload["tags"] == ["TimeoutError", "OSError"]
    assert clock.now() == 1.5


def test_reading_is_retried_writing_only_when_it_had_no_effect(service: MockService) -> None:
    table = {
        name: Connector(name, "", "run.googleapis.com", method, "/flaky/{name}", query=("failures", "status"))
        for name, method in (("googleapis.reads", "GET"), ("googleapis.writes", "POST"))
    }
    connectors = ConnectorTable({"run.googleapis.com": service.url}, table)

    def asked(function: str, status: int) -> int:
        arguments = f"{{name: {function}{status}, failures: 2, status: {status}}}"
        Workflow(f"- a: {{call: {function}, args: {arguments}}}").execute(connectors=connectors, clock=VirtualClock())
        return service.asked[f"/flaky/{function}{status}"]

    assert asked("googleapis.reads", 502) == 3
    assert asked("googleapis.reads", 429) == 3
    assert asked("googleapis.reads", 404) == 1
    assert asked("googleapis.writes", 503) == 3
    assert asked("googleapis.writes", 502) == 1


@pytest.mark.parametrize(
    ("arguments", "tag", "message"),
    [
        ("{}", "TypeError", "called without 'name'"),
        ("{name: 5}", "TypeError", "'name' must be a string"),
        ("{name: a, nmae: b}", "TypeError", "has no parameter 'nmae'"),
        ("{name: a, connector_params: {timeout: 0}}", "ValueError", "'timeout' must be more than 0"),
        ("{name: a, connector_params: {timeout: 99999999}}", "ValueError", "'timeout' must be more than 0"),
        ("{name: a, connector_params: {timeot: 5}}", "ValueError", "connector_params takes"),
        ("{name: a, connector_params: {polling_policy: {delay: 5}}}", "ValueError", "polling_policy takes"),
        ("{name: a, connector_params: {skip_polling: 1}}", "TypeError", "'skip_polling' must be a boolean"),
    ],
)
def test_arguments_that_do_not_fit(service: MockService, arguments: str, tag: str, message: str) -> None:
    payload = payload_of(run(service, arguments))
    assert payload["tags"] == [tag]
    assert message in payload["message"]
    assert service.requests == []


def test_one_entry_adds_one_connector(service: MockService) -> None:
    added = Connector(
        "googleapis.echo.v1.say", "Says it again", "echo.googleapis.com", "PUT", "/echo/{who}", ("loud",), body=True
    )
    table = ConnectorTable({"echo.googleapis.com": service.url}, {added.name: added})
    arguments = "{who: x y, loud: true, body: {a: 1}}"
    source = f"- a: {{call: {added.name}, args: {arguments}, result: r}}\n- b: {{return: '${{r}}'}}"
    said = Workflow(source).execute(connectors=table).result
    assert (said["method"], said["path"], said["query"]) == ("PUT", "/echo/x%20y", {"loud": ["true"]})
    assert said["body"] == '{"a":1}'


def test_the_documented_table_is_in_order() -> None:
    for name, connector in documented_connectors().items():
        assert name.startswith("googleapis.")
        assert connector.host.endswith(".googleapis.com")
        assert connector.path.startswith(("/v1/", "/v2/"))
        assert connector.method in {"GET", "POST", "DELETE"}
        assert connector.summary
        assert set(connector.defaults) <= set(connector.path_arguments)


def payload_of(execution: Execution) -> dict[str, Any]:
    assert execution.error is not None
    payload: dict[str, Any] = execution.error.payload
    return payload
