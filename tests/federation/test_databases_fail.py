"""A database is full, stopped, killed or cut off: clerks are told, nothing is lost, all goes on by itself."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from deploy.local.postgres import Postgres
from tests.faults.proxy import Proxy
from tests.federation.ground import LUXIAN, ON_POSTGRES, ZHONGSHAN, Ground
from tests.federation.processes import NodeProcess, NodeRefused, until
from transfer.ports.work import StorageUnavailable
from transfer.storage.engine import open_engine, writing

pytestmark = [pytest.mark.federation, pytest.mark.broker]

FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON history EXECUTE FUNCTION full_disk();
"""


@pytest.fixture
async def server(postgres: Postgres) -> AsyncIterator[Postgres]:
    """The server, running again when the test has ended."""
    yield postgres
    if not postgres.running:
        await asyncio.to_thread(postgres.start)


async def offered(ground: Ground, zhongshan: NodeProcess, count: int = 3) -> list[str]:
    cases: list[str] = await zhongshan.do("open", count=count)
    await zhongshan.do("offer", cases=cases, to=LUXIAN)
    return cases


async def refuses(node: NodeProcess, command: str, /, **words: Any) -> str:
    with pytest.raises(NodeRefused) as told:
        await node.do(command, **words)
    return told.value.kind


@pytest.mark.parametrize("region", [ZHONGSHAN, LUXIAN])
async def test_a_full_disk_under_sqlite_stops_a_region_and_costs_nothing(ground: Ground, region: str) -> None:
    zhongshan, luxian = await ground.node(ZHONGSHAN), await ground.node(LUXIAN)
    cases = await offered(ground, zhongshan)
    await ground.agree()
    hit = {ZHONGSHAN: zhongshan, LUXIAN: luxian}[region]
    await hit.do("fill_disk")
    assert await refuses(hit, "open", count=200, facts="x" * 3000) == "StorageUnavailable"
    if region == LUXIAN:
        await zhongshan.do("open", count=200, facts="x" * 3000)
        await offered(ground, zhongshan, 60)
        failed = await luxian.logs("duty_failed")
        assert {line["duty"] for line in failed} == {"inbound"}
        assert "full" in failed[0]["error"]
    else:
        await luxian.do("sign_for", cases=cases)
    await hit.do("free_disk")
    await ground.agree()
    await hit.do("open")


@ON_POSTGRES
async def test_a_full_disk_under_postgresql_stops_a_region_and_costs_nothing(ground: Ground) -> None:
    # Nothing is sent again for want of a receipt: what Luxian received it must keep.
    patient: dict[str, Any] = {"resend_first": 600.0, "resend_longest": 600.0, "silence": 600.0}
    zhongshan, luxian = await ground.node(ZHONGSHAN, **patient), await ground.node(LUXIAN)
    async with ground.engines[LUXIAN].begin() as connection:
        for statement in FULL.split(";\nCREATE TRIGGER"):
            create = statement if statement.lstrip().startswith("CREATE FUNCTION") else "CREATE TRIGGER" + statement
            await connection.execute(text(create))
    assert await refuses(luxian, "open") == "StorageUnavailable"
    cases = await offered(ground, zhongshan)
    assert "could not extend file" in (await luxian.logs("duty_failed"))[0]["error"]
    assert not (await ground.see(LUXIAN)).quarantine
    async with ground.engines[LUXIAN].begin() as connection:
        await connection.execute(text("DROP TRIGGER full_disk ON history"))
    await ground.knows(LUXIAN, cases)
    await ground.agree()


@ON_POSTGRES
@pytest.mark.parametrize("ending", ["kill", "stop"])
async def test_a_database_server_that_ends_under_load_costs_nothing(
    ground: Ground, server: Postgres, ending: str
) -> None:
    zhongshan, luxian = await ground.node(ZHONGSHAN), await ground.node(LUXIAN)
    told: set[str] = set()
    enough = asyncio.Event()

    async def clerk() -> int:
        done = 0
        while not enough.is_set():
            try:
                done += len(await offered(ground, zhongshan, 1))
            except NodeRefused as refused:
                told.add(refused.kind)
                await asyncio.sleep(0.1)
        return done

    clerks = [asyncio.create_task(clerk()) for _ in range(3)]
    await ground.shows(LUXIAN, lambda view: len(view.inbox) > 10, what="traffic is under way")
    await asyncio.to_thread(getattr(server, ending))
    await until(lambda: bool(told), what="clerks are told")
    await luxian.logs("duty_failed")
    await asyncio.to_thread(server.start)
    seen = len((await ground.shows(LUXIAN, lambda _: True)).inbox)
    await ground.shows(LUXIAN, lambda view: len(view.inbox) > seen + 5, what="traffic goes on")
    enough.set()
    done = sum(await asyncio.gather(*clerks))
    assert told == {"StorageUnavailable"}
    views = await ground.agree()
    # A commit whose answer was lost in the crash may stand; nothing that was answered is missing.
    assert len(views[ZHONGSHAN].outbox) >= done


@ON_POSTGRES
async def test_a_cut_link_to_the_database_is_made_again(ground: Ground) -> None:
    port = ground.engines[ZHONGSHAN].url.port
    assert port is not None
    async with Proxy(port=port) as link:
        through = ground.urls[ZHONGSHAN].replace(f":{port}/", f":{link.own_port}/")
        zhongshan, _ = await ground.node(ZHONGSHAN, database=through), await ground.node(LUXIAN)
        await offered(ground, zhongshan)
        link.down()
        assert await refuses(zhongshan, "open") == "StorageUnavailable"
        link.up()
        await offered(ground, zhongshan)
        await ground.agree()
        assert await zhongshan.logs("duty_failed")


async def test_a_pool_without_a_free_connection_counts_as_unavailable(ground: Ground) -> None:
    engine = open_engine(ground.urls[LUXIAN], pool_size=1)
    pool = engine.sync_engine.pool
    pool._max_overflow, pool._timeout = 0, 0.1  # type: ignore[attr-defined] # the pool's own names
    try:
        async with engine.connect():
            with pytest.raises(StorageUnavailable):
                async with writing(engine):
                    pass
    finally:
        await engine.dispose()
