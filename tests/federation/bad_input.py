"""What nodes refuse: bad requests, bad messages and bad files, with marked data wherever one could put it."""

import asyncio
import json
import socket
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from tests.federation.ground import LUXIAN, SICHUAN, ZHONGSHAN
from tests.federation.markers import NO_FILE, TEXT
from tests.federation.serving import Answer, Served
from tests.federation.stage import Stage, seen
from tests.integration.file_nodes import PDF
from tests.samples import a_pdf
from tests.trust import shared
from transfer.actions import commands
from transfer.actions.buttons import BUTTONS, EVIDENCE_BUTTONS, OWN_BUTTONS
from transfer.actions.evidence_commands import DraftRequest
from transfer.crypto.tickets import Tickets
from transfer.messages.envelope import MESSAGE_TYPES
from transfer.messages.examples import EXAMPLES
from transfer.web.requests import MAX_BYTES
from transfer.web.wording import kebab


def every_bad_request(stage: Stage, node: Served) -> None:
    """Each way to be refused, with marked data wherever a person or a program could put it."""
    case, mark = stage.marker.text(), stage.marker.text()
    opening = stage.command(
        commands.OpenCase, node.settings["region"], applicants=[{"identity": {"kind": "RESIDENT_ID"}}]
    )
    statuses = {answer.status for answer in _bad_requests(stage, node, opening, mark)}
    statuses |= {node.ask("GET", f"/v1/cases/{case.encode().hex()}").status}
    assert {400, 404, 405, 413, 415, 421, 422, 428} <= statuses
    _nonsense(node, f"GET /{TEXT} HTTP/9.9\r\nX: {TEXT}\r\n\r\n".encode())
    _nonsense(node, f"{TEXT} {TEXT}\r\n\r\n".encode())
    _nonsense(node, f"GET / HTTP/1.1\r\nHost: localhost\r\n{TEXT}\r\n\r\n".encode())


def _bad_requests(stage: Stage, node: Served, opening: Mapping[str, Any], mark: str) -> Iterator[Answer]:
    whole = json.dumps(opening, ensure_ascii=False).encode()
    key = str(uuid4())
    yield node.ask("POST", "/v1/cases", whole, Idempotency_Key=key)
    yield node.ask("POST", "/v1/cases", {**opening, "claim": stage.marker.text()}, Idempotency_Key=key)
    yield node.ask("POST", "/v1/cases", whole[:-2])
    yield node.ask("POST", "/v1/cases", whole.replace(b'"facts"', b'facts"'))
    yield node.ask("POST", "/v1/cases", whole + b" " * MAX_BYTES)
    yield node.ask("POST", "/v1/cases", whole, Content_Type=f"text/{mark}")
    yield node.ask("POST", "/v1/cases", whole, Content_Encoding=mark)
    yield node.ask("POST", "/v1/cases", whole, Idempotency_Key=mark)
    yield node.ask("POST", "/v1/cases", whole, Idempotency_Key=TEXT * 40)
    yield node.ask("POST", "/v1/cases", whole, Host=TEXT)
    yield node.ask("POST", f"/v1/cases/{uuid4()}/stages", {}, If_Match=f'"{TEXT}"')
    yield node.ask("POST", f"/v1/cases/{uuid4()}/stages", {})
    for path in (f"/{TEXT}", f"/v1/cases/{TEXT}", f"/v1/cases?q={TEXT}&cursor={TEXT}", f"/v1/cases?%7B{TEXT}=1"):
        yield node.ask("GET", path)
        yield node.ask("DELETE", path)
    for parameter in ("limit", "cursor", "holder", "stage", "due_before", "matter"):
        yield node.ask("GET", f"/v1/cases?{parameter}={TEXT}")
    for kind, path in _changes():
        body = stage.command(kind, node.settings["region"])
        for name in kind.model_fields:
            for wrong in ([mark], {mark: mark}, f"\x00{mark}", mark * 2000, f"{TEXT}\u202e"):
                yield node.ask("POST", path, {**body, name: wrong}, If_Match="*")
        yield node.ask("POST", path, {**body, mark: mark}, If_Match="*")


def _changes() -> Iterator[tuple[type[commands.Command], str]]:
    yield commands.OpenCase, "/v1/cases"
    yield commands.Offer, f"/v1/cases/{uuid4()}/transfers"
    yield commands.PublishStage, f"/v1/cases/{uuid4()}/stages"
    for step, button in BUTTONS.items():
        yield button.command, f"/v1/cases/{uuid4()}/transfers/{uuid4()}/{kebab(step)}"
    yield DraftRequest, f"/v1/cases/{uuid4()}/requests"
    for asked, pressed in EVIDENCE_BUTTONS.items():
        yield pressed.command, f"/v1/cases/{uuid4()}/requests/{uuid4()}/{kebab(asked)}"
    for place, own in OWN_BUTTONS.items():
        yield own.command, f"/v1/cases/{uuid4()}/{place}"


def _nonsense(node: Served, request: bytes) -> None:
    with node.connection() as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    node.heard[f"answer {len(node.heard)} of {node.name} to no HTTP"] = answer


async def every_bad_message(stage: Stage, luxian: Served) -> None:
    """Each message, whole but out of place, and with each of its fields wrong; signed and sealed as it should be."""
    sent: list[bytes] = []
    for name, model in MESSAGE_TYPES.items():
        event = dict(EXAMPLES[name]["full"]) | {"source": ZHONGSHAN, "recipient": LUXIAN}
        data = stage.marker.filled(model, event["data"])
        for changed in ({}, *({one: [stage.marker.text()]} for one in data)):
            place = {} if "receipts" in data else {"conversation": str(uuid4()), "sequence": 1}
            case = {} if "receipts" in data else {"case": place["conversation"]}
            sent.append(json.dumps({**event, **place, "id": str(uuid4()), "data": data | case | changed}).encode())
    await stage.ground.inject(ZHONGSHAN, LUXIAN, *sent)
    stranger = shared().wire(ZHONGSHAN).close(sent[0])
    event = json.loads(stranger)
    half = len(event["data"]) // 2
    event["data"] = event["data"][:half] + ("A" if event["data"][half] != "A" else "B") + event["data"][half + 1 :]
    await stage.ground.inject_raw(ZHONGSHAN, LUXIAN, json.dumps(event).encode())
    await asyncio.to_thread(quarantines, luxian, "CANNOT_OPEN")


def quarantines(node: Served, code: str) -> None:
    """Returns when something is there for that reason."""

    def codes() -> list[str]:
        return [one["refusal"]["code"] for one in node.ask("GET", "/v1/quarantine?limit=200").body["items"]]

    seen(codes, lambda found: code in found, by=node)


def every_bad_file(stage: Stage, node: Served) -> None:
    """Each way to be refused a file, or one's own."""
    region = node.settings["region"]
    kept = stage.kept[region]["digest"]
    statuses = {answer.status for answer in _bad_files(stage, node, f"/v1/files/{kept}")}
    assert {404, 405, 412, 415, 416, 422} <= statuses, statuses
    # To whom it was not named, and to one that shows what is no ticket for it.
    asking = Tickets(wire=shared().wire(SICHUAN))
    tickets = [TEXT, TEXT * 600, asking.issue(region, NO_FILE["digest"]), asking.issue(region, kept)]
    shown = [{}, {"Authorization": TEXT}, *({"Authorization": f"Bearer {one}"} for one in tickets)]
    paths = (f"/{TEXT}", f"/v1/files/{TEXT}", f"/v1/files/{kept}?name={TEXT}", f"/v1/files/{kept}")
    refused = {node.ask_site("GET", path, **headers).status for path in paths for headers in shown}
    refused |= {node.ask_site(TEXT, paths[-1]).status, node.ask_site("POST", paths[-1]).status}
    assert {401, 403, 404, 405} <= refused, refused
    assert 200 not in refused


def _bad_files(stage: Stage, node: Served, kept: str) -> Iterator[Answer]:
    """``kept`` is the path of one that is there."""
    name = quote(stage.marker.text())
    whole, put = a_pdf(filled=name.encode()), f"/v1/files?name={name}"
    yield node.ask("POST", "/v1/files", whole, Content_Type=PDF)
    yield node.ask("POST", f"{put}%2F{name}", whole, Content_Type=PDF)
    yield node.ask("POST", f"{put}&%7B{TEXT}={name}", whole, Content_Type=PDF)
    yield node.ask("POST", put, whole, Content_Type=f"text/{TEXT}")
    yield node.ask("POST", put, whole, Content_Type="image/png")
    yield node.ask("POST", put, whole, Content_Type=PDF, Content_Encoding=TEXT)
    yield node.ask("POST", put, whole[:-20], Content_Type=PDF)
    yield node.ask("POST", put, TEXT.encode() * 20_000, Content_Type=PDF)
    yield node.ask("POST", put, b"", Content_Type=PDF)
    yield node.ask("GET", f"/v1/files/{TEXT}")
    yield node.ask("GET", f"/v1/files/{NO_FILE['digest']}?name={name}")
    yield node.ask("GET", f"{kept}?name={name}%2F")
    yield node.ask("GET", kept, Range=f"bytes={10**12}-", If_Match=TEXT)
    yield node.ask("GET", kept, Range=f"bytes={10**12}-")
    yield node.ask("GET", kept, Range=TEXT)
    yield node.ask("DELETE", f"/v1/files/{TEXT}")
    for parameter in ("state", "source", "case", "cursor", "%7B" + TEXT):
        yield node.ask("GET", f"/v1/fetches?{parameter}={TEXT}")
