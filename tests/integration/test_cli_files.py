"""``transfer files`` makes the key, keeps, gives, lists and sweeps files."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from tests.integration.file_nodes import digest_of
from tests.samples import a_pdf, a_png
from tests.trust import Trust, environment_of
from transfer.cli.exits import CONFIGURATION, FAULT, USAGE
from transfer.cli.main import main
from transfer.messages.attachments import Attachment
from transfer.messages.codes import MediaType
from transfer.node import build
from transfer.settings import Settings

REGION, SOURCE = "442000", "510521"


class Ground:
    """A node that is set up by the commands themselves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trust = Trust(folder=folder)
        self.environment = environment_of(REGION, self.trust) | {
            "TRANSFER_REGION": REGION,
            "TRANSFER_DATABASE_URL": f"sqlite:///{folder}/node.db",
            "TRANSFER_AMQP_URL": "amqp://nobody:x@127.0.0.1:1/none",
            "TRANSFER_FILES": str(folder / "files"),
        }
        self.invoke("migrate")

    def invoke(self, *words: str, **without: None) -> Result:
        return CliRunner(env={**self.environment, **without}).invoke(main, words)

    def files(self, *words: str) -> Result:
        return self.invoke("files", *words)

    def done(self, *words: str) -> str:
        ended = self.files(*words)
        assert ended.exit_code == 0, ended.output
        return ended.stdout

    def said(self, *words: str) -> Any:
        return json.loads(self.done(*words, "--json"))

    def file(self, content: bytes, name: str = "欠条.pdf") -> str:
        path = self.folder / name
        path.write_bytes(content)
        return str(path)


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    made = Ground(tmp_path)
    made.done("init")
    return made


def test_a_file_is_put_listed_and_written_out_again(ground: Ground) -> None:
    put = ground.said("put", ground.file(a_pdf()))
    assert put == {"digest": digest_of(a_pdf()), "size": 400, "media_type": "application/pdf", "name": "欠条.pdf"}
    (line,) = ground.said("list")
    assert (line["file"], line["size"], line["media_type"]) == (put["digest"], 400, "application/pdf")
    ground.done("get", put["digest"], "--out", str(ground.folder / "out.pdf"))
    assert (ground.folder / "out.pdf").read_bytes() == a_pdf()
    assert put["digest"] in ground.done("list")


def test_a_file_can_be_written_to_standard_output(ground: Ground) -> None:
    put = ground.said("put", ground.file(a_pdf()))
    assert ground.files("get", put["digest"], "--out", "-").stdout_bytes == a_pdf()


def test_what_is_refused_says_why(ground: Ground) -> None:
    ended = ground.files("put", ground.file(a_png()))
    assert (ended.exit_code, "not of the kind" in ended.output) == (FAULT, True)
    ended = ground.files("put", ground.file(a_png(), "picture"))
    assert (ended.exit_code, "--kind" in ended.output) == (USAGE, True)
    assert (
        ground.said("put", ground.file(a_png(), "picture"), "--kind", "image/png", "--name", "图.png")["name"]
        == "图.png"
    )


def test_a_file_that_is_not_here_is_not_given(ground: Ground) -> None:
    out = ("--out", str(ground.folder / "out"))
    assert ground.files("get", digest_of(b"x"), *out).exit_code == FAULT
    assert ground.files("get", "x", *out).exit_code == USAGE


def test_the_key_is_made_once(ground: Ground) -> None:
    ended = ground.files("init")
    assert (ended.exit_code, "already" in ended.output) == (FAULT, True)


def test_a_node_that_runs_reads_and_keeps_files_across_a_change_of_the_key(ground: Ground) -> None:
    before = ground.said("put", ground.file(a_pdf()))["digest"]

    async def beside() -> None:
        node = build(Settings.load(**{k.removeprefix("TRANSFER_").lower(): v for k, v in ground.environment.items()}))
        assert node.files is not None
        room = node.files.room

        async def read(digest: str) -> bytes:
            kept = await room.find(digest)
            return b"".join([block async for block in room.read(kept, 0, kept.size)])

        assert await read(before) == a_pdf()
        await asyncio.to_thread(ground.done, "rotate")
        after = (await asyncio.to_thread(ground.said, "put", ground.file(a_pdf(500))))["digest"]
        assert (await read(before), await read(after)) == (a_pdf(), a_pdf(500))
        await node.store.engine.dispose()

    asyncio.run(beside())
    heads = {one.read_bytes()[4:12] for one in (ground.folder / "files" / "objects").rglob("*.*")}
    assert len(heads) == 2


def test_without_a_place_for_files_nothing_is_put(ground: Ground) -> None:
    ended = ground.invoke("files", "put", ground.file(a_pdf()), TRANSFER_FILES=None)
    assert (ended.exit_code, "TRANSFER_FILES" in ended.output) == (CONFIGURATION, True)


def test_without_its_key_nothing_is_put_and_the_cure_is_named(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    ended = ground.files("put", ground.file(a_pdf()))
    assert (ended.exit_code, "transfer files init" in ended.output) == (CONFIGURATION, True)


def test_a_place_that_is_none_is_named(ground: Ground) -> None:
    ground.environment["TRANSFER_FILES"] = "ftp://somewhere/files"
    ground.environment["TRANSFER_FILES_SPOOL"] = str(ground.folder)
    ended = ground.files("list")
    assert (ended.exit_code, "TRANSFER_FILES" in ended.output) == (CONFIGURATION, True)


def test_files_on_their_way_are_listed(ground: Ground) -> None:
    assert ground.said("fetches") == []

    async def want() -> None:
        node = build(Settings.load(**{k.removeprefix("TRANSFER_").lower(): v for k, v in ground.environment.items()}))
        file = Attachment(digest=digest_of(b"x"), size=10, media_type=MediaType.PDF, name="x")
        async with node.store.work() as work:
            work.record_wanted(SOURCE, uuid4(), uuid4(), [file])
        await node.store.engine.dispose()

    asyncio.run(want())
    (line,) = ground.said("fetches")
    assert (line["source"], line["state"], line["got"]) == (SOURCE, "waiting", 0)
    assert ground.said("fetches", "--state", "gone") == []
    assert "waiting" in ground.done("fetches")


def test_a_sweep_says_what_it_removed(ground: Ground) -> None:
    ground.done("put", ground.file(a_pdf()))
    assert ground.said("sweep") == {"files": 0, "objects": 0, "spools": 0}
    assert "removed 0 files" in ground.done("sweep")


def test_the_setting_for_a_sweep_is_no_shorter_than_an_hour(ground: Ground) -> None:
    ground.environment["TRANSFER_FILES_UNUSED_AFTER"] = str(timedelta(minutes=59).total_seconds())
    assert ground.files("sweep").exit_code == CONFIGURATION
