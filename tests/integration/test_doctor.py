"""``transfer doctor`` names each fault that was made, and its cure."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local.postgres import Postgres
from tests.integration.test_cli_files import Ground
from tests.integration.test_cli_node import Place
from tests.logbook import an_entry, append
from tests.samples import a_pdf
from transfer.storage.engine import open_engine
from transfer.storage.store import Store
from transfer.telemetry import clock


def lines(said: str, name: str) -> list[str]:
    """What is said of one part, and the cure below it."""
    all_ = said.splitlines()
    [at] = [number for number, line in enumerate(all_) if line[9:].startswith(f"{name} ")]
    return all_[at : at + 2]


def flipped(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-20] ^= 1
    file.write_bytes(content)


def under_another_name(file: Path) -> None:
    """Whole and unaltered, but the content of another record."""
    [other] = [one for one in objects(file.parents[1]) if one != file]
    file.write_bytes(other.read_bytes())


def objects(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


@pytest.mark.parametrize(
    ("fault", "said", "seen_by_quick"),
    [
        (Path.unlink, "missing", True),
        (flipped, "CannotBeOpened", False),
        (under_another_name, "of another digest", False),
    ],
)
def test_a_file_that_is_not_as_it_was_kept_is_named(
    tmp_path: Path, fault: Callable[[Path], None], said: str, *, seen_by_quick: bool
) -> None:
    ground = Ground(tmp_path)
    ground.done("init")
    put = ground.said("put", ground.file(a_pdf()))
    ground.said("put", ground.file(a_pdf(filled=b"#"), "b.pdf"))
    assert lines(ground.invoke("doctor").output, "kept files")[0].endswith("2 are there and have their digests")
    digits = put["digest"].removeprefix("sha256:")
    [file] = [one for one in objects(tmp_path / "files" / "objects") if one.name.startswith(digits)]
    fault(file)
    looked = ground.invoke("doctor")
    found, cure = lines(looked.output, "kept files")
    assert (looked.exit_code, found[:5]) == (1, "FAULT")
    assert f"1 of 2 are not as they were kept: ['{put['digest']}: {said}" in found
    assert "from a backup of TRANSFER_FILES" in cure
    quick = lines(ground.invoke("doctor", "--quick").output, "kept files")[0]
    assert quick.startswith("FAULT" if seen_by_quick else "OK")
    assert seen_by_quick or "--quick leaves their digests out" in quick


def test_a_ledger_that_ends_in_the_future_tells_of_a_clock_that_was_set_back(tmp_path: Path) -> None:
    place = Place(tmp_path)
    assert place.run("migrate").exit_code == 0
    assert lines(place.run("doctor").output, "clock")[0].startswith("OK")

    async def an_hour_ahead() -> None:
        engine = open_engine(place.environment["TRANSFER_DATABASE_URL"])
        store = Store(engine=engine, region=place.region, clock=clock.now, new_id=uuid4)
        await append(store, an_entry(0, at=clock.now() + timedelta(hours=1)))
        await engine.dispose()

    asyncio.run(an_hour_ahead())
    found, cure = lines(place.run("doctor").output, "clock")
    assert found.startswith("FAULT")
    assert "the last entry of the ledger is of" in found
    assert "NTP" in cure


@pytest.mark.postgres
@pytest.mark.parametrize("hours", [2, -2])
def test_a_database_whose_clock_is_another_is_told(tmp_path: Path, postgres: Postgres, hours: int) -> None:
    name = f"doctor_{uuid4().hex}"
    place, url = Place(tmp_path), {"TRANSFER_DATABASE_URL": postgres.create_database(name)}
    assert place.run("migrate", **url).exit_code == 0
    assert lines(place.run("doctor", **url).output, "clock")[0].endswith("and the database's server")
    # The server's own clock cannot be set here: the database answers with another one.
    postgres.execute(
        "CREATE SCHEMA ahead; CREATE FUNCTION ahead.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS "
        f"$$ SELECT pg_catalog.clock_timestamp() + interval '{hours} hours' $$; "
        f"ALTER DATABASE {name} SET search_path = public, ahead, pg_catalog",
        database=name,
    )
    found, cure = lines(place.run("doctor", **url).output, "clock")
    assert found.startswith("FAULT")
    assert "but the database's server has" in found
    assert "NTP" in cure
