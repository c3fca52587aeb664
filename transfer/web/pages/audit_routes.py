"""The pages of auditors, and the report on how regions work together."""

from functools import partial
from typing import Final

from transfer.domain.rights import Right
from transfer.web import audit, papers
from transfer.web.pages import figures, ledger_page, trail
from transfer.web.pages.page_route import page_route
from transfer.web.route import Route, Shows

_route = partial(page_route, right=Right.AUDIT)

AUDIT_PAGES: Final[tuple[Route, ...]] = (
    _route("GET", "/audit", trail.search_page, "审计检索", "What an auditor searches by", shows=Shows.NOTHING),
    _route("POST", "/audit", trail.search, "检索结果", "What an auditor's search finds"),
    _route("GET", "/audit/ledger", ledger_page.ledger, "账本", "Checkpoints, witnesses, erasures", shows=Shows.NOTHING),
    _route(
        "POST",
        "/audit/bundle",
        trail.range_bundle,
        "一段位次的证据包",
        "The evidence bundle of a range",
        media_type=audit.BUNDLE,
    ),
    _route("GET", "/audit/cases/{case}", trail.trace, "案件全程", "The trace of a case", shows=Shows.AUDITED),
    _route("POST", "/audit/cases/{case}", trail.unmasked, "显示姓名的案件全程", "The trace of a case with names"),
    _route(
        "POST",
        "/audit/cases/{case}/history",
        trail.history,
        "案件办理历程（PDF）",
        "The history of a case as PDF",
        media_type=papers.MEDIA_TYPE,
    ),
    _route(
        "POST",
        "/audit/cases/{case}/bundle",
        trail.bundle,
        "案件的证据包",
        "The evidence bundle of a case",
        media_type=audit.BUNDLE,
    ),
    _route("GET", "/audit/entries/{entry}", trail.entry, "一条条目", "An entry of the ledger", shows=Shows.AUDITED),
    _route(
        "GET",
        "/audit/entries/{entry}/proof",
        trail.proof,
        "一条条目的证明",
        "The proof of an entry",
        shows=Shows.AUDITED,
        media_type=audit.PROOF,
    ),
    _route(
        "GET",
        "/reports",
        figures.report,
        "地区间统计",
        "How regions work together",
        right=Right.REPORT,
        shows=Shows.NOTHING,
        query=figures.ReportQuery,
    ),
    _route(
        "GET",
        "/reports/{file}",
        figures.report_file,
        "统计文件",
        "The report as a file",
        right=Right.REPORT,
        shows=Shows.NOTHING,
        query=figures.ReportQuery,
        media_type="application/octet-stream",
    ),
)
