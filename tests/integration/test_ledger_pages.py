"""What the API and the command line show of checkpoints, and how a fork is accepted."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from tests.builders import a_body
from tests.integration.api_node import LUXIAN, ZHONGSHAN, Api, serving
from tests.logbook import Log
from tests.plain import opened
from tests.trust import as_text, shared
from transfer.cli.main import main
from transfer.crypto.ledger_keys import ledger_signer, witnesses
from transfer.crypto.notes import witnessed
from transfer.domain.decision import Outgoing
from transfer.handlers.receive import receive
from transfer.ledger.entry import Entry
from transfer.messages.codes_ledger import CheckpointFault
from transfer.messages.ledger import CheckpointAnswered, CheckpointPublished, NotCosigned, ledger_conversation
from transfer.node import Node
from transfer.ports.ledger import Head, LedgerDecision
from transfer.ports.work import Delivery
from transfer.storage.engine import reading
from transfer.storage.ledger_tables import ledger_entries
from transfer.storage.tables import outbox
from transfer.telemetry import clock

OWN, THEIRS = Log.of(ZHONGSHAN, 40), Log.of(LUXIAN, 40)
FORKED = Log.of(LUXIAN, 40, other_from=3)


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(tmp_path) as api:
        yield api


async def sign(node: Node, size: int, *, ago: timedelta = timedelta()) -> None:
    await node.checkpoints.keep(Head(checkpoint=OWN.checkpoint(size), note=OWN.note(size), at=clock.now() - ago))


async def take(node: Node, message: CheckpointPublished | CheckpointAnswered, sequence: int, **head: Any) -> None:
    """From Luxian."""
    body = a_body(message, id=uuid4(), source=LUXIAN, recipient=ZHONGSHAN, sequence=sequence, **head)
    context = node.context()
    async with node.store.work() as work:
        await receive(work, opened([Delivery(body=body, exchange=f"out.{LUXIAN}", user_id=LUXIAN)], context), context)


async def answer(node: Node, size: int, sequence: int, **said: Any) -> None:
    """Luxian's word on a checkpoint that was sent to it."""
    async with node.store.work() as work:
        await work.hold({ledger_conversation(ZHONGSHAN)})
        message = Outgoing(recipient=LUXIAN, data=OWN.published(size), conversation=ledger_conversation(ZHONGSHAN))
        work.record_ledger(LedgerDecision(messages=(message,)))
    async with reading(node.store.engine) as connection:
        asked = (await connection.scalars(outbox.select().with_only_columns(outbox.c.digest))).all()[-1]
    await take(node, CheckpointAnswered(region=ZHONGSHAN, size=size, **said), sequence, answers=asked)


def line(size: int) -> str:
    return ledger_signer(shared().wire(LUXIAN)).cosignature(OWN.checkpoint(size).text, clock.now())


async def region(api: Api, code: str = LUXIAN) -> dict[str, Any]:
    listed = (await api.get("/v1/ledger/checkpoints")).body["regions"]
    return next(dict(one) for one in listed if one["region"] == code)


async def ledger_check(api: Api) -> dict[str, Any]:
    ready = await api.get("/readyz")
    assert ready.status == 200
    return next(dict(one) for one in ready.body["checks"] if one["name"] == "ledger")


async def test_before_anything_was_signed_there_is_nothing_to_show(api: Api) -> None:
    assert (await api.get("/v1/ledger/checkpoint")).status == 404
    shown = (await api.get("/v1/ledger/checkpoints")).body
    assert (shown["origin"], shown["items"]) == ("legalaid/442000", [])
    assert await region(api) == {
        "region": LUXIAN,
        "known": 0,
        "forked": False,
        "notes": [],
        "cosigned": None,
        "refused": None,
    }


async def test_the_last_checkpoint_is_given_as_one_note_with_its_cosignatures(api: Api) -> None:
    for size in (13, 40):
        await sign(api.node, size)
    cosigned = line(40)
    await answer(api.node, 40, 1, cosignature=cosigned)
    note = await api.get("/v1/ledger/checkpoint")
    assert note.headers["Content-Type"].startswith("text/plain")
    assert note.text == OWN.note(40) + cosigned
    assert len(witnessed(note.text, witnesses(shared().directory().by_code[LUXIAN]))) == 1
    newest, older = (await api.get("/v1/ledger/checkpoints")).body["items"]
    assert (newest["size"], newest["note"], older["size"]) == (40, note.text, 13)
    assert newest["root"] == OWN.checkpoint(40).root.hex()
    assert ([one["region"] for one in newest["cosigned_by"]], older["cosigned_by"]) == ([LUXIAN], [])
    assert (await region(api))["cosigned"] == 40


async def test_what_others_refuse_and_who_has_forked_is_shown(api: Api) -> None:
    await sign(api.node, 40)
    await answer(api.node, 40, 1, refusal=NotCosigned(code=CheckpointFault.UNKNOWN_SIZE, known=13))
    await take(api.node, THEIRS.published(13), 1)
    assert (await region(api))["refused"] == "UNKNOWN_SIZE"
    assert ((await region(api))["known"], (await region(api))["forked"]) == (13, False)
    await take(api.node, FORKED.published(13), 2)
    shown = await region(api)
    assert (shown["known"], shown["forked"], shown["notes"]) == (13, True, [THEIRS.note(13), FORKED.note(13)])
    check = await ledger_check(api)
    assert check["found"] == f"forked by {LUXIAN}"
    assert "audit checkpoints" in check["todo"]


async def test_readiness_says_when_no_checkpoint_was_cosigned_for_a_day(api: Api) -> None:
    assert (await ledger_check(api))["todo"] is None
    await sign(api.node, 5, ago=timedelta(days=3))
    await sign(api.node, 13, ago=timedelta(hours=25))
    assert "nothing cosigned since" in (await ledger_check(api))["found"]
    await answer(api.node, 5, 1, cosignature=line(5))
    assert "nothing cosigned since" in (await ledger_check(api))["found"]
    await answer(api.node, 13, 2, cosignature=line(13))
    assert (await ledger_check(api))["todo"] is None
    await sign(api.node, 40, ago=timedelta(hours=23))
    assert (await ledger_check(api))["todo"] is None


# The command line ---------------------------------------------------------------------------------------------


def transfer(api: Api, *words: str) -> Result:
    settings = api.node.settings
    given = {**shared().settings(ZHONGSHAN), "region": ZHONGSHAN, "database_url": settings.database_url}
    given["amqp_url"] = "amqp://nobody:x@127.0.0.1:1/none"
    env = {f"TRANSFER_{name.upper()}": value for name, value in as_text(given).items()}
    return CliRunner().invoke(main, ["audit", *words], env=env)


async def test_the_command_line_lists_checkpoints_and_accepts_a_fork_with_who_and_why(api: Api) -> None:
    await sign(api.node, 13)
    await take(api.node, THEIRS.published(13), 1)
    accept = ("accept", LUXIAN, "--by", "周主任", "--reason", "泸县从备份恢复")
    early = await asyncio.to_thread(transfer, api, *accept)
    assert (early.exit_code, "no fork" in early.stderr) == (1, True)
    await take(api.node, FORKED.published(13), 2)
    shown = await asyncio.to_thread(transfer, api, "checkpoints")
    assert (shown.exit_code, "FORKED" in shown.stdout, "legalaid/442000" in shown.stdout) == (0, True, True)
    done = await asyncio.to_thread(transfer, api, *accept)
    assert (done.exit_code, "13 entries" in done.stdout) == (0, True), done.output
    listed = json.loads((await asyncio.to_thread(transfer, api, "checkpoints", "--json")).stdout)
    assert listed == (await api.get("/v1/ledger/checkpoints")).body
    assert not (await region(api))["forked"]
    await take(api.node, FORKED.published(40, old=13), 3)
    assert (await region(api))["known"] == 40
    await take(api.node, THEIRS.published(40), 4)
    assert (await region(api))["forked"]
    async with reading(api.node.store.engine) as connection:
        bodies = (await connection.scalars(ledger_entries.select().with_only_columns(ledger_entries.c.body))).all()
    noted = [Entry.parse(body).facts.get("verdict") for body in bodies if Entry.parse(body).kind.value == "witnessed"]
    assert sorted(map(str, noted)) == ["FORK", "FORK", "accepted", "cosigned", "cosigned"]
