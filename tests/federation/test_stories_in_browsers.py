"""Whole stories at the pages of two nodes over a broker: nothing but what people do in their browsers."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, FilePayload
from playwright.async_api import TimeoutError as PlaywrightTimeout

from deploy.local.broker import Broker
from tests.browser.chromium import chromium
from tests.browser.desks import Office, begins, case_at, ends, office, step
from tests.browser.persons import Person
from tests.federation.dated import dated_nodes
from tests.pki import Pki
from tests.samples import a_jpeg
from transfer.domain.clocks import CHINA
from transfer.web.pages.languages import Language

ZHONGSHAN, LUXIAN = "442000", "510521"
PHONE: Final = {"width": 360, "height": 740}
IDENTITY: Final = "990000198504120010"

pytestmark = [pytest.mark.browser, pytest.mark.federation, pytest.mark.broker, pytest.mark.timeout(300)]
IN_BOTH: Final = pytest.mark.parametrize("language", Language, ids=lambda one: one.name)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def applied(worker: Person) -> str:
    """From the notice to the receipt, with a photo of a paper; gives the code."""
    await worker.opens("/apply")
    await worker.ticks("I have read who gets my data and what for.")
    await worker.presses("Begin")
    for fields in (
        {"Your name": "李大山"},
        {"Telephone number": "13800000002"},
        {"Number of the identity card": IDENTITY},
        {"Region where you are registered (hukou)": LUXIAN},
    ):
        await worker.fills(fields)
        await worker.presses("Go on")
    await worker.ticks("I was not paid, or not all of it")
    await worker.presses("Go on")
    for fields in (
        {"Name of the company or boss": "中山某家具公司"},
        {"In your own words": "从五月到十月没有发工资。"},
        {"What should the other side do?": "请求支付工资", "How much money is it, if you know? In yuan.": "18000"},
    ):
        await worker.fills(fields)
        await worker.presses("Go on")
    photo: FilePayload = {"name": "欠条.jpg", "mimeType": "image/jpeg", "buffer": a_jpeg()}
    await worker.hands("or choose photos that you have", photo)
    await worker.presses("Add the photo")
    await worker.presses("Go on")
    await worker.presses("Send the application")
    return await worker.page.locator(".code").first.inner_text()


@IN_BOTH
async def test_a_worker_applies_by_phone_and_the_case_goes_home_with_its_evidence(
    browser: Browser, calm_broker: Broker, pki: Pki, tmp_path: Path, language: Language
) -> None:
    began = datetime(2026, 6, 10, 10, 0, tzinfo=CHINA)
    with dated_nodes(
        calm_broker, pki, tmp_path, regions=(ZHONGSHAN, LUXIAN), began=began, sign_in="required", second_factor="",
        checkpoint_every=1,
    ) as world:  # fmt: skip
        async with office(browser, world.nodes, language) as people:
            await told(people, tmp_path)


async def told(people: Office, folder: Path) -> None:
    """By phone to Zhongshan, home to Luxian, evidence from Zhongshan, and what an auditor takes away."""
    worker = await people.anybody(ZHONGSHAN, viewport=PHONE, is_mobile=True, has_touch=True)
    code = await applied(worker)
    clerk = await people.at(ZHONGSHAN, "caseworker")
    await clerk.opens("/mailbox")
    await clerk.presses("李大山")
    await clerk.presses("Take in as a case")
    await clerk.presses("Save and continue")
    await clerk.fills({"Form of aid": "Labour mediation and arbitration"})
    for _ in range(4):
        await clerk.presses("Save and continue")
    await clerk.presses("Take in the application")
    case = case_at(clerk)
    await step(
        clerk,
        case,
        "Offer the case to another region",
        {
            "Receiving institution": f"({LUXIAN})",
            "Number of the letter": "中援转〔2026〕1号",
            "Reason": "申请人户籍地在泸县",
            "Why it goes there though no connecting point leads there": "申请人户籍地",
        },
    )
    home, head = await people.at(LUXIAN, "caseworker"), await people.at(LUXIAN, "approver")
    await step(home, case, "Sign for the offer", {"Number of papers received": "1"})
    await step(head, case, "Accept the case", {"Case number": "泸援〔2026〕第208号"})
    await asked(home, head, case)
    there = await people.at(ZHONGSHAN, "approver")
    await answered(clerk, there, case)
    await step(home, case, "Confirm the answers")
    await worker.presses("Leave, so that nobody else at this phone sees it")
    await worker.opens("/status")
    await worker.fills({"Code from your receipt": code, "Last four digits of your telephone or identity card": "0002"})
    await worker.presses("Look")
    await worker.sees(LUXIAN)
    verifier = people.nodes[LUXIAN].settings["directory_keys"]
    await audited(await people.at(LUXIAN, "auditor"), case, folder, verifier)


async def asked(home: Person, head: Person, case: str) -> None:
    """A letter that asks for one document: drafted, approved by another, sent."""
    await begins(home, case, "Draft an evidence request")
    await home.fills(
        {
            "Institution that is asked": ZHONGSHAN,
            "Number of the letter": "泸援协〔2026〕3号",
            "Purpose": "追索劳动报酬，需要证明出勤情况。",
            "The case, as far as the other region needs it": "五月到十月的工资未付。",
        }
    )
    await home.within("Handling lawyer").fills({"Name": "何律师"})
    item = home.within("What is asked", 1)
    await item.fills({"Kind of item": "Obtaining a document", "What exactly": "五月考勤表"})
    await item.ticks("Attendance sheets")
    await item.fills({"From": "2026-05-01", "To": "2026-05-31", "Form": "Copy"})
    await ends(home, case)
    await step(head, case, "Approve the draft")
    await step(home, case, "Send the approved letter")


async def answered(clerk: Person, head: Person, case: str) -> None:
    """Signed for, undertaken, answered item by item, approved and sent by another."""
    await step(clerk, case, "Sign for the letter")
    await step(clerk, case, "Undertake it and assign who collects", {"Who collects it": "王芳"})
    await begins(clerk, case, "Record what was found")
    await clerk.fills({"Result": "Does not exist", "Why it is not all that was asked": "厂方书面说明：未保存。"})
    await ends(clerk, case)
    await step(head, case, "Approve and send the reply", {"Number of the letter": "中援协复〔2026〕5号"})


async def audited(auditor: Person, case: str, folder: Path, verifier: str) -> None:
    """Traces the case, takes its bundle away, and checks it with nothing but the key of the directory at hand. What was
    done last stands under a checkpoint a little later."""
    file = folder / "case.jsonl"
    words = (sys.executable, "-m", "transfer", "audit", "check", str(file), "--verifier", verifier)
    said = "no bundle came"
    for _ in range(20):
        await auditor.opens(f"/audit/cases/{case}")
        try:
            async with auditor.page.expect_download(timeout=5_000) as coming:
                await auditor.part.get_by_role("button", name=auditor.named("Evidence bundle with proofs")).click()
        except PlaywrightTimeout:
            continue
        await (await coming.value).save_as(file)
        checked = await asyncio.to_thread(subprocess.run, words, cwd=folder, capture_output=True, check=False)
        said = checked.stdout.decode()
        if checked.returncode == 0:
            return
    raise AssertionError(said)
