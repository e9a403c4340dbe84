"""`events.*`: endpoints that the outside world calls to let a waiting execution go on.

Source: cloud.google.com/workflows/docs/reference/stdlib/events
"""

from typing import Any

from local.workflows import limits
from local.workflows.errors import system_error
from local.workflows.runtime import Caller
from local.workflows.standard_library.registry import Number, library_function
from local.workflows.values import Value

DEFAULT_CALLBACK_TIMEOUT_S = 43_200.0
CALLBACK_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")


@library_function("events.create_callback_endpoint", blocking=True, takes_caller=True)
def create_callback_endpoint(caller: Caller, http_callback_method: str = "POST") -> dict[str, Any]:
    """A map with the `url` of a new endpoint."""
    if http_callback_method not in CALLBACK_METHODS:
        expected = ", ".join(CALLBACK_METHODS)
        message = f"events.create_callback_endpoint: 'http_callback_method' must be one of {expected}"
        raise system_error("ValueError", f"{message}, not {http_callback_method!r}")
    return {"url": caller.runtime.callbacks.create(caller.runtime.execution_name, http_callback_method)}


@library_function("events.await_callback", blocking=True, takes_caller=True)
def await_callback(caller: Caller, callback: dict[str, Any], timeout: Number = DEFAULT_CALLBACK_TIMEOUT_S) -> Value:
    """Wait for a request at the endpoint; a map with `http_request`, `received_time` and `type`."""
    url = callback.get("url")
    if not isinstance(url, str):
        raise system_error("ValueError", "events.await_callback: 'callback' has no 'url'")
    if not 0 <= timeout <= limits.EXECUTION_S:
        expected = f"from 0 to {limits.EXECUTION_S}"
        raise system_error("ValueError", f"events.await_callback: 'timeout' must be {expected}, not {timeout}")
    runtime = caller.runtime
    try:
        request = runtime.callbacks.wait(url, timeout, runtime.clock, caller.cancellation)
    except KeyError:
        raise system_error("ValueError", f"events.await_callback: no endpoint was created at {url!r}") from None
    if request is None:
        raise system_error("TimeoutError", f"callback timed out after {timeout} s")
    return request
