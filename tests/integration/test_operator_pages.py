"""The operators' pages: red lights with their cures, links with what waits, figures without persons, the quarantine."""

import asyncio
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Final
from urllib.parse import quote
from uuid import uuid4

import pytest
from sqlalchemy import update

from tests.integration.api_node import ZHONGSHAN, Api, serving
from tests.integration.test_api_quarantine import refused_by_a_fault
from tests.integration.test_reconcile_shown import found as compared
from tests.noted import noted
from transfer.ledger.differences import Difference
from transfer.ledger.entry import Kind
from transfer.ports.work import StorageUnavailable
from transfer.storage.tables import outbox
from transfer.telemetry import clock
from transfer.workers.loop import Duty

PERSONS: Final = ("李大山", "王芳", "张伟")
OPERATOR: Final = "何工"


async def looked(api: Api, path: str, form: dict[str, str] | None = None, *, language: str = "en") -> tuple[int, str]:
    """Status and source of a page."""
    headers = {"Accept-Language": language, "Actor": quote(OPERATOR)}
    async with api.session.request(
        "GET" if form is None else "POST", path, data=form, headers=headers, allow_redirects=False
    ) as answer:
        return answer.status, await answer.text()


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def row_of(html: str, name: str) -> str:
    """The row of a table that begins with this name."""
    return next(plain(row) for row in re.findall(r"<tr>.*?</tr>", html, re.DOTALL) if plain(row).startswith(name))


async def test_each_red_light_has_its_cure_beside_it_in_both_languages(tmp_path: Path) -> None:
    async with serving(tmp_path, roles="api,relay", broker_lost_after=0.0) as api:
        next(duty for duty in api.node.duties if duty.name == "relay").failures = 3
        for language, cures in (
            ("en", ("Start the broker, or correct TRANSFER_AMQP_URL", "Look for duty_failed with duty=relay")),
            ("zh", ("启动消息中间件，或者更正 TRANSFER_AMQP_URL", "在日志中查找 duty=relay 的 duty_failed")),
        ):
            status, html = await looked(api, "/operations", language=language)
            assert status == 200
            english = language == "en"
            names = {
                "broker:relay": "Broker" if english else "消息中间件",
                "duty:relay": "Duty" if english else "后台任务",
            }
            lights = [row_of(html, f"{what} {name}") for name, what in names.items()]
            assert all(cure in light for cure, light in zip(cures, lights, strict=True))
            assert all(("wrong" if english else "异常") in light for light in lights)
            first = re.findall(r'<th scope="row" data-label="[^"]+">[^<]+<code>([^<]+)', html)[:2]
            assert set(first) == {"broker:relay", "duty:relay"}, "what is red stands first"


async def test_a_link_says_what_waits_since_when_and_what_went_to_and_fro(here: Api, there: Api) -> None:
    assert "nothing exchanged yet" in row_of((await looked(here, "/operations"))[1], "Luxian")
    await here.offered()
    await here.carry(there)
    line = row_of((await looked(here, "/operations"))[1], "Luxian")
    assert re.fullmatch(r"Luxian.* 510521 well 1 .* 0 0 1 .* 0 –", line), line
    owed = row_of((await looked(there, "/operations"))[1], "Zhongshan")
    assert re.fullmatch(r"Zhongshan.* 442000 well 0 0 1 .* 0 1 .* –", owed), owed
    async with here.node.store.writing() as connection:
        await connection.execute(update(outbox).values(created_at=clock.now() - timedelta(hours=1)))
    slow = (await looked(here, "/operations"))[1]
    assert "messages wait too long" in row_of(slow, "Luxian")
    assert '<line class="line late"' in slow
    assert "1 hour ago" in row_of(slow, "Luxian")


async def test_the_page_names_keys_with_the_days_they_have_left(here: Api) -> None:
    _, html = await looked(here, "/operations")
    for key in here.node.book.latest.by_code[ZHONGSHAN].keys:
        days = (key.not_after - clock.now()).days
        assert "in use" in row_of(html, key.kid)
        assert re.search(rf"{days:,} days$", row_of(html, key.kid))


async def test_what_comparing_records_found_stands_with_its_cure(here: Api) -> None:
    await compared(here, Difference.RECORD_LOST)
    _, html = await looked(here, "/operations")
    assert "1 messages differ" in plain(html)
    assert "compare its backup and its ledger" in plain(html)
    assert "核对其备份与账本" in plain((await looked(here, "/operations", language="zh"))[1])


async def test_a_duty_tells_when_it_last_ended_well() -> None:
    again, ran = asyncio.Event(), list[int]()

    async def once() -> int:
        ran.append(1)
        if len(ran) == 1:
            return 1
        again.set()
        return 0

    duty = Duty(name="probe", once=once, poll=60)
    task = asyncio.create_task(duty.run())
    await again.wait()
    task.cancel()
    assert duty.done_at is not None
    assert clock.now() - duty.done_at < timedelta(minutes=1)


async def test_without_its_database_the_page_still_says_what_is_wrong(
    here: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StorageUnavailable("ConnectionRefusedError: no")

    for name in ("form", "links"):
        monkeypatch.setattr(type(here.node.views), name, away)
    status, html = await looked(here, "/operations")
    assert status == 200
    assert "Start the database" in row_of(html, "Database")
    assert "nothing is known of messages" in plain(html)


async def test_what_falls_due_is_counted_by_kind_and_region_and_names_nobody(here: Api) -> None:
    await here.opened()
    await here.opened()
    status, html = await looked(here, "/operations/due")
    assert status == 200
    assert re.search(r"Clocks of cases .*Zhongshan.* 0 0 0 2 0 .*Together", plain(html)), plain(html)
    assert "案件期限" in plain((await looked(here, "/operations/due", language="zh"))[1])


async def test_no_page_of_operators_names_a_person(here: Api, there: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    await refused_by_a_fault(here, there, monkeypatch)
    await there.opened()
    await there.take_in('{"name":"李大山"}'.encode(), source=ZHONGSHAN)
    ids = re.findall(r'href="(/operations/quarantine/[^"]+)"', (await looked(there, "/operations/quarantine"))[1])
    assert len(ids) == 2
    before = len(await noted(there.node.store.engine, Kind.READ))
    for path in ("/operations", "/operations/due", "/operations/quarantine", *ids):
        status, html = await looked(there, path)
        assert status == 200
        assert not [name for name in PERSONS if name in html], path
    assert len(await noted(there.node.store.engine, Kind.READ)) == before, "nothing personal was read"


async def test_who_may_read_the_quarantine_sees_what_it_says_and_the_ledger_says_who(there: Api) -> None:
    await there.take_in('{"name":"李大山","x":"</pre><script>alert(1)</script>"}'.encode(), source=ZHONGSHAN)
    _, html = await looked(there, "/quarantine")
    [path] = re.findall(r'href="(/quarantine/[^"]+)"', html)
    status, html = await looked(there, path)
    assert status == 200
    assert "李大山" in html
    assert "<script>alert" not in html
    assert "The message cannot be read" in plain(html)
    [*_, last] = await noted(there.node.store.engine, Kind.READ)
    assert (last.facts["what"], last.texts) == ("quarantine", {"by": OPERATOR})


async def test_a_replay_says_its_verdict_is_carried_out_once_and_noted_with_who_did_it(
    here: Api, there: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await refused_by_a_fault(here, there, monkeypatch)
    [path] = re.findall(r'href="(/operations/quarantine/[^"]+)"', (await looked(there, "/operations/quarantine"))[1])
    _, html = await looked(there, path)
    key = re.search(r'name="key" value="([^"]+)"', html)
    assert key is not None
    for _ in range(2):
        status, html = await looked(there, path, {"key": key[1]})
        assert (status, "Replayed: applied" in plain(html)) == (200, True)
    assert "Take it in again" not in plain(html)
    assert (await there.get(f"/v1/cases/{case['id']}")).status == 200
    [replayed] = await noted(there.node.store.engine, Kind.REPLAYED)
    assert replayed.facts == {"quarantine": path.rpartition("/")[2], "verdict": "applied"}
    assert replayed.texts == {"by": OPERATOR}
    assert (await looked(there, path, {"key": ""}))[0] == 400
    assert (await looked(there, f"/operations/quarantine/{uuid4()}"))[0] == 404


async def test_a_message_is_put_away_with_a_reason_and_waits_no_more(there: Api) -> None:
    await there.take_in(b"no message at all", source=ZHONGSHAN)
    [path] = re.findall(r'href="(/operations/quarantine/[^"]+)"', (await looked(there, "/operations/quarantine"))[1])
    _, html = await looked(there, path)
    key = re.findall(r'name="key" value="([^"]+)"', html)[1]
    status, html = await looked(there, f"{path}/dismiss", {"key": key, "reason": "", "remark": "扫描程序"})
    assert (status, "Choose why it needs nothing more." in plain(html), "扫描程序" in html) == (422, True, True)
    for _ in range(2):
        assert (await looked(there, f"{path}/dismiss", {"key": key, "reason": "NO_MESSAGE"}))[0] == 303
    _, html = await looked(there, path)
    assert "It is no message; there is nothing to do" in plain(html)
    assert "Put it away" not in plain(html)
    assert "Take it in again" in plain(html)
    assert "put away" in plain((await looked(there, "/operations/quarantine"))[1])
    [told] = await noted(there.node.store.engine, Kind.REPLAYED)
    assert (told.facts["verdict"], told.texts) == ("dismissed", {"by": OPERATOR})


async def test_the_quarantine_is_paged(there: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transfer.web.pages.quarantine_page.LINES", 2)
    for n in range(5):
        await there.take_in(b"x" * (n + 1), source=ZHONGSHAN)
    path, seen = "/operations/quarantine", list[str]()
    while path:
        _, html = await looked(there, path)
        seen += re.findall(r'href="/operations/quarantine/([^"?]+)"', html)
        onward = re.search(r'rel="next" href="([^"]+)"', html)
        path = unescape(onward[1]) if onward else ""
    assert len(seen) == len(set(seen)) == 5
