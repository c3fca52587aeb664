"""What must hold once nothing is under way: every decision of one region applied in the other exactly once."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from transfer.handlers.noticed import NOTICE
from transfer.messages.envelope import MESSAGE_TYPES
from transfer.messages.values import BetweenRegions
from transfer.storage.engine import reading
from transfer.storage.tables import (
    cases,
    destinations,
    evidence_requests,
    history,
    inbox,
    lanes,
    outbox,
    quarantine,
    receipts_due,
    tenures,
    transfers,
)

Rows = list[Row[Any]]
NOT_IN_HISTORY = {NOTICE, *(name for name, model in MESSAGE_TYPES.items() if issubclass(model, BetweenRegions))}
"""A notice that matches nothing there changes nothing; what is about no case changes none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What stands in one region's database; cases are named by their ids as text."""

    cases: Mapping[str, Row[Any]]
    tenures: Mapping[str, Rows]
    transfers: Mapping[str, Rows]
    requests: Mapping[str, Rows]
    outbox: Rows
    inbox: Rows
    lanes: Rows
    history: Rows
    receipts_due: Rows
    quarantine: Rows
    destinations: Mapping[str, Row[Any]]

    def sent_to(self, region: str) -> Rows:
        return [row for row in self.outbox if row.recipient == region]

    def got_from(self, region: str) -> Rows:
        return [row for row in self.inbox if row.source == region]

    @property
    def unsettled(self) -> Rows:
        return [row for row in self.outbox if row.settled_at is None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the scenario itself put there: quarantined messages per region, ids of messages that are refused, and
    how many dead letters a region has."""

    quarantined: Mapping[str, int] = field(default_factory=dict)
    refused: frozenset[UUID] = frozenset()
    dead: Mapping[str, int] = field(default_factory=dict)


async def read(engine: AsyncEngine) -> View:
    """One consistent look; raises StorageUnavailable."""
    async with reading(engine) as connection:
        return View(
            cases={str(row.id): row for row in await _all(connection, cases)},
            tenures=_by_case(await _all(connection, tenures, tenures.c.number)),
            transfers=_by_case(await _all(connection, transfers, transfers.c.position)),
            requests=_by_case(await _all(connection, evidence_requests, evidence_requests.c.position)),
            outbox=await _all(connection, outbox, outbox.c.row),
            inbox=await _all(connection, inbox, inbox.c.sequence),
            lanes=await _all(connection, lanes),
            history=await _all(connection, history, history.c.row),
            receipts_due=await _all(connection, receipts_due),
            quarantine=await _all(connection, quarantine, quarantine.c.at),
            destinations={row.region: row for row in await _all(connection, destinations)},
        )


async def _all(connection: AsyncConnection, table: Table, *order: Any) -> Rows:
    return list((await connection.execute(select(table).order_by(*order))).all())


def _by_case(rows: Rows) -> Mapping[str, Rows]:
    grouped: defaultdict[str, Rows] = defaultdict(list)
    for row in rows:
        grouped[str(row.case_id)].append(row)
    return grouped


def differences(views: Mapping[str, View], queued: Mapping[str, int], expected: Expected) -> list[str]:
    """Everything that is not as it must be, one line each; empty when all is well."""
    found: list[str] = []
    for region, view in views.items():
        found += _unfinished(region, view, expected)
        for peer, other in views.items():
            found += _carried(region, view, peer, other, expected)
    found += _agreed(views)
    for queue, messages in queued.items():
        kind, _, region = queue.partition(".")
        wanted = expected.dead.get(region, 0) if kind == "dead" else 0
        if messages != wanted:
            found.append(f"{queue} holds {messages} messages, not {wanted}")
    return found


def _unfinished(region: str, view: View, expected: Expected) -> list[str]:
    found = [f"{region} owes {row.recipient} a receipt for {row.message}" for row in view.receipts_due]
    found += [f"{region} keeps {row.message} parked" for row in view.inbox if row.outcome == "parked"]
    wanted = expected.quarantined.get(region, 0)
    if len(view.quarantine) != wanted:
        codes = ", ".join(f"{row.code} {row.message}" for row in view.quarantine)
        found.append(f"{region} has {len(view.quarantine)} in quarantine, not {wanted}: {codes}")
    return found


def _carried(region: str, view: View, peer: str, other: View, expected: Expected) -> list[str]:
    """From the region to its peer: applied there once, under the same digest, in unbroken sequences."""
    found: list[str] = []
    received = {row.message: row for row in other.got_from(region)}
    times = Counter(row.message for row in other.history if row.message is not None)
    sequences: defaultdict[UUID, list[int]] = defaultdict(list)
    for row in view.sent_to(peer):
        name = f"{region}→{peer} {row.type} {row.message}"
        sequences[row.conversation].append(row.sequence)
        wanted = "refused" if row.message in expected.refused else "applied"
        if row.outcome != wanted or row.settled_at is None:
            found.append(f"{name}: its outcome is {row.outcome}, published {row.published_at}, {row.attempts} times")
        there = received.get(row.message)
        if there is None:
            found.append(f"{name}: never received")
            continue
        if there.outcome != wanted or there.digest != row.digest:
            found.append(f"{name}: {there.outcome} there, as {there.digest}, sent as {row.digest}")
        least = wanted == "applied" and row.type not in NOT_IN_HISTORY
        if not least <= times[row.message] <= (wanted == "applied"):
            found.append(f"{name}: applied {times[row.message]} times")
    applied = {(lane.conversation, lane.peer): lane.applied for lane in other.lanes}
    sent = {(lane.conversation, lane.peer): lane.sent for lane in view.lanes}
    for conversation, numbers in sequences.items():
        whole = list(range(1, len(numbers) + 1))
        if sorted(numbers) != whole or sent[conversation, peer] != len(numbers):
            found.append(f"{region}→{peer} {conversation}: sent {sorted(numbers)}, counted {sent[conversation, peer]}")
        if applied.get((conversation, region), 0) != len(numbers):
            found.append(f"{region}→{peer} {conversation}: {applied.get((conversation, region), 0)} of {len(numbers)}")
    known = {row.message for row in view.sent_to(peer)} | expected.refused
    found += [
        f"{peer} applied {message} of {region}, which never sent it"
        for message, row in received.items()
        if message not in known and row.outcome == "applied"
    ]
    return found


def _agreed(views: Mapping[str, View]) -> list[str]:
    """Whoever knows a case names the same holders, the same stage, and the same state of each transfer."""
    found: list[str] = []
    for case in sorted({case for view in views.values() for case in view.cases}):
        knowing = {region: view for region, view in views.items() if case in view.cases}
        said = {
            region: (
                [(row.number, row.institution) for row in view.tenures[case]],
                (view.cases[case].stage, view.cases[case].stage_tenure, view.cases[case].stage_number),
            )
            for region, view in knowing.items()
        }
        if len({str(one) for one in said.values()}) > 1:
            found.append(f"{case}: {said}")
        states: defaultdict[UUID, set[str]] = defaultdict(set)
        for view in knowing.values():
            for row in view.transfers[case]:
                states[row.id].add(row.state)
        found += [f"{case}, transfer {one}: {sorted(named)}" for one, named in states.items() if len(named) > 1]
    return found
