"""Two nodes with cases that stand at every turn of the road, for each page to have something to show."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from tests.integration.api_node import LUXIAN, ZHONGSHAN, Api, application, serving, today
from tests.integration.test_api_evidence import BY, DRAFT
from tests.staff import PLACE, Signed, a_token, an_account, signed_in
from tests.workers import PHONE, FormBrowser, a_form_browser
from transfer.actions.evidence_commands import Record
from transfer.domain.rights import ROLES_OF, Anyone, Right, Role
from transfer.ports.drafts import Draft, DraftKind
from transfer.storage.ledger_tables import ledger_entries
from transfer.telemetry import clock
from transfer.web.examples_evidence import EVIDENCE_EXAMPLES
from transfer.web.pages.routes import PAGES
from transfer.web.route import Route

EXAMPLES: Final[Mapping[str, Mapping[str, str]]] = {
    "/apply/{question}": {"question": "story"},
    "/audit/entries/{entry}": {"entry": "{noted}"},
    "/intake/{draft}/{page}": {"page": "who"},
}
"""What stands in the path of a page where the story does not know it by its name."""

NOWHERE: Final = frozenset(
    {
        # They lead on, and show nothing themselves.
        "/sign-in/next",
        "/sign-in/oidc",
        "/sign-in/oidc/callback",
        # The code is shown once, when the form was sent.
        "/apply/receipt",
        "/cases/{case}/steps/attestations",
        "/cases/{case}/steps/attestations-revoke",
        "/cases/{case}/steps/completion",
        "/cases/{case}/steps/erase",
        "/cases/{case}/steps/erase-proposal",
        "/cases/{case}/steps/representatives",
        "/cases/{case}/transfers/{transfer}/steps/designate",
        "/cases/{case}/transfers/{transfer}/steps/escalate",
    }
)
"""Pages that cannot be looked at by their address, and steps that no case of the story is ready for: a term
of retention over, ten applicants, a superior's node, a finding that was verified, aid given before its formalities."""

HTML_PAGES: Final = tuple(
    one for one in PAGES if one.method == "GET" and one.media_type == "text/html" and one.path not in NOWHERE
)

Case = dict[str, Any]
_PIECE: Final = EVIDENCE_EXAMPLES[Record]["answers"][0]["pieces"][0]
_REQUESTS: Final = (
    (),
    ("approve",),
    ("approve", "send"),
    ("approve", "send", "sign-for"),
    ("approve", "send", "sign-for", "ask-clarification"),
    ("approve", "send", "sign-for", "undertake", "ask-extension"),
    ("approve", "send", "sign-for", "undertake", "record"),
    ("approve", "send", "sign-for", "undertake", "record", "supply"),
    ("approve", "send", "sign-for", "undertake", "record", "supply", "record-rest", "return"),
)
"""How far each request of the story has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Two nodes that serve, and where on them each page has something to show."""

    here: Api
    there: Api
    known: dict[str, str] = field(default_factory=dict)
    open: dict[str, tuple[Api, str]] = field(default_factory=dict)
    """Where each step's page stands open: at which node, and there at which path."""
    cookies: dict[str, str] = field(default_factory=dict)
    """What a browser shows: by the node's region and the right that is asked for, or by how the path begins."""

    def cookie(self, api: Api, route: Route) -> str:
        """Of somebody to whom the page is open; empty where it is open to everybody."""
        for begin in (route.path, "/" + route.path.split("/")[1] + "/"):
            if begin in self.cookies and route.path.startswith(begin):
                return self.cookies[begin]
        return self.cookies.get(f"{api.region} {route.right}", "")

    def place(self, route: Route) -> tuple[Api, str]:
        """Where an example of the page stands; raises KeyError for a step that is open nowhere, and for a name in the
        path that neither the story nor the table has."""
        if "/steps/" in route.path:
            return self.open[route.path]
        return self.here, route.path.format_map({**self.known, **EXAMPLES.get(route.path, {})}).format_map(self.known)

    async def press(self, api: Api, path: str, **body: Any) -> Case:
        """A button pressed over the API, and what it says carried to the other node."""
        step = path.rpartition("/")[2]
        answer = await api.post(f"/v1/cases{path}", {"by": BY.get(step, "张伟"), "institution": api.region} | body)
        assert answer.status in {200, 201}, answer
        await api.carry(self.there if api is self.here else self.here)
        return dict(answer.body)


@asynccontextmanager
async def told(folder: Path) -> AsyncIterator[Story]:
    """Zhongshan's cases: one on its own way, some offered to Luxian, one with a request at every turn."""
    async with (
        serving(folder, ZHONGSHAN, sign_in="required") as here,
        serving(folder, LUXIAN, sign_in="required") as there,
    ):
        story = Story(here=here, there=there)
        for api in (here, there):
            await _staff(story, api)
        await _own_ways(story)
        await _drafts(story)
        await _offers(story)
        await _requests(story)
        for api in (here, there):
            for line in await api.items("/v1/cases"):
                await _note_open(story, api, line["id"])
        await _applications(story)
        await _seldom(story)
        yield story


async def _staff(story: Story, api: Api) -> None:
    """Somebody for each right, with the second factor shown; and a system that speaks for all who act in the story."""
    casework = frozenset(Role) - {
        Role.AUDITOR,
        Role.HANDLING_LAWYER,
        Role.SYSTEM_ADMINISTRATOR,
        Role.SECURITY_ADMINISTRATOR,
        Role.AUDIT_ADMINISTRATOR,
    }
    system = await an_account(api, *casework, Role.HANDLING_LAWYER, name="协作平台", system=True)
    api.session.headers["Authorization"] = f"Bearer {await a_token(api, system)}"
    clerk = await signed_in(api, *casework, name="王芳")
    for right in (*Right, Anyone.SIGNED_IN, Anyone.ACCOUNT):
        needed = ROLES_OF.get(right, casework) if isinstance(right, Right) else casework
        person = clerk if needed & casework else await signed_in(api, min(needed), name=f"赵敏{right}")
        if right is Right.HANDLE:
            person = await signed_in(api, *casework, Role.HANDLING_LAWYER, name="周律师")
        story.cookies[f"{api.region} {right}"] = _cookie(person)
    story.known.setdefault("account", str(clerk.account.id))
    owing = await an_account(api, Role.APPROVER, name="梁主任")
    half = await api.node.web.door.admit(owing, PLACE, confirmed=False)
    story.cookies.setdefault("/sign-in/code", f"session={half.secret}")


def _cookie(person: Signed) -> str:
    return person.headers["Cookie"]


async def _applications(story: Story) -> None:
    """One worker has begun to apply, another has sent; a third has a case and its code."""
    address = story.here.address
    async with AsyncExitStack() as open_:

        async def browser(**headers: str) -> FormBrowser:
            return await open_.enter_async_context(a_form_browser(address, **headers))

        begun, sent, known = [await browser() for _ in range(3)]
        clerk = await browser(Cookie=story.cookies[f"{ZHONGSHAN} {Right.TAKE_IN}"])
        await begun.begun()
        await begun.answered()
        story.cookies["/apply/"] = begun.cookie
        await sent.begun()
        await sent.answered()
        await sent.post("/apply/check")
        box = await clerk.get("/mailbox")
        story.known["mail"] = re.findall(r'href="/mailbox/([0-9a-f-]{36})"', box.text)[-1]
        given = f"/cases/{story.known['waiting']}/code"
        slip = await clerk.post(given, applicant=story.known["applicant"])
        await known.post("/status", code=slip.code, fact=PHONE[-4:])
        story.cookies["/status/"] = known.cookie


async def _seldom(story: Story) -> None:
    """A message that cannot be read lies in the quarantine; the ledger has entries."""
    await story.here.take_in(b"{}", source=LUXIAN)
    [line] = await story.here.items("/v1/quarantine?applied=false")
    story.known["entry"] = str(line["id"])
    async with story.here.node.store.writing() as connection:
        story.known["noted"] = str(await connection.scalar(select(ledger_entries.c.id).limit(1)))


async def _own_ways(story: Story) -> None:
    here = story.here
    two = [{"name": "周敏", "identity": {"kind": "NONE"}}, {"name": "马小红", "identity": {"kind": "NONE"}}]
    case = await here.opened(applicants=two, facts="两人的加班费未付")
    at = f"/{case['id']}"
    await story.press(here, f"{at}/recusals", person="刘敏", reason="IS_PARTY_OR_KIN", since=today())
    await story.press(here, f"{at}/hold", reason="COMPLAINT", note="受援人投诉尚未答复。")
    one = application()["applicants"][0] | {"phone": PHONE}
    case = await here.opened(urgency="GREEN_CHANNEL", facts="工伤，急需先行援助", applicants=[one])
    story.known.update(waiting=case["id"], applicant=case["applicants"][0]["id"])
    missing = [{"defect": "FORM_UNSIGNED", "explanation": "申请表缺少签名。"}]
    await story.press(here, f"/{case['id']}/notice", items=missing, due_on=today(days=10), phoned=False)
    case = await here.opened(
        urgency="LIMITATION_LT_7_DAYS", urgency_reason="仲裁时效将满", limitation_on=today(days=5), facts="仲裁时效将满"
    )


async def _drafts(story: Story) -> None:
    """An application that somebody has begun to enter."""
    draft = Draft(
        id=clock.new_id(),
        kind=DraftKind.PERSONS,
        account=UUID(story.known["account"]),
        made_at=clock.now(),
        changed_at=clock.now(),
        content=application(),
    )
    await story.here.node.web.drafts.keep(draft)
    story.known["draft"] = str(draft.id)


_SAID: Final[Mapping[str, Case]] = {
    "accept": {"number": "泸援〔2026〕第0301号"},
    "undertake": {"collector": "刘洋"},
    "return": {"letter": "泸援协复〔2026〕第5号"},
    "ask-clarification": {"question": "哪个班组？"},
}


async def _offers(story: Story) -> None:
    here, there = story.here, story.there
    missing = [{"defect": "FACTS_UNCLEAR", "explanation": "请说明工时。"}]
    said: dict[str, Case] = {
        **_SAID,
        "sign-for": {"materials_counted": 0},
        "require-supplement": {"items": missing, "due_on": today(days=10)},
    }
    for steps in ((), ("sign-for",), ("sign-for", "require-supplement"), ("sign-for", "accept")):
        case = await here.offered(facts="被欠付三个月工资")
        await here.carry(there)
        transfer = (await here.get(f"/v1/cases/{case['id']}")).body["transfers"][0]["id"]
        for step in steps:
            await story.press(there, f"/{case['id']}/transfers/{transfer}/{step}", **said[step])
        story.known["transfer"] = transfer


async def _requests(story: Story) -> None:
    here, there = story.here, story.there
    for steps in _REQUESTS:
        case = (await here.opened(urgency="GREEN_CHANNEL", facts="欠付三个月工资"))["id"]
        request = await _drafted(here, case)
        sheet, lookup = (item["id"] for item in request["items"])
        said: dict[str, Case] = {
            **_SAID,
            "record": {"answers": [{"item": sheet, "result": "obtained", "pieces": [_PIECE]}]},
            "record-rest": {"answers": [{"item": lookup, "result": "not_found", "statement": "查无此公司。"}]},
            "ask-extension": {"until": today(days=40), "reason": "该公司盘点。"},
        }
        for step in steps:
            api = here if step in {"approve", "send"} else there
            await story.press(
                api, f"/{case}/requests/{request['id']}/{step.removesuffix('-rest')}", **said.get(step, {})
            )
        story.known.update(case=case, request=request["id"])
    posted = await _drafted(
        here, story.known["case"], requested="330100", by_post=True, requested_name="杭州市法律援助中心"
    )
    for step in ("approve", "send"):
        await story.press(here, f"/{story.known['case']}/requests/{posted['id']}/{step}")


async def _drafted(api: Api, case: str, **changes: Any) -> Case:
    answer = await api.post(f"/v1/cases/{case}/requests", DRAFT | changes)
    assert answer.status == 201, answer
    return dict(answer.body["requests"][-1])


async def _note_open(story: Story, api: Api, case: str) -> None:
    for step in (await api.get(f"/v1/cases/{case}")).body["steps"]:
        below = next((f"/{one}s/{{{one}}}" for one in ("transfer", "request") if step[one]), "")
        named = {"case": case, "transfer": step["transfer"], "request": step["request"]}
        path = f"/cases/{{case}}{below}/steps/{step['step']}"
        story.open.setdefault(path, (api, path.format_map(named)))
