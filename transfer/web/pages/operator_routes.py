"""The pages of operators, and the quarantine for those who may read it."""

from functools import partial
from typing import Final

from transfer.domain.rights import Right
from transfer.web.pages import operations, quarantine_page
from transfer.web.pages.page_route import page_route
from transfer.web.route import Route, Shows

_shown = partial(page_route, "GET", right=Right.OPERATE, shows=Shows.NOTHING)
_LIST: Final = {"query": quarantine_page.QuarantineQuery}
_CONTENT: Final = {"right": Right.READ_QUARANTINE, "shows": Shows.QUARANTINE}

OPERATOR_PAGES: Final[tuple[Route, ...]] = (
    _shown("/operations", operations.operations, "运行状况", "How the node stands"),
    _shown("/operations/due", operations.falling_due, "到期统计", "What falls due, in figures"),
    _shown("/operations/quarantine", quarantine_page.outlines, "隔离区概要", "The quarantine in outline", **_LIST),
    _shown("/operations/quarantine/{entry}", quarantine_page.outline, "隔离消息概要", "One message in outline"),
    page_route(
        "POST",
        "/operations/quarantine/{entry}",
        quarantine_page.replay,
        "重新处理隔离消息",
        "Take a message in again",
        right=Right.OPERATE,
    ),
    page_route(
        "POST",
        "/operations/quarantine/{entry}/dismiss",
        quarantine_page.put_away,
        "隔离消息不再办理",
        "Put a message away",
        right=Right.OPERATE,
    ),
    _shown("/quarantine", quarantine_page.outlines, "隔离区", "The quarantine", **_LIST, **_CONTENT),
    _shown("/quarantine/{entry}", quarantine_page.content, "隔离消息", "One message with its content", **_CONTENT),
)
