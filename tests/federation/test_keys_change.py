"""Keys change while nodes run: replaced, revoked, lost, expired. Nothing is lost, and nothing is applied twice."""

import asyncio
import json
import shutil
from datetime import timedelta
from typing import Any, Final

import pytest
from click.testing import CliRunner

from tests.federation.checks import Expected, View
from tests.federation.ground import LUXIAN, SICHUAN, ZHONGSHAN, Ground
from tests.federation.members import Members, in_force, readiness, transfer
from tests.federation.processes import NodeProcess, until
from tests.trust import PASSPHRASE
from transfer.cli.exits import CONFIGURATION, FAULT
from transfer.cli.main import main
from transfer.crypto.keys import KeyUse, SuiteName
from transfer.crypto.keystore import revoke_key, rotate_key
from transfer.messages.sealed import SealedEvent
from transfer.telemetry import clock

pytestmark = [pytest.mark.federation, pytest.mark.broker]

DAY: Final = timedelta(days=1)
OF_BOTH: Final = [(region, use) for region in (ZHONGSHAN, LUXIAN) for use in KeyUse]


@pytest.fixture
def members(ground: Ground) -> Members:
    return Members.of(ground)


async def shows_keys(node: NodeProcess, *, ok: bool, said: str) -> dict[str, Any]:
    """Returns the check of the keys once /readyz says this of them."""
    seen: dict[str, Any] = {}

    async def told() -> bool:
        status, checks = await readiness(node)
        seen.update(checks["keys"], status=status)
        return bool(seen["ok"] is ok and said in seen["found"])

    await until(told, what=f"the keys of {node.name} are {'well' if ok else 'not well'}: {said}")
    return seen


def refused(view: View, code: str) -> int:
    """How many lie in quarantine, all of them for this reason."""
    assert {row.code for row in view.quarantine} == {code}
    return len(view.quarantine)


async def test_keys_that_are_replaced_under_traffic_lose_nothing_and_need_no_restart(members: Members) -> None:
    zhongshan, luxian = await members.two()
    tap = await members.ground.tap(ZHONGSHAN, LUXIAN)
    old = {(region, use): members.key(region, use) for region, use in OF_BOTH}
    new: dict[tuple[str, KeyUse], str] = {}
    cases: list[str] = []
    heard: list[SealedEvent] = []

    async def sent_with(keys: dict[tuple[str, KeyUse], str]) -> bool:
        """Another case goes over, and whether letters are signed and sealed with these keys by now."""
        cases.extend(await members.offered(zhongshan))
        heard.extend(SealedEvent.decode(body) for body in await tap.bodies())
        wanted = (keys[ZHONGSHAN, KeyUse.SIGN], keys[LUXIAN, KeyUse.SEAL])
        return bool(heard) and (heard[-1].signkey, heard[-1].sealkey) == wanted

    await until(lambda: sent_with(old), what="the old keys are used")
    for region, use in OF_BOTH:
        at = clock.now().replace(microsecond=0)
        made, _ = rotate_key(
            members.trust.folder / region, PASSPHRASE, old[region, use], at, lead=timedelta(seconds=4), overlap=DAY
        )
        new[region, use] = made.kid
    members.put(members.directory(2))
    await until(lambda: sent_with(new), seconds=60, what="the new keys are used")
    await in_force(2, zhongshan, luxian)
    await members.ground.knows(LUXIAN, cases)
    await luxian.do("sign_for", cases=cases)
    await members.ground.knows(ZHONGSHAN, cases, state="signed_for")
    await tap.close()
    await members.ground.agree()
    assert {event.signkey for event in heard} == {old[ZHONGSHAN, KeyUse.SIGN], new[ZHONGSHAN, KeyUse.SIGN]}


async def test_what_a_revoked_key_signed_is_refused_at_once_and_signed_anew(members: Members) -> None:
    """Who stole the key could have signed it, so its copies stay in quarantine for staff to see."""
    zhongshan, luxian = await members.two()
    before = await members.offered(zhongshan)
    await members.ground.agree()
    await luxian.stop()
    waiting = await members.offered(zhongshan, 3)
    await members.ground.shows(ZHONGSHAN, lambda view: all(row.published_at for row in view.outbox), what="all sent")
    stolen = members.key(ZHONGSHAN, KeyUse.SIGN)
    members.add_key(ZHONGSHAN, KeyUse.SIGN)
    revoke_key(members.trust.folder / ZHONGSHAN, stolen, clock.now().replace(microsecond=0), "laptop stolen")
    members.put(members.directory(2))
    await in_force(2, zhongshan)
    luxian = await members.node(LUXIAN)
    await luxian.logs("message_refused")
    told = await zhongshan.logs("message_refused_there")
    assert {(line["code"], line["resend"]) for line in told} == {("REVOKED_SIGNER", True)}
    await members.ground.knows(LUXIAN, [*before, *waiting])
    view = await members.ground.see(LUXIAN)
    count = refused(view, "REVOKED_SIGNER")
    assert count >= len(waiting)
    views = await members.ground.agree(expected=Expected(quarantined={LUXIAN: count}))
    assert all(row.applied_at is None for row in views[LUXIAN].quarantine)


async def test_letters_sealed_to_a_lost_key_are_sealed_anew_once_the_directory_lists_another(members: Members) -> None:
    zhongshan, luxian = await members.two()
    lost = members.key(LUXIAN, KeyUse.SEAL)
    kept = members.trust.folder / "lost.json"
    shutil.move(members.trust.folder / LUXIAN / f"{lost}.json", kept)
    said = await shows_keys(luxian, ok=False, said=lost)
    assert said["status"] == 503
    assert "transfer keys list" in said["todo"]
    cases = await members.offered(zhongshan, 3)
    told = await zhongshan.logs("message_refused_there")
    assert {(line["code"], line["resend"]) for line in told} == {("CANNOT_OPEN", True)}
    new = members.add_key(LUXIAN, KeyUse.SEAL)
    members.put(members.directory(2))
    await in_force(2, zhongshan, luxian)
    await shows_keys(luxian, ok=True, said=new)
    await members.ground.knows(LUXIAN, cases)

    def cured(view: View) -> bool:
        return bool(view.quarantine) and all(row.applied_at is not None for row in view.quarantine)

    view = await members.ground.shows(LUXIAN, cured, what="nothing is left to look at")
    count = refused(view, "CANNOT_OPEN")
    await members.ground.agree(expected=Expected(quarantined={LUXIAN: count}))


async def test_receipts_that_a_lost_key_cannot_open_come_again_and_leave_nothing_to_look_at(members: Members) -> None:
    zhongshan, luxian = await members.two()
    lost = members.key(ZHONGSHAN, KeyUse.SEAL)
    (members.trust.folder / ZHONGSHAN / f"{lost}.json").unlink()
    await shows_keys(zhongshan, ok=False, said=lost)
    await members.offered(zhongshan, 2)
    await zhongshan.logs("message_refused")
    members.add_key(ZHONGSHAN, KeyUse.SEAL)
    members.put(members.directory(2))
    await in_force(2, zhongshan, luxian)

    def done(view: View) -> bool:
        return not view.unsettled and all(row.applied_at is not None for row in view.quarantine)

    view = await members.ground.shows(ZHONGSHAN, done, what="all is settled")
    count = refused(view, "CANNOT_OPEN")
    await members.ground.agree(expected=Expected(quarantined={ZHONGSHAN: count}))
    assert not luxian.log("receipt_for_other_content"), "receipts get no receipts"


@pytest.mark.parametrize("why", ["gone", "expired", "not listed", "revoked by the operator"])
async def test_without_a_key_to_sign_with_messages_wait_and_the_node_says_so(members: Members, why: str) -> None:
    if why == "expired":
        members.add_key(ZHONGSHAN, KeyUse.SEAL)
        members.add_key(ZHONGSHAN, KeyUse.SIGN, validity=DAY)
    zhongshan, luxian = await members.two()
    signer = members.key(ZHONGSHAN, KeyUse.SIGN)
    file, kept = members.trust.folder / ZHONGSHAN / f"{signer}.json", members.trust.folder / "kept.json"
    match why:
        case "gone":
            shutil.move(file, kept)
        case "expired":
            for node in (zhongshan, luxian):
                await node.do("set_clock", ahead=2 * DAY.total_seconds())
        case _:
            now = clock.now().replace(microsecond=0)
            others = tuple(key for key in members.public(ZHONGSHAN) if key.kid != signer)
            own = [key.model_copy(update={"revoked_at": now}) for key in members.public(ZHONGSHAN) if key.kid == signer]
            listed = others if why == "not listed" else (*others, *own)
            members.put(members.directory(2, changes={ZHONGSHAN: {"keys": listed}}))
            await in_force(2, zhongshan)
    said = await shows_keys(zhongshan, ok=False, said="No key for this use is valid at this time.")
    assert said["status"] == 503
    assert "transfer directory verify" in said["todo"]
    cases = await members.offered(zhongshan, 2)
    await members.waits(LUXIAN, "CannotSeal: NoKeyNow")
    assert (await members.ground.see(LUXIAN)).cases == {}
    if why == "gone":
        shutil.move(kept, file)
    else:
        if why == "revoked by the operator":
            revoke_key(members.trust.folder / ZHONGSHAN, signer, clock.now().replace(microsecond=0), "so they say")
        members.add_key(ZHONGSHAN, KeyUse.SIGN)
        members.put(members.directory(3))
    await members.ground.knows(LUXIAN, cases)
    await members.ground.agree()
    assert (await shows_keys(zhongshan, ok=True, said=".sign."))["status"] == 200


async def test_a_node_whose_keys_cannot_be_used_says_so_before_it_starts(members: Members) -> None:
    """Under another passphrase; `transfer config check` says more, also of keys that are not those listed."""
    ground = members.ground
    wrong = ground.folder / "passphrase"
    wrong.touch(mode=0o600)
    wrong.write_text("a passphrase of somebody else")
    settings = {
        "region": ZHONGSHAN,
        "database_url": ground.urls[ZHONGSHAN],
        "amqp_url": ground.amqp_url(ZHONGSHAN),
        "port": 0,
        **ground.pki.settings(ZHONGSHAN),
        **members.settings(ZHONGSHAN),
    }

    async def check(**changes: Any) -> tuple[int, dict[str, str]]:
        ended = await transfer("config", "check", "--json", settings={**settings, **changes})
        checks = {one["name"]: one for one in json.loads(ended.stdout)["checks"]}
        return ended.returncode, checks["keys"]

    code, found = await check()
    assert (code, found["verdict"]) == (0, "ok")
    assert members.key(ZHONGSHAN, KeyUse.SIGN) in found["found"]
    ended = await transfer("serve", settings={**settings, "passphrase_file": wrong})
    assert ended.returncode == CONFIGURATION
    assert "The passphrase does not open this key." in ended.stderr
    code, found = await check(passphrase_file=wrong)
    assert (code, found["verdict"]) == (FAULT, "fault")
    assert found["found"].startswith("PassphraseWrong")
    (members.trust.folder / ZHONGSHAN / f"{members.key(ZHONGSHAN, KeyUse.SIGN)}.json").unlink()
    code, found = await check()
    assert (code, found["found"]) == (
        FAULT,
        "NoKeyNow: No key for this use is valid at this time. (suite jose, use sign)",
    )
    assert "make them agree" in found["cure"]


async def test_a_key_file_that_cannot_be_read_leaves_the_others_in_use_and_makes_the_node_red(
    members: Members,
) -> None:
    zhongshan, _ = await members.two()
    damaged = members.trust.folder / ZHONGSHAN / "442000.sign.00000000.json"
    damaged.touch(mode=0o600)

    async def red() -> bool:
        status, checks = await readiness(zhongshan)
        return status == 503 and not checks["duty:trust"]["ok"]

    await until(red, what="the duty of trust is red")
    assert any(damaged.name in line["error"] for line in zhongshan.log("duty_failed"))
    await members.offered(zhongshan)
    await members.ground.agree()
    damaged.unlink()

    async def well() -> bool:
        return (await readiness(zhongshan))[0] == 200

    await until(well, what="it is well again")


async def test_keys_that_expire_within_thirty_days_are_named_in_time(members: Members) -> None:
    signer = members.add_key(ZHONGSHAN, KeyUse.SIGN, validity=20 * DAY)
    members.add_key(ZHONGSHAN, KeyUse.SEAL)
    zhongshan = await members.node(ZHONGSHAN)
    said = await shows_keys(zhongshan, ok=True, said=f"expires: {signer} in 19 days")
    assert said["status"] == 200
    assert "transfer keys rotate" in said["todo"]
    runner = CliRunner(env={"TRANSFER_KEYS": str(members.trust.folder / ZHONGSHAN)})
    listed = await asyncio.to_thread(runner.invoke, main, ["keys", "list"])
    assert "expires in 19 days: rotate it" in listed.stdout
    rotate_key(members.trust.folder / ZHONGSHAN, PASSPHRASE, signer, clock.now().replace(microsecond=0))
    members.put(members.directory(2))
    await in_force(2, zhongshan)
    said = await shows_keys(zhongshan, ok=True, said=signer)
    assert "expires" not in said["found"], "its successor is listed"


async def test_two_regions_that_both_prefer_suite_sm_use_it(members: Members) -> None:
    both = (SuiteName.SM, SuiteName.JOSE)
    for region, use in OF_BOTH:
        members.add_key(region, use)
        members.add_key(region, use, suite=SuiteName.SM)
    changes = {region: {"suites": both} for region in (ZHONGSHAN, LUXIAN)}
    members.put(members.directory(changes=changes))
    zhongshan, luxian = await members.two()
    sichuan = await members.node(SICHUAN)
    taps = {region: await members.ground.tap(ZHONGSHAN, region) for region in (LUXIAN, SICHUAN)}
    cases = await members.offered(zhongshan)
    other = await members.offered(zhongshan, to=SICHUAN)
    await members.ground.knows(LUXIAN, cases)
    await luxian.do("sign_for", cases=cases)
    await members.ground.knows(ZHONGSHAN, cases, state="signed_for")
    await members.ground.knows(SICHUAN, other)
    used = {region: {SealedEvent.decode(body).suite for body in await tap.bodies()} for region, tap in taps.items()}
    assert used == {LUXIAN: {"sm"}, SICHUAN: {"jose"}}, "Sichuan has only the other one"
    for tap in taps.values():
        await tap.close()
    await members.ground.agree()
    assert sichuan.alive


async def test_a_pair_without_a_suite_in_common_waits_and_the_reason_shows(members: Members) -> None:
    for use in KeyUse:
        members.add_key(LUXIAN, use)
        members.add_key(LUXIAN, use, suite=SuiteName.SM)
    members.put(members.directory(changes={LUXIAN: {"suites": (SuiteName.SM,)}}))
    zhongshan, luxian = await members.two()
    cases = await members.offered(zhongshan)
    await members.waits(LUXIAN, f"CannotSeal: {ZHONGSHAN} and {LUXIAN} have no suite of algorithms in common")
    members.put(members.directory(2, changes={LUXIAN: {"suites": (SuiteName.SM, SuiteName.JOSE)}}))
    await in_force(2, zhongshan, luxian)
    await members.ground.knows(LUXIAN, cases)
    await members.ground.agree()
