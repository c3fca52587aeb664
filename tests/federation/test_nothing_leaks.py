"""Secrets and personal data are in the databases, the key files, sealed letters and files, and the pages of caseworkers
alone.

Whole nodes play every step with marked data while things go wrong. Then all that they and the broker wrote, answered
and show is searched for the marks and the secrets, also in base64 and in hex.
"""

import asyncio
import json
import shutil
from typing import Any

import pytest
from sqlalchemy import select

from tests.federation.bad_input import every_bad_file, every_bad_message, every_bad_request
from tests.federation.file_plays import SCAN, files_that_do_not_come
from tests.federation.ground import LUXIAN, ON_BOTH, SICHUAN, ZHONGSHAN, Ground
from tests.federation.markers import MARKS
from tests.federation.plays import a_dispute, a_node_that_fails, a_node_that_is_killed, a_whole_case, logs
from tests.federation.search import assert_something_was_heard, found, left_behind, secrets, tap
from tests.federation.serving import FAULTY
from tests.federation.stage import played
from tests.trust import PASSPHRASE, shared
from transfer.crypto.matching import MatchKey, new_match_key, take_match_key
from transfer.crypto.notes import Signer
from transfer.messages.codes import RecallReason
from transfer.storage.engine import open_engine, reading
from transfer.storage.ledger_tables import ledger_entries
from transfer.storage.tables import fingerprints

pytestmark = [pytest.mark.federation, pytest.mark.broker, pytest.mark.timeout(300)]


@ON_BOTH
async def test_nothing_personal_and_no_secret_is_written_answered_or_shown(ground: Ground) -> None:
    # A file that did not come is not asked for again, so that what is in the spools stays as it is.
    match_key = new_match_key(1, PASSPHRASE)
    keys = {region: with_match_key(ground, region, match_key) for region in ground.urls}
    async with played(ground, fetch_first=600) as stage:
        await tap(ground)
        zhongshan = await asyncio.to_thread(stage.node, ZHONGSHAN, settings=keys[ZHONGSHAN])
        scanned = {"scan_command": SCAN, **keys[LUXIAN]}
        luxian = await asyncio.to_thread(stage.node, LUXIAN, program=FAULTY, settings=scanned)
        await asyncio.to_thread(a_whole_case, stage, zhongshan, luxian)
        for node in (zhongshan, luxian):
            await asyncio.to_thread(every_bad_request, stage, node)
            await asyncio.to_thread(every_bad_file, stage, node)
        await every_bad_message(stage, luxian)
        await a_node_that_fails(stage, zhongshan, luxian)
        if SICHUAN in ground.urls:
            sichuan = await asyncio.to_thread(stage.node, SICHUAN)
            await asyncio.to_thread(a_dispute, stage, zhongshan, sichuan)
        await files_that_do_not_come(stage, zhongshan, luxian)
        await asyncio.to_thread(a_node_that_is_killed, stage, zhongshan)
        prints = await fingerprints_made(ground, ZHONGSHAN)
        left = left_behind(stage) | await ledgers(ground)
    assert_something_was_heard(left)
    assert prints, "the matters of the cases were compared"
    leaks = found(left, MARKS | secrets(ground) | prints | {"the key that all share": match_key.secret})
    assert not leaks, "\n".join(leaks)


def with_match_key(ground: Ground, region: str, key: MatchKey) -> dict[str, str]:
    """The setting for a folder with the region's keys and the one that all share."""
    shared().file_key(region)
    folder = ground.folder / "match" / region
    shutil.copytree(shared().keys(region), folder)
    take_match_key(folder, key, PASSPHRASE)
    return {"keys": str(folder)}


async def fingerprints_made(ground: Ground, region: str) -> dict[str, bytes]:
    """The keyed hashes by which that region's cases are known again."""
    engine = open_engine(ground.urls[region])
    async with reading(engine) as connection:
        made = (await connection.scalars(select(fingerprints.c.print))).all()
    await engine.dispose()
    return {f"fingerprint {place}": one.partition(":")[2].encode() for place, one in enumerate(made)}


async def ledgers(ground: Ground) -> dict[str, bytes]:
    """What the ledgers hold for ever, and what lies sealed beside it."""
    whole = {}
    for region, url in ground.urls.items():
        engine = open_engine(url)
        async with reading(engine) as connection:
            entries = (await connection.execute(select(ledger_entries.c.kind, ledger_entries.c.body))).all()
            texts = (
                await connection.scalars(select(ledger_entries.c.sealed).where(ledger_entries.c.sealed.is_not(None)))
            ).all()
        await engine.dispose()
        assert texts
        assert {row.kind for row in entries} >= {"sent", "received", "settled", "step", "read", "keys"}, region
        whole[f"entries of {region}"] = b"\n".join(row.body for row in entries)
        whole[f"texts of {region}"] = b"\n".join(texts)
    return whole


async def test_leaks_that_were_planted_are_found(ground: Ground) -> None:
    async with played(ground) as stage:
        await tap(ground)
        told = stage.marker.text()
        planted: dict[str, Any] = {"program": FAULTY, "FAULT": "leaks", "TOLD": told}
        zhongshan = await asyncio.to_thread(stage.node, ZHONGSHAN, **planted)
        luxian = await asyncio.to_thread(stage.node, LUXIAN, **planted)
        case = stage.open(zhongshan)
        stage.offer(zhongshan, case, LUXIAN)
        await asyncio.to_thread(stage.in_state, luxian, case, "offered")
        stage.press(zhongshan, "recall", case, ZHONGSHAN, reason=RecallReason.SENT_IN_ERROR)
        await asyncio.to_thread(stage.in_state, zhongshan, case, "released")
        stage.reach(zhongshan, case, ZHONGSHAN, "under_review")
        await asyncio.to_thread(logs, luxian, b"stage_heard")
        leaks = "\n".join(found(left_behind(stage), MARKS | secrets(ground)))
    for place in (
        "stderr",
        "stdout, in base64",
        "200 to GET",
        "cache",
        "message 0",
        "/proc/environ",
        "spool/",
        "names of files",
    ):
        assert f" {place}" in leaks or f"/{place}" in leaks or place in leaks, f"{place}\n{leaks}"


def test_a_secret_is_found_as_it_is_and_encoded() -> None:
    seed = Signer.new("test.example/directory").seed
    for written in (b"x" + seed, seed.hex().encode(), b'{"d":"' + json.dumps(seed.hex()).encode() + b'"}'):
        assert found({"a file": written}, {"the seed": seed})
    assert not found({"a file": b"AAAA" * 100}, {"the seed": seed})
