"""Traces: spans that follow a case from region to region, in OpenTelemetry's terms. Until a collector is named there
are none, and nothing is imported for them.

A span names codes, ids, routes and types: no person, and of an error its name alone.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

Kind = Literal["INTERNAL", "SERVER", "PRODUCER", "CONSUMER"]
Facts = Mapping[str, str | int]
_HERE: Final = "here"
SECONDS: Final = 5
"""How long a collector may take; what it does not take is dropped, beyond a queue of 2,048 spans at once."""


class Noted(Protocol):
    """What a span takes while it lasts."""

    def named(self, name: str) -> None: ...
    def told(self, **facts: str | int) -> None: ...
    def failed(self, why: str) -> None: ...


@dataclass(frozen=True, slots=True)
class _Open:
    span: "Span"

    def named(self, name: str) -> None:
        self.span.update_name(name)

    def told(self, **facts: str | int) -> None:
        self.span.set_attributes({name.replace("__", "."): value for name, value in facts.items()})

    def failed(self, why: str) -> None:
        from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415 - where there are traces

        self.span.set_attribute("error.type", why)
        self.span.set_status(Status(StatusCode.ERROR))


class _Nothing:
    def named(self, name: str) -> None: ...
    def told(self, **facts: str | int) -> None: ...
    def failed(self, why: str) -> None: ...


_NOTHING: Final = _Nothing()
_tracer: "Tracer | None" = None


def set_up(endpoint: str, *, region: str) -> Callable[[], None]:
    """From now on spans go to this collector (OTLP over HTTP), in batches by a thread of its own; gives what sends the
    last ones and ends it."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - where wanted
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - likewise
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - likewise
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - likewise

    global _tracer  # noqa: PLW0603 - one process has one collector
    resource = Resource({"service.name": "legalaid-transfer", "service.instance.id": region})
    provider: TracerProvider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=SECONDS)))
    _tracer = provider.get_tracer("transfer")

    def end() -> None:
        global _tracer  # noqa: PLW0603 - as above
        _tracer = None
        provider.shutdown()

    return end


def on() -> bool:
    """Whether there is a collector."""
    return _tracer is not None


def current() -> str | None:
    """What the next one needs to go on with this trace; None where there is none."""
    return ids().get("traceparent")


def ids() -> Mapping[str, str]:
    """The ids of the span that lasts now, for logs and for ``current``."""
    if _tracer is None:
        return {}
    from opentelemetry.trace import get_current_span  # noqa: PLC0415 - where there are traces

    return _ids(get_current_span())


@contextmanager
def span(name: str, kind: Kind = "INTERNAL", *, parent: str | None = _HERE, **facts: str | int) -> Iterator[Noted]:
    """A span around the block, below the one that lasts now, below ``parent``, or, with None, of a trace of its own.
    Facts are attributes, with ``__`` for a dot."""
    if _tracer is None:
        yield _NOTHING
        return
    from opentelemetry.trace import SpanKind  # noqa: PLC0415 - where there are traces

    with _tracer.start_as_current_span(
        name, context=_context(parent), kind=SpanKind[kind], record_exception=False, set_status_on_exception=False
    ) as opened:
        noted = _Open(opened)
        noted.told(**facts)
        try:
            yield noted
        except Exception as error:
            noted.failed(type(error).__name__)
            raise


@dataclass(frozen=True, slots=True)
class Sending:
    """A message on its way to the broker, and what its recipient needs to go on with the trace."""

    traceparent: str | None
    _span: "Span | None" = None

    def end(self, why: str | None = None) -> None:
        """The broker has it, or has not, because of that."""
        if self._span is not None:
            if why is not None:
                _Open(self._span).failed(why)
            self._span.end()


def sending(name: str, parent: str | None, **facts: str | int) -> Sending:
    """A span that ends by itself, of a message that was written in a trace; others begin none. Without a collector here
    the trace goes on unseen."""
    if _tracer is None or parent is None:
        return Sending(parent)
    from opentelemetry.trace import SpanKind  # noqa: PLC0415 - where there are traces

    opened = _tracer.start_span(name, context=_context(parent), kind=SpanKind.PRODUCER)
    _Open(opened).told(**facts)
    return Sending(_ids(opened).get("traceparent"), opened)


def _context(parent: str | None) -> Any:  # noqa: ANN401 - OpenTelemetry's
    if parent == _HERE:
        return None
    from opentelemetry.context import Context  # noqa: PLC0415 - where there are traces
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415 - likewise

    carried = {"traceparent": parent} if parent is not None else {}
    return TraceContextTextMapPropagator().extract(carried, Context())


def _ids(of: "Span") -> Mapping[str, str]:
    head = of.get_span_context()
    if not head.is_valid:
        return {}
    trace, own = f"{head.trace_id:032x}", f"{head.span_id:016x}"
    return {"trace_id": trace, "span_id": own, "traceparent": f"00-{trace}-{own}-{head.trace_flags:02x}"}
