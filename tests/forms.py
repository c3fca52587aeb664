"""A browser without scripts: reads the forms of pages, fills them in and sends them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import aiohttp

from tests.integration.api_node import Api


@dataclass(slots=True, kw_only=True)
class PageForm:
    """One form: where it goes, what it would send as it stands, and what else it offers."""

    action: str = ""
    method: str = "get"
    pairs: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    files: set[str] = field(default_factory=set)

    def sent(self, changes: Mapping[str, str | Sequence[str]] | None = None, **more: Any) -> list[tuple[str, str]]:
        """What is sent after these fields were changed; names must be those of the form."""
        given = dict(changes or {}) | more
        assert set(given) <= self.names, f"no such field: {sorted(set(given) - self.names)}"
        kept = [(name, value) for name, value in self.pairs if name not in given]
        for name, value in given.items():
            kept += [(name, one) for one in ([value] if isinstance(value, str) else value)]
        return kept

    def value(self, name: str) -> str | None:
        return next((value for given, value in self.pairs if given == name), None)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[PageForm] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.controls: list[dict[str, str]] = []
        self.text: list[str] = []
        self._select: str | None = None
        self._chosen: str | None = None
        self._first: str | None = None
        self._area: str | None = None
        self._in_label = False
        self._written = ""

    def handle_starttag(  # noqa: C901, PLR0912 - one case for each element that a form is made of
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "label":
            self._in_label = True
            self.labelled.add(given.get("for", ""))
        if tag == "form":
            self.forms.append(PageForm(action=given.get("action", ""), method=given.get("method", "get")))
        if not self.forms or (tag not in {"input", "select", "textarea", "option", "button"}):
            return
        form, name = self.forms[-1], given.get("name", "")
        if tag in {"input", "select", "textarea"} and given.get("type") != "hidden":
            self.controls.append(given | {"tag": tag, "in_label": str(self._in_label)})
        if tag != "option" and name:
            form.names.add(name)
        match tag, given.get("type", "text"):
            case "button", _:
                form.buttons.append((name, given.get("value", "")))
            case "input", "file":
                form.files.add(name)
            case "input", "checkbox" | "radio":
                form.choices.setdefault(name, []).append(given.get("value", "on"))
                if "checked" in given:
                    form.pairs.append((name, given.get("value", "on")))
            case "input", _:
                form.pairs.append((name, given.get("value", "")))
            case "select", _:
                self._select, self._chosen, self._first = name, None, None
            case "option", _ if self._select is not None:
                form.choices.setdefault(self._select, []).append(given.get("value", ""))
                self._first = given.get("value", "") if self._first is None else self._first
                if "selected" in given:
                    self._chosen = given.get("value", "")
            case "textarea", _:
                self._area, self._written = name, ""
            case _:
                pass

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._in_label = False
        if tag == "select" and self._select is not None:
            chosen = self._chosen if self._chosen is not None else self._first
            self.forms[-1].pairs.append((self._select, chosen or ""))
            self._select = None
        if tag == "textarea" and self._area is not None:
            self.forms[-1].pairs.append((self._area, self._written.removeprefix("\n")))
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._written += data
        elif data.strip():
            self.text.append(data.strip())


def in_one_voice(html: str) -> str:
    """The page without the marks of what is Chinese in an English text."""
    return re.sub(r'<span lang="zh-Hans">(.*?)</span>', r"\1", html, flags=re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRead:
    """A page as a person meets it."""

    forms: list[PageForm]
    text: str
    ids: list[str]
    unlabelled: list[str]

    def form(self, action: str) -> PageForm:
        return next(one for one in self.forms if one.action == action)


def read_page(html: str) -> PageRead:
    reader = _Reader()
    reader.feed(in_one_voice(html))
    nameless = [
        one.get("name", "?")
        for one in reader.controls
        if one.get("id") not in reader.labelled and one["in_label"] == "False" and "aria-label" not in one
    ]
    return PageRead(forms=reader.forms, text=" ".join(reader.text), ids=reader.ids, unlabelled=nameless)


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """What a browser without scripts does."""

    api: Api
    language: str = "en"

    async def get(self, path: str, *, status: int = 200) -> PageRead:
        async with self.api.session.get(path, cookies={"language": self.language}, allow_redirects=False) as answer:
            html = await answer.text()
            assert answer.status == status, f"{answer.status} {html[:3000]}"
            assert "style=" not in html
            return read_page(html)

    async def post(self, path: str, pairs: list[tuple[str, Any]], *, files: dict[str, Any] | None = None) -> "Posted":
        data = aiohttp.FormData(default_to_multipart=True)
        for name, value in pairs:
            data.add_field(name, value)
        for name, (content, filename, kind) in (files or {}).items():
            data.add_field(name, content, filename=filename, content_type=kind)
        cookies = {"language": self.language}
        async with self.api.session.post(path, data=data, cookies=cookies, allow_redirects=False) as answer:
            return Posted(
                status=answer.status, where=answer.headers.get("Location", ""), page=read_page(await answer.text())
            )

    async def form(self, path: str) -> PageForm:
        return (await self.get(path)).form(path.partition("?")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """The answer to a form."""

    status: int
    where: str
    page: PageRead
