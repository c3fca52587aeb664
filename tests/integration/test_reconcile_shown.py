"""What reconciling has found, as the API, readiness and the command line show it."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, update

from tests.integration.api_node import LUXIAN, ZHONGSHAN, Api
from tests.trust import environment_of
from transfer.cli.exits import FAULT, USAGE
from transfer.cli.main import main
from transfer.ledger.differences import Difference
from transfer.records import DifferenceLine, Direction
from transfer.storage.reconciling import DIFFERENCES
from transfer.storage.tables import reconciliations
from transfer.telemetry import clock


def a_difference(difference: Difference, number: int = 1) -> DifferenceLine:
    message, case = UUID(int=number), UUID(int=number + 100)
    return DifferenceLine(
        direction=Direction.OUT, message=message, conversation=case, sequence=3, difference=difference
    )


async def found(api: Api, *differences: Difference, **changes: Any) -> None:
    """Zhongshan has compared yesterday with Luxian."""
    now = clock.now()
    named = tuple(a_difference(one, number) for number, one in enumerate(differences, 1))
    row = {
        "region": LUXIAN,
        "since": now - timedelta(days=2),
        "until": now - timedelta(days=1),
        "question": uuid4(),
        "start": UUID(int=0),
        "asked_at": now - timedelta(hours=23),
        "answered_at": now,
        "found": len(named),
        "differences": DIFFERENCES.dump_json(named).decode(),
    }
    async with api.node.store.writing() as connection:
        await connection.execute(insert(reconciliations), row | changes)


async def records(api: Api) -> dict[str, Any]:
    ready = await api.get("/readyz")
    return next(dict(one) for one in ready.body["checks"] if one["name"] == "records")


async def test_the_api_tells_each_difference_with_hop_and_cure(here: Api) -> None:
    assert (await here.get("/v1/reconciliations")).body["items"] == []
    await found(here, Difference.NOT_RECEIVED, Difference.RECORD_LOST)
    [item] = (await here.get(f"/v1/reconciliations?region={LUXIAN}")).body["items"]
    assert (item["region"], item["alike"], item["found"]) == (LUXIAN, False, 2)
    lost, alarm = item["differences"]
    assert (lost["difference"], lost["hop"], lost["heals"]) == ("NOT_RECEIVED", "broker", True)
    assert (alarm["difference"], alarm["hop"], alarm["heals"]) == ("RECORD_LOST", "recipient", False)
    assert all(alarm[name] for name in ("zh", "en", "cure_zh", "cure_en"))
    assert (await here.get("/v1/reconciliations?region=650000")).body["items"] == []
    assert (await here.get("/v1/reconciliations?region=nowhere")).status == 422


async def test_one_that_waits_for_its_answer_is_neither_alike_nor_unlike(here: Api) -> None:
    await found(here, answered_at=None)
    [item] = (await here.get("/v1/reconciliations")).body["items"]
    assert (item["answered_at"], item["alike"]) == (None, None)


async def test_readiness_names_regions_whose_records_need_somebody(here: Api) -> None:
    assert "0 other regions" in (await records(here))["found"]
    await found(here, Difference.NOT_RECEIVED)
    assert (await records(here))["found"] == "compared with 1 other regions"
    async with here.node.store.writing() as connection:
        unlike = DIFFERENCES.dump_json((a_difference(Difference.NEVER_SENT),)).decode()
        await connection.execute(update(reconciliations).values(differences=unlike))
    check = await records(here)
    assert (check["ok"], check["found"]) == (True, f"differ from {LUXIAN}")
    assert "transfer reconcile" in check["todo"]


async def test_readiness_names_regions_that_do_not_answer(here: Api) -> None:
    await found(here, answered_at=None)
    assert (await records(here))["todo"] is None
    async with here.node.store.writing() as connection:
        await connection.execute(update(reconciliations).values(asked_at=clock.now() - timedelta(days=2, hours=1)))
    assert (await records(here))["found"] == f"no answer from {LUXIAN}"


class Place:
    """A node's database, and the commands run with it."""

    def __init__(self, folder: Path) -> None:
        self.environment = {
            "TRANSFER_REGION": ZHONGSHAN,
            "TRANSFER_DATABASE_URL": f"sqlite:///{folder}/cli.db",
            "TRANSFER_AMQP_URL": "amqp://nobody:x@127.0.0.1:1/none",
            **environment_of(ZHONGSHAN),
        }
        assert self("migrate").exit_code == 0

    def __call__(self, *words: str) -> Result:
        return CliRunner().invoke(main, list(words), env=self.environment)


def test_the_command_asks_lists_and_shows(tmp_path: Path) -> None:
    place = Place(tmp_path)
    assert place("reconcile", "show", LUXIAN).exit_code == FAULT
    asked = place("reconcile", "run", LUXIAN, "--since", "2026-03-02", "--until", "2026-03-03")
    assert asked.exit_code == 0, asked.output
    assert "2026-03-02 00:00:00 to 2026-03-03 00:00:00" in asked.output
    [line] = json.loads(place("reconcile", "list", "--json").output)
    assert (line["region"], line["since"], line["answered_at"]) == (LUXIAN, "2026-03-01T16:00:00Z", None)
    shown = place("reconcile", "show", LUXIAN)
    assert (shown.exit_code, "not answered yet" in shown.output) == (0, True)
    assert "not answered yet" in place("reconcile", "list", "--region", LUXIAN).output


@pytest.mark.parametrize("words", [[ZHONGSHAN], ["650000"], [LUXIAN, "--since", "2026-03-03", "--until", "2026-03-02"]])
def test_what_cannot_be_asked_is_wrong_usage(tmp_path: Path, words: list[str]) -> None:
    assert Place(tmp_path)("reconcile", "run", *words).exit_code == USAGE


async def test_what_is_shown_says_what_to_do_and_ends_with_a_fault(here: Api) -> None:
    await found(here, Difference.NOT_RECEIVED, Difference.RECORD_LOST)
    settings = here.node.settings
    environment = {
        "TRANSFER_REGION": ZHONGSHAN,
        "TRANSFER_DATABASE_URL": settings.database_url,
        "TRANSFER_AMQP_URL": "amqp://nobody:x@127.0.0.1:1/none",
        **environment_of(ZHONGSHAN),
    }
    shown = await asyncio.to_thread(CliRunner().invoke, main, ["reconcile", "show", LUXIAN], env=environment)
    assert shown.exit_code == FAULT
    assert "2 messages differ" in shown.output
    assert "heals by itself" in shown.output
    assert "TO DO" in shown.output


async def test_the_holdings_of_a_node_are_printed_with_the_messages_that_told_them(here: Api) -> None:
    case = await here.opened()
    [page] = [page async for page in here.node.views.holdings()]
    [holding] = page
    assert (str(holding.case), holding.tenure, holding.institution) == (case["id"], 1, ZHONGSHAN)
    assert (holding.region, holding.message) == (ZHONGSHAN, None)
