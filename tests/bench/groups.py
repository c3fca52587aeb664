"""500 persons from a sheet, offered and accepted: processor time of both nodes, beside reading the sheet alone."""

import asyncio
import io
import itertools
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from openpyxl import load_workbook

from tests.bench.figures import Figures
from tests.builders import a_resident_id
from tests.integration.api_node import LUXIAN, OFFER, ZHONGSHAN, Api, application, serving
from transfer.actions.roster import read_roster
from transfer.cli.remote import Api as Remote
from transfer.messages.case import MAX_PERSONS
from transfer.sheets.files import make_template, read_sheet

GROUP: Final = "group"


class NotOneMatter(Exception):
    """The two nodes do not agree on the case."""


def a_sheet() -> bytes:
    """The template, filled in."""
    book = load_workbook(io.BytesIO(make_template()))
    sheet = book.worksheets[0]
    for number in range(MAX_PERSONS):
        person = ("李大山", "居民身份证", a_resident_id(order=number + 1), "1985-04-12", f"138{number:08d}", "510521")
        for place, text in enumerate((*person, "进城务工人员", "ART42_3", "务工证明", "", "7500.00"), 1):
            sheet.cell(number + 2, place, text)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


async def play_groups(rounds: int, tell: Callable[[str], None]) -> dict[str, list[Figures]]:
    """So many rounds, and one before that does not count. Raises NotOneMatter."""
    played: dict[str, list[Figures]] = {GROUP: [], "rows": []}
    sheet = a_sheet()
    with TemporaryDirectory() as name:
        folder = Path(name)
        async with serving(folder, ZHONGSHAN) as here, serving(folder, LUXIAN) as there:
            for number in range(rounds + 1):
                whole, alone = await _transfer(here, there, sheet), _read(sheet)
                if number:
                    played[GROUP].append(whole)
                    played["rows"].append(alone)
                    tell(f"round {number}: a group of {MAX_PERSONS} in {whole['node_seconds']:.2f} s of node time")
    return played


def _read(sheet: bytes) -> Figures:
    begun = time.process_time()
    read_roster(read_sheet(sheet), test_identities=True)
    return {"node_seconds": time.process_time() - begun}


async def _transfer(here: Api, there: Api, sheet: bytes) -> Figures:
    """Both nodes and what little the client does are one process; letters are sealed and opened, no broker carries."""
    given = application(sheet=b64encode(sheet).decode())
    del given["applicants"]
    times = [time.process_time()]
    case = await _post(here, "/v1/groups", given)
    path = f"/v1/cases/{case['id']}"
    times.append(time.process_time())
    transfer = (await _post(here, f"{path}/transfers", OFFER))["transfers"][-1]["id"]
    await here.carry(there)
    times.append(time.process_time())
    who = {"by": "张伟", "institution": LUXIAN}
    await _post(there, f"{path}/transfers/{transfer}/sign-for", who | {"materials_counted": 0})
    accepted = await _post(there, f"{path}/transfers/{transfer}/accept", who)
    await there.carry(here)
    times.append(time.process_time())
    known = (await asyncio.to_thread(Remote(here.address).get, path)).body
    if not case["applicants"] == accepted["applicants"] == known["applicants"] or known["holder"] != accepted["holder"]:
        raise NotOneMatter(path)
    steps = [after - before for before, after in itertools.pairwise(times)]
    named = dict(zip(("import_seconds", "offer_seconds", "acceptance_seconds"), steps, strict=True))
    return {"node_seconds": times[-1] - times[0], **named}


async def _post(api: Api, path: str, body: dict[str, Any]) -> dict[str, Any]:
    return dict((await asyncio.to_thread(Remote(api.address).post, path, body, etag="*")).body)
