"""Scenarios with their dates, at the pages of two nodes over a broker: everybody signs in anew on each day."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, FilePayload

from deploy.local.broker import Broker
from tests.browser.chromium import chromium
from tests.browser.desks import Office, begins, case_at, ends, enters, office, sends, step
from tests.browser.persons import Person
from tests.federation.dated import dated_nodes
from tests.pki import Pki
from tests.samples import a_pdf
from transfer.domain.clocks import CHINA
from transfer.messages.codes import Stage
from transfer.web.pages.languages import Language

ZHOUSHAN, XIAOGAN = "330900", "420900"
FUSHUN, LINGWU = "210402", "640181"
MONTHS: Final = ("03", "04", "05", "06", "07", "08")
Day = Callable[[datetime], None]

pytestmark = [pytest.mark.browser, pytest.mark.federation, pytest.mark.broker, pytest.mark.timeout(300)]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def taken_in(clerk: Person, place: str, home: str, matter: str) -> str:
    """Page by page, the condition of hardship left open; gives the case."""
    await clerk.opens("/intake")
    await clerk.presses("Begin a new application")
    await clerk.fills({"How the application came": "Telephone"})
    worker = clerk.within("Applicants", 1)
    await worker.fills({"Name": "练某", "Document": "No document at hand", "Code of the household region": home})
    await clerk.presses("Save and continue")
    await clerk.fills(
        {
            "Matter": matter,
            "Form of aid": "Labour mediation and arbitration",
            "Facts of the case": "事情的经过。",
            "What is claimed": "请求赔偿或者支付",
        }
    )
    await clerk.presses("Save and continue")
    await clerk.fills({"Where the cause arose: code": place})
    for _ in range(3):
        await clerk.presses("Save and continue")
    await clerk.presses("Take in the application")
    return case_at(clerk)


# SC-01 ------------------------------------------------------------------------------------------------------


async def test_a_check_at_home_leaves_three_days_out_and_is_seen_on_the_page_of_the_case(
    browser: Browser, calm_broker: Broker, pki: Pki, tmp_path: Path
) -> None:
    async with staged(browser, calm_broker, pki, tmp_path, (ZHOUSHAN, XIAOGAN), at(2026, 3, 9)) as (people, on):
        await an_accident(people, on)


async def an_accident(people: Office, on: Day) -> None:
    """Lian phones Zhoushan on 9 March, and Xiaogan looks at her means from the 10th to the 13th."""
    clerk = await people.at(ZHOUSHAN, "caseworker")
    case = await taken_in(clerk, ZHOUSHAN, XIAOGAN, "Traffic accident")
    await enters(clerk, case, Stage.UNDER_REVIEW)
    await begins(clerk, case, "Find on what ground applicants have aid")
    finding = clerk.within("Findings on the hardship condition", 1)
    await finding.fills({"Hardship ground": "Migrant worker claiming pay or work injury: check waived"})
    await finding.fills({"What it rests on": "务工证明"})
    await sends(clerk)
    await clerk.sees("This is to be mended")
    on(at(2026, 3, 10))
    clerk, head = await people.at(ZHOUSHAN, "caseworker"), await people.at(ZHOUSHAN, "approver")
    home = await people.at(XIAOGAN, "caseworker")
    await drafted(clerk, case, XIAOGAN, "核查经济状况，以决定是否给予法律援助。")
    item = clerk.within("What is asked", 1)
    await item.fills({"Kind of item": "Check of the economic situation", "What exactly": "核查申请人家庭经济状况"})
    await item.ticks("Finding on economic hardship", "练某")
    await ends(clerk, case)
    await step(head, case, "Approve the draft")
    await step(clerk, case, "Send the approved letter")
    await step(home, case, "Sign for the letter")
    await step(home, case, "Undertake it and assign who collects", {"Who collects it": "郭明远"})
    on(at(2026, 3, 13))
    home, head = await people.at(XIAOGAN, "caseworker"), await people.at(XIAOGAN, "approver")
    await begins(home, case, "Record what was found")
    await home.within("Answers item by item", 1).fills({"Result": "Obtained"})
    fact = await home.within("Answers item by item", 1).adds("Answers in words")
    await fact.fills({"What it tells": "Finding on economic hardship", "Answer": "符合经济困难标准"})
    await fact.fills({"Whom it is about": "练某"})
    await ends(home, case)
    await step(head, case, "Approve and send the reply", {"Number of the letter": "孝援复〔2026〕2号"})
    clerk = await people.at(ZHOUSHAN, "caseworker")
    await step(clerk, case, "Confirm the answers")
    await clerk.sees("19 Mar 2026" if people.language is Language.EN else "2026年3月19日")


# SC-04 ------------------------------------------------------------------------------------------------------


async def test_a_letter_across_spring_festival_is_answered_item_by_item_at_the_pages(
    browser: Browser, calm_broker: Broker, pki: Pki, tmp_path: Path
) -> None:
    async with staged(browser, calm_broker, pki, tmp_path, (FUSHUN, LINGWU), at(2026, 2, 11)) as (people, on):
        await six_months(people, on)


async def six_months(people: Office, on: Day) -> None:
    """Fushun asks for six months, Lingwu first which shifts are meant; five are found and one was not kept."""
    clerk, head = await people.at(FUSHUN, "caseworker"), await people.at(FUSHUN, "approver")
    case = await taken_in(clerk, LINGWU, FUSHUN, "Remuneration")
    await drafted(clerk, case, LINGWU, "追索劳动报酬，需要证明出勤情况。")
    for number, month in enumerate(MONTHS, start=1):
        item = clerk.within("What is asked", 1) if number == 1 else await clerk.adds("What is asked", number)
        await item.fills({"Kind of item": "Obtaining a document", "What exactly": f"{month}月考勤表", "Form": "Copy"})
        await item.ticks("Attendance sheets", "练某")
        await item.fills({"From": f"2025-{month}-01", "To": f"2025-{month}-28"})
    await ends(clerk, case)
    await step(head, case, "Approve the draft")
    await step(clerk, case, "Send the approved letter")
    on(at(2026, 2, 12))
    there, clerk = await people.at(LINGWU, "caseworker"), await people.at(FUSHUN, "caseworker")
    await step(there, case, "Sign for the letter")
    await step(there, case, "Ask what is meant", {"Question": "需要哪些班次、哪些材料？"})
    await step(clerk, case, "Answer the question", {"Answer": "夜班考勤表，三月至八月。"})
    await step(there, case, "Undertake it and assign who collects", {"Who collects it": "马丽"})
    await there.sees("3 Mar 2026" if people.language is Language.EN else "2026年3月3日")
    on(at(2026, 3, 2))
    there, head = await people.at(LINGWU, "caseworker"), await people.at(LINGWU, "approver")
    await begins(there, case, "Record what was found")
    for number, month in enumerate(MONTHS, start=1):
        answer = there.within("Answers item by item", number)
        if month == MONTHS[-1]:
            await answer.fills(
                {"Result": "Does not exist", "Why it is not all that was asked": "厂方书面说明：未保存。"}
            )
            continue
        await answer.fills({"Result": "Obtained"})
        piece = await answer.adds("Pieces of evidence")
        await piece.fills({"Title": f"{month}月考勤表", "Form": "Copy"})
        await piece.fills({"The original was seen": "Yes"})
        hop = piece.within("Chain of custody", 1)
        if not await hop.part.count():
            hop = await piece.adds("Chain of custody")
        await hop.fills({"What was done with it": "Collected", "When": "2026-02-27T10:00:00", "Where": "宁东某厂"})
        await hop.fills({"Person who acts": "马丽", "Institution": LINGWU})
        await hop.fills({"How it was obtained": "Copied from the original", "From whom": "人事部"})
        sheet: FilePayload = {"name": f"{month}.pdf", "mimeType": "application/pdf", "buffer": a_pdf(900)}
        await piece.hands("File", sheet)
    await ends(there, case)
    await step(head, case, "Approve and send the reply", {"Number of the letter": "灵援复〔2026〕1号"})
    clerk = await people.at(FUSHUN, "caseworker")
    await step(clerk, case, "Confirm the answers")


async def drafted(clerk: Person, case: str, to: str, purpose: str) -> None:
    """Opens a letter and says what it is for; its items are left."""
    await begins(clerk, case, "Draft an evidence request")
    await clerk.fills({"Institution that is asked": to, "Number of the letter": "援协〔2026〕3号", "Purpose": purpose})
    await clerk.fills({"The case, as far as the other region needs it": "案情如附。"})
    await clerk.within("Handling lawyer").fills({"Name": "韩律师"})


@asynccontextmanager
async def staged(  # noqa: PLR0913, PLR0917 - what it stands on
    browser: Browser, broker: Broker, pki: Pki, folder: Path, regions: tuple[str, str], began: datetime
) -> AsyncIterator[tuple[Office, Day]]:
    """Two nodes at a date of the story, their people, and what brings a later day."""
    with dated_nodes(broker, pki, folder, regions=regions, began=began, sign_in="required", second_factor="") as world:

        def on(day: datetime) -> None:
            world.now = day

        async with office(browser, world.nodes, Language.ZH) as people:
            yield people, on


def at(year: int, month: int, day: int) -> datetime:
    """Ten in the morning, in China."""
    return datetime(year, month, day, 10, 0, tzinfo=CHINA)
