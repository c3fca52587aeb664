"""How data leaves the node in a file: whole or not at all, and noted in the ledger before anybody has it."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click

from transfer.actions.notebook import Notebook
from transfer.cli.exits import WrongUsage
from transfer.ledger.entry import Kind
from transfer.node import Node
from transfer.ports.ledger import Happened
from transfer.sheets.written import CsvTable, ExcelTable
from transfer.telemetry.clock import now

_Run = TypeVar("_Run", bound=Callable[..., Any])


def who_options(run: _Run) -> _Run:
    """Adds --by and --reason to a command that lets data out."""
    for option in (
        click.option("--reason", help="Why; it is kept in the ledger."),
        click.option("--by", required=True, metavar="NAME", help="Who takes the data out."),
    ):
        run = option(run)
    return run


def taken_by(by: str | None) -> str:
    """Who takes the file out; raises WrongUsage."""
    if by is None:
        raise WrongUsage("--out needs --by: what leaves the node in a file is noted with who took it out")
    return by


def bom_option(run: _Run) -> _Run:
    """Adds --bom to a command that can write .csv."""
    return click.option("--bom", is_flag=True, help="Begin a .csv file with a byte order mark, for Excel.")(run)


def table_of(out: Path, *, bom: bool) -> Callable[[Path, Sequence[str]], CsvTable | ExcelTable]:
    """Makes the table that the ending of ``out`` asks for; raises WrongUsage."""
    match out.suffix.lower():
        case ".csv":
            return partial(CsvTable, bom=bom)
        case ".xlsx":
            return ExcelTable
        case other:
            raise WrongUsage(f"tables are written as .csv or .xlsx, not as {other or out.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What leaves, of which range or case, who takes it, and why."""

    what: str
    range: str
    by: str
    reason: str | None = None
    case: UUID | None = None


async def let_out(node: Node, out: Path, leaving: Leaving, write: Callable[[Path], Awaitable[None]]) -> int:
    """Writes beside ``out``, notes what was written, and only then gives it its name; gives the size in bytes. Raises
    StorageUnavailable when it cannot be noted, and what ``write`` raises; then there is no file."""
    part = out.with_name(f"{out.name}.part")
    try:
        await write(part)
        digest, size = await asyncio.to_thread(_digest, part)
        facts = {"what": leaving.what, "range": leaving.range, "digest": f"sha256:{digest}", "size": size}
        texts = {"by": leaving.by} | ({"reason": leaving.reason} if leaving.reason else {})
        exported = Happened(kind=Kind.EXPORT, at=now(), case=leaving.case, facts=facts, texts=texts)
        await Notebook(room=node.store).note(exported)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return size


def _digest(file: Path) -> tuple[str, int]:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest(), file.stat().st_size
