"""Deploying with the official client, against a server that speaks the official types."""

from collections.abc import Iterator

import pytest
from google.cloud import workflows_v1

from local.workflows.tools.deploy import (
    DeploymentFailed,
    NotReachable,
    Plan,
    Target,
    deploy,
    fetch,
    open_client,
    plan_deployment,
)
from tests.local.workflows.tools.fake_workflows_service import FakeWorkflows, serving

TARGET = Target("kitchen", "asia-northeast1", "greeting")
OLD = "- settings: {assign: [{words: 3}]}\n- r: {return: '${words}'}\n"
NEW = "- settings: {assign: [{words: 5}]}\n- r: {return: '${words}'}\n"


@pytest.fixture
def service() -> FakeWorkflows:
    return FakeWorkflows()


@pytest.fixture
def client(service: FakeWorkflows) -> Iterator[workflows_v1.WorkflowsClient]:
    with serving(service) as address:
        yield open_client(address)


def planned(client: workflows_v1.WorkflowsClient, source: str, **environment: str) -> Plan:
    return plan_deployment(client, TARGET, source, environment)


def test_new_workflow_is_created_with_its_environment(
    client: workflows_v1.WorkflowsClient, service: FakeWorkflows
) -> None:
    plan = planned(client, NEW, COLOUR="red")
    assert plan.current is None
    deployed = deploy(client, plan, service_account="cook@kitchen.iam.gserviceaccount.com")
    latest = service.latest(TARGET.name)
    assert deployed.revision_id == latest.revision_id
    assert latest.source_contents == NEW
    assert dict(latest.user_env_vars) == {"COLOUR": "red"}
    assert latest.service_account == "cook@kitchen.iam.gserviceaccount.com"


def test_update_names_only_what_changes(client: workflows_v1.WorkflowsClient, service: FakeWorkflows) -> None:
    service.put(TARGET.name, OLD, COLOUR="red")
    deploy(client, planned(client, NEW))
    assert service.updated_fields == [["source_contents"]]
    assert service.latest(TARGET.name).source_contents == NEW
    assert dict(service.latest(TARGET.name).user_env_vars) == {"COLOUR": "red"}


def test_given_variables_join_those_that_are_set(client: workflows_v1.WorkflowsClient, service: FakeWorkflows) -> None:
    service.put(TARGET.name, OLD, COLOUR="red", SIZE="1")
    deploy(client, planned(client, NEW, SIZE="2"))
    assert dict(service.latest(TARGET.name).user_env_vars) == {"COLOUR": "red", "SIZE": "2"}


def test_plan_says_what_changes_in_words(client: workflows_v1.WorkflowsClient, service: FakeWorkflows) -> None:
    service.put(TARGET.name, OLD)
    difference = planned(client, NEW).difference
    assert difference is not None
    assert [change.text for change in difference.changes] == ["words: 3 → 5"]


def test_plan_knows_when_there_is_nothing_to_do(client: workflows_v1.WorkflowsClient, service: FakeWorkflows) -> None:
    service.put(TARGET.name, NEW, COLOUR="red")
    assert planned(client, NEW, COLOUR="red").changes_nothing
    assert not planned(client, NEW, COLOUR="blue").changes_nothing


def test_variables_the_source_needs_must_be_set(client: workflows_v1.WorkflowsClient, service: FakeWorkflows) -> None:
    names = 'sys.get_env("COLOUR") + sys.get_env("SIZE", "1") + sys.get_env("GOOGLE_CLOUD_LOCATION")'
    source = f"- a: {{return: '${{{names}}}'}}\n"
    service.put(TARGET.name, OLD)
    assert [fault.split()[0] for fault in planned(client, source).faults()] == ["COLOUR"]
    assert planned(client, source, COLOUR="red").faults() == []


def test_names_of_the_service_are_not_ours_to_set(client: workflows_v1.WorkflowsClient) -> None:
    assert planned(client, NEW, GOOGLE_COLOUR="red").faults()
    assert planned(client, NEW, **{f"V{number}": "" for number in range(21)}).faults()


def test_earlier_revision_can_be_fetched(client: workflows_v1.WorkflowsClient, service: FakeWorkflows) -> None:
    first = service.put(TARGET.name, OLD)
    service.put(TARGET.name, NEW)
    found = fetch(client, TARGET, first.revision_id)
    assert found is not None
    assert found.source_contents == OLD
    assert fetch(client, TARGET, "000099-zzz") is None


def test_refusal_of_the_service_is_passed_on(client: workflows_v1.WorkflowsClient, service: FakeWorkflows) -> None:
    service.put(TARGET.name, OLD)
    with pytest.raises(DeploymentFailed, match="parse error"):
        deploy(client, planned(client, "- a: {retrun: 1}\n"))


def test_revision_that_cannot_run_is_no_success(client: workflows_v1.WorkflowsClient, service: FakeWorkflows) -> None:
    service.put(TARGET.name, OLD)
    service.broken = True
    with pytest.raises(DeploymentFailed, match="the key was destroyed"):
        deploy(client, planned(client, NEW))


def test_missing_permission_is_told(client: workflows_v1.WorkflowsClient, service: FakeWorkflows) -> None:
    service.unavailable = True
    with pytest.raises(NotReachable, match="not granted"):
        planned(client, NEW)


def test_deployed_source_that_cannot_be_read_does_not_stop_a_better_one(
    client: workflows_v1.WorkflowsClient, service: FakeWorkflows
) -> None:
    service.put(TARGET.name, "no workflow at all")
    plan = planned(client, NEW)
    assert plan.difference is None
    deploy(client, plan)
    assert service.latest(TARGET.name).source_contents == NEW
