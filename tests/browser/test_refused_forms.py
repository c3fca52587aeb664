"""Pages that answer a form that was refused, in Chromium: as good to everyone as those that are asked for."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.browser.chromium import visitor
from tests.browser.looking import looked_at
from tests.integration.api_node import application
from tests.integration.file_nodes import FileNode, a_file_node
from tests.staff import Signed, signed_in
from tests.workers import a_form_browser
from transfer.domain.rights import Role
from transfer.web.pages.languages import Language

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser, pytest.mark.timeout(300)]
_AT_THE_REFUSAL: Final = """() => {
  const at = document.activeElement, told = document.getElementById(at.getAttribute('aria-describedby'));
  return (told ?? at).matches('.error-summary');
}"""
"""Who reads by a screen reader begins at what is wrong, or at the field that is described by it."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FileNode]:
    async with a_file_node(tmp_path_factory.mktemp("refused"), sign_in="required") as made:
        yield made


class Answered(NamedTuple):
    """The status of what came, and what was typed that must stand there still."""

    status: int
    kept: Mapping[str, str]


Refused = Callable[[Page, Signed], Awaitable[Answered]]


async def answer_to(page: Page, hidden: str = "", **typed: str) -> Answered:
    """What comes when the page's form is sent with this; a field of the name ``hidden`` comes back empty."""
    for name, value in typed.items():
        await page.fill(f"main [name='{name}']", value)
    async with page.expect_navigation() as gone:
        await page.locator("main form button:not(.visually-hidden):not([name])").last.click()
    return Answered((await gone.value).status, {name: value for name, value in typed.items() if name != hidden})


async def sign_in(page: Page, who: Signed) -> Answered:
    await page.context.clear_cookies(name="session")
    await page.goto("/sign-in")
    return await answer_to(page, hidden="password", login="nobody", password="wrong, and long enough")


async def intake(page: Page, who: Signed) -> Answered:
    await page.goto("/intake")
    async with page.expect_navigation():
        await page.click("main form[action='/intake'] button")
    return await answer_to(page, **{"applicants.0.phone": "1380"})


async def step(page: Page, who: Signed) -> Answered:
    await page.goto(f"/cases/{await _case(who)}/steps/offer")
    return await answer_to(page, letter="中援转〔2026〕1号")


async def stale(page: Page, who: Signed) -> Answered:
    case = await _case(who)
    await page.goto(f"/cases/{case}/steps/offer")
    told = {"items": [{"defect": "FORM_UNSIGNED", "explanation": "申请表缺少签名。"}], "due_on": "2027-01-04"}
    assert (await who.post(f"/v1/cases/{case}/notice", told | {"phoned": False})).status == 200
    await page.select_option("main [name=receiver]", index=1)
    return await answer_to(page, letter="中援转〔2026〕1号", reason="申请人户籍地在泸县")


async def begun_by_another(page: Page, who: Signed) -> Answered:
    async with a_form_browser(who.api.address) as worker:
        await worker.begun()
        await worker.answered()
        await worker.post("/apply/check")
    await page.goto("/mailbox")
    await page.locator("main a[href^='/mailbox/']").last.click()
    letter = urlsplit(page.url).path
    other = await signed_in(who.api, Role.INTAKE)
    async with a_form_browser(who.api.address, Cookie=other.headers["Cookie"]) as colleague:
        await colleague.post(f"{letter}/take", on=letter)
    async with page.expect_navigation() as gone:
        await page.click(f"main form[action='{letter}/take'] button")
    assert other.account.name in await page.inner_text("main [role=status]")
    return Answered((await gone.value).status, {})


async def forged(page: Page, who: Signed) -> Answered:
    await page.goto("/intake")
    await page.evaluate("document.querySelector('main form [name=csrf]').value = 'x'")
    return await answer_to(page)


async def status(page: Page, who: Signed) -> Answered:
    await page.goto("/status")
    return await answer_to(page, hidden="fact", code="33333-33333", fact="0000")


async def status_often(page: Page, who: Signed) -> Answered:
    answered = await status(page, who)
    for _ in range(12):
        if answered.status == 429:
            break
        answered = await status(page, who)
    return answered


async def _case(who: Signed) -> str:
    body = {name: value for name, value in application().items() if name not in {"by", "institution"}}
    return str((await who.post("/v1/cases", body)).body["id"])


@pytest.mark.parametrize("language", Language, ids=lambda one: one.name)
@pytest.mark.parametrize(
    ("refused", "answer"),
    [
        (sign_in, 422),
        (intake, 422),
        (step, 422),
        (stale, 412),
        (begun_by_another, 409),
        (forged, 403),
        (status, 422),
        (status_often, 429),
    ],
    ids=lambda one: getattr(one, "__name__", str(one)),
)
async def test_the_answer_to_a_refused_form_is_good_to_everyone(
    browser: Browser, node: FileNode, language: Language, refused: Refused, answer: int
) -> None:
    who = await signed_in(node.api, Role.INTAKE, Role.WORKSTATION)
    node.api.node.web.limits._full_at.clear()
    async with visitor(browser, node.api.address, language, session=who.headers["Cookie"]) as context:
        page = await context.new_page()
        answered = await refused(page, who)
        assert answered.status == answer
        if answer == 422:
            assert await page.evaluate(_AT_THE_REFUSAL)
            assert {name: await page.input_value(f"main [name='{name}']") for name in answered.kept} == answered.kept
        wrong = await looked_at(page, language)
    assert not wrong, "\n".join(dict.fromkeys(wrong))
