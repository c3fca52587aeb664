"""What regions do with cases on a stage: what they should, and what goes wrong with their nodes."""

import asyncio
import base64
import json
import signal
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import text

from tests.federation.file_plays import half_a_file
from tests.federation.ground import LUXIAN, SICHUAN, ZHONGSHAN
from tests.federation.serving import Served
from tests.federation.stage import Stage, seen, today
from tests.trust import shared
from transfer.actions import commands
from transfer.actions.buttons import BUTTONS
from transfer.actions.evidence_commands import DraftRequest
from transfer.crypto.tickets import Tickets
from transfer.domain.clocks import legal_day
from transfer.messages.codes import RecallReason
from transfer.telemetry import clock
from transfer.web.wording import kebab

STATION: Final = "510521-ZS"
BARRED: Final = {
    "sqlite": """CREATE TRIGGER barred BEFORE INSERT ON applicants WHEN NEW.case_id = '{hex}'
        BEGIN SELECT RAISE(ABORT, 'barred'); END""",
    "postgresql": "ALTER TABLE applicants ADD CONSTRAINT barred CHECK (case_id <> '{uuid}') NOT VALID",
}
"""Keeps the persons of a case out; the database then quotes what it refuses."""


def a_whole_case(stage: Stage, zhongshan: Served, luxian: Served) -> None:
    paper, piece = stage.put(zhongshan), stage.put(zhongshan)
    case = stage.open(zhongshan, materials=[{"file": paper}], place_of_cause=LUXIAN)
    applicant = zhongshan.case(case)["applicants"][0]["id"]
    stage.offer(zhongshan, case, STATION)
    stage.in_state(luxian, case, "offered")
    stage.press(luxian, "sign-for", case, STATION, materials_counted=1)
    missing = {"applicant": applicant, "defect": "ID_MISSING"}
    due = legal_day(clock.now()).replace(year=clock.now().year + 1, day=1).isoformat()
    stage.press(luxian, "require-supplement", case, STATION, items=[missing], due_on=due)
    stage.in_state(zhongshan, case, "supplement_required")
    stage.press(zhongshan, "supplement", case, ZHONGSHAN, answers=[missing])
    stage.in_state(luxian, case, "supplemented")
    taken_on(stage, case, luxian)
    stage.shows(zhongshan, case, lambda known: known["stage"]["stage"] == "assigned")
    evidence_of(stage, case, luxian, zhongshan, piece)
    attested(stage, case, zhongshan, luxian)
    for file in (paper, piece, stage.kept[ZHONGSHAN]):
        stage.fetched(luxian, file)
    stage.fetched(zhongshan, stage.kept[LUXIAN])
    shown = Tickets(wire=shared().wire(LUXIAN)).issue(ZHONGSHAN, paper["digest"])
    given = zhongshan.ask_site("GET", f"/v1/files/{paper['digest']}", Authorization=f"Bearer {shown}")
    assert (given.status, len(given.content)) == (200, paper["size"])
    again = stage.command(commands.PublishStage, LUXIAN, stage="archived", occurred_on=today())
    assert luxian.ask("POST", f"/v1/cases/{case}/stages", again, If_Match="*").status == 409


def taken_on(stage: Stage, case: str, luxian: Served) -> None:
    """The station's region accepts the case and assigns it."""
    stage.press(luxian, "accept", case, LUXIAN)
    signed = {"ground": "COMMITMENT", "signed_on": today()}
    persons = [{"applicant": one["id"], **signed} for one in luxian.case(case)["applicants"]]
    stage.own(luxian, "eligibility", case, findings=persons)
    for name in ("under_review", "granted"):
        stage.reach(luxian, case, LUXIAN, name)
    stage.reach(luxian, case, LUXIAN, "assigned", part={"kind": "assignment", "unit": "LAW_FIRM"})


def attested(stage: Stage, case: str, zhongshan: Served, luxian: Served) -> None:
    """The region that first held the case attests what it found, and takes that back."""
    person = zhongshan.case(case)["applicants"][0]["id"]
    days = {"found_on": today(), "until": today()}
    stage.own(zhongshan, "attestations", case, applicant=person, in_hardship=False, **days)
    stage.shows(luxian, case, lambda known: known["attestations"]["issued"])
    token = luxian.case(case)["attestations"]["issued"][0]["token"]
    said = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    stage.own(zhongshan, "attestations/revoke", case, attestation=said["id"], reason="FOUND_WRONG")
    stage.shows(luxian, case, lambda known: known["attestations"]["revoked"])
    assert luxian.ask("GET", f"/v1/cases/{case}/eligibility").status == 200


def evidence_of(stage: Stage, case: str, luxian: Served, zhongshan: Served, file: dict[str, Any]) -> None:
    """The holder asks for evidence, and is answered with that file."""
    person = str(uuid4())
    asked = {"kind": "SIGNING_WITNESS", "fields": ["SIGNED_PAPER"], "about": [person], "urgent": {"until": today()}}
    persons = [{"id": person, "role": "DEPENDANT"}]
    body = stage.command(DraftRequest, LUXIAN, requested=ZHONGSHAN, items=[asked], persons=persons)
    luxian.do(f"/v1/cases/{case}/requests", body)
    stage.press_request(luxian, "approve", case)
    stage.press_request(luxian, "send", case)
    stage.request_in_state(zhongshan, case, "requested")
    stage.press_request(zhongshan, "sign-for", case)
    stage.press_request(zhongshan, "ask-clarification", case)
    stage.request_in_state(luxian, case, "clarification_asked")
    stage.press_request(luxian, "clarify", case)
    stage.request_in_state(zhongshan, case, "clarified")
    stage.press_request(zhongshan, "undertake", case)
    item = zhongshan.case(case)["requests"][-1]["items"][0]["id"]
    collected = {"at": clock.now().isoformat(), "how": "COPIED"}
    piece = {"id": str(uuid4()), "original_seen": True, "custody": [collected], "file": file}
    found = {
        "item": item,
        "result": "partly",
        "facts": [{"field": "SIGNED_PAPER", "about": person}],
        "pieces": [piece],
    }
    stage.press_request(zhongshan, "record", case, answers=[found])
    stage.press_request(zhongshan, "return", case)
    stage.request_in_state(luxian, case, "returned")
    stage.press_request(luxian, "hand-on", case, piece=piece["id"])
    stage.press_request(luxian, "confirm", case)


def a_dispute(stage: Stage, zhongshan: Served, sichuan: Served) -> None:
    case = stage.open(zhongshan)
    stage.offer(zhongshan, case, SICHUAN)
    stage.in_state(sichuan, case, "offered")
    stage.press(sichuan, "sign-for", case, SICHUAN)
    stage.press(sichuan, "dispute", case, SICHUAN, proposed_region=LUXIAN)
    stage.in_state(zhongshan, case, "competence_disputed")
    stage.press(zhongshan, "recall", case, ZHONGSHAN, reason=RecallReason.OTHER_REGION_COMPETENT)
    stage.in_state(zhongshan, case, "released")
    stage.offer(zhongshan, case, LUXIAN)
    transfer = zhongshan.case(case)["transfers"][-1]["id"]
    for step in ("escalate", "designate"):
        button = next(one for known, one in BUTTONS.items() if kebab(known) == step)
        body = stage.command(button.command, ZHONGSHAN, region=LUXIAN, decided_on=today())
        zhongshan.ask("POST", f"/v1/cases/{case}/transfers/{transfer}/{step}", body, If_Match="*")


async def a_node_that_fails(stage: Stage, zhongshan: Served, luxian: Served) -> None:
    """Its handler raises what quotes the message; its database refuses what is to be written."""
    followed, barred = stage.open(zhongshan), stage.open(zhongshan)
    engine = stage.ground.engines[LUXIAN]
    async with engine.begin() as connection:
        await connection.execute(text(BARRED[engine.dialect.name].format(hex=UUID(barred).hex, uuid=barred)))
    stage.offer(zhongshan, barred, LUXIAN)
    stage.offer(zhongshan, followed, LUXIAN)
    await asyncio.to_thread(stage.in_state, luxian, followed, "offered")
    stage.press(zhongshan, "recall", followed, ZHONGSHAN, reason=RecallReason.SENT_IN_ERROR)
    await asyncio.to_thread(stage.in_state, zhongshan, followed, "released")
    stage.reach(zhongshan, followed, ZHONGSHAN, "under_review")
    stage.reach(zhongshan, followed, ZHONGSHAN, "suspended")
    await asyncio.to_thread(logs, luxian, b"handler_failed")
    await asyncio.to_thread(logs, luxian, b"delivery_set_aside")


def logs(node: Served, event: bytes) -> None:
    """Returns when it has."""
    seen(node.said, lambda said: event in said, by=node)


def a_node_that_is_killed(stage: Stage, node: Served) -> Served:
    """In the middle of its work, in a way that makes others leave a dump of their memory."""
    limits = Path(f"/proc/{node.process.pid}/limits").read_text(encoding="ascii")
    [core] = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert core.split()[4:6] == ["0", "0"], core
    with half_a_file(stage, node):
        for _ in range(5):
            stage.open(node)
        node.end(signal.SIGABRT)
    return stage.node(ZHONGSHAN)
