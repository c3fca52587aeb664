"""Writes an object-centric event log (OCEL 2.0, JSON) as its entries come, in flat memory."""

import heapq
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from types import TracebackType
from typing import Any, Final, Self, TextIO

from transfer.ledger.entry import Entry
from transfer.ledger.ocel import EventLog, Thing, Touched, object_of, touched

RUN: Final = 20_000
"""How many objects are held at once; more are sorted in files."""

Line = tuple[str, ...]
"""Type and id of an object, and where known of one that it belongs to."""


@dataclass(slots=True)
class OcelFile:
    """A log that is being written to ``out``; ``close`` ends it."""

    out: TextIO
    run: int = RUN
    _log: EventLog = field(default_factory=EventLog)
    _held: set[Line] = field(default_factory=set)
    _runs: list[TextIO] = field(default_factory=list)
    _open: ExitStack = field(default_factory=ExitStack)
    _events: int = 0

    def __enter__(self) -> Self:
        self.out.write('{"events":[')
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        with self._open:
            if error is None:
                self._end()

    def add(self, place: int, entry: Entry) -> None:
        """One more event; its objects follow at the end of the file, each once."""
        self._write(self._log.event(place, entry), first=self._events == 0)
        self._events += 1
        self._held.update(line for one in touched(entry) for line in _lines(one))
        if len(self._held) >= self.run:
            self._spill()

    def _spill(self) -> None:
        run = self._open.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))  # noqa: SIM115 - until the end
        run.writelines(f"{json.dumps(line)}\n" for line in sorted(self._held))
        run.seek(0)
        self._runs.append(run)
        self._held.clear()

    def _end(self) -> None:
        self.out.write('],"objects":[')
        runs: list[Iterable[Line]] = [map(_parsed, run) for run in self._runs]
        lines = heapq.merge(*runs, sorted(self._held))
        for number, (thing, same) in enumerate(groupby(lines, key=lambda line: Thing(*line[:2]))):
            owners = dict.fromkeys(Thing(*line[2:]) for line in same if line[2:])
            self._write(object_of(thing, owners), first=number == 0)
        types = {"eventTypes": self._log.event_types, "objectTypes": self._log.object_types}
        self.out.write("]," + _json(types).removeprefix("{") + "\n")

    def _write(self, value: dict[str, Any], *, first: bool) -> None:
        self.out.write(("\n" if first else ",\n") + _json(value))


def _lines(one: Touched) -> Iterator[Line]:
    if one.of is None:
        yield (one.thing.type, one.thing.id)
    else:
        yield (one.thing.type, one.thing.id, one.of.type, one.of.id)
        yield (one.of.type, one.of.id)


def _parsed(line: str) -> Line:
    return tuple(json.loads(line))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
