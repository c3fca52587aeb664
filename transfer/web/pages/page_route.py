"""How a route that people look at is written: each area binds the right that it asks for."""

from typing import Any

from transfer.web.pages.rendering import HTML
from transfer.web.route import Handler, Route, Tag


def page_route(method: str, path: str, handler: Handler, zh: str, en: str, **said: Any) -> Route:  # noqa: ANN401 - fields of Route
    """Gives HTML and by POST takes a form, where nothing else is said."""
    given: dict[str, Any] = {"media_type": HTML, "takes_form": method == "POST"} | said
    return Route(method=method, path=path, handler=handler, zh=zh, en=en, tag=Tag.PAGES, gives=None, **given)
