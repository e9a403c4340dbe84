"""The Workflows service, spoken to by the official clients over gRPC and by plain HTTP."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from google.api_core.exceptions import FailedPrecondition, GoogleAPICallError, InvalidArgument, NotFound
from google.cloud import workflows_v1
from google.cloud.workflows import executions_v1
from google.cloud.workflows.executions_v1.services.executions.transports import ExecutionsGrpcTransport
from google.cloud.workflows.executions_v1.types import Execution, ExecutionView
from google.cloud.workflows_v1.services.workflows.transports import WorkflowsGrpcTransport

from local.workflows import StepEvent
from local.workflows.executions_server import ExecutionsServer
from local.workflows.runtime.clock import RealClock

ECHO = "main:\n  params: [given]\n  steps:\n    - answer: {return: '${given}'}\n"
SLEEPS = "- doze: {call: sys.sleep, args: {seconds: 10000}}\n"
FAILS = "- burn: {raise: {code: 5, message: burnt}}\n"
VARIABLES = """\
- answer:
    return:
      - ${sys.get_env("GREETING")}
      - ${sys.get_env("GOOGLE_CLOUD_PROJECT_ID")}
      - ${sys.get_env("GOOGLE_CLOUD_WORKFLOW_ID")}
      - ${sys.get_env("GOOGLE_CLOUD_WORKFLOW_REVISION_ID")}
      - ${sys.get_env("GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID")}
"""
PARENT_OF_ANOTHER = """\
- begin: {assign: [{error: null}]}
- run_it:
    call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.run
    args: {workflow_id: echo, argument: {a: [1, 2]}}
    result: answer
- run_one_that_fails:
    try:
      call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.run
      args: {workflow_id: fails}
    except: {as: e, steps: [{keep: {assign: [{error: '${e.tags}'}]}}]}
- run_many: {call: experimental.executions.map, args: {workflow_id: echo, arguments: [1, 2]}, result: many}
- answer: {return: ['${answer}', '${error}', '${many}']}
"""
WAITS_FOR_A_CALL = """\
- endpoint: {call: events.create_callback_endpoint, args: {http_callback_method: POST}, result: callback}
- wait: {call: events.await_callback, args: {callback: '${callback}', timeout: 10}, result: request}
- answer: {return: '${request.http_request.body}'}
"""


@pytest.fixture(scope="module")
def followed() -> list[tuple[str, StepEvent]]:
    """Every step of every execution of the server."""
    return []


class QuickClock(RealClock):
    """Real time, in which sleeping takes a fiftieth as long."""

    def sleep(self, seconds: float, woken_by: threading.Event) -> None:
        super().sleep(seconds / 50, woken_by)


@pytest.fixture(scope="module")
def server(followed: list[tuple[str, StepEvent]]) -> Iterator[ExecutionsServer]:
    def follow(name: str, event: StepEvent) -> None:
        followed.append((name, event))

    with ExecutionsServer(
        project="kitchen", location="tokyo", follow=follow, options={"clock": QuickClock()}
    ) as server:
        server.deployments.deploy("echo", ECHO)
        server.deployments.deploy("sleeps", SLEEPS)
        server.deployments.deploy("fails", FAILS)
        yield server


@pytest.fixture(scope="module")
def client(server: ExecutionsServer) -> executions_v1.ExecutionsClient:
    return client_of(server)


def client_of(server: ExecutionsServer) -> executions_v1.ExecutionsClient:
    return executions_v1.ExecutionsClient(transport=ExecutionsGrpcTransport(channel=server.channel()))


def parent(server: ExecutionsServer, workflow_id: str) -> str:
    return f"{server.parent}/workflows/{workflow_id}"


def ended(client: executions_v1.ExecutionsClient, name: str) -> Execution:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        execution = client.get_execution(name=name)
        if execution.state is not Execution.State.ACTIVE:
            return execution
        time.sleep(0.01)
    raise TimeoutError(name)


def result_of(server: ExecutionsServer, client: executions_v1.ExecutionsClient, workflow_id: str) -> str:
    execution = ended(client, client.create_execution(parent=parent(server, workflow_id)).name)
    assert execution.state is Execution.State.SUCCEEDED, execution.error
    return str(execution.result)


def test_an_execution_from_creation_to_result(server: ExecutionsServer, client: executions_v1.ExecutionsClient) -> None:
    given = Execution(argument='{"a": "é"}', labels={"by": "test"}, call_log_level="LOG_ALL_CALLS")
    created = client.create_execution(parent=parent(server, "echo"), execution=given)
    assert created.state is Execution.State.ACTIVE
    assert created.name.startswith(f"{parent(server, 'echo')}/executions/")
    execution = ended(client, created.name)
    assert execution.state is Execution.State.SUCCEEDED
    assert execution.result == '{"a":"é"}'
    assert execution.argument == '{"a": "é"}'
    assert execution.labels == {"by": "test"}
    assert execution.call_log_level is Execution.CallLogLevel.LOG_ALL_CALLS
    assert execution.workflow_revision_id.startswith("000001-")
    assert execution.start_time <= execution.end_time


def test_a_failure_has_payload_context_and_stack(
    server: ExecutionsServer, client: executions_v1.ExecutionsClient
) -> None:
    execution = ended(client, client.create_execution(parent=parent(server, "fails")).name)
    assert execution.state is Execution.State.FAILED
    assert execution.error.payload == '{"code":5,"message":"burnt"}'
    assert execution.error.context == (
        'RuntimeError: {"code":5,"message":"burnt"}\nin step "burn", routine "main", line: 1'
    )
    (element,) = execution.error.stack_trace.elements
    assert (element.step, element.routine, element.position.line, element.position.column) == ("burn", "main", 1, 9)


def test_the_environment_is_that_of_the_deployment(
    server: ExecutionsServer, client: executions_v1.ExecutionsClient
) -> None:
    revision = server.deployments.deploy("variables", VARIABLES, {"GREETING": "hello"})
    created = client.create_execution(parent=parent(server, "variables"))
    execution_id = created.name.rpartition("/")[2]
    expected = f'["hello","kitchen","variables","{revision.revision_id}","{execution_id}"]'
    assert ended(client, created.name).result == expected


def test_cancelling(server: ExecutionsServer, client: executions_v1.ExecutionsClient) -> None:
    name = client.create_execution(parent=parent(server, "sleeps")).name
    while not client.get_execution(name=name).status.current_steps:
        time.sleep(0.01)
    assert client.get_execution(name=name).status.current_steps[0].step == "doze"
    assert client.cancel_execution(name=name).state is Execution.State.CANCELLED
    with pytest.raises(FailedPrecondition):
        client.cancel_execution(name=name)


def test_listing_by_pages_newest_first(server: ExecutionsServer, client: executions_v1.ExecutionsClient) -> None:
    server.deployments.deploy("listed", ECHO)
    names = [client.create_execution(parent=parent(server, "listed")).name for _ in range(7)]
    client.create_execution(parent=parent(server, "fails"))
    for name in names:
        ended(client, name)
    pages = client.list_executions(request={"parent": parent(server, "listed"), "page_size": 3}).pages
    found = [[execution.name for execution in page.executions] for page in pages]
    assert found == [names[:3:-1], names[3:0:-1], names[:1]]
    ascending = client.list_executions(request={"parent": parent(server, "listed"), "order_by": "startTime asc"})
    assert [execution.name for execution in ascending] == names


def test_views_and_filters(server: ExecutionsServer, client: executions_v1.ExecutionsClient) -> None:
    server.deployments.deploy("viewed", ECHO)
    name = client.create_execution(parent=parent(server, "viewed"), execution=Execution(argument="1")).name
    ended(client, name)
    running = client.create_execution(parent=parent(server, "viewed"), execution=Execution(argument="1")).name
    ended(client, running)
    (basic, *_) = client.list_executions(parent=parent(server, "viewed"))
    assert (basic.argument, basic.result, basic.state) == ("", "", Execution.State.SUCCEEDED)
    full = {"parent": parent(server, "viewed"), "view": ExecutionView.FULL, "filter": 'state="SUCCEEDED"'}
    assert [execution.result for execution in client.list_executions(request=full)] == ["1", "1"]
    by_id = {
        "parent": parent(server, "viewed"),
        "filter": f'executionId="{name.rpartition("/")[2]}" AND state=SUCCEEDED',
    }
    assert [execution.name for execution in client.list_executions(request=by_id)] == [name]
    assert client.get_execution(request={"name": name, "view": ExecutionView.BASIC}).result == ""


@pytest.mark.parametrize(
    ("request_", "error", "message"),
    [
        ({"parent": "projects/kitchen/locations/tokyo/workflows/none"}, NotFound, "deployed in projects/kitchen"),
        ({"parent": "projects/other/locations/tokyo/workflows/echo"}, NotFound, "does not exist"),
        ({"parent": "kitchen/echo"}, InvalidArgument, "does not name a workflow"),
        ({"argument": "{"}, InvalidArgument, "not JSON"),
        ({"argument": '"' + "x" * 32768 + '"'}, InvalidArgument, "at most 32,768"),
    ],
)
def test_executions_that_cannot_be_created(
    server: ExecutionsServer,
    client: executions_v1.ExecutionsClient,
    request_: dict[str, Any],
    error: type[GoogleAPICallError],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        client.create_execution(
            parent=request_.get("parent", parent(server, "echo")),
            execution=Execution(argument=request_.get("argument", "")),
        )


def test_lists_that_cannot_be_had(server: ExecutionsServer, client: executions_v1.ExecutionsClient) -> None:
    for wrong in ({"page_token": "?"}, {"filter": "colour=red"}, {"order_by": "colour"}, {"page_size": -1}):
        with pytest.raises(InvalidArgument):
            client.list_executions(request={"parent": parent(server, "echo"), **wrong})
    with pytest.raises(NotFound):
        client.get_execution(name=f"{parent(server, 'echo')}/executions/none")


def test_only_so_many_ended_executions_are_kept() -> None:
    with ExecutionsServer(retained=20) as server:
        server.deployments.deploy("echo", ECHO)
        server.deployments.deploy("sleeps", SLEEPS)
        client = client_of(server)
        sleeping = client.create_execution(parent=parent(server, "sleeps")).name
        names = [client.create_execution(parent=parent(server, "echo")).name for _ in range(40)]
        ended(client, names[-1])
        assert len(list(client.list_executions(parent=parent(server, "echo")))) < 30
        assert client.get_execution(name=sleeping).state is Execution.State.ACTIVE
        with pytest.raises(NotFound):
            client.get_execution(name=names[0])


def test_a_new_revision_leaves_running_executions_alone(
    server: ExecutionsServer, client: executions_v1.ExecutionsClient
) -> None:
    deployer = workflows_v1.WorkflowsClient(transport=WorkflowsGrpcTransport(channel=server.channel()))
    slow = "- doze: {call: sys.sleep, args: {seconds: 15}}\n- answer: {return: %s}\n"
    name = parent(server, "slow")
    created = deployer.create_workflow(
        parent=server.parent,
        workflow_id="slow",
        workflow=workflows_v1.Workflow(source_contents=slow % "old", user_env_vars={"A": "1"}, description="dozes"),
    ).result()  # type: ignore[no-untyped-call]  # of google.api_core
    assert created.revision_id.startswith("000001-")
    first = client.create_execution(parent=name).name
    update = workflows_v1.Workflow(name=name, source_contents=slow % "new")
    updated = deployer.update_workflow(workflow=update, update_mask={"paths": ["source_contents"]}).result()  # type: ignore[no-untyped-call]  # of google.api_core
    assert updated.revision_id.startswith("000002-")
    assert (updated.user_env_vars, updated.description) == ({"A": "1"}, "dozes")
    second = client.create_execution(parent=name).name
    assert (ended(client, first).result, ended(client, second).result) == ('"old"', '"new"')
    assert deployer.get_workflow(name=name).source_contents == slow % "new"
    assert name in [workflow.name for workflow in deployer.list_workflows(parent=server.parent)]
    deployer.delete_workflow(name=name).result()  # type: ignore[no-untyped-call]  # of google.api_core
    with pytest.raises(NotFound):
        client.create_execution(parent=name)


def test_a_source_with_faults_is_not_deployed(server: ExecutionsServer) -> None:
    deployer = workflows_v1.WorkflowsClient(transport=WorkflowsGrpcTransport(channel=server.channel()))
    faulty = workflows_v1.Workflow(name=parent(server, "echo"), source_contents="- a: {retrun: 1}")
    with pytest.raises(InvalidArgument, match="did you mean 'return'"):
        deployer.update_workflow(workflow=faulty, update_mask={"paths": ["source_contents"]})
    variables = workflows_v1.Workflow(source_contents=ECHO, user_env_vars={"GOOGLE_X": "1"})
    with pytest.raises(InvalidArgument, match="reserved"):
        deployer.create_workflow(parent=server.parent, workflow_id="new", workflow=variables)
    assert deployer.get_workflow(name=parent(server, "echo")).source_contents == ECHO


def test_workflows_run_other_workflows(server: ExecutionsServer, client: executions_v1.ExecutionsClient) -> None:
    server.deployments.deploy("parent", PARENT_OF_ANOTHER)
    assert result_of(server, client, "parent") == '[{"a":[1,2]},["OperationError"],[1,2]]'


def test_every_step_is_followed(
    server: ExecutionsServer, client: executions_v1.ExecutionsClient, followed: list[tuple[str, StepEvent]]
) -> None:
    name = client.create_execution(parent=parent(server, "echo")).name
    ended(client, name)
    steps = [(event.step, event.phase) for execution, event in followed if execution == name]
    assert steps == [("answer", "started"), ("answer", "finished")]


def test_the_rest_api(server: ExecutionsServer) -> None:
    server.deployments.deploy("curled", ECHO)
    executions = f"{server.url}/v1/{parent(server, 'curled')}/executions"
    created = requests.post(executions, json={"argument": '{"a": 1}', "labels": {"by": "curl"}}, timeout=5).json()
    assert created["state"] == "ACTIVE"
    url = f"{server.url}/v1/{created['name']}"
    deadline = time.monotonic() + 5
    while (execution := requests.get(url, timeout=5).json())["state"] == "ACTIVE" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert execution["result"] == '{"a":1}'
    assert execution["labels"] == {"by": "curl"}
    assert set(requests.get(url, params={"view": "BASIC"}, timeout=5).json()) == {
        "name", "startTime", "endTime", "duration", "state", "workflowRevisionId",
    }  # fmt: skip
    requests.post(executions, timeout=5).raise_for_status()
    page = requests.get(executions, params={"pageSize": 1}, timeout=5).json()
    assert len(page["executions"]) == 1
    last = requests.get(executions, params={"pageSize": 1, "pageToken": page["nextPageToken"]}, timeout=5).json()
    assert [item["name"] for item in last["executions"]] == [created["name"]]
    assert "nextPageToken" not in last


def test_rest_cancel_and_errors(server: ExecutionsServer) -> None:
    executions = f"{server.url}/v1/{parent(server, 'sleeps')}/executions"
    name = requests.post(executions, json={}, timeout=5).json()["name"]
    assert requests.post(f"{server.url}/v1/{name}:cancel", timeout=10).json()["state"] == "CANCELLED"
    again = requests.post(f"{server.url}/v1/{name}:cancel", timeout=10)
    assert (again.status_code, again.json()["error"]["status"]) == (400, "FAILED_PRECONDITION")
    missing = requests.get(f"{executions}/none", timeout=5)
    assert missing.status_code == 404
    assert missing.json()["error"] == {
        "code": 404,
        "message": f"execution '{parent(server, 'sleeps')}/executions/none' does not exist, or ended too long ago",
        "status": "NOT_FOUND",
    }
    for body in ("{", "[]", '{"callLogLevel": "LOUD"}', '{"argument": "{"}'):
        assert requests.post(executions, data=body, timeout=5).status_code == 400
    assert requests.get(executions, params={"pageSize": "many"}, timeout=5).status_code == 400


def test_a_callback_arrives_through_the_server(
    server: ExecutionsServer, client: executions_v1.ExecutionsClient, followed: list[tuple[str, StepEvent]]
) -> None:
    server.deployments.deploy("waits", WAITS_FOR_A_CALL)
    name = client.create_execution(parent=parent(server, "waits")).name
    deadline = time.monotonic() + 5
    while (
        not any(event.step == "wait" for execution, event in followed if execution == name)
        and time.monotonic() < deadline
    ):
        time.sleep(0.01)
    url = next(event.values["callback"]["url"] for execution, event in followed if execution == name and event.values)
    assert url.startswith(f"{server.url}/v1/{name}/callbacks/")
    assert requests.get(url, timeout=5).status_code == 405
    assert requests.post(url, json={"ok": True}, timeout=5).status_code == 200
    assert ended(client, name).result == '{"ok":true}'
    assert requests.post(url, json={}, timeout=5).status_code == 404


def test_stopping_cancels_what_runs_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    with ExecutionsServer() as server:
        server.deployments.deploy("sleeps", SLEEPS)
        client_of(server).create_execution(parent=parent(server, "sleeps"))
    deadline = time.monotonic() + 2
    while ours(before) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert ours(before) == []


def ours(before: set[threading.Thread]) -> list[str]:
    """Threads of workflows that were not there before."""
    return [
        thread.name for thread in threading.enumerate() if thread.name.startswith("workflow") and thread not in before
    ]


@pytest.mark.parametrize(
    ("workflow_id", "variables"),
    [
        ("1st", {}),
        ("a" * 65, {}),
        ("ends-with-", {}),
        ("fine", {f"V{n}": "" for n in range(21)}),
        ("fine", {"WORKFLOWS_X": "1"}),
        ("fine", {"a b": "1"}),
    ],
)
def test_deployments_out_of_form_are_refused(
    server: ExecutionsServer, workflow_id: str, variables: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match=r"."):
        server.deployments.deploy(workflow_id, ECHO, variables)
