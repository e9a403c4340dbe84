"""The world around an execution: time, HTTP, tokens, callbacks, logs, and stopping.

`ports` says what an execution asks of it; the other modules are what stands there on this machine.
"""

from local.workflows.runtime.ports import (
    AuthenticationFailed,
    CallbackEndpoints,
    Caller,
    HttpConnectionBroken,
    HttpConnectionFailed,
    HttpRequest,
    HttpResponse,
    HttpResponseTooLarge,
    HttpTimeout,
    HttpTransport,
    LogSink,
    Runtime,
    TokenSource,
)

__all__ = [
    "AuthenticationFailed",
    "CallbackEndpoints",
    "Caller",
    "HttpConnectionBroken",
    "HttpConnectionFailed",
    "HttpRequest",
    "HttpResponse",
    "HttpResponseTooLarge",
    "HttpTimeout",
    "HttpTransport",
    "LogSink",
    "Runtime",
    "TokenSource",
]
