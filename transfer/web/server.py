"""Starts and stops the API, and turns whatever goes wrong into a problem document."""

import asyncio
import logging
import re
import ssl
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final
from uuid import uuid4

import structlog
from aiohttp import web

from transfer.telemetry import traces
from transfer.telemetry.metrics import REQUESTS
from transfer.web import faults
from transfer.web.answers import Reply, to_json
from transfer.web.gate import admit, admit_to_case, who_asks
from transfer.web.limits import Limited
from transfer.web.multipart import MULTIPART
from transfer.web.pages.shell import problem_page, to_sign_in
from transfer.web.parts import Parts
from transfer.web.problems import MEDIA_TYPE, PROBLEMS, problem_of
from transfer.web.readings import NOT_MODIFIED, actor, reading
from transfer.web.requests import MAX_BYTES, read
from transfer.web.route import Ask, Handler, Route, Shows
from transfer.web.served import SERVED

log = structlog.get_logger(__name__)

STALLED_SECONDS: Final = 60.0
FAULTY: Final = 500

STOPPING_SECONDS: Final = 5.0
"""How long requests in hand may take when the node stops."""

_SAFE_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    # With no-referrer a browser says "Origin: null" of a form that stands here (Fetch standard).
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "legalaid-transfer",
}
_ROUTE: Final = web.RequestKey("route", str)
_IS_PAGE: Final = web.RequestKey("is_page", bool)
_ASKED: Final = web.RequestKey("asked", Ask)
_WORDS: Final = frozenset(word for route in SERVED for word in route.path.split("/"))
_ID: Final = re.compile(r"[0-9a-f-]{36}|sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where requests are taken; ``any_name``: whatever Host they name."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    any_name: bool = False


@asynccontextmanager
async def serve(parts: Parts, *, routes: Sequence[Route] = SERVED, site: Site | None = None) -> AsyncIterator[str]:
    """Answer requests until the block ends; gives the address, with the port that was free when port 0 was asked.

    At the end no new requests are taken, and those in hand are answered. Without a site it is that of the API.
    """
    site = site or Site(host=parts.settings.host, port=parts.settings.port)
    application = web.Application(client_max_size=MAX_BYTES, middlewares=[_lost(parts, routes)])
    application.on_shutdown.append(partial(_stop_live, parts))
    public = parts.settings.public_url
    if public:
        application.on_response_prepare.append(_over_https)
    for route in routes:
        application.router.add_route(route.method, route.path, _endpoint(route, parts, routes))
        if route.method == "GET":
            application.router.add_route("HEAD", route.path, _endpoint(route, parts, routes))
    runner = _Runner(
        application,
        hosts=None if site.any_name else _hosts(public),
        access_log=None,
        shutdown_timeout=STOPPING_SECONDS,
        auto_decompress=False,
        keepalive_timeout=75,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, site.host, site.port, ssl_context=site.tls).start()
        host, port, *_ = runner.addresses[0]
        yield f"{'http' if site.tls is None else 'https'}://{f'[{host}]' if ':' in host else host}:{port}"
    finally:
        await runner.cleanup()


async def _stop_live(parts: Parts, _: web.Application) -> None:
    """Streams to open pages have no end of their own that the site could wait for."""
    parts.live.stop()


async def _over_https(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Strict-Transport-Security"] = "max-age=31536000"


def _hosts(public: str | None) -> re.Pattern[str]:
    """Which Host is ours: a page of another site may have its name point to this machine; its name stands there."""
    named = rf"|{re.escape(public.partition('://')[2])}" if public else ""
    return re.compile(rf"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{{1,5}})?{named}", re.IGNORECASE)


def _endpoint(
    route: Route, parts: Parts, routes: Sequence[Route]
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    handler: Handler = route.handler

    async def answer(request: web.Request) -> web.StreamResponse:
        request[_ROUTE] = route.path
        request[_IS_PAGE] = route.is_page
        named = dict(request.match_info)
        asked = Ask(
            parts=parts,
            routes=routes,
            path=request.path,
            named=named,
            cookies=request.cookies,
            headers=request.headers,
        )
        request[_ASKED] = asked
        asking = await who_asks(request, parts, route)
        request[_ASKED] = asked = replace(asked, who=asking.who, known=asking.known, came=asking.came)
        admit(asking.who, route.right)
        await admit_to_case(asking.who, route, named, parts)
        if route.before is not None and (turned := await route.before(asked)) is not None:
            return _response(turned)
        if route.takes_file or request.content_type == MULTIPART:
            parts.limits.take(Limited.UPLOAD, str(asking.who.account or asking.came.address))
        ask = await read(request, route, parts, routes, asking)
        if route.shows in (None, Shows.NOTHING, Shows.AUDITED):
            reply = await handler(ask)
        else:
            reply = await _noted(ask, route.shows, handler)
        return _response(reply) if reply.stream is None else await _streamed(request, reply, reply.stream)

    return answer


def _lost(parts: Parts, routes: Sequence[Route]) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Whoever mistypes an address into a browser gets a page, and no problem document."""

    @web.middleware
    async def answer(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.match_info.http_exception is not None and "text/html" in request.headers.get("Accept", ""):
            request[_IS_PAGE] = True
            request[_ASKED] = Ask(
                parts=parts,
                routes=routes,
                path=request.path,
                named={},
                cookies=request.cookies,
                headers=request.headers,
            )
        return await handler(request)

    return answer


async def _noted(ask: Ask, shows: Shows, handler: Handler) -> Reply:
    """The answer, once the ledger says who gets it; raises StorageUnavailable, and then nothing is shown."""
    by = actor(ask)
    reply = await handler(ask)
    if reply.status != NOT_MODIFIED:
        await ask.parts.ledger.note(reading(ask, shows, reply, by=by))
    return reply


async def _streamed(request: web.Request, reply: Reply, stream: AsyncIterator[bytes]) -> web.StreamResponse:
    """An answer that is sent as it is read. What cannot be read at all is still a problem; what breaks later ends the
    connection, and the client sees that bytes are missing."""
    headers = {**_SAFE_HEADERS, **reply.headers, "Content-Type": reply.media_type}
    response = web.StreamResponse(status=reply.status, headers=headers)
    if reply.length is not None:
        response.content_length = reply.length
    if request.method == "HEAD":
        await response.prepare(request)
        return response
    block = await anext(stream, b"")
    await response.prepare(request)
    try:
        while block:
            # A client that takes nothing for so long holds memory and a file for nobody.
            async with asyncio.timeout(STALLED_SECONDS):
                await response.write(block)
            block = await anext(stream, b"")
        await response.write_eof()
    except Exception as error:  # noqa: BLE001 - the answer has begun, so it can only end
        # Whoever leaves, or takes nothing any more, may do so; a source that cannot be read is a fault.
        level = logging.DEBUG if isinstance(error, (ConnectionError, TimeoutError)) else logging.WARNING
        log.log(level, "stream_broken", route=request[_ROUTE], error=type(error).__name__)
        if request.transport is not None:
            request.transport.abort()
    return response


def _response(reply: Reply) -> web.Response:
    headers = {**_SAFE_HEADERS, **reply.headers}
    if reply.body:
        charset = "" if "charset" in reply.media_type else "; charset=utf-8"
        headers["Content-Type"] = reply.media_type + charset
    response = web.Response(status=reply.status, body=reply.body, headers=headers)
    for cookie in reply.cookies:
        response.headers.add("Set-Cookie", cookie)
    return response


def _problem(error: Exception, request: web.BaseRequest) -> web.Response:
    # Whoever mistakes the address may have typed a person's name into it.
    known = (word if word in _WORDS or _ID.fullmatch(word) else "-" for word in request.path.split("/"))
    problem, headers = problem_of(error, "/".join(known))
    if request.get(_IS_PAGE) and _ASKED in request:
        if isinstance(error, faults.NotSignedIn) and request.method in {"GET", "HEAD"}:
            return _response(to_sign_in(request[_ASKED]))
        shown = problem_page(request[_ASKED], error, problem)
        return _response(replace(shown, headers={**shown.headers, **headers}))
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


async def _guarded(
    handle: Callable[[web.BaseRequest], Awaitable[Any]], request: web.BaseRequest, *, hosts: re.Pattern[str] | None
) -> Any:  # noqa: ANN401 - aiohttp's own type
    """The answer to a request, whatever happens. It begins a trace of its own: nobody outside is believed one."""
    with traces.span(request.method, "SERVER", parent=None, http__request__method=request.method) as span:
        response = await _answered(handle, request, hosts=hosts)
        route = request.get(_ROUTE, "none")
        span.named(f"{request.method} {route}")
        span.told(http__route=route, http__response__status_code=response.status)
        if response.status >= FAULTY:
            span.failed(str(response.status))
        return response


async def _answered(
    handle: Callable[[web.BaseRequest], Awaitable[Any]], request: web.BaseRequest, *, hosts: re.Pattern[str] | None
) -> Any:  # noqa: ANN401 - aiohttp's own type
    started = time.perf_counter()
    try:
        if hosts is not None and hosts.fullmatch(request.headers.get("Host", "")) is None:
            raise faults.NotThisHost("This node answers to its public address, and on this machine to localhost.")
        response = await handle(request)
    except Exception as error:  # noqa: BLE001 - each gets its problem document
        response = _problem(_named(error, request), request)
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
        error = faults.BadRequest() if status < FAULTY else _named(RuntimeError(), request)
        log.info("bad_request", status=status, error=type(exc).__name__)
        response = _problem(error, request)
        response.force_close()
        return response


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _Handler(self, loop=asyncio.get_running_loop(), **self._kwargs)


class _Runner(web.AppRunner):
    def __init__(self, application: web.Application, *, hosts: re.Pattern[str] | None, **kwargs: Any) -> None:  # noqa: ANN401 - aiohttp's own
        super().__init__(application, **kwargs)
        self._hosts = hosts

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()

        async def handle(request: web.BaseRequest) -> Any:  # noqa: ANN401 - aiohttp's own type
            response = await _guarded(made.request_handler, request, hosts=self._hosts)
            if not response.prepared:
                # Also what never came to the application; no signal of ours looks at the request.
                await self.app.on_response_prepare.send(request, response)  # type: ignore[arg-type]
            return response

        return _Server(handle, request_factory=made.request_factory, **made._kwargs)  # noqa: SLF001 - no other way to see malformed HTTP
