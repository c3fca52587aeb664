"""Prints a letter as PDF/A-2u: fonts embedded, text that can be searched, the same bytes for the same letter.

The typesetter (Typst) breaks lines after the rules for Chinese (no closing mark begins a line, no opening one ends
it; numbers and words stay whole), splits tables and embeds what it uses of each font. It reads no clock, no network
and no file but the fonts. The letter's text reaches it as data, so nothing in it is taken for markup.
"""

import json
import re
from dataclasses import asdict
from importlib import resources
from typing import Any, Final

import typst

from transfer.messages.check_line import CheckLine, RootLine
from transfer.messages.values import showable
from transfer.paper.errors import LayoutFailed, NoGlyph, NotPrintable
from transfer.paper.fonts import Fonts
from transfer.paper.letter import Block, Closing, Heading, Letter, Paragraph, Picture, Table
from transfer.paper.numerals import official_day
from transfer.paper.qr import QUIET, modules, picture

STANDARD: Final = "a-2u"
"""ISO 19005-2, level U: for archives, all text mapped to Unicode. It forbids the empty box of a missing glyph."""

_LAYOUT: Final = resources.files("transfer.paper").joinpath("letter.typ").read_bytes()
_SAID: Final = {
    CheckLine: "（空格不计。扫描二维码或者抄录此行，可以向签发机构核对本文件与其电子原件是否一致。）",
    RootLine: "（空格不计。扫描二维码或者抄录此行，可以与其他地区联署的检查点核对台账是否一致。）",
}
"""What is printed behind the line."""
_NO_GLYPH: Final = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')
_ESCAPE: Final = re.compile(r"\\u\{([0-9a-f]+)\}")


def render(letter: Letter, fonts: Fonts) -> bytes:
    """The letter as a PDF file.

    Takes a fraction of a second of processor time and holds nothing afterwards. Raises NotPrintable for control and
    invisible characters, NoGlyph for a character that no font has, LayoutFailed when the typesetter refuses.
    """
    given = json.dumps(_data(letter) | {"fonts": asdict(fonts.families)}, ensure_ascii=False)
    _refuse_invisible(given)
    compiler = typst.Compiler(_LAYOUT, font_paths=fonts.found, ignore_system_fonts=True, sys_inputs={"letter": given})
    try:
        made = compiler.compile(format="pdf", pdf_standards=STANDARD)
    except typst.TypstError as error:
        lacking = _without_glyph(error.diagnostic)
        if lacking:
            raise NoGlyph(lacking) from None
        raise LayoutFailed(error.message) from error
    if not isinstance(made, bytes):
        raise LayoutFailed
    return made


def _data(letter: Letter) -> dict[str, Any]:
    day = letter.signed_on
    return {
        "issuer": letter.issuer,
        "number": letter.number,
        "title": letter.title,
        "addressee": letter.addressee,
        "secrecy": letter.secrecy,
        "urgency": letter.urgency,
        "body": [_block(block) for block in letter.body],
        "attachments": letter.attachments,
        "contact": asdict(letter.contact) if letter.contact else None,
        "seal": letter.has_seal,
        "day": official_day(day),
        "date": [day.year, day.month, day.day],
        "check": _check(letter.check) if letter.check else None,
    }


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Heading(level=level, text=text):
            return {"kind": "heading", "level": level, "text": text}
        case Paragraph(text=text, label=label, is_code=is_code):
            return {"kind": "paragraph", "label": label, "text": text, "code": is_code}
        case Picture(svg=svg, alt=alt):
            return {"kind": "picture", "svg": svg, "alt": alt}
        case Closing(text=text):
            return {"kind": "closing", "text": text}
        case Table(columns=columns, rows=rows):
            heads = [{"head": one.head, "share": one.share, "code": one.is_code} for one in columns]
            return {"kind": "table", "columns": heads, "rows": rows}


def _check(line: CheckLine | RootLine) -> dict[str, Any]:
    head, digest = line.grouped
    width = modules(line)
    return {
        "line": line.text,
        "said": _SAID[type(line)],
        "head": head,
        "digest": digest,
        "picture": picture(line),
        "modules": width,
        "units": width + 2 * QUIET,
    }


def _refuse_invisible(given: str) -> None:
    """Messages let none pass; a caller with another source is held to the same."""
    decoded = json.loads(given)
    for text in _texts(decoded):
        shown = showable(text)
        if shown != text:
            place = next(at for at, (one, other) in enumerate(zip(text, shown, strict=True)) if one != other)
            raise NotPrintable(f"U+{ord(text[place]):04X}")


def _texts(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for one in value.values() for text in _texts(one)]
        case list():
            return [text for one in value for text in _texts(one)]
        case _:
            return []


def _without_glyph(diagnostic: str) -> str:
    """The characters that the typesetter names, each with its number; empty when it complains of something else."""
    texts = [_ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) for text in _NO_GLYPH.findall(diagnostic)]
    return ", ".join(f"{sign} U+{ord(sign):04X}" for sign in dict.fromkeys("".join(texts)))
