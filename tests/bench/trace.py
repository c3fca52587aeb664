"""The history of a case among a million messages, beside reading one entry by its primary key."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import insert, select

from tests.audits import AUDITOR, MESSAGES, message
from tests.bench.figures import Figures
from tests.builders import CASE_ID, ZHONGSHAN
from tests.integration.api_node import serving
from transfer.actions.auditing import Audit
from transfer.ledger.tree import leaf_hash
from transfer.ports.ledger import Happened
from transfer.storage.engine import looking
from transfer.storage.ledger_tables import ledger_entries, ledger_leaves
from transfer.storage.store import Store
from transfer.telemetry import clock

TRACE: Final = "trace"
COUNT: Final = 1_000_000
_AT_ONCE: Final = 10_000
_READS: Final = 200


class NotNoted:
    """What is asked here is not noted: reading is measured, and writing elsewhere."""

    async def note(self, *happened: Happened) -> None:
        """Nothing is written."""


def cases() -> list[UUID]:
    """As many as there are messages, by what each case has of them."""
    return [uuid5(CASE_ID, str(number)) for number in range(COUNT // len(MESSAGES))]


def rows() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """An entry and its leaf for each message of each case; messages of many cases stand between those of one."""
    known, place = cases(), 0
    for source, recipient, sequence, kind in MESSAGES:
        sent, received, _ = message(source, recipient, sequence, kind)
        told = sent if source == ZHONGSHAN else received
        for case in known:
            facts = {**told.facts, "message": str(uuid5(case, kind)), "conversation": str(case)}
            entry = replace(told, id=clock.new_id(), case=case, facts=facts)
            leaf = {"place": place, "entry": entry.id, "hash": leaf_hash(entry.body)}
            yield {"id": entry.id, "kind": entry.kind.value, "case_id": case, "body": entry.body}, leaf
            place += 1


async def play_traces(rounds: int, tell: Callable[[str], None]) -> dict[str, list[Figures]]:
    """So many rounds, and one before that does not count."""
    played: dict[str, list[Figures]] = {TRACE: [], "primary-key": []}
    with TemporaryDirectory() as name:
        async with serving(Path(name)) as api:
            store, audit = api.node.store, replace(api.node.web.audit, ledger=NotNoted())
            ids = await _fill(store)
            tell(f"{COUNT:,} messages in {COUNT // len(MESSAGES):,} cases")
            known, random = cases(), Random(1)  # noqa: S311 - no secret
            for number in range(rounds + 1):
                traced = await _trace(audit, random.sample(known, _READS))
                read = await _read(store, random.sample(ids, _READS))
                if number:
                    played[TRACE].append(traced)
                    played["primary-key"].append(read)
                    tell(f"round {number}: a trace in {traced['read_ms']:.2f} ms, a row in {read['read_ms']:.2f} ms")
    return played


async def _fill(store: Store) -> Sequence[UUID]:
    ids: list[UUID] = []
    made = rows()
    while batch := list(islice(made, _AT_ONCE)):
        async with store.writing() as connection:
            await connection.execute(insert(ledger_entries), [entry for entry, _ in batch])
            await connection.execute(insert(ledger_leaves), [leaf for _, leaf in batch])
        ids += [entry["id"] for entry, _ in batch]
    return ids


async def _trace(audit: Audit, chosen: Sequence[UUID]) -> Figures:
    begun = time.perf_counter()
    for case in chosen:
        found = await audit.trace(case, AUDITOR)
        if len(found.messages) != len(MESSAGES):
            raise AssertionError(case)
    return {"read_ms": (time.perf_counter() - begun) / len(chosen) * 1000}


async def _read(store: Store, chosen: Sequence[UUID]) -> Figures:
    begun = time.perf_counter()
    for one in chosen:
        async with looking(store.engine) as connection:
            (await connection.execute(select(ledger_entries).where(ledger_entries.c.id == one))).one()
    return {"read_ms": (time.perf_counter() - begun) / len(chosen) * 1000}
