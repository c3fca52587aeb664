"""The two languages of the pages: each English text has its Chinese one, written as Chinese is written."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from transfer.web.pages import menu
from transfer.web.pages.languages import FOLDER
from transfer.web.pages.rendering import TEMPLATES

PAGES: Final = TEMPLATES.parent / "pages"
FILES: Final = sorted(FOLDER.glob("*.po"))
ALL_TEMPLATES: Final = sorted(TEMPLATES.rglob("*.html"))
HOLES: Final = re.compile(r"%\((\w+)\)s")
SAME: Final = re.compile(r"\b(kB|PDF)\b|[a-z-]+=\"[^\"]*\"")
"""What is written the same in both languages, and what a macro gives to be put inside of a tag."""
SPOKEN: Final = frozenset({"alt", "aria-label", "data-label", "placeholder", "title"})
HALF_WIDTH: Final = re.compile(r"[\u4e00-\u9fff]\s?[,;:!?()]|[,;:!?()]\s?[\u4e00-\u9fff]|[\u4e00-\u9fff]\.(\s|$)")


@cache
def catalog(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="zh_Hans_CN", abort_invalid=True)


def entries(path: Path) -> list[tuple[str, str]]:
    return [(str(one.id), str(one.string)) for one in catalog(path) if one.id]


@cache
def translated() -> Mapping[str, str]:
    return {en: zh for path in FILES for en, zh in entries(path)}


def asked() -> dict[str, str]:
    """Every text that pages ask a translation of, with where it stands."""
    methods = [("templates/**.html", "jinja2.ext:babel_extract"), ("pages/**.py", "python")]
    options = {"templates/**.html": {"trimmed": "false", "silent": "false"}}
    found = extract_from_dir(TEMPLATES.parent, methods, options, keywords={"_": None, "gettext": None})
    said = {str(text): f"{file}:{line}" for file, line, text, _, _ in found}
    return said | {entry.text: menu.__name__ for entry in menu.MENU}


def written_in_code() -> set[str]:
    """Every string in the code of the pages; a table of texts is translated where it is shown."""
    return {
        node.value
        for path in PAGES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


class _Spoken(HTMLParser):
    """Gathers what a reader sees or hears of a page, but for what is marked as being in a language of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._own: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in {"html", "input", "meta", "link", "br", "hr", "img"} and (
            self._own or "lang" in given or tag in {"code", "kbd", "script", "style", "title"}
        ):
            self._own.append(tag)
        self.said += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        if self._own and self._own[-1] == tag:
            self._own.pop()

    def handle_data(self, data: str) -> None:
        if not self._own:
            self.said.append(data)


def bare_texts(source: str) -> list[str]:
    """Letters in a template that stand outside of what is translated."""
    made = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    parser = _Spoken()
    parser.feed("".join(_data(made.parse(source))))
    said = (SAME.sub("", text).strip() for text in parser.said)
    return [text for text in said if re.search(r"[A-Za-z\u4e00-\u9fff]{2}", text)]


def _data(node: nodes.Node) -> Iterator[str]:
    """What the template says itself; in ``body_class`` it speaks to the style alone."""
    for child in node.iter_child_nodes():
        match child:
            case nodes.TemplateData():
                yield child.data
            case nodes.Block(name="body_class"):
                pass
            case _:
                yield from _data(child)


def test_every_text_has_its_chinese() -> None:
    missing = {text: place for text, place in asked().items() if not translated().get(text)}
    assert not missing


def test_no_translation_has_lost_its_text() -> None:
    live = asked().keys() | written_in_code()
    assert [f"{path.name}: {en}" for path in FILES for en, _ in entries(path) if en not in live] == []


def test_a_text_is_translated_once() -> None:
    where: dict[str, dict[str, str]] = {}
    for path in FILES:
        for en, zh in entries(path):
            where.setdefault(en, {})[path.name] = zh
    assert {en: by_file for en, by_file in where.items() if len(set(by_file.values())) > 1} == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_is_in_order_and_writes_chinese(path: Path) -> None:
    assert [en for en, _ in entries(path)] == sorted(en for en, _ in entries(path))
    assert not [one.id for one in catalog(path) if one.fuzzy and one.id]
    for en, zh in entries(path):
        assert set(HOLES.findall(en)) == set(HOLES.findall(zh)), en
        assert not HALF_WIDTH.search(HOLES.sub("某", zh)), zh
        assert zh == zh.strip(), zh


@pytest.mark.parametrize("path", ALL_TEMPLATES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_every_form_that_is_posted_carries_the_token_of_its_page(path: Path) -> None:
    forms = re.findall(r'<form[^>]*method="post".*?</form>', path.read_text(), re.DOTALL)
    assert [form for form in forms if "csrf" not in form] == []


@pytest.mark.parametrize("path", ALL_TEMPLATES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_says_nothing_outside_of_what_is_translated(path: Path) -> None:
    assert bare_texts(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>{{ _('Yes') }} · {{ name }}</p>", []),
        ("<p>{% trans name=name %}Hello %(name)s{% endtrans %}</p>", []),
        ("<p>Hello {{ name }}</p>", ["Hello"]),
        ('<a aria-label="Next">›</a>', ["Next"]),
        ("{% block body_class %}large{% endblock %}", []),
        ("<td>案件</td>", ["案件"]),
        ('<span lang="zh-CN">法律援助协作函</span><code>GET</code>', []),
        ('<i lang="zh-CN"><b>函</b>法律</i>Bare', ["Bare"]),
    ],
)
def test_bare_texts_are_found(source: str, found: list[str]) -> None:
    assert bare_texts(source) == found
