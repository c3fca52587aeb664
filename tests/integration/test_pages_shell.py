"""The frame of the pages: the first one, the switch of language, and what is shown when something is wrong."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.api_node import Answer, Api, serving
from transfer.web.pages.assets import assets, place

PERSON = {"Accept": "text/html", "Accept-Language": "zh-CN,zh;q=0.9"}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(tmp_path) as api:
        yield api


async def look(api: Api, path: str, **headers: str) -> Answer:
    async with api.session.get(path, headers=PERSON | headers) as answer:
        return Answer(status=answer.status, headers=dict(answer.headers), text=await answer.text())


async def test_a_mistyped_address_is_a_page_for_a_person_and_a_problem_for_a_program(api: Api) -> None:
    page = await look(api, "/nowhere")
    assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "地址不存在" in page.text
    assert "返回首页" in page.text
    problem = await api.get("/nowhere")
    assert (problem.status, problem.kind) == (404, "not-found")


async def test_an_address_for_forms_alone_is_a_page_too(api: Api) -> None:
    page = await look(api, "/language")
    assert (page.status, page.headers["Allow"]) == (405, "POST")
    assert "该地址不支持此方法" in page.text


async def test_what_was_typed_is_inert_where_it_is_shown(api: Api) -> None:
    page = await look(api, '/"><script>alert(1)</script>')
    assert page.status == 404
    assert "<script" not in page.text


async def test_the_language_is_kept_and_leads_back_to_this_site_alone(api: Api) -> None:
    for back, led in (("/status", "/status"), ("//elsewhere.example", "/"), ("/\\elsewhere", "/"), ("https://a", "/")):
        form = {"language": "en", "back": back}
        async with api.session.post("/language", data=form, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, led)
            assert "language=en;" in answer.headers["Set-Cookie"]
    page = await look(api, "/nowhere", Cookie="language=en")
    assert '<html lang="en">' in page.text


async def test_the_style_is_small_and_kept_for_good(api: Api) -> None:
    assert len(assets()["site.css"]) < 15_000
    style = await look(api, place("site.css"))
    assert "immutable" in style.headers["Cache-Control"]
    assert (await look(api, "/static/0000000000000000/site.css")).status == 404


async def test_the_style_says_what_its_parts_say() -> None:
    style = assets()["site.css"].decode()
    assert "/*" not in style
    assert "\n" not in style
    assert ".card{background:" in style.replace(": ", ":")
    assert style.count("{") == style.count("}")
