"""The pages of intake, steps, groups and uploads."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from transfer.domain.rights import Right
from transfer.messages.attachments import MAX_FILE_BYTES
from transfer.web.pages import drafts, intake, uploads
from transfer.web.pages.page_route import page_route
from transfer.web.pages.steps import Chosen, show_step, take_step
from transfer.web.route import Change, Route, Shows
from transfer.web.routes import ROUTES
from transfer.web.steps import DRAFT_REQUEST, PUBLISH_STAGE

_CASE: Final = "/v1/cases/{case}/"
_NAMED: Final = {"transfers": "offer", "requests": DRAFT_REQUEST, "stages": PUBLISH_STAGE}
"""Steps whose place in the API is the list that they add to."""


def page_of_step(api: Route) -> str:
    """The path of the page of a step, by its route of the API."""
    place = api.path.removeprefix(_CASE)
    subject, brace, step = place.partition("}/")
    if brace:
        return f"/cases/{{case}}/{subject}}}/steps/{step}"
    return f"/cases/{{case}}/steps/{_NAMED.get(place, place.replace('/', '-'))}"


def _steps() -> Iterator[Route]:
    for api in ROUTES:
        if api.change is Change.CASE:
            page = partial(page_route, path=page_of_step(api), right=api.right, zh=api.zh, en=api.en)
            yield page("GET", handler=partial(show_step, api), shows=Shows.CASE, query=Chosen)
            yield page("POST", handler=partial(take_step, api), takes_files=MAX_FILE_BYTES)


_page = partial(page_route, right=Right.TAKE_IN)
_INTAKE: Final = (
    _page("GET", "/intake", drafts.listed, "收案登记：草稿", "Drafts of applications", shows=Shows.CASES),
    _page("POST", "/intake", drafts.begin, "开始收案登记", "Begin an application"),
    _page("GET", "/groups", drafts.listed, "按名单收案登记：草稿", "Drafts of group applications", shows=Shows.CASES),
    _page("POST", "/groups", drafts.begin, "开始按名单收案登记", "Begin a group application"),
    _page("POST", "/intake/{draft}", drafts.drop, "删除草稿", "Drop a draft"),
    _page("GET", "/intake/{draft}/{page}", intake.show, "收案登记：填写", "A page of an application", shows=Shows.CASE),
    _page(
        "POST",
        "/intake/{draft}/{page}",
        intake.take,
        "收案登记：保存",
        "Save a page of an application",
        takes_files=MAX_FILE_BYTES,
    ),
)

_UPLOADS: Final = tuple(
    page_route(
        method,
        path,
        handler,
        zh,
        en,
        right=Right.READ_CASES,
        shows=Shows.NOTHING if method == "GET" else None,
        media_type="text/plain",
        takes_form=False,
        takes_file=method == "PATCH",
    )
    for method, path, handler, zh, en in (
        ("POST", "/uploads", uploads.begin, "开始上传", "Begin an upload"),
        ("GET", "/uploads/{upload}", uploads.progress, "查询上传进度", "How much of an upload is here"),
        ("PATCH", "/uploads/{upload}", uploads.append, "续传", "The next piece of an upload"),
    )
)
"""Under the right of adding a file by the API. HEAD is answered where GET is."""

FORM_PAGES: Final[tuple[Route, ...]] = (*_INTAKE, *_steps(), *_UPLOADS)
