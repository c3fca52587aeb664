"""Directories that were in force are kept in the database, so that a restart never goes back to an older one."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.noted import noted
from tests.trust import SINCE, Trust
from transfer.crypto.book import DirectoryMissing, RegionNotListed
from transfer.crypto.directory import Draft
from transfer.crypto.keys import KeyUse
from transfer.crypto.keystore import revoke_key
from transfer.ledger.entry import Kind
from transfer.messages.envelope import digest_of
from transfer.node import Node, build
from transfer.settings import Settings
from transfer.storage.engine import reading
from transfer.storage.migrate import migrate
from transfer.storage.shelf import SqlShelf
from transfer.storage.tables import directories
from transfer.telemetry.metrics import REGISTRY

ZHONGSHAN = "442000"


def alarms() -> float:
    return REGISTRY.get_sample_value("transfer_alarms_total", {"kind": "directory_refused"}) or 0.0


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    return Trust(folder=tmp_path)


@asynccontextmanager
async def a_node(url: str, trust: Trust, file: Path) -> AsyncIterator[Node]:
    """As one that has just been started."""
    settings = Settings.load(
        region=ZHONGSHAN,
        database_url=url,
        amqp_url="amqp://nobody:x@127.0.0.1:1/none",
        **trust.settings(ZHONGSHAN, file),
    )
    node = build(settings)
    await migrate(node.store.engine)
    yield node
    await node.store.engine.dispose()


async def kept(node: Node) -> int:
    async with reading(node.store.engine) as connection:
        return int(await connection.scalar(select(func.count()).select_from(directories)) or 0)


async def test_the_shelf_gives_the_newest_in_whatever_order_they_came(url: str, trust: Trust) -> None:
    async with a_node(url, trust, trust.file()) as node:
        shelf = SqlShelf(store=node.store)
        assert await shelf.newest() is None
        for version in (2, 10, 9):
            await shelf.keep(version, f"note {version}")
        assert await shelf.newest() == "note 10"


async def test_what_is_kept_twice_stays_as_it_was(url: str, trust: Trust) -> None:
    async with a_node(url, trust, trust.file()) as node:
        shelf = SqlShelf(store=node.store)
        await shelf.keep(1, "note 1")
        await shelf.keep(1, "another")
        assert (await shelf.newest(), await kept(node)) == ("note 1", 1)


async def test_a_node_that_restarts_with_an_older_file_keeps_the_newer_directory(url: str, trust: Trust) -> None:
    older, newer = trust.directory(version=3), trust.directory(version=4)
    async with a_node(url, trust, trust.file(older)) as node:
        await node.trust.ready(ZHONGSHAN)
        await node.trust.take_message(trust.note(newer).encode())
        assert node.book.current.version == 4
    before = alarms()
    async with a_node(url, trust, trust.file(older)) as node:
        await node.trust.ready(ZHONGSHAN)
        assert node.book.current.version == 4
        assert await node.trust.look_once() == 0
        assert await kept(node) == 2
    assert alarms() == before, "a file stays behind when newer ones come by the broker"


async def test_a_directory_that_another_process_of_the_node_took_is_taken_from_the_database(
    url: str, trust: Trust
) -> None:
    file = trust.file(trust.directory(version=3))
    async with a_node(url, trust, file) as one, a_node(url, trust, file) as other:
        for node in (one, other):
            await node.trust.ready(ZHONGSHAN)
        await one.trust.take_message(trust.note(trust.directory(version=4)).encode())
        assert await other.trust.look_once() == 1
        assert other.book.current.version == 4
        assert await other.trust.look_once() == 0


async def test_what_could_not_be_kept_when_it_came_is_kept_later(url: str, trust: Trust) -> None:
    async with a_node(url, trust, trust.file(trust.directory(version=3))) as node:
        await node.trust.ready(ZHONGSHAN)
        node.book.offer(trust.note(trust.directory(version=4)))
        await node.trust.look_once()
        newest = await SqlShelf(store=node.store).newest()
        assert newest == node.book.note


async def test_a_kept_directory_whose_operator_is_not_trusted_any_more_is_refused_once(url: str, trust: Trust) -> None:
    async with a_node(url, trust, trust.file(trust.directory(version=3))) as node:
        stranger = Trust(folder=trust.folder)
        await SqlShelf(store=node.store).keep(9, stranger.note(trust.directory(version=9)))
        before = alarms()
        await node.trust.ready(ZHONGSHAN)
        for _ in range(3):
            await node.trust.look_once()
        assert node.book.current.version == 3
        assert alarms() == before + 1


async def test_a_node_without_a_directory_that_it_trusts_says_what_is_wrong_with_the_file(
    url: str, trust: Trust
) -> None:
    files = {
        "No such file": trust.folder / "absent.note",
        "NoteUnverified": Trust(folder=trust.folder).file(trust.directory()),
    }
    for said, file in files.items():
        async with a_node(url, trust, file) as node:
            with pytest.raises(DirectoryMissing, match=said) as caught:
                await node.trust.ready(ZHONGSHAN)
            assert str(file) in str(caught.value)
    without = Draft.load(Path("deploy/local/directory.json")).regions[1:]
    async with a_node(url, trust, trust.file(trust.directory(without, version=7))) as node:
        with pytest.raises(RegionNotListed, match="version 7, does not list region 442000"):
            await node.trust.ready(ZHONGSHAN)


async def facts(node: Node, kind: Kind) -> list[Mapping[str, Any]]:
    return [one.facts for one in await noted(node.store.engine, kind)]


async def test_each_directory_that_is_taken_in_force_is_noted_once(url: str, trust: Trust) -> None:
    notes = [trust.note(trust.directory(version=version)) for version in (3, 4)]
    file = trust.folder / "noted.note"
    file.write_text(notes[0])
    said = [{"version": 3 + place, "digest": digest_of(note.encode())} for place, note in enumerate(notes)]
    async with a_node(url, trust, file) as node:
        await node.trust.ready(ZHONGSHAN)
        await node.trust.look_once()
        assert await facts(node, Kind.DIRECTORY) == said[:1]
        await node.trust.take_message(notes[1].encode())
        assert await facts(node, Kind.DIRECTORY) == said
    async with a_node(url, trust, file) as node:
        await node.trust.ready(ZHONGSHAN)
        await node.trust.look_once()
        assert await facts(node, Kind.DIRECTORY) == said


async def test_keys_that_came_and_went_while_the_node_was_down_or_up_are_noted(url: str, trust: Trust) -> None:
    folder = trust.keys(ZHONGSHAN)
    first = {file.stem for file in folder.glob("*.json")}
    said: list[Mapping[str, Any]] = [{"added": sorted(first), "removed": []}]

    async def found() -> list[Mapping[str, Any]]:
        async with a_node(url, trust, trust.default_file) as node:
            await node.trust.ready(ZHONGSHAN)
            for _ in range(2):
                await node.trust.look_once()
            return await facts(node, Kind.KEYS)

    assert await found() == said
    assert await found() == said, "a restart is no news"
    another = trust.add_key(ZHONGSHAN, KeyUse.SIGN).kid
    said.append({"added": [another], "removed": []})
    assert await found() == said
    async with a_node(url, trust, trust.default_file) as node:
        await node.trust.ready(ZHONGSHAN)
        await node.trust.look_once()
        revoke_key(folder, another, SINCE, "lost")
        await node.trust.look_once()
    said.append({"added": [], "removed": [another]})
    assert await found() == said
