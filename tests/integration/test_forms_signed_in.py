"""Forms of whoever is signed in: under the own name, within the own rights, from the own page, in the own drafts."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.forms import read_page
from tests.integration.api_node import OFFER, application
from tests.integration.file_nodes import PDF, FileNode, a_file_node
from tests.samples import a_pdf
from tests.staff import Signed, signed_in
from tests.workers import FormBrowser, a_form_browser
from transfer.domain.rights import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FileNode]:
    folder: Path = tmp_path_factory.mktemp("signed")
    async with a_file_node(folder, sign_in="required") as made:
        yield made


async def sent(who: Signed, path: str, pairs: list[tuple[str, str]], **file: Any) -> tuple[int, str]:
    """The form as this person's browser sends it: the session alone in a cookie, the token in the form."""
    data = aiohttp.FormData(default_to_multipart=True)
    for name, value in pairs:
        data.add_field(name, value)
    for name, content in file.items():
        data.add_field(name, content, filename="欠条.pdf", content_type=PDF)
    headers = {"Cookie": who.headers["Cookie"], "Accept-Language": "en"}
    async with who.api.session.post(path, data=data, headers=headers, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", "") or await answer.text()


async def page(who: Signed, path: str, *, status: int = 200) -> Any:
    headers = {"Cookie": who.headers["Cookie"], "Accept-Language": "en"}
    async with who.api.session.get(path, headers=headers, allow_redirects=False) as answer:
        assert answer.status == status, await answer.text()
        return read_page(await answer.text())


async def test_nobody_is_asked_for_the_own_name_and_the_step_is_taken_under_it(node: FileNode) -> None:
    who = await signed_in(node.api, Role.WORKSTATION)
    body = {name: value for name, value in application().items() if name not in {"by", "institution"}}
    case = (await who.post("/v1/cases", body)).body["id"]
    path = f"/cases/{case}/steps/offer"
    form = (await page(who, path)).form(path)
    assert form.names.isdisjoint({"by", "institution"})
    changes = {name: value for name, value in OFFER.items() if name in form.names}
    assert await sent(who, path, form.sent(changes)) == (303, f"/cases/{case}")
    history = (await who.get(f"/v1/cases/{case}/history")).body["items"]
    assert history[-1]["by"] == who.account.name


async def test_a_name_that_is_slipped_in_counts_for_nothing(node: FileNode) -> None:
    who = await signed_in(node.api, Role.APPROVER, Role.WORKSTATION)
    body = {name: value for name, value in application().items() if name not in {"by", "institution"}}
    case = (await who.post("/v1/cases", body)).body["id"]
    path = f"/cases/{case}/steps/hold"
    pairs = (await page(who, path)).form(path).sent(reason="COMPLAINT")
    assert (await sent(who, path, [*pairs, ("by", "别人"), ("institution", "510521")]))[0] == 303
    assert (await who.get(f"/v1/cases/{case}/history")).body["items"][-1]["by"] == who.account.name


async def test_a_form_without_the_token_of_its_page_is_not_taken_and_its_file_is_not_kept(node: FileNode) -> None:
    who = await signed_in(node.api, Role.INTAKE)
    form = (await page(who, "/intake")).form("/intake")
    _, draft = await sent(who, "/intake", form.sent())
    path = f"{draft.rpartition('/')[0]}/papers"
    pairs = [("materials.0.kind", "IOU"), ("materials.0.title", "欠条")]
    before = node.objects
    status, _ = await sent(who, path, pairs, **{"materials.0.file": a_pdf()})
    assert status == 403
    assert node.objects == before
    token = next(pair for pair in form.pairs if pair[0] == "csrf")
    status, _ = await sent(who, path, [token, *pairs], **{"materials.0.file": a_pdf()})
    assert status == 303
    assert len(node.objects) == len(before) + 1


async def test_a_draft_and_an_upload_are_their_accounts_alone(node: FileNode) -> None:
    mine, other = await signed_in(node.api, Role.INTAKE), await signed_in(node.api, Role.INTAKE)
    _, draft = await sent(mine, "/intake", (await page(mine, "/intake")).form("/intake").sent())
    await page(mine, draft)
    await page(other, draft, status=404)
    assert draft not in str((await page(other, "/intake")).forms)
    meta = {"Upload-Length": "9", "Upload-Metadata": "filename YS5wZGY=,filetype YXBwbGljYXRpb24vcGRm"}
    async with node.api.session.post("/uploads", headers=mine.headers | meta) as answer:
        assert answer.status == 201, await answer.text()
        place = answer.headers["Location"]
    for who, status in ((mine, 200), (other, 404)):
        async with node.api.session.head(place, headers=who.headers) as answer:
            assert answer.status == status


async def test_a_step_that_the_own_roles_do_not_open_has_no_page(node: FileNode) -> None:
    clerk, approver = await signed_in(node.api, Role.INTAKE), await signed_in(node.api, Role.APPROVER)
    body = {name: value for name, value in application().items() if name not in {"by", "institution"}}
    case = (await clerk.post("/v1/cases", body)).body["id"]
    await page(clerk, f"/cases/{case}/steps/offer", status=403)
    await page(approver, "/intake", status=403)
    await page(approver, f"/cases/{case}/steps/hold")


async def test_a_colleague_is_told_who_takes_an_application_in_and_may_take_it_over(node: FileNode) -> None:
    people = [await signed_in(node.api, Role.INTAKE) for _ in range(2)]
    async with AsyncExitStack() as open_:

        async def browser(**headers: str) -> FormBrowser:
            return await open_.enter_async_context(a_form_browser(node.api.address, **headers))

        worker = await browser()
        first, second = [await browser(Cookie=one.headers["Cookie"]) for one in people]
        await worker.begun()
        await worker.answered()
        await worker.post("/apply/check")
        [letter] = set(re.findall(r'href="(/mailbox/[0-9a-f-]{36})"', (await first.get("/mailbox")).text))
        who = await first.post(f"{letter}/take", on=letter)
        what = await first.fill(who, **{"applicants.0.name": "李大川"})
        asked = await second.post(f"{letter}/take", on=letter)
        assert (asked.status, asked.path) == (409, f"{letter}/take")
        assert f"{people[0].account.name}已开始收案登记" in asked.words
        assert (await second.get(who.path)).status == 404
        over = await second.post(f"{letter}/take", on=letter, over="yes")
        assert (over.path, "李大川" in over.text) == (who.path, True)
        assert (await first.get(what.path)).status == 404
        case = await second.take_in(letter)
        again = await first.post(f"{letter}/take", on="/mailbox")
        assert again.status == 409
        assert f"{people[1].account.name}已收案" in again.words
        assert f'href="{case.path}"' in again.text
