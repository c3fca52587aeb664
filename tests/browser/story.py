"""Two nodes with a case that has come far, for every page to have something to show."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.integration.api_node import LUXIAN, ZHONGSHAN, Api, serving
from tests.integration.test_api_evidence import BY, DRAFT
from transfer.actions.evidence_commands import Record
from transfer.web.examples_evidence import EVIDENCE_EXAMPLES
from transfer.web.pages.routes import PAGES
from transfer.web.route import Route

HTML_PAGES: Final = tuple(one for one in PAGES if one.method == "GET" and one.media_type == "text/html")

EXAMPLES: Final[Mapping[str, Mapping[str, str]]] = {}
"""What stands in the path of a page beside ``{case}``, ``{transfer}`` and ``{request}``, which the story knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A node that serves, and what its pages are about."""

    here: Api
    there: Api
    known: Mapping[str, str]

    def path(self, route: Route) -> str:
        """Where an example of the page stands; raises KeyError for a name that neither the story nor the table has."""
        return route.path.format_map({**self.known, **EXAMPLES.get(route.path, {})})


@asynccontextmanager
async def told(folder: Path) -> AsyncIterator[Story]:
    """Zhongshan took a case in and has Luxian's answer to a request; another case was offered and signed for."""
    async with serving(folder, ZHONGSHAN) as here, serving(folder, LUXIAN) as there:
        away = await here.offered()
        await here.carry(there)
        await there.done(away, "sign-for", materials_counted=0)
        await there.carry(here)
        case = (await here.opened(urgency="GREEN_CHANNEL", facts="欠付三个月工资"))["id"]
        drafted = await here.post(f"/v1/cases/{case}/requests", DRAFT)
        request = drafted.body["requests"][0]
        road = f"/v1/cases/{case}/requests/{request['id']}"
        for api, step, said in (
            (here, "approve", {}),
            (here, "send", {}),
            (there, "sign-for", {}),
            (there, "undertake", {"collector": "刘洋"}),
            (there, "record", {"answers": [_found(request["items"][0]["id"])]}),
            (there, "supply", {}),
        ):
            answer = await api.post(f"{road}/{step}", {"by": BY.get(step, "张伟"), "institution": api.region} | said)
            assert answer.status == 200, answer
            await api.carry(there if api is here else here)
        transfer = (await here.get(f"/v1/cases/{away['id']}")).body["transfers"][0]["id"]
        yield Story(
            here=here,
            there=there,
            known={"case": case, "request": request["id"], "away": away["id"], "transfer": transfer},
        )


def _found(item: str) -> dict[str, object]:
    piece = EVIDENCE_EXAMPLES[Record]["answers"][0]["pieces"][0]
    return {"item": item, "result": "obtained", "pieces": [piece]}
