"""Starts and stops the API, and turns whatever goes wrong into a problem document."""

import asyncio
import re
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import uuid4

import structlog
from aiohttp import web

from transfer.telemetry.metrics import REQUESTS
from transfer.web import faults
from transfer.web.answers import Reply, to_json
from transfer.web.parts import Parts
from transfer.web.problems import MEDIA_TYPE, PROBLEMS, problem_of
from transfer.web.requests import MAX_BYTES, read
from transfer.web.route import Handler, Route
from transfer.web.routes import ROUTES

log = structlog.get_logger(__name__)

STOPPING_SECONDS: Final = 5.0
"""How long requests in hand may take when the node stops."""

_LOOPBACK: Final = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
_SAFE_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "legalaid-transfer",
}
_ROUTE: Final = web.RequestKey("route", str)
_WORDS: Final = frozenset(word for route in ROUTES for word in route.path.split("/"))
_ID: Final = re.compile(r"[0-9a-f-]{36}")


@asynccontextmanager
async def serve(parts: Parts, *, routes: Sequence[Route] = ROUTES) -> AsyncIterator[str]:
    """Answer requests until the block ends; gives the address, with the port that was free when port 0 was asked.

    At the end no new requests are taken, and those in hand are answered.
    """
    application = web.Application(client_max_size=MAX_BYTES)
    for route in routes:
        application.router.add_route(route.method, route.path, _endpoint(route, parts, routes))
        if route.method == "GET":
            application.router.add_route("HEAD", route.path, _endpoint(route, parts, routes))
    runner = _Runner(
        application, access_log=None, shutdown_timeout=STOPPING_SECONDS, auto_decompress=False, keepalive_timeout=75
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, parts.settings.host, parts.settings.port).start()
        host, port, *_ = runner.addresses[0]
        yield f"http://{f'[{host}]' if ':' in host else host}:{port}"
    finally:
        await runner.cleanup()


def _endpoint(route: Route, parts: Parts, routes: Sequence[Route]) -> Callable[[web.Request], Awaitable[web.Response]]:
    handler: Handler = route.handler

    async def answer(request: web.Request) -> web.Response:
        request[_ROUTE] = route.path
        return _response(await handler(await read(request, route, parts, routes)))

    return answer


def _response(reply: Reply) -> web.Response:
    headers = {**_SAFE_HEADERS, **reply.headers}
    if reply.body:
        charset = "" if "charset" in reply.media_type else "; charset=utf-8"
        headers["Content-Type"] = reply.media_type + charset
    return web.Response(status=reply.status, body=reply.body, headers=headers)


def _problem(error: Exception, path: str) -> web.Response:
    # Whoever mistakes the address may have typed a person's name into it.
    known = (word if word in _WORDS or _ID.fullmatch(word) else "-" for word in path.split("/"))
    problem, headers = problem_of(error, "/".join(known))
    return _response(Reply(status=problem.status, body=to_json(problem), media_type=MEDIA_TYPE, headers=headers))


def _named(error: Exception, request: web.BaseRequest) -> Exception:
    """The error as the table of problems knows it."""
    if type(error) in PROBLEMS:
        return error
    match error:
        case web.HTTPNotFound():
            return faults.NotFound()
        case web.HTTPMethodNotAllowed():
            return faults.MethodNotAllowed(headers={"Allow": ", ".join(sorted(error.allowed_methods))})
        case web.HTTPRequestEntityTooLarge():
            return faults.TooLarge(f"At most {MAX_BYTES} bytes are taken.")
        case web.HTTPExpectationFailed():
            return faults.ExpectationFailed()
        case _:
            return _unexpected(error, request)


def _unexpected(error: Exception, request: web.BaseRequest) -> faults.Unexpected:
    """Says nothing to the client but an id, under which the log says where it happened."""
    error_id = str(uuid4())
    # Neither the error's text nor the frames' values: both may hold what stands in the body.
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    log.error("request_failed", error_id=error_id, error=type(error).__name__, method=request.method, where=where[-8:])
    return faults.Unexpected(error_id=error_id)


async def _guarded(handle: Callable[[web.BaseRequest], Awaitable[Any]], request: web.BaseRequest) -> Any:  # noqa: ANN401 - aiohttp's own type
    """The answer to a request, whatever happens."""
    started = time.perf_counter()
    try:
        if _LOOPBACK.fullmatch(request.headers.get("Host", "")) is None:
            # A page of another site may have its name point to this machine; its name stands in Host.
            raise faults.NotThisHost("Without sign-in this node answers only to localhost, 127.0.0.1 and [::1].")
        response = await handle(request)
    except Exception as error:  # noqa: BLE001 - each gets its problem document
        response = _problem(_named(error, request), request.path)
    route = request.get(_ROUTE, "none")
    REQUESTS.labels(route=route, status=str(response.status)).observe(time.perf_counter() - started)
    return response


class _Handler(web.RequestHandler):
    """One connection; also what is no HTTP gets a problem document."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - quotes what was sent
    ) -> web.StreamResponse:
        error = faults.BadRequest() if status < 500 else _named(RuntimeError(), request)  # noqa: PLR2004 - server errors
        log.info("bad_request", status=status, error=type(exc).__name__)
        response = _problem(error, request.path)
        response.force_close()
        return response


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _Handler(self, loop=asyncio.get_running_loop(), **self._kwargs)


class _Runner(web.AppRunner):
    async def _make_server(self) -> web.Server:
        made = await super()._make_server()

        async def handle(request: web.BaseRequest) -> Any:  # noqa: ANN401 - aiohttp's own type
            return await _guarded(made.request_handler, request)

        return _Server(handle, request_factory=made.request_factory, **made._kwargs)  # noqa: SLF001 - no other way to see malformed HTTP
