"""What stands in Chinese on an English page says so, and is read aloud as Chinese (WCAG 2.2, 3.1.2).

It is found in the finished page, since names, reasons and papers stand everywhere: a run of Chinese in a text gets an
element of its own, and what can hold no element, a field, a choice or a picture, says it of itself.
"""

import re
from typing import Final

LANG: Final = 'lang="zh-Hans"'
_HAN: Final = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
"""Ideographs, rare ones in names included (Unicode, blocks of CJK)."""
_STOPS: Final = "\u3000-\u303f\uff01-\uff60"
_RUN: Final = re.compile(f"[{_HAN}](?:[{_HAN}{_STOPS}·0-9 ]*[{_HAN}{_STOPS}])?")
_TOLD: Final = rf"<span {LANG}>\g<0></span>"
_FILLED: Final = re.compile(f'(?:input [^>]*value|img [^>]*alt)="[^"]*[{_HAN}]')
_OF_TEXT: Final = re.compile(r"(?:option|textarea|text|title)\b")
"""Elements, of pages and of drawings, that hold nothing but text; a title has more of the page's language in it."""


def told_apart(page: str) -> str:
    """The English page, with its Chinese marked; markup has ``<`` and ``>`` nowhere but at the ends of a tag."""
    return "<".join(piece if piece.isascii() else _marked(piece) for piece in page.split("<"))


def _marked(piece: str) -> str:
    """A tag without its beginning, and the text up to the next."""
    tag, _, text = piece.partition(">")
    if (whole := _OF_TEXT.match(tag)) is not None:
        said = f" {LANG}" if whole[0] != "title" and _RUN.search(text) else ""
        return f"{whole[0]}{said}{piece[whole.end() :]}"
    if _FILLED.match(tag):
        tag = f"{tag} {LANG}"
    return f"{tag}>" + _RUN.sub(_TOLD, text)
