"""One structured log line per event, in the form Cloud Logging understands, with the trace the request belongs to."""

import logging
import os
import sys
from collections.abc import Mapping, MutableMapping
from functools import cache
from typing import Any

import structlog

_SEVERITIES = {"debug": "DEBUG", "info": "INFO", "warning": "WARNING", "error": "ERROR", "critical": "CRITICAL"}


def _cloud_logging_fields(_logger: object, method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    event["severity"] = _SEVERITIES.get(method, "DEFAULT")
    event["message"] = event.pop("event")
    return event


@cache
def configure_logging() -> None:
    """Write JSON lines to stderr from LOG_LEVEL (default INFO) up."""
    level = logging.getLevelNamesMapping().get(os.environ.get("LOG_LEVEL", "INFO").upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.format_exc_info,
            _cloud_logging_fields,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


def trace_of(headers: Mapping[str, str], project: str) -> str | None:
    """The trace a request belongs to, as Cloud Logging names it: `projects/P/traces/T`.

    Reads W3C `traceparent` (version-trace-span-flags), else Google's `X-Cloud-Trace-Context` (trace/span;o=1).
    """
    parent = headers.get("traceparent", "").split("-")
    if len(parent) == 4 and len(parent[1]) == 32:
        return f"projects/{project}/traces/{parent[1]}"
    google = headers.get("X-Cloud-Trace-Context", "").split("/")[0]
    return f"projects/{project}/traces/{google}" if google else None
