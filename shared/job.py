"""A stage as a Cloud Run Job: asked through the environment, answered by the exit code.

The same durable wrapper as over HTTP: a job that is started again finds what the one before finished.
"""

import json
import os
import signal
import sys
from types import FrameType

import structlog
from pydantic import ValidationError

from shared.errors import Permanent, Superseded, Transient
from shared.stage import definition
from shared.telemetry import configure_logging
from shared.wiring import services

REQUEST_VARIABLE = "REQUEST"
"""Environment variable that holds the request as JSON."""

DONE = 0
TRY_AGAIN = 1
GIVE_UP = 2

log = structlog.get_logger()


def run_job(name: str) -> int:
    """Run the stage of this name once and give the exit code: done, try again, or give up."""
    configure_logging()
    signal.signal(signal.SIGTERM, _stop)
    try:
        body = json.loads(os.environ.get(REQUEST_VARIABLE, ""))
    except json.JSONDecodeError as error:
        log.error("job was asked wrongly", job=name, expected=f"JSON in {REQUEST_VARIABLE}", found=str(error))
        return GIVE_UP
    try:
        definition(name).execute(body, services())
    except ValidationError as error:
        log.error("job was asked wrongly", job=name, found=str(error))
        return GIVE_UP
    except (Permanent, Superseded) as error:
        log.error("job gave up", job=name, error=str(error))
        return GIVE_UP
    except Transient as error:
        log.error("job failed for now", job=name, error=error.detail)
        return TRY_AGAIN
    return DONE


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """The platform wants us gone: leave through every `finally`, so that no child process stays."""
    sys.exit(128 + signal.SIGTERM)
