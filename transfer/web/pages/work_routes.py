"""The pages of caseworkers: worklist, case, evidence requests."""

from typing import Final

from transfer.domain import errors
from transfer.domain.rights import Right
from transfer.web.answers import EVENT_STREAM
from transfer.web.pages import case_page, requests_page, worklist
from transfer.web.pages.page_route import page_route
from transfer.web.route import Route, Shows

WORK_PAGES: Final[tuple[Route, ...]] = (
    page_route(
        method="GET",
        path="/cases",
        right=Right.READ_CASES,
        handler=worklist.worklist,
        zh="案件列表",
        en="The worklist: what needs us first",
        query=worklist.WorklistQuery,
        shows=Shows.CASES,
    ),
    page_route(
        method="POST",
        path="/cases",
        right=Right.READ_CASES,
        handler=worklist.search,
        zh="按姓名、案号或者对方当事人查找案件",
        en="Cases by a name, a number or an opponent",
        shows=Shows.CASES,
    ),
    page_route(
        method="GET",
        path="/cases/events",
        right=Right.READ_CASES,
        handler=worklist.events,
        zh="列表有无变化",
        en="Whether something in the lists has changed",
        query=worklist.Seen,
        shows=Shows.NOTHING,
        media_type=EVENT_STREAM,
    ),
    page_route(
        method="GET",
        path="/cases/{case}",
        right=Right.READ_CASES,
        handler=case_page.case,
        zh="案件",
        en="A case: who must act, what can be done, and all that is known here",
        shows=Shows.CASE,
        problems=(errors.UnknownCase,),
    ),
    page_route(
        method="GET",
        path="/cases/{case}/events",
        right=Right.READ_CASES,
        handler=worklist.events,
        zh="案件有无变化",
        en="Whether a case has changed",
        query=worklist.Seen,
        shows=Shows.NOTHING,
        media_type=EVENT_STREAM,
    ),
    page_route(
        method="GET",
        path="/requests",
        right=Right.READ_CASES,
        handler=requests_page.requests,
        zh="协作函",
        en="Evidence requests",
        query=requests_page.RequestsQuery,
        shows=Shows.REQUESTS,
    ),
    page_route(
        method="GET",
        path="/cases/{case}/requests/{request}",
        right=Right.READ_CASES,
        handler=requests_page.request,
        zh="一份协作函",
        en="An evidence request, item by item",
        shows=Shows.CASE,
        problems=(errors.UnknownCase, errors.UnknownRequest),
    ),
)
