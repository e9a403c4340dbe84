"""Puts a source into production as a new revision, with the official client.

A deployment is planned first: what is there now, what would change, and whether the environment holds what the new
source reads. Executions that run go on with the revision they began with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import grpc
from google.api_core.exceptions import GoogleAPICallError, NotFound
from google.api_core.operation import Operation
from google.auth.exceptions import GoogleAuthError
from google.cloud import workflows_v1
from google.cloud.workflows_v1.services.workflows.transports import WorkflowsGrpcTransport

from local.workflows.language.parser import parse
from local.workflows.problems import WorkflowSyntaxError
from local.workflows.tools.diff import Difference, compare
from local.workflows.tools.environment import environment_faults, environment_reads

BUILT_IN_PREFIX = "GOOGLE_CLOUD_"
"""Variables the service sets itself."""
CALL_TIMEOUT_S = 20.0
"""For one question to the service, retries of the client included."""
DEPLOYMENT_TIMEOUT_S = 300.0


class NotReachable(Exception):
    """The service could not be asked: no credentials, no permission, no network."""


class DeploymentFailed(Exception):
    """The service did not take the revision."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a workflow lives."""

    project: str
    region: str
    workflow: str

    @property
    def parent(self) -> str:
        return f"projects/{self.project}/locations/{self.region}"

    @property
    def name(self) -> str:
        return f"{self.parent}/workflows/{self.workflow}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a deployment would do."""

    target: Target
    source: str
    current: workflows_v1.Workflow | None
    """What is deployed; None when there is no such workflow yet."""
    difference: Difference | None
    """What changes; None for a new workflow, or when the deployed source cannot be read."""
    environment: Mapping[str, str]
    """user_env_vars of the new revision."""
    changes_environment: bool

    @property
    def changes_nothing(self) -> bool:
        return self.current is not None and self.current.source_contents == self.source and not self.changes_environment

    @property
    def revision(self) -> str:
        """The revision that is deployed now, or ""."""
        return self.current.revision_id if self.current is not None else ""

    def faults(self) -> list[str]:
        """Why the new revision would fail at its first steps, or not be taken."""
        definition = parse(self.source).definition
        reads = environment_reads(definition) if definition is not None else {}
        missing = [
            f"{name} is read and not set; give it with --env {name}=…"
            for name, needed in reads.items()
            if needed and name not in self.environment and not name.startswith(BUILT_IN_PREFIX)
        ]
        return missing + environment_faults(self.environment)


def open_client(emulator: str | None = None) -> workflows_v1.WorkflowsClient:
    """A client for production, or for a server without TLS at `host:port`.

    Raises:
        NotReachable: there are no credentials.
    """
    if emulator is not None:
        transport = WorkflowsGrpcTransport(channel=grpc.insecure_channel(emulator))
        return workflows_v1.WorkflowsClient(transport=transport)
    try:
        return workflows_v1.WorkflowsClient()
    except GoogleAuthError as error:
        raise NotReachable(str(error)) from error


def fetch(client: workflows_v1.WorkflowsClient, target: Target, revision: str = "") -> workflows_v1.Workflow | None:
    """The deployed workflow, at its latest or another revision; None when there is none.

    Raises:
        NotReachable: the service cannot be asked.
    """
    request = workflows_v1.GetWorkflowRequest(name=target.name, revision_id=revision)
    try:
        return client.get_workflow(request=request, timeout=CALL_TIMEOUT_S)
    except NotFound:
        return None
    except (GoogleAPICallError, GoogleAuthError) as error:
        raise NotReachable(_reason(error)) from error


def plan_deployment(
    client: workflows_v1.WorkflowsClient, target: Target, source: str, environment: Mapping[str, str]
) -> Plan:
    """What deploying `source` would do. `environment` is added to the variables that are set already.

    Raises:
        NotReachable: the service cannot be asked.
    """
    current = fetch(client, target)
    kept = dict(current.user_env_vars) if current is not None else {}
    resulting = {**kept, **environment}
    return Plan(target, source, current, _difference(current, source), resulting, resulting != kept)


def deploy(client: workflows_v1.WorkflowsClient, plan: Plan, *, service_account: str = "") -> workflows_v1.Workflow:
    """Create the workflow, or a new revision of it; waits until it is there.

    Raises:
        DeploymentFailed: the service refused it, or the revision cannot be executed.
        NotReachable: the service cannot be asked.
    """
    try:
        operation = (
            _create(client, plan, service_account) if plan.current is None else _update(client, plan, service_account)
        )
        ended = operation.result(timeout=DEPLOYMENT_TIMEOUT_S)  # type: ignore[no-untyped-call]  # untyped in api_core
        deployed: workflows_v1.Workflow = ended
    except GoogleAPICallError as error:
        raise DeploymentFailed(_reason(error)) from error
    except GoogleAuthError as error:
        raise NotReachable(_reason(error)) from error
    if deployed.state is not workflows_v1.Workflow.State.ACTIVE:
        detail = deployed.state_error.details or "no reason was given"
        raise DeploymentFailed(f"the revision is {deployed.state.name}: {detail}")
    return deployed


def _create(client: workflows_v1.WorkflowsClient, plan: Plan, service_account: str) -> Operation:
    workflow = workflows_v1.Workflow(
        source_contents=plan.source, user_env_vars=dict(plan.environment), service_account=service_account
    )
    return client.create_workflow(
        parent=plan.target.parent, workflow=workflow, workflow_id=plan.target.workflow, timeout=CALL_TIMEOUT_S
    )


def _update(client: workflows_v1.WorkflowsClient, plan: Plan, service_account: str) -> Operation:
    """Only what changes is named in the mask, so that everything else stays as it is."""
    paths = ["source_contents"]
    workflow = workflows_v1.Workflow(name=plan.target.name, source_contents=plan.source)
    if plan.changes_environment:
        paths.append("user_env_vars")
        workflow.user_env_vars = dict(plan.environment)
    if service_account:
        paths.append("service_account")
        workflow.service_account = service_account
    request = {"workflow": workflow, "update_mask": {"paths": paths}}
    return client.update_workflow(request=request, timeout=CALL_TIMEOUT_S)


def _difference(current: workflows_v1.Workflow | None, source: str) -> Difference | None:
    if current is None:
        return None
    try:
        return compare(current.source_contents, source)
    except WorkflowSyntaxError:
        return None


def _reason(error: GoogleAPICallError | GoogleAuthError) -> str:
    return getattr(error, "message", "") or str(error)
