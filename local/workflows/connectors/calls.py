"""Calling a connector: the request, the built-in retries, and polling until a long operation has ended.

Source: cloud.google.com/workflows/docs/connectors and .../reference/googleapis. GET requests are retried by the
idempotent default policy, all others by the non-idempotent one. Operations are polled after 1 s, then ever more
rarely, up to 60 s apart.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from local.workflows import limits
from local.workflows.connectors.table import CONNECTOR_PARAM_KEYS, CONNECTOR_PARAMS, POLLING_KEYS, Connector, Waiting
from local.workflows.errors import WorkflowError, system_error
from local.workflows.runtime import Caller, HttpRequest
from local.workflows.runtime.backoff import Backoff
from local.workflows.runtime.clock import sleep
from local.workflows.standard_library.http_messages import encode_body, encode_headers, exchange, scopes_of
from local.workflows.standard_library.retry_policies import DEFAULT_MAX_RETRIES, IDEMPOTENT, NON_IDEMPOTENT
from local.workflows.values import Value, decode_json, encode_json, is_number, to_text, type_name


def call_connector(caller: Caller, connector: Connector, arguments: Mapping[str, Value]) -> Value:
    """Call and wait, as a call step does; the value is the answer's body, or what the operation ended with."""
    call = ConnectorCall(caller, connector, arguments)
    return call.finish(call.start())


@dataclass(frozen=True, slots=True)
class _Params:
    """`connector_params` as given, with its defaults."""

    timeout_s: float
    polling: Backoff
    skip_polling: bool
    scopes: tuple[str, ...]


class ConnectorCall:
    """One call of a connector. `start` sends the request, `finish` waits for what it began."""

    def __init__(self, caller: Caller, connector: Connector, arguments: Mapping[str, Value]) -> None:
        self._caller = caller
        self._connector = connector
        self._arguments = _checked(connector, arguments, caller.runtime.environment)
        self._params = _parse_params(connector, arguments.get(CONNECTOR_PARAMS))
        self._clock = caller.runtime.clock
        self._deadline = self._clock.now() + self._params.timeout_s

    def start(self) -> Value:
        """Send the request; the body of the answer."""
        connector, arguments = self._connector, self._arguments
        path = connector.path.format(**{name: quote(arguments[name]) for name in connector.path_arguments})
        query = {name: to_text(arguments[name]) for name in connector.query if name in arguments}
        body = arguments.get("body")
        if connector.argument:
            body = {"argument": encode_json(arguments.get("argument"))}
        return self._request(connector.method, f"{path}?{urlencode(query)}" if query else path, body)

    def finish(self, answer: Value) -> Value:
        """Wait for what `answer` began, unless the call waits for nothing or was told not to."""
        waits_for = self._connector.waits_for
        if waits_for is None or self._params.skip_polling:
            return answer
        delays = self._params.polling.delays()
        while not _is_over(waits_for, answer):
            self._sleep(next(delays))
            version = self._connector.path.split("/")[1]
            answer = self._request("GET", f"/{version}/{quote(str(answer['name']))}", None)
        return _outcome(waits_for, answer)

    def _request(self, method: str, path: str, body: Value) -> Value:
        headers = encode_headers({})
        content, content_headers = encode_body(body, headers)
        request = HttpRequest(
            method=method,
            url=self._caller.runtime.connectors.base_url(self._connector.host) + path,
            headers={**headers, **content_headers},
            body=content,
            timeout_s=min(self._time_left(), limits.HTTP_LONGEST_TIMEOUT_S),
        )
        may_retry = IDEMPOTENT if method == "GET" else NON_IDEMPOTENT
        auth = {"type": "OAuth2", "scopes": list(self._params.scopes)}
        for retries, delay in enumerate(Backoff().delays()):
            try:
                return exchange(self._caller, request, auth)["body"]
            except WorkflowError as error:
                if retries == DEFAULT_MAX_RETRIES or not may_retry(error.payload):
                    raise
            self._sleep(delay)
        raise AssertionError("the delays never end")

    def _sleep(self, seconds: float) -> None:
        sleep(self._clock, min(seconds, self._time_left()), self._caller.cancellation)

    def _time_left(self) -> float:
        left = self._deadline - self._clock.now()
        if left <= 0:
            timeout = to_text(self._params.timeout_s)
            raise system_error("TimeoutError", f"{self._connector.name} timed out after {timeout} s")
        return left


def _checked(connector: Connector, arguments: Mapping[str, Value], environment: Mapping[str, str]) -> dict[str, Any]:
    """The arguments with defaults filled in. Raises TypeError of the workflow when they do not fit."""
    signature = connector.signature
    filled = {name: value for name, value in arguments.items() if value is not None}
    for name, variable in connector.defaults.items():
        if name not in filled:
            filled[name] = environment.get(variable)
    for name, value in filled.items():
        parameter = signature.parameter(name)
        if parameter is None:
            raise system_error("TypeError", f"{signature.form()} has no parameter '{name}'")
        if not parameter.accepts(value):
            expected, found = parameter.expected(), type_name(value)
            raise system_error("TypeError", f"{connector.name}: '{name}' must be {expected}, not {found}")
    missing = [name for name in signature.required if name not in filled]
    if missing:
        raise system_error("TypeError", f"{signature.form()} was called without '{missing[0]}'")
    return filled


def _parse_params(connector: Connector, params: Value) -> _Params:
    given = params if isinstance(params, dict) else {}
    policy = given.get("polling_policy") or {}
    _refuse_unknown(CONNECTOR_PARAMS, given, CONNECTOR_PARAM_KEYS)
    _refuse_unknown("polling_policy", policy, POLLING_KEYS)
    is_long = connector.waits_for is not None
    longest = limits.CONNECTOR_LONGEST_TIMEOUT_S if is_long else limits.CONNECTOR_DEFAULT_TIMEOUT_S
    timeout = given.get("timeout")
    timeout_s = _number("timeout", limits.CONNECTOR_DEFAULT_TIMEOUT_S if timeout is None else timeout)
    if not 0 < timeout_s <= longest:
        expected = f"more than 0 and at most {to_text(longest)} seconds"
        raise system_error("ValueError", f"{connector.name}: 'timeout' must be {expected}, not {to_text(timeout_s)}")
    skip_polling = given.get("skip_polling") or False
    if not isinstance(skip_polling, bool):
        raise system_error("TypeError", f"'skip_polling' must be a boolean, not {type_name(skip_polling)}")
    polling = Backoff(**{key: _number(key, value) for key, value in policy.items()})
    return _Params(timeout_s, polling, skip_polling, scopes_of(given.get("scopes")))


def _refuse_unknown(where: str, given: Mapping[str, Value], known: tuple[str, ...]) -> None:
    unknown = [key for key in given if key not in known]
    if unknown:
        raise system_error("ValueError", f"{where} takes {', '.join(known)}, not {unknown[0]!r}")


def _number(name: str, value: Value) -> float:
    if not is_number(value):
        raise system_error("TypeError", f"'{name}' must be a number, not {type_name(value)}")
    if not math.isfinite(value):
        raise system_error("ValueError", f"'{name}' must be a finite number, not {value}")
    return float(value)


def _is_over(waits_for: Waiting, answer: Value) -> bool:
    if not isinstance(answer, dict) or "name" not in answer:
        expected = "an operation" if waits_for is Waiting.OPERATION else "an execution"
        raise system_error("ResponseTypeError", f"the service did not answer with {expected}")
    if waits_for is Waiting.OPERATION:
        return answer.get("done") is True
    return answer.get("state") not in {"ACTIVE", "QUEUED", "STATE_UNSPECIFIED", None}


def _outcome(waits_for: Waiting, answer: dict[str, Any]) -> Value:
    if waits_for is Waiting.OPERATION:
        if "error" in answer:
            message = str(answer["error"].get("message") or "the operation failed")
            raise system_error("OperationError", message, operation=answer)
        return answer.get("response")
    if answer["state"] != "SUCCEEDED":
        raise system_error("OperationError", "Execution failed or cancelled.", operation=answer)
    return decode_json(answer.get("result", "null"))
