"""The table of connectors, read from `connectors.yaml`: what each takes, and which HTTP request it stands for."""

import functools
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from local.workflows.standard_library.registry import Parameter, Signature

TABLE = Path(__file__).with_name("connectors.yaml")

PREFIXES = ("googleapis.", "gke.")
"""How the name of a connector begins."""

IN_EXPRESSIONS = frozenset({"googleapis.secretmanager.v1.projects.secrets.versions.accessString"})
"""Helpers beside the connectors that return at once and may stand inside of `${}`."""

CONNECTOR_PARAMS = "connector_params"
"""The argument of every connector that says how to wait; see `POLLING_KEYS` and its neighbours."""
CONNECTOR_PARAM_KEYS = ("timeout", "polling_policy", "skip_polling", "scopes")
POLLING_KEYS = ("initial_delay", "multiplier", "max_delay")


class Waiting(StrEnum):
    """What a connector's call is not over before."""

    OPERATION = "operation"
    EXECUTION = "execution"


@dataclass(frozen=True, slots=True)
class Connector:
    """One entry of the table."""

    name: str
    summary: str
    host: str
    method: str
    path: str
    query: tuple[str, ...] = ()
    body: bool = False
    argument: bool = False
    """Takes the `argument` of another workflow's execution, which is sent as JSON text."""
    waits_for: Waiting | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that stand in for path arguments left out."""

    @property
    def path_arguments(self) -> tuple[str, ...]:
        return tuple(name for _, name, _, _ in string.Formatter().parse(self.path) if name)

    @property
    def signature(self) -> Signature:
        in_path = [Parameter(name, name not in self.defaults, (str,)) for name in self.path_arguments]
        in_query = [Parameter(name, required=False, types=(str, int, float, bool)) for name in self.query]
        body = [Parameter("body", required=False, types=(dict,))] if self.body else []
        argument = [Parameter("argument", required=False, types=())] if self.argument else []
        params = Parameter(CONNECTOR_PARAMS, required=False, types=(dict,))
        return Signature(
            self.name, (*in_path, *in_query, *body, *argument, params), blocking=True, summary=self.summary
        )


class ConnectorTable:
    """The connectors an execution can call, and where the hosts of their APIs are.

    `base_urls` maps a host of the table to a URL, so that `run.googleapis.com` may be a server on this machine; other
    hosts are reached under their own names.
    """

    def __init__(
        self, base_urls: Mapping[str, str] | None = None, connectors: Mapping[str, Connector] | None = None
    ) -> None:
        self._base_urls = dict(base_urls or {})
        self._connectors = documented_connectors() if connectors is None else connectors

    def find(self, name: str) -> Connector | None:
        return self._connectors.get(name)

    def names(self) -> list[str]:
        return sorted(self._connectors)

    def base_url(self, host: str) -> str:
        """Where `host` is, without a slash at the end."""
        return self._base_urls.get(host, f"https://{host}").rstrip("/")


@functools.cache
def documented_connectors() -> Mapping[str, Connector]:
    """Every connector of `connectors.yaml` by name."""
    entries: dict[str, dict[str, Any]] = YAML(typ="safe", pure=True).load(TABLE)
    return {name: _connector(name, entry) for name, entry in entries.items()}


def _connector(name: str, entry: dict[str, Any]) -> Connector:
    waits_for = entry.get("waits_for")
    return Connector(
        name,
        summary=entry["summary"],
        host=entry["host"],
        method=entry["method"],
        path=entry["path"],
        query=tuple(entry.get("query", ())),
        body=entry.get("body", False),
        argument=entry.get("argument", False),
        waits_for=Waiting(waits_for) if waits_for else None,
        defaults=entry.get("defaults", {}),
    )
