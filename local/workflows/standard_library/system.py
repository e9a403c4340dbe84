"""`sys.*`: environment, log, time and sleeping.

Source: cloud.google.com/workflows/docs/reference/stdlib/sys
"""

from local.workflows import limits
from local.workflows.errors import system_error
from local.workflows.runtime import Caller
from local.workflows.runtime.clock import sleep
from local.workflows.standard_library.registry import Number, library_function
from local.workflows.standard_library.times import parse_time
from local.workflows.values import Value

SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")

_NO_DEFAULT = object()


@library_function("sys.get_env", takes_caller=True)
def get_env(caller: Caller, name: str, default: Value = _NO_DEFAULT) -> Value:
    """The value of an environment variable, or `default` where there is none."""
    if name in caller.runtime.environment:
        return caller.runtime.environment[name]
    if default is _NO_DEFAULT:
        raise system_error("KeyError", f"environment variable not found: {name}")
    return default


@library_function("sys.log", blocking=True, takes_caller=True)
def log(
    caller: Caller,
    data: Value = None,
    severity: str = "DEFAULT",
    text: str | None = None,
    json: Value = None,
    timeout: Number | None = None,  # noqa: ARG001  # writing to a local log takes no time
) -> None:
    """Write to the log: `text`, a `json` map, or any `data`."""
    if severity not in SEVERITIES:
        raise system_error(
            "ValueError", f"sys.log: 'severity' must be one of {', '.join(SEVERITIES)}, not {severity!r}"
        )
    payload = next((given for given in (text, json, data) if given is not None), None)
    caller.runtime.log.write(caller.runtime.execution_name, severity, payload)


@library_function("sys.now", takes_caller=True)
def now(caller: Caller) -> float:
    """Seconds since 1970."""
    return caller.runtime.clock.now()


@library_function("sys.sleep", blocking=True, takes_caller=True)
def sleep_for(caller: Caller, seconds: Number) -> None:
    """Wait for some seconds, at most a year."""
    if not 0 <= seconds <= limits.EXECUTION_S:
        raise system_error("ValueError", f"sys.sleep: 'seconds' must be from 0 to {limits.EXECUTION_S}, not {seconds}")
    sleep(caller.runtime.clock, seconds, caller.cancellation)


@library_function("sys.sleep_until", blocking=True, takes_caller=True)
def sleep_until(caller: Caller, time: str) -> None:
    """Wait until a point in time, given as ISO 8601; a past one is no wait at all."""
    seconds = parse_time(time) - caller.runtime.clock.now()
    sleep_for(caller, max(seconds, 0.0))
