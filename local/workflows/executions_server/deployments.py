"""Which sources are deployed: workflows by name, each with its revisions.

A new revision is for executions created after it; those already running keep the one they began with.
"""

import hashlib
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from local.workflows.workflow import Workflow

MAX_USER_VARIABLES = 20
RESERVED_PREFIXES = ("GOOGLE", "WORKFLOWS")

_WORKFLOW_ID = re.compile(r"[a-zA-Z]([-_a-zA-Z0-9]{0,62}[a-zA-Z0-9])?")
_VARIABLE_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class DeploymentRefused(ValueError):
    """A workflow's name or environment variables are not what the service takes."""


class UnknownWorkflow(KeyError):
    """No workflow of this name is deployed."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One deployed version of a workflow."""

    workflow_id: str
    revision_id: str
    """Six digits that count, and three hexadecimal ones of the source's hash: `000002-9f3`."""
    workflow: Workflow
    environment: Mapping[str, str]
    """The deployment's `user_env_vars`."""
    created_at: datetime
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


class Deployments:
    """The workflows of one project and location."""

    def __init__(self, project: str, location: str) -> None:
        self.project = project
        self.location = location
        self._lock = threading.Lock()
        self._revisions: dict[str, list[Revision]] = {}

    @property
    def parent(self) -> str:
        """`projects/P/locations/L`."""
        return f"projects/{self.project}/locations/{self.location}"

    def deploy(
        self,
        workflow_id: str,
        source: str,
        environment: Mapping[str, str] | None = None,
        *,
        description: str = "",
        labels: Mapping[str, str] | None = None,
    ) -> Revision:
        """Make `source` the current revision of a workflow.

        Raises WorkflowSyntaxError for a source that cannot run, DeploymentRefused for a name or variables out of form.
        """
        if not _WORKFLOW_ID.fullmatch(workflow_id):
            form = "a letter, then up to 63 letters, digits, hyphens or underscores, ending in a letter or digit"
            raise DeploymentRefused(f"{workflow_id!r} cannot name a workflow: expected {form}")
        _check_variables(environment or {})
        workflow = Workflow(source)
        digest = hashlib.sha256(source.encode()).hexdigest()[:3]
        with self._lock:
            revisions = self._revisions.setdefault(workflow_id, [])
            revision = Revision(
                workflow_id,
                f"{len(revisions) + 1:06d}-{digest}",
                workflow,
                dict(environment or {}),
                datetime.now(UTC),
                description,
                dict(labels or {}),
            )
            revisions.append(revision)
        return revision

    def current(self, workflow_id: str) -> Revision:
        """The revision new executions run. Raises UnknownWorkflow."""
        return self.revisions(workflow_id)[-1]

    def revisions(self, workflow_id: str) -> list[Revision]:
        """All revisions of a workflow, the oldest first. Raises UnknownWorkflow."""
        with self._lock:
            if workflow_id not in self._revisions:
                raise UnknownWorkflow(workflow_id)
            return list(self._revisions[workflow_id])

    def remove(self, workflow_id: str) -> None:
        """Delete a workflow; its running executions go on. Raises UnknownWorkflow."""
        with self._lock:
            if workflow_id not in self._revisions:
                raise UnknownWorkflow(workflow_id)
            del self._revisions[workflow_id]

    def workflow_ids(self) -> list[str]:
        with self._lock:
            return sorted(self._revisions)


def _check_variables(environment: Mapping[str, str]) -> None:
    if len(environment) > MAX_USER_VARIABLES:
        raise DeploymentRefused(f"{len(environment)} environment variables: at most {MAX_USER_VARIABLES} are allowed")
    for name in environment:
        if not _VARIABLE_NAME.fullmatch(name):
            raise DeploymentRefused(f"{name!r} cannot name an environment variable")
        if name.startswith(RESERVED_PREFIXES):
            reserved = " and ".join(RESERVED_PREFIXES)
            raise DeploymentRefused(f"the environment variable {name!r} is reserved: {reserved} are not for users")
