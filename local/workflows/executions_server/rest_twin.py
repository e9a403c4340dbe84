"""The REST API of Executions and the callback endpoints, for curl and for workflows that run other workflows."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.workflows.executions_server.messages import as_json, execution_message
from local.workflows.executions_server.service import CALL_LOG_LEVELS, ApiError, ExecutionService, NewExecution
from local.workflows.runtime.callbacks import LARGEST_REQUEST_BYTES, CallbackBoard, CallbackRequest
from local.workflows.standard_library.events import CALLBACK_METHODS

_PARENT = "/v1/{parent:path}/executions"
_HTTP_STATUS = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
}

Answer = Callable[[Request], Awaitable[Response]]


def rest_application(service: ExecutionService, callbacks: CallbackBoard) -> Starlette:
    """The ASGI application; its paths are those of workflowexecutions.googleapis.com."""
    twin = _RestTwin(service, callbacks)
    return Starlette(
        routes=[
            Route(_PARENT + "/{execution}/callbacks/{callback}", twin.call_back, methods=list(CALLBACK_METHODS)),
            Route(_PARENT + "/{execution}:cancel", _api(twin.cancel), methods=["POST"]),
            Route(_PARENT + "/{execution}", _api(twin.get), methods=["GET"]),
            Route(_PARENT, _api(twin.create), methods=["POST"]),
            Route(_PARENT, _api(twin.list), methods=["GET"]),
        ]
    )


class _RestTwin:
    def __init__(self, service: ExecutionService, callbacks: CallbackBoard) -> None:
        self._service = service
        self._callbacks = callbacks

    async def create(self, request: Request) -> Response:
        given = _json_object(await request.body())
        level = str(given.get("callLogLevel") or CALL_LOG_LEVELS[0])
        new = NewExecution(str(given.get("argument") or ""), given.get("labels") or {}, level)
        record = await run_in_threadpool(self._service.create, request.path_params["parent"], new)
        return JSONResponse(as_json(execution_message(record, full=True, just_created=True)))

    async def get(self, request: Request) -> Response:
        record = self._service.get(_name(request))
        return JSONResponse(as_json(execution_message(record, full=request.query_params.get("view") != "BASIC")))

    async def list(self, request: Request) -> Response:
        query = request.query_params
        page = self._service.list(
            request.path_params["parent"],
            page_size=_page_size(query.get("pageSize", "0")),
            page_token=query.get("pageToken", ""),
            filter_text=query.get("filter", ""),
            order_by=query.get("orderBy", ""),
        )
        full = query.get("view") == "FULL"
        answer: dict[str, Any] = {
            "executions": [as_json(execution_message(record, full=full)) for record in page.records]
        }
        if page.next_token:
            answer["nextPageToken"] = page.next_token
        return JSONResponse(answer)

    async def cancel(self, request: Request) -> Response:
        record = await run_in_threadpool(self._service.cancel, _name(request))
        return JSONResponse(as_json(execution_message(record, full=True)))

    async def call_back(self, request: Request) -> Response:
        body = await request.body()
        if len(body) > LARGEST_REQUEST_BYTES:
            return Response(status_code=413)
        path = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
        received = CallbackRequest(request.method, path, dict(request.headers), body)
        return Response(status_code=await run_in_threadpool(self._callbacks.deliver, received))


def _api(answer: Answer) -> Answer:
    """`answer`, with its errors in the form of Google's APIs."""

    async def serve(request: Request) -> Response:
        try:
            return await answer(request)
        except ApiError as error:
            status = _HTTP_STATUS[error.code]
            detail = {"code": status, "message": error.message, "status": error.code.name}
            return JSONResponse({"error": detail}, status_code=status)

    return serve


def _name(request: Request) -> str:
    return f"{request.path_params['parent']}/executions/{request.path_params['execution']}"


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body or b"{}")
    except ValueError as error:
        raise ApiError(grpc.StatusCode.INVALID_ARGUMENT, f"the body is not JSON: {error}") from None
    if not isinstance(given, dict):
        raise ApiError(grpc.StatusCode.INVALID_ARGUMENT, "the body must be a JSON object")
    return given


def _page_size(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ApiError(grpc.StatusCode.INVALID_ARGUMENT, f"pageSize must be a number, not {text!r}") from None
