"""A formal letter as a value: its parts in the order of the official layout, without anything of how it looks.

Source of the parts and their order: GB/T 9704-2012, letter form (信函格式). What a part means is not known here;
``layouts`` fills them from what an institution wants to say.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from transfer.messages.check_line import CheckLine, RootLine
from transfer.paper.errors import TableUneven

NOTHING: Final = "—"
"""Stands in a cell of a table that has nothing to say, so that it was not forgotten."""


class Level(StrEnum):
    """How deep a heading is: 一、 in Hei, （一） in bold."""

    FIRST = "first"
    SECOND = "second"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A numbered heading, its number included."""

    level: Level
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Running text, indented by two characters. A label stands before it in Hei; a digest or an id is set smaller."""

    text: str
    label: str = ""
    is_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column's head and its share of the width; digests and ids are set small and broken anywhere."""

    head: str
    share: int
    is_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of text. The head is repeated on each page; rows are split over pages where they must be.

    Raises TableUneven when a row does not have a cell for each column.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.columns):
                raise TableUneven(f"row {number}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A drawing in SVG over the whole width, and what it shows in words."""

    svg: str
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """The last sentence, kept on one page with the signature: a page with a seal and no text could be exchanged."""

    text: str


Block = Heading | Paragraph | Table | Picture | Closing


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Whom to ring; stands in brackets under the date."""

    person: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter of one institution, complete.

    ``number`` is free text, since no national rule on numbers exists. ``secrecy`` and ``urgency`` are the marks as
    they are printed. ``has_seal`` keeps the place of the seal.
    """

    issuer: str
    title: str
    body: tuple[Block, ...]
    signed_on: date
    number: str = ""
    addressee: str = ""
    attachments: tuple[str, ...] = ()
    contact: Contact | None = None
    secrecy: str = ""
    urgency: str = ""
    has_seal: bool = True
    check: CheckLine | RootLine | None = None
