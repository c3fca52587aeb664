"""The last release beside this one: two regions of different releases, and one region amid its upgrade."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest

from tests.federation.ground import LUXIAN, ON_BOTH, ZHONGSHAN, Ground
from tests.federation.plays import a_whole_case, taken_on
from tests.federation.stage import Stage, played
from transfer.cli.exits import CONFIGURATION
from transfer.storage.migrate import form, head

pytestmark = [pytest.mark.federation, pytest.mark.broker, pytest.mark.timeout(300)]

ROOT: Final = Path(__file__).parents[2]
LAST: Final = (ROOT / "deploy" / "last-release").read_text().strip()
NEXT: Final = '''"""What the release after this one adds."""
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9000", "{head}", None, None
serves = "{serves}"


def upgrade():
    op.add_column("cases", sa.Column("note_of_the_next", sa.Text(), nullable=True))


def downgrade():
    op.drop_column("cases", "note_of_the_next")
'''


def git(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=False)


@pytest.fixture(scope="module")
def last(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of the last release, in a folder of its own."""
    if git("cat-file", "-e", f"{LAST}^{{commit}}").returncode:
        pytest.skip(f"the last release, commit {LAST}, is not in this clone: `git fetch --unshallow` brings it")
    folder = tmp_path_factory.mktemp("last")
    with tarfile.open(fileobj=BytesIO(git("archive", LAST, "transfer").stdout)) as found:
        found.extractall(folder, filter="data")
    return folder


@pytest.mark.parametrize("older", [ZHONGSHAN, LUXIAN])
async def test_a_whole_case_goes_between_the_last_release_and_this_one(ground: Ground, last: Path, older: str) -> None:
    def play(stage: Stage) -> None:
        nodes = [
            stage.node(region, PYTHONPATH=str(last if region == older else ROOT)) for region in (ZHONGSHAN, LUXIAN)
        ]
        a_whole_case(stage, *nodes)

    async with played(ground) as stage:
        await asyncio.to_thread(play, stage)
        await ground.agree()


def run(program: Path, settings: Path, *command: str) -> subprocess.CompletedProcess[bytes]:
    """A command of the program in that folder."""
    words = [sys.executable, "-m", "transfer", *command, "--env-file", str(settings)]
    environment = {**os.environ, "PYTHONPATH": str(program)}
    return subprocess.run(words, cwd=program, env=environment, capture_output=True, check=False, timeout=60)


def next_release(folder: Path, *, serves: str) -> Path:
    """This program with one migration more."""
    shutil.copytree(ROOT / "transfer", folder / "transfer")
    versions = folder / "transfer" / "storage" / "migrations" / "versions"
    (versions / "9000_the_next.py").write_text(NEXT.format(head=head(), serves=serves))
    return folder


@ON_BOTH
async def test_amid_an_upgrade_the_last_releases_pages_work_beside_this_ones_relay_on_a_newer_database(
    ground: Ground, last: Path, tmp_path: Path
) -> None:
    async with played(ground) as stage:
        web = await asyncio.to_thread(stage.node, ZHONGSHAN, settings={"roles": "api"}, PYTHONPATH=str(last))
        before = await asyncio.to_thread(stage.open, web)
        newer = next_release(tmp_path / "next", serves=(await form(ground.engines[ZHONGSHAN])).serves)
        settings = web.folder.with_suffix(".env")
        done = await asyncio.to_thread(run, newer, settings, "migrate")
        assert b"has version 9000" in done.stdout, done.stderr
        assert web.ask("GET", "/readyz").status == 200
        await ground.node(ZHONGSHAN, roles="relay,inbound", directory=stage.directory)
        luxian = await asyncio.to_thread(stage.node, LUXIAN)

        def play() -> None:
            for case in (before, stage.open(web)):
                stage.offer(web, case, LUXIAN)
                stage.in_state(luxian, case, "offered")
                stage.press(luxian, "sign-for", case, LUXIAN, materials_counted=0)
                taken_on(stage, case, luxian)
                stage.shows(web, case, lambda known: known["stage"]["stage"] == "assigned")

        await asyncio.to_thread(play)
        await ground.agree()


async def test_the_last_release_stops_at_a_database_that_serves_it_no_more_and_starts_again_once_it_went_back(
    ground: Ground, last: Path, tmp_path: Path
) -> None:
    async with played(ground) as stage:
        web = await asyncio.to_thread(stage.node, ZHONGSHAN, settings={"roles": "api"}, PYTHONPATH=str(last))
        newer = next_release(tmp_path / "next", serves="9000")
        settings = web.folder.with_suffix(".env")
        await asyncio.to_thread(run, newer, settings, "migrate")
        assert web.ask("GET", "/readyz").status == 503
        web.end()
        refused = await asyncio.to_thread(run, last, settings, "serve")
        assert refused.returncode == CONFIGURATION
        cure = re.search(
            rb"run the newer release here too, or go back by its `transfer migrate --to (\w+)`", refused.stderr
        )
        assert cure is not None, refused.stderr
        await asyncio.to_thread(run, newer, settings, "migrate", "--to", cure[1].decode())
        await asyncio.to_thread(stage.node, ZHONGSHAN, settings={"roles": "api"}, PYTHONPATH=str(last))
