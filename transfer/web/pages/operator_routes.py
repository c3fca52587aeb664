"""The pages of operators, and the quarantine for those who may read it."""

from typing import Any, Final

from transfer.domain.rights import Right
from transfer.web.pages import operations, quarantine_page
from transfer.web.route import Handler, Route, Shows, Tag


def _route(path: str, handler: Handler, zh: str, en: str, **said: Any) -> Route:  # noqa: ANN401 - fields of Route
    given: dict[str, Any] = {"method": "GET", "right": Right.OPERATE, "shows": Shows.NOTHING} | said
    return Route(path=path, handler=handler, zh=zh, en=en, tag=Tag.PAGES, gives=None, media_type="text/html", **given)


_LIST: Final = {"query": quarantine_page.QuarantineQuery}
_CONTENT: Final = {"right": Right.READ_QUARANTINE, "shows": Shows.QUARANTINE}

OPERATOR_PAGES: Final[tuple[Route, ...]] = (
    _route("/operations", operations.operations, "运行状况", "How the node stands"),
    _route("/operations/due", operations.falling_due, "到期统计", "What falls due, in figures"),
    _route("/operations/quarantine", quarantine_page.outlines, "隔离区概要", "The quarantine in outline", **_LIST),
    _route("/operations/quarantine/{entry}", quarantine_page.outline, "隔离消息概要", "One message in outline"),
    _route(
        "/operations/quarantine/{entry}",
        quarantine_page.replay,
        "重新处理隔离消息",
        "Take a message in again",
        method="POST",
        shows=None,
        takes_form=True,
    ),
    _route("/quarantine", quarantine_page.outlines, "隔离区", "The quarantine", **_LIST, **_CONTENT),
    _route("/quarantine/{entry}", quarantine_page.content, "隔离消息", "One message with its content", **_CONTENT),
)
