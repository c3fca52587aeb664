"""How commands speak: JSON for programs, tables and lines for people."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

from transfer.domain.clocks import CHINA
from transfer.messages.codes import Code

_WIDE_ENOUGH = 160


def console() -> Console:
    """The terminal; a pipe or file gets lines that are not broken, and no colours."""
    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(highlight=False, width=_WIDE_ENOUGH, file=sys.stdout)


def print_json(data: Any) -> None:  # noqa: ANN401 - whatever JSON can say
    """One document, Chinese as it is."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def table(title: str | None, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A plain table."""
    made = Table(*head, title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        made.add_row(*(str(cell) for cell in row))
    return made


def local(moment: datetime | str | None) -> str:
    """A moment as people in China read it, to the second."""
    if moment is None:
        return ""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def codes_said(title: str, codes: type[Code]) -> str:
    """The words of codes for the end of a help text, a line each."""
    return f"\b\n{title}:\n" + "\n".join(f"  {one.value:22} {one.zh}  {one.en}" for one in codes)
