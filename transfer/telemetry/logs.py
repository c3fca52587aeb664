"""Structured logs: an event name and ids, never a body, and of an error its name and place, never its text."""

import logging
import sys
import threading
from collections.abc import Iterator
from traceback import extract_tb
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, ExcInfo

from transfer.telemetry import traces


def set_up_logs(*, level: str, style: str) -> None:
    """One line per event on standard error: JSON, or text for a person."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _in_trace,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    final: list[structlog.typing.Processor] = (
        [structlog.processors.ExceptionRenderer(_places), structlog.processors.JSONRenderer(ensure_ascii=False)]
        if style == "json"
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_write_places)]
    )
    structlog.configure(
        processors=[*shared, *final],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries that log in their own way are heard from warnings up.
    heard = logging.StreamHandler(sys.stderr)
    heard.setFormatter(_OfLibraries("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[heard], force=True)
    for name in ("aio_pika", "aiormq"):
        # The broker room says itself, once, what these say with every attempt.
        logging.getLogger(name).setLevel(logging.CRITICAL)
    sys.excepthook = _ended
    threading.excepthook = lambda ended: _ended(ended.exc_type, ended.exc_value, ended.exc_traceback)


def _in_trace(_: Any, __: str, event: EventDict) -> EventDict:  # noqa: ANN401 - of any logger
    """Under which trace and span it was said."""
    said = traces.ids()
    return {**event, "trace_id": said["trace_id"], "span_id": said["span_id"]} if said else event


def _places(exc_info: ExcInfo) -> list[str]:
    """Each error that led to this one, this one first: its name, and where it went through. Its text may quote what
    somebody typed, or what a statement was to write."""
    return list(_errors(exc_info[1]))


def _errors(error: BaseException | None) -> Iterator[str]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = (f"{frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(error.__traceback__))
        yield " < ".join([type(error).__qualname__, *reversed(list(frames))])
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _write_places(to: TextIO, exc_info: ExcInfo) -> None:
    to.write("\n".join(_places(exc_info)))


class _OfLibraries(logging.Formatter):
    """Further lines of their messages show objects, and errors within them."""

    def formatException(self, ei: Any) -> str:  # noqa: N802, ANN401 - overrides
        return "\n".join(_places(ei))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - overrides
        return super().formatMessage(record).partition("\n")[0]


def _ended(_: type[BaseException], error: BaseException | None, __: TracebackType | None) -> None:
    """The last words of a process or a thread that ends by an error."""
    structlog.get_logger(__name__).critical("ended_by_fault", exc_info=error)
