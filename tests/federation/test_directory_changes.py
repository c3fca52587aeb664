"""The directory changes while nodes run: newer ones are taken, others refused, and nothing is lost meanwhile."""

from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import select

from tests.federation.checks import Expected
from tests.federation.ground import LUXIAN, ON_BOTH, SICHUAN, ZHONGSHAN, Ground
from tests.federation.members import Members, alarms, in_force, readiness, transfer
from tests.federation.processes import NodeProcess, NodeRefused, until
from tests.federation.test_witnesses import store_of
from tests.trust import Trust
from transfer.crypto.directory import Draft
from transfer.storage.ledger_tables import ledger_cosignatures
from transfer.telemetry import clock

pytestmark = [pytest.mark.federation, pytest.mark.broker]

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR


@pytest.fixture
def members(ground: Ground) -> Members:
    return Members.of(ground)


@ON_BOTH
async def test_a_new_directory_in_the_file_is_in_force_without_a_restart_and_after_one(members: Members) -> None:
    zhongshan, luxian = await members.two()
    members.put(members.directory(2))
    roads = await in_force(2, zhongshan, luxian)
    assert roads == [str(members.file(ZHONGSHAN)), str(members.file(LUXIAN))]
    await members.offered(zhongshan)
    await members.ground.agree()
    await zhongshan.stop()
    members.put(members.directory(1), ZHONGSHAN)
    zhongshan = await members.node(ZHONGSHAN)
    assert await in_force(2, zhongshan) == ["database"]
    assert await zhongshan.logs("directory_older"), "the file was looked at, too"


async def test_a_published_directory_is_in_force_everywhere_without_a_restart_and_after_one(
    members: Members,
) -> None:
    zhongshan, luxian = await members.two()
    note, trusted = members.trust.file(members.directory(2)), members.trust.operator.verifier.text
    where = ("--amqp-url", f"amqps://directory@127.0.0.1:{members.ground.broker.ports.amqps}/{members.ground.vhost}")
    members.ground.pki.region("directory")
    tls = ("--tls", str(members.ground.pki.folder))
    ended = await transfer("directory", "publish", str(note), "--trust", trusted, *where, *tls)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "version 2 is in the inbox of every region\n"
    assert await in_force(2, zhongshan, luxian) == ["broker", "broker"]
    assert await in_force(2, await members.node(SICHUAN)) == ["broker"], "it waited in the inbox"
    await members.offered(zhongshan)
    await members.ground.agree()
    luxian.kill()
    assert await in_force(2, await members.node(LUXIAN)) == ["database"]
    await members.offered(zhongshan)
    await members.ground.agree()


async def test_a_directory_that_cannot_be_trusted_is_refused_on_every_road_and_the_last_good_one_stays(
    members: Members,
) -> None:
    zhongshan, luxian = await members.two()
    members.put(members.directory(5))
    await in_force(5, zhongshan, luxian)
    newer, now = members.directory(6, without=[SICHUAN]), clock.now()
    good = members.trust.note(newer)
    stranger = Trust(folder=members.trust.folder)
    refused = {
        "NoteMalformed": newer.model_dump_json(),
        "No known key has signed": stranger.note(newer),
        "signature by test.example/directory is wrong": good.replace("Luxian", "luxian", 1),
        "version 4; version 5 is in force": members.trust.note(members.directory(4)),
        "another content": members.trust.note(members.directory(5, without=[SICHUAN])),
        "version 6 expired": members.trust.note(
            members.directory(6, issued_at=now - timedelta(days=90), expires_at=now - timedelta(days=30))
        ),
    }
    for said, note in refused.items():
        members.put(note, ZHONGSHAN)
        event = "directory_older" if "version 4" in said else "directory_refused"
        await told(zhongshan, event, said, by=str(members.file(ZHONGSHAN)))
        await members.publish(note)
        for node in (zhongshan, luxian):
            await told(node, "directory_refused", said, by="broker")
    assert await alarms(luxian, "directory_refused") == len(refused)
    assert await alarms(zhongshan, "directory_refused") == 2 * len(refused) - 1, "an older file is no alarm"
    assert (await readiness(zhongshan))[1]["directory"]["found"].startswith("version 5,")
    await members.offered(zhongshan)
    await members.node(SICHUAN)
    await members.ground.agree()
    members.put(good)
    await in_force(6, zhongshan, luxian)


async def told(node: NodeProcess, event: str, said: str, *, by: str) -> None:
    def found() -> bool:
        return any(said in line["error"] and line["came_by"] == by for line in node.log(event))

    await until(found, what=f"{node.name} logs {event}: {said}, by {by}")


async def test_after_the_time_of_grace_nothing_is_exchanged_or_lost_until_a_new_directory_comes(
    members: Members,
) -> None:
    """The file of one brings it on again, the broker the other: there the directory stands behind letters that
    cannot be opened until it has come."""
    members.put(members.directory(1, expires_at=clock.now() + timedelta(days=1)))
    life: dict[str, Any] = {"directory_grace": HOUR}
    zhongshan, luxian = await members.two(**life)
    for node in (zhongshan, luxian):
        await node.do("set_clock", ahead=DAY + HOUR / 2)
    await members.offered(zhongshan)
    await members.ground.agree()
    status, checks = await readiness(zhongshan)
    assert (status, checks["directory"]["ok"]) == (200, True)
    assert "expired, still used" in checks["directory"]["found"]
    assert "operator" in checks["directory"]["todo"]
    # In flight when it ends: these wait in Luxian's inbox.
    await luxian.stop()
    in_flight = await members.offered(zhongshan, 3)
    await members.ground.shows(ZHONGSHAN, lambda view: all(row.published_at for row in view.outbox), what="sent")
    later = DAY + 2 * HOUR
    await zhongshan.do("set_clock", ahead=later)
    waiting = await members.offered(zhongshan, 2)
    luxian = await members.node(LUXIAN, plan={"ahead": later}, **life)
    for node, duty in ((zhongshan, "relay"), (luxian, "inbound")):
        await fails(node, duty, "DirectoryTooOld")
        status, checks = await readiness(node)
        assert (status, checks["directory"]["ok"]) == (503, False)
        assert "too old, nothing is exchanged" in checks["directory"]["found"]
        assert checks["directory"]["todo"] == "Have the operator of the exchange sign and publish a new one."
    view = await members.ground.see(LUXIAN)
    assert not {*in_flight, *waiting} & view.cases.keys()
    assert view.quarantine == []
    assert [row for row in (await members.ground.see(ZHONGSHAN)).outbox if row.published_at is None]
    newer = members.directory(2, expires_at=clock.now() + timedelta(days=90))
    members.put(newer, ZHONGSHAN)
    await members.publish(newer)
    await in_force(2, zhongshan, luxian)
    await members.ground.knows(LUXIAN, [*in_flight, *waiting], seconds=40)
    # By the same clock, since nobody takes messages from the future, and the two sign checkpoints meanwhile.
    await members.node(SICHUAN, plan={"ahead": later})
    await members.ground.agree()
    await until_ready(luxian)


async def fails(node: NodeProcess, duty: str, fault: str) -> None:
    def found() -> bool:
        return any(line["duty"] == duty and fault in line["error"] for line in node.log("duty_failed"))

    await until(found, what=f"{node.name} logs that {duty} fails by {fault}")


async def until_ready(node: NodeProcess) -> None:
    async def ready() -> bool:
        return (await readiness(node))[0] == 200

    await until(ready, what=f"{node.name} is ready")


async def test_a_region_in_maintenance_gets_nothing_until_it_ends_and_the_reason_shows(members: Members) -> None:
    zhongshan, luxian = await members.two()
    members.put(members.directory(2, changes={LUXIAN: {"maintenance": "moves to another machine"}}))
    await in_force(2, zhongshan, luxian)
    waiting = await members.offered(zhongshan, 3)
    await members.waits(LUXIAN, f"CannotSeal: region {LUXIAN} takes no messages now: moves to another machine")
    assert all(row.published_at is None for row in (await members.ground.see(ZHONGSHAN)).outbox)
    sichuan = await members.node(SICHUAN)
    passing = await members.offered(zhongshan, to=SICHUAN)
    await members.ground.knows(SICHUAN, passing)
    members.put(members.directory(3))
    await in_force(3, zhongshan, luxian, sichuan)
    await members.ground.knows(LUXIAN, waiting)
    views = await members.ground.agree()
    assert views[ZHONGSHAN].destinations[LUXIAN].last_error is None


async def test_a_removed_region_is_refused_and_told_so(members: Members) -> None:
    zhongshan, luxian = await members.two()
    before = await members.offered(zhongshan)
    await members.ground.agree()
    members.ground.unbind(LUXIAN, ZHONGSHAN)
    await luxian.do("sign_for", cases=before)
    await members.waits(ZHONGSHAN, "NO_ROUTE", at=LUXIAN)
    members.put(members.directory(2, without=[LUXIAN]))
    await in_force(2, zhongshan, luxian)
    # Its own node says so, and sends nothing more, though it could.
    await fails(luxian, "relay", f"version 2, does not list region {LUXIAN}")
    members.ground.bind(LUXIAN, ZHONGSHAN)
    status, checks = await readiness(luxian)
    assert (status, checks["directory"]["ok"]) == (503, False)
    assert f"version 2 does not list region {LUXIAN}" in checks["directory"]["found"]
    # Its people can decide nothing, and nobody can offer it a case.
    with pytest.raises(NodeRefused, match="UnknownInstitution"):
        await luxian.do("accept", cases=before)
    more = await zhongshan.do("open")
    with pytest.raises(NodeRefused, match=LUXIAN):
        await zhongshan.do("offer", cases=more, to=LUXIAN)
    members.put(members.directory(3))
    await in_force(3, zhongshan, luxian)
    await members.ground.knows(ZHONGSHAN, before, state="signed_for")
    # One letter that was sealed before may have found the road open again: it was refused, and came once more.
    kept = len((await members.ground.see(ZHONGSHAN)).quarantine)
    assert kept <= 1
    await members.ground.agree(expected=Expected(quarantined={ZHONGSHAN: kept}))


async def test_what_a_removed_region_sends_under_an_older_directory_is_refused(members: Members) -> None:
    zhongshan, luxian = await members.two()
    members.put(members.directory(2, without=[LUXIAN]), ZHONGSHAN)
    await in_force(2, zhongshan)
    cases = await members.offered(luxian, to=ZHONGSHAN)
    refused = await zhongshan.logs("message_refused")
    assert {line["code"] for line in refused} == {"UNKNOWN_REGION"}
    assert (await members.ground.see(ZHONGSHAN)).cases == {}
    # Listed again, it is heard: its message comes again under the same id.
    members.put(members.directory(3))
    await in_force(3, zhongshan, luxian)
    await members.ground.knows(ZHONGSHAN, cases)
    count = len((await members.ground.see(ZHONGSHAN)).quarantine)
    await members.ground.agree(expected=Expected(quarantined={ZHONGSHAN: count}))


async def test_what_waits_for_a_region_that_was_removed_shows_the_reason(members: Members) -> None:
    zhongshan = await members.node(ZHONGSHAN)
    members.ground.unbind(ZHONGSHAN, LUXIAN)
    cases = await members.offered(zhongshan)
    await members.waits(LUXIAN, "NO_ROUTE")
    members.put(members.directory(2, without=[LUXIAN]))
    await members.waits(LUXIAN, f"CannotSeal: the directory does not list region {LUXIAN}")
    members.ground.bind(ZHONGSHAN, LUXIAN)
    members.put(members.directory(3))
    await members.node(LUXIAN)
    await members.ground.knows(LUXIAN, cases)
    await members.ground.agree()


async def test_a_region_that_left_is_no_more_spoken_with_until_it_is_back_and_what_it_cosigned_stays_proven(
    members: Members,
) -> None:
    zhongshan, luxian = await members.two(checkpoint_every=0.5)
    waiting = await members.offered(zhongshan)
    await members.ground.knows(LUXIAN, waiting)
    await cosigned_by(LUXIAN, members)
    draft = members.trust.folder / "draft.json"
    draft.write_text(Draft(regions=members.directory().regions).text)
    left = await transfer("directory", "leave", str(draft), LUXIAN)
    assert left.returncode == 0, left.stderr
    made = Draft.load(draft)
    members.put(members.directory(2, without=[LUXIAN], former=made.former), ZHONGSHAN)
    await in_force(2, zhongshan)
    verified = await transfer("audit", "verify", settings=zhongshan.plan.settings)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    more = await zhongshan.do("open")
    with pytest.raises(NodeRefused, match=LUXIAN):
        await zhongshan.do("offer", cases=more, to=LUXIAN)
    # It has not taken the directory, and goes on as if nothing had been said.
    late = await members.offered(luxian, to=ZHONGSHAN)
    [refused, *_] = await zhongshan.logs("message_refused")
    assert refused["code"] == "UNKNOWN_REGION"
    view = await members.ground.see(ZHONGSHAN)
    assert not set(late) & view.cases.keys()
    members.put(members.directory(3, without=[LUXIAN]), ZHONGSHAN)
    await in_force(3, zhongshan)
    verified = await transfer("audit", "verify", settings=zhongshan.plan.settings)
    assert (verified.returncode, "no such region is listed" in verified.stdout) == (1, True), "nothing else proves it"

    members.put(members.directory(4))
    await in_force(4, zhongshan, luxian)
    await zhongshan.do("offer", cases=more, to=LUXIAN)
    await members.ground.knows(LUXIAN, more)
    await members.ground.knows(ZHONGSHAN, late)
    verified = await transfer("audit", "verify", settings=zhongshan.plan.settings)
    assert verified.returncode == 0, verified.stdout + verified.stderr


async def cosigned_by(region: str, members: Members) -> None:
    async def found() -> bool:
        async with store_of(members.ground, ZHONGSHAN).writing() as connection:
            rows = await connection.execute(select(ledger_cosignatures).where(ledger_cosignatures.c.region == region))
            return bool(rows.all())

    await until(found, what=f"{region} cosigns")
