"""Whoever changes, deletes, inserts or reorders rows behind the service's back is found, and the row is named."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import Table, delete, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.databases import BOTH, new_database
from tests.integration.api_node import LUXIAN, ZHONGSHAN
from tests.tampering import Change, Played, changed, checkpoint, deleted, inserted, noted, other, played, swapped
from transfer.crypto.texts import seal_texts
from transfer.ledger.entry import Entry, Kind, texts_of
from transfer.ledger.tiles import WIDTH, Tiled
from transfer.ledger.tree import leaf_hash
from transfer.ledger.verify import Fault
from transfer.ports.ledger import Happened
from transfer.storage import ledger_tables as ledger
from transfer.storage import tables
from transfer.telemetry import clock

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOLD: Final = (
    tables.outbox,
    tables.inbox,
    tables.quarantine,
    tables.history,
    tables.directories,
    tables.rule_sets,
)
HELD: Final = (
    tables.cases,
    tables.applicants,
    tables.tenures,
    tables.transfers,
    tables.evidence_requests,
    tables.stages,
)
OWN: Final[Mapping[Table, str]] = {
    ledger.ledger_entries: "entry|place|texts of entry",
    ledger.ledger_keys: "texts of entry|applicants",
    ledger.ledger_leaves: "place",
    ledger.ledger_nodes: "place",
    ledger.ledger_heads: "checkpoint",
    ledger.ledger_seen: "checkpoint",
    ledger.ledger_cosignatures: "cosignature",
}
"""The ledger's own tables, and where their faults are said to be."""
APART: Final = ("id", "case_id", "message", "source", "version", "origin", "row")
"""What tells rows apart: whoever changes it has deleted one row and inserted another."""
_PROGRESS: Final = "how far the sending has come, which says nothing of what was sent"
_REPLAYED: Final = "what became of it when staff tried it again; that it came is what counts"
_WHEN: Final = "when the row was written, which entries say themselves"
UNCOVERED: Final[Mapping[str, str]] = {
    "outbox.row": "the order in which to send; the order that counts is the sequence",
    "outbox.shard": "follows from the conversation",
    "outbox.attempts": _PROGRESS,
    "outbox.published_at": _PROGRESS,
    "outbox.retry_at": _PROGRESS,
    "outbox.traceparent": "in which trace it was written, which draws a picture for operators",
    "inbox.signature": "proves itself with the body, or nothing",
    "quarantine.exchange": "what the broker said of who brought it",
    "quarantine.user_id": "what the broker said of who brought it",
    "quarantine.code": _REPLAYED,
    "quarantine.refusal": _REPLAYED,
    "quarantine.applied_at": _REPLAYED,
    "quarantine.dismissed_at": _REPLAYED,
    "quarantine.dismissal": _REPLAYED,
    "cases.opened_at": _WHEN,
    "cases.changed_at": _WHEN,
    "rule_sets.number": "the order of sets, which follows from that of their entries",
    "ledger_keys.made_at": _WHEN,
    "ledger_heads.at": _WHEN,
    "ledger_seen.row": "the order in which verdicts were given, which follows from that of their entries",
    "ledger_seen.at": _WHEN,
    "ledger_seen.verdict": "the entry of the checkpoint says it",
    "ledger_cosignatures.at": "stands in the cosignature",
}
FREE: Final[Mapping[str, str]] = {
    "lanes": "counts of what outbox and inbox hold",
    "receipts_due": "verdicts that the inbox holds, until they are told",
    "fingerprints": "keyed hashes of what the cases hold, to find the same matter",
    "case_words": "by what the cases are searched, which they hold",
    "relay_leases": "who sends now",
    "destinations": "which region can be reached now",
    "answered": "answers that are repeated for some days",
    "files": "known by their digests, which the cases hold",
    "file_uses": "which cases name a file, which they hold",
    "file_grants": "who may fetch a file, which the messages say",
    "reconciliations": "what comparisons with other regions have shown, which entries tell as well",
    "oldest_served": "which release may run on the database, which migrations alone write",
    "restores": "that the database came from a backup; an entry tells how it ended",
    "drafts": "what caseworkers have begun to enter, which is no case yet",
    "fetches": "how far the fetching of files has come",
    "accounts": "entries tell every change, and what the hands of a case are stands in it by name",
    "recovery_codes": "hashes of codes that end when they are used",
    "sessions": "who is signed in now; entries tell of each sign-in",
    "tokens": "entries tell of each that was added or revoked",
    "attempts": "what was tried in vain, for a day",
    "case_people": "who handles a case and who is recused in it, as the case says",
    "mail": "what people without an account send; entries tell that it came, and a case has what was entered",
    "worker_codes": "hashes of codes, which people bring",
    "worker_sessions": "who is looking now",
    "texts": "text messages that wait to be sent",
    "text_optouts": "who wants none",
}


@pytest_asyncio.fixture(params=BOTH, scope="module", loop_scope="module")
async def play(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Played]:
    """Played once: every change is undone at once."""
    folder = tmp_path_factory.mktemp("played")
    urls = {ZHONGSHAN: new_database(request, request.param, folder), LUXIAN: None}
    async with played(folder, urls) as made:
        yield made


def names(faults: Sequence[Fault], where: str, said: str = "") -> bool:
    return any(fault.where.startswith(tuple(where.split("|"))) and said in fault.said for fault in faults)


def is_covered(table: Table, name: str) -> bool:
    return f"{table.name}.{name}" not in UNCOVERED


async def test_every_table_and_column_is_covered_or_has_a_reason_why_not() -> None:
    covered = {table.name for table in (*TOLD, *HELD, *OWN)}
    assert covered | FREE.keys() == tables.metadata.tables.keys()
    assert covered.isdisjoint(FREE)
    known = {f"{table.name}.{column.name}" for table in (*TOLD, *HELD, *OWN) for column in table.columns}
    assert UNCOVERED.keys() <= known


async def test_nothing_is_false_where_nobody_has_touched_anything(play: Played) -> None:
    verified = await play.verified()
    size, signed = len(await play.rows(ledger.ledger_leaves)), (await play.rows(ledger.ledger_heads))[-1]["size"]
    assert (verified.faults, verified.size, verified.signed, verified.erased) == ([], size, signed, {})
    assert size > signed > WIDTH
    for table in (*TOLD, *HELD, *OWN):
        assert await play.rows(table), f"{table.name}: nothing to tamper with"


async def test_a_change_of_any_column_of_any_covered_row_is_found_and_named(play: Played) -> None:
    for table in (*TOLD, *HELD):
        # Of the rules the release's own were loaded by nobody.
        row = (await play.rows(table))[-1 if table is tables.rule_sets else 0]
        for column in table.columns:
            faults = await play.faults(changed(table, row, **{column.name: other(column, row[column.name])}))
            said = "" if table in HELD or column.name in APART else column.name
            where = table.name if table is not tables.cases else "cases|cases/content|applicants"
            assert names(faults, where, said) is is_covered(table, column.name), f"{table.name}.{column.name}: {faults}"


async def test_a_change_of_any_column_of_the_ledger_itself_is_found(play: Played) -> None:
    for table, where in OWN.items():
        row = (await play.rows(table))[0]
        for column in table.columns:
            faults = await play.faults(changed(table, row, **{column.name: other(column, row[column.name])}))
            assert names(faults, where) is is_covered(table, column.name), f"{table.name}.{column.name}: {faults}"


async def test_a_row_that_was_deleted_is_missed(play: Played) -> None:
    for table in (*TOLD, *HELD):
        for row in (await play.rows(table))[:2]:
            assert names(await play.faults(deleted(table, row)), table.name), table.name
    for table, where in OWN.items():
        if table in (ledger.ledger_seen, ledger.ledger_cosignatures):
            continue  # what others signed: they have it still
        row = (await play.rows(table))[0]
        faults = await play.faults(deleted(table, row))
        assert names(faults, where if table is not ledger.ledger_heads else "cosignature"), f"{table.name}: {faults}"


async def test_a_row_that_was_inserted_is_told_by_no_entry(play: Played) -> None:
    for table in (*TOLD, *HELD):
        row = (await play.rows(table))[0]
        keys = {column.name: other(column, row[column.name]) for column in table.primary_key.columns}
        keys |= {name: uuid4() for name in ("id", "message") if name in table.c and name not in keys}
        if table in (tables.tenures, tables.stages, tables.applicants):
            keys["case_id"] = row["case_id"]
        keys |= {name: 99 for name in ("position", "sequence") if name in table.c}
        if table is tables.rule_sets:
            keys["version"] = "another"
        if table is tables.transfers:
            keys["is_open"] = 0
        faults = await play.faults(inserted(table, row | keys))
        assert names(faults, table.name, "" if table is tables.history else "no entry tells"), f"{table.name}: {faults}"


async def test_rows_that_have_changed_places_are_found(play: Played) -> None:
    first, second, *_ = await play.rows(tables.history)
    assert first["case_id"] == second["case_id"]
    assert names(await play.faults(*swapped(tables.history, first, second, "row")), "history", "event")
    first, second = await play.rows(tables.outbox)
    alike = [name for name in first if name not in ("row", "message", "shard", "attempts", "published_at", "retry_at")]
    assert names(await play.faults(*swapped(tables.outbox, first, second, *alike)), "outbox", "body")
    first, second, *_ = await play.rows(tables.applicants)
    assert names(await play.faults(*swapped(tables.applicants, first, second, "name", "id")), "applicants")
    first, second, *_ = await play.rows(ledger.ledger_leaves)
    [found] = await play.faults(*swapped(ledger.ledger_leaves, first, second, "entry"))
    assert (found.where, "place 0" in found.said) == ("place 0", True)
    [found] = await play.faults(*swapped(ledger.ledger_leaves, first, second, "entry", "hash"))
    assert (found.where, "kept hash" in found.said or "signed" in found.said) == ("place 0", True)
    first, second, *_ = [row for row in await play.rows(ledger.ledger_entries) if row["sealed"]]
    assert names(await play.faults(*swapped(ledger.ledger_entries, first, second, "sealed")), "texts of entry")


async def test_the_first_entry_that_is_false_is_named(play: Played) -> None:
    entries = {row["id"]: row for row in await play.rows(ledger.ledger_entries)}
    leaves = await play.rows(ledger.ledger_leaves)
    for place in (0, 100, 255, 256, 300, len(leaves) - 1):
        row = entries[leaves[place]["entry"]]
        later = entries[leaves[-1]["entry"]]
        faults = await play.faults(
            changed(ledger.ledger_entries, row, body=row["body"].replace(b"2026-", b"2025-")),
            changed(ledger.ledger_entries, later, body=later["body"].replace(b"2026-", b"2024-")),
        )
        assert names(faults, f"place {place}", f"place {place} and its leaf"), faults


def rewritten(rows: Sequence[dict[str, Any]], place: int, **values: Any) -> Change:
    """An entry with other facts, and all hashes over it made again: the work of somebody who knows the ledger."""

    async def change(connection: AsyncConnection) -> None:
        bodies = [row["body"] for row in rows]
        entry = Entry.parse(bodies[place])
        bodies[place] = Entry(
            id=entry.id,
            at=entry.at,
            kind=entry.kind,
            case=entry.case,
            facts={**entry.facts, **values},
            subject=entry.subject,
            texts=entry.texts,
        ).body
        await connection.execute(
            update(ledger.ledger_entries).where(ledger.ledger_entries.c.id == entry.id).values(body=bodies[place])
        )
        hashes = [leaf_hash(body) for body in bodies]
        here = ledger.ledger_leaves.c.place == place
        await connection.execute(update(ledger.ledger_leaves).where(here).values(hash=hashes[place]))
        for node, tile in Tiled().extend(hashes).items():
            where = (ledger.ledger_nodes.c.level == node.level) & (ledger.ledger_nodes.c.place == node.index)
            await connection.execute(update(ledger.ledger_nodes).where(where).values(hash=tile))

    return change


async def placed(play: Played) -> list[dict[str, Any]]:
    entries = {row["id"]: row for row in await play.rows(ledger.ledger_entries)}
    return [entries[leaf["entry"]] for leaf in await play.rows(ledger.ledger_leaves)]


async def test_with_all_hashes_made_again_the_checkpoints_say_between_which_sizes_it_was(play: Played) -> None:
    rows = await placed(play)
    readings = [place for place, row in enumerate(rows) if row["kind"] == Kind.READ.value]
    first, second = (row["size"] for row in await play.rows(ledger.ledger_heads))
    for place, between in ((readings[0], f"0 to {first - 1}"), (first, f"{first} to {second - 1}")):
        faults = await play.faults(rewritten(rows, place, count=99))
        [fault] = faults
        assert f"of the entries {between} one is not what it was when" in fault.said
    assert await play.faults(rewritten(rows, len(rows) - 1, count=99)) == [], "nobody has signed the last one yet"


async def test_a_region_that_rewrites_its_past_and_signs_it_anew_cannot_make_the_cosignatures_again(
    play: Played,
) -> None:
    rows = await placed(play)
    place = next(n for n, row in enumerate(rows) if row["kind"] == Kind.READ.value)
    heads = await play.rows(ledger.ledger_heads)

    async def sign_again(connection: AsyncConnection) -> None:
        await rewritten(rows, place, count=99)(connection)
        body = (await connection.execute(ledger.ledger_entries.select())).all()
        now = {row.id: row.body for row in body}
        hashes = [leaf_hash(now[row["id"]]) for row in rows]
        for head in heads:
            tree = Tiled()
            tree.extend(hashes[: head["size"]])
            note = play.signed(head["size"], tree.root)
            same = ledger.ledger_heads.c.size == head["size"]
            await connection.execute(update(ledger.ledger_heads).where(same).values(root=tree.root, note=note))

    faults = await play.faults(sign_again)
    assert {fault.where for fault in faults} == {f"cosignature {head['size']} by {LUXIAN}" for head in heads}
    assert all("signature" in fault.said for fault in faults)


async def test_what_was_cut_off_at_the_end_is_missed(play: Played) -> None:
    last = (await play.rows(ledger.ledger_heads))[-1]["size"]

    async def cut(connection: AsyncConnection) -> None:
        await connection.execute(delete(ledger.ledger_leaves).where(ledger.ledger_leaves.c.place >= last - 1))

    [fault] = await play.faults(cut)
    assert (fault.where, fault.said) == (
        f"place {last - 1}",
        f"the entries from {last - 1} on are gone: {last} were signed",
    )


async def test_kept_hashes_over_nothing_are_found(play: Played) -> None:
    for level, place in ((8, 7), (16, 0), (48, 3)):
        row = {"level": level, "place": place, "hash": b"x" * 32}

        async def insert_it(connection: AsyncConnection, row: dict[str, Any] = row) -> None:
            await connection.execute(insert(ledger.ledger_nodes).values(row))

        assert names(await play.faults(insert_it), "place", "kept hashes over entries that there are not")


async def test_verification_can_begin_with_what_was_signed_and_sees_what_comes_after(play: Played) -> None:
    first, second = (row["size"] for row in await play.rows(ledger.ledger_heads))
    assert (await play.verified(start=first)).faults == []
    rows = await placed(play)
    late, early = first + 1, first - 1
    for place, found in ((late, [f"place {late}"]), (early, [])):
        row = rows[place]
        change = changed(ledger.ledger_entries, row, body=row["body"].replace(b"2026-", b"2025-"))
        assert [fault.where for fault in (await play.verified(change, start=first)).faults] == found
    with pytest.raises(ValueError, match="no checkpoint of 5 entries"):
        await play.verified(start=5)
    leaf = (await play.rows(ledger.ledger_leaves))[early]
    broken = await play.verified(changed(ledger.ledger_leaves, leaf, hash=b"x" * 32), start=first)
    assert names(broken.faults, "place 0", "signed"), broken.faults
    assert second > first


async def test_a_key_that_was_destroyed_without_an_entry_is_a_fault_and_with_one_is_said(play: Played) -> None:
    person = (await play.rows(tables.applicants))[0]
    applicant = person["id"]
    key = next(row for row in await play.rows(ledger.ledger_keys) if row["subject"] == applicant)
    gone = changed(ledger.ledger_keys, key, key=None)
    assert names((await play.verified(gone)).faults, "applicants/0", "no entry says that it was erased")
    facts = {"subject": str(applicant), "of": "applicant", "institution": "442000", "basis": "TEST", "receipt": None}
    happened = Happened(kind=Kind.ERASED, at=datetime(2031, 5, 4, tzinfo=UTC), case=person["case_id"], facts=facts)
    verified = await play.verified(gone, noted(play.here, happened))
    assert (verified.faults, verified.erased) == (
        [],
        {str(applicant): "erased on 2031-05-04 by 442000 (TEST), chain intact"},
    )


async def test_the_checkpoints_that_others_made_are_looked_at(play: Played) -> None:
    row = (await play.rows(ledger.ledger_seen))[0]
    mine = await checkpoint(play.here)
    faults = await play.faults(changed(ledger.ledger_seen, row, note=mine))
    assert names(faults, "checkpoint", "No known key"), faults


NOT_THEIRS: Final[Sequence[dict[str, Any]]] = (
    {},
    {"rows": {}, "version": "1", "conversation": None, "refusal": {}, "subject": None},
)


async def test_an_entry_whose_facts_are_not_those_of_its_kind_is_a_fault_like_others(play: Played) -> None:
    rows = await play.rows(ledger.ledger_entries)
    places = {row["entry"]: row["place"] for row in await play.rows(ledger.ledger_leaves)}
    for kind in Kind:
        for facts in NOT_THEIRS:
            row = next(one for one in rows if one["kind"] == Kind.STEP.value)
            place = places[row["id"]]
            entry = Entry(id=row["id"], at=clock.now(), kind=kind, case=row["case_id"], facts=facts)
            forged = changed(ledger.ledger_entries, row, kind=kind.value, body=entry.body)
            faults = await play.faults(forged)
            assert names(faults, f"place {place}", "its leaf do not fit"), kind
            assert names(faults, "history"), kind


async def test_a_text_that_was_sealed_anew_by_somebody_who_has_the_key_is_found(play: Played) -> None:
    keys = {row["subject"]: row["key"] for row in await play.rows(ledger.ledger_keys)}
    row = next(row for row in await play.rows(ledger.ledger_entries) if row["sealed"])
    other_texts = seal_texts(keys[row["subject"]], row["id"], texts_of({"by": "somebody else"}, b"s" * 16))
    faults = await play.faults(changed(ledger.ledger_entries, row, sealed=other_texts))
    assert names(faults, "texts of entry", "not those that the entry was made with"), faults
