"""Secrets and personal data are in the databases, the key files, sealed letters and the pages of caseworkers alone.

Whole nodes play every step with marked data while things go wrong. Then all that they and the broker wrote, answered
and show is searched for the marks and the secrets, also in base64 and in hex.
"""

import asyncio
import json
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from tests.federation.ground import BRISK, LUXIAN, ON_BOTH, SICHUAN, ZHONGSHAN, Ground
from tests.federation.markers import MARKS, TEXT, Marker, found
from tests.federation.serving import FAULTY, PROGRAM, Answer, Served
from tests.trust import PASSPHRASE, as_text, shared
from transfer.actions import commands
from transfer.actions.buttons import BUTTONS, EVIDENCE_BUTTONS, OWN_BUTTONS
from transfer.actions.evidence_commands import DraftRequest
from transfer.broker.topology import DEAD_LETTERS, DIRECTORY
from transfer.crypto.notes import Signer
from transfer.domain.clocks import legal_day
from transfer.messages.codes import RecallReason
from transfer.messages.envelope import MESSAGE_TYPES
from transfer.messages.examples import EXAMPLES
from transfer.telemetry import clock
from transfer.web.requests import MAX_BYTES
from transfer.web.wording import kebab

pytestmark = [pytest.mark.federation, pytest.mark.broker, pytest.mark.timeout(300)]

STATION: Final = "510521-ZS"
TAP: Final = "tap.everything"
WATCHED: Final = (
    "/metrics",
    "/readyz",
    "/healthz",
    "/v1/node",
    "/v1/messages",
    "/v1/quarantine",
    "/v1/regions",
    "/docs",
)
MANAGED: Final = (
    "overview",
    "nodes",
    "connections",
    "channels",
    "consumers",
    "queues",
    "exchanges",
    "bindings",
    "users",
)

BARRED: Final = {
    "sqlite": """CREATE TRIGGER barred BEFORE INSERT ON applicants WHEN NEW.case_id = '{hex}'
        BEGIN SELECT RAISE(ABORT, 'barred'); END""",
    "postgresql": "ALTER TABLE applicants ADD CONSTRAINT barred CHECK (case_id <> '{uuid}') NOT VALID",
}
"""Keeps the persons of a case out; the database then quotes what it refuses."""


@dataclass(slots=True, kw_only=True)
class Stage:
    """Nodes on a ground, what they are told, and all that is left of it."""

    ground: Ground
    marker: Marker = field(default_factory=Marker)
    nodes: list[Served] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def node(self, region: str, *, program: str = PROGRAM, again: bool = False, **environment: str) -> Served:
        """A node of the region; ``again`` in the place of one that died."""
        name = f"{region}-{next(self._numbers)}"
        settings: dict[str, Any] = {
            "region": region,
            "database_url": self.ground.urls[region],
            "amqp_url": self.ground.amqp_url(region),
            **self.ground.pki.settings(region),
            **shared().settings(region),
            **BRISK,
            "log_level": "debug",
            "test_identities": "true" if region != LUXIAN else "false",
        }
        made = Served(
            name=name,
            folder=self.ground.folder / "nodes" / name,
            settings=as_text(settings),
            program=program,
            environment=environment,
        )
        self.nodes.append(made)
        return made.start() if again else made.start().ready()

    def command(self, kind: type[commands.Command], institution: str, **given: Any) -> dict[str, Any]:
        return self.marker.filled(kind, {"institution": institution, **given})

    def open(self, node: Served) -> str:
        identity = {"kind": "RESIDENT_ID"}
        body = self.command(commands.OpenCase, ZHONGSHAN, applicants=[{"identity": identity}, {"identity": identity}])
        return str(node.do("/v1/cases", body)["id"])

    def offer(self, node: Served, case: str, receiver: str) -> str:
        body = self.command(commands.Offer, ZHONGSHAN, receiver=receiver)
        return str(node.do(f"/v1/cases/{case}/transfers", body)["transfers"][-1]["id"])

    def press(self, node: Served, step: str, case: str, institution: str, **given: Any) -> Any:
        button = next(one for known, one in BUTTONS.items() if kebab(known) == step)
        transfer = node.case(case)["transfers"][-1]["id"]
        body = self.command(button.command, institution, **given)
        return node.do(f"/v1/cases/{case}/transfers/{transfer}/{step}", body)

    def reach(self, node: Served, case: str, institution: str, stage: str, **given: Any) -> None:
        body = self.command(commands.PublishStage, institution, stage=stage, occurred_on=today(), **given)
        node.do(f"/v1/cases/{case}/stages", body)

    def shows(self, node: Served, case: str, true: Callable[[Any], bool]) -> None:
        deadline = time.monotonic() + 30
        while (seen := node.case(case)) is None or not true(seen):
            assert time.monotonic() < deadline, f"{node.name} knows {seen}"
            time.sleep(0.1)

    def in_state(self, node: Served, case: str, state: str) -> None:
        self.shows(node, case, lambda seen: seen["transfers"][-1]["state"] == state)

    # What is left --------------------------------------------------------------------------------------------

    async def tap(self) -> None:
        """Hear all that any exchange takes."""
        async with self.ground.channel() as channel:
            queue = await channel.declare_queue(TAP, durable=True)
            regions = [ZHONGSHAN, LUXIAN, SICHUAN]
            for exchange in (*(f"out.{region}" for region in regions), DEAD_LETTERS, DIRECTORY):
                for key in (*regions, DIRECTORY):
                    await queue.bind(exchange, key)

    def left(self) -> dict[str, bytes]:
        """All that nodes and broker wrote, answered and show."""
        broker, vhost = self.ground.broker, self.ground.vhost
        for node in self.nodes:
            if node.process.poll() is None:
                for path in WATCHED:
                    node.ask("GET", path)
        asked = {"count": 10_000, "ackmode": "ack_requeue_true", "encoding": "auto"}
        left = {f"broker: {path}": json.dumps(broker.manage("GET", path)).encode() for path in MANAGED}
        left["broker: definitions"] = json.dumps(broker.manage("GET", f"definitions/{vhost}")).encode()
        messages = broker.manage("POST", f"queues/{vhost}/{TAP}/get", asked)
        assert messages
        left |= {f"message {place}": json.dumps(one).encode() for place, one in enumerate(messages)}
        left |= {
            f"broker: {path.name}": path.read_bytes() for path in (broker.data / "log").rglob("*") if path.is_file()
        }
        for node in self.nodes:
            left |= node.left()
        return left


def today() -> str:
    return legal_day(clock.now()).isoformat()


def secrets(ground: Ground) -> dict[str, bytes]:
    """What nobody but its owner may know, in the forms in which it is kept."""
    sought = {"the passphrase": PASSPHRASE.get_secret_value().encode(), "the operator's seed": shared().operator.seed}
    for region, url in ground.urls.items():
        for kid, key in shared().store(region).keys.items():
            sought[f"the key {kid}"] = key.jwk.secret
            sought[f"the key {kid} as text"] = key.jwk.d.encode()
        lines = ground.pki.region(region).key.read_bytes().splitlines()
        sought[f"the TLS key of {region}"] = lines[len(lines) // 2]
        if password := make_url(url).password:
            sought["the database's password"] = str(password).encode()
    return sought


@contextmanager
def played(ground: Ground) -> Iterator[Stage]:
    stage = Stage(ground=ground)
    try:
        yield stage
    finally:
        for node in stage.nodes:
            node.end()


@ON_BOTH
async def test_nothing_personal_and_no_secret_is_written_answered_or_shown(ground: Ground) -> None:
    with played(ground) as stage:
        await stage.tap()
        zhongshan = stage.node(ZHONGSHAN)
        luxian = stage.node(LUXIAN, program=FAULTY)
        await asyncio.to_thread(a_whole_case, stage, zhongshan, luxian)
        await asyncio.to_thread(every_bad_request, stage, zhongshan)
        await asyncio.to_thread(every_bad_request, stage, luxian)
        await every_bad_message(stage, luxian)
        await a_node_that_fails(stage, zhongshan, luxian)
        if SICHUAN in ground.urls:
            await asyncio.to_thread(a_dispute, stage, zhongshan, stage.node(SICHUAN))
        zhongshan = await asyncio.to_thread(a_node_that_is_killed, stage, zhongshan)
        left = stage.left()
        assert_something_was_heard(left)
        leaks = found(left, MARKS | secrets(ground))
        assert not leaks, "\n".join(leaks)


def a_whole_case(stage: Stage, zhongshan: Served, luxian: Served) -> None:
    case = stage.open(zhongshan)
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
    stage.press(luxian, "accept", case, LUXIAN)
    for name in ("under_review", "granted", "assigned"):
        stage.reach(luxian, case, LUXIAN, name)
    stage.shows(zhongshan, case, lambda seen: seen["stage"]["stage"] == "assigned")
    evidence_of(stage, case, luxian, zhongshan)
    again = stage.command(commands.PublishStage, LUXIAN, stage="archived", occurred_on=today())
    assert luxian.ask("POST", f"/v1/cases/{case}/stages", again, If_Match="*").status == 409


def evidence_of(stage: Stage, case: str, luxian: Served, zhongshan: Served) -> None:
    """The holder asks for evidence, and is answered."""
    person = str(uuid4())
    asked = {"kind": "SIGNING_WITNESS", "fields": ["SIGNED_PAPER"], "about": [person], "urgent": {"until": today()}}
    persons = [{"id": person, "role": "DEPENDANT"}]
    body = stage.command(DraftRequest, LUXIAN, requested=ZHONGSHAN, items=[asked], persons=persons)
    luxian.do(f"/v1/cases/{case}/requests", body)

    def press(node: Served, step: str, institution: str, **given: Any) -> None:
        button = next(one for known, one in EVIDENCE_BUTTONS.items() if kebab(known) == step)
        request = node.case(case)["requests"][-1]["id"]
        node.do(f"/v1/cases/{case}/requests/{request}/{step}", stage.command(button.command, institution, **given))

    def shows(node: Served, state: str) -> None:
        stage.shows(node, case, lambda seen: seen["requests"] and seen["requests"][-1]["state"] == state)

    press(luxian, "approve", LUXIAN)
    press(luxian, "send", LUXIAN)
    shows(zhongshan, "requested")
    press(zhongshan, "sign-for", ZHONGSHAN)
    press(zhongshan, "ask-clarification", ZHONGSHAN)
    shows(luxian, "clarification_asked")
    press(luxian, "clarify", LUXIAN)
    shows(zhongshan, "clarified")
    press(zhongshan, "undertake", ZHONGSHAN)
    item = zhongshan.case(case)["requests"][-1]["items"][0]["id"]
    collected = {"at": clock.now().isoformat(), "how": "COPIED"}
    piece = {"id": str(uuid4()), "original_seen": True, "custody": [collected]}
    found_ = {
        "item": item,
        "result": "partly",
        "facts": [{"field": "SIGNED_PAPER", "about": person}],
        "pieces": [piece],
    }
    press(zhongshan, "record", ZHONGSHAN, answers=[found_])
    press(zhongshan, "return", ZHONGSHAN)
    shows(luxian, "returned")
    press(luxian, "hand-on", LUXIAN, piece=piece["id"])
    press(luxian, "confirm", LUXIAN)


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
    host, _, port = node._address.partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
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
    await asyncio.to_thread(_quarantines, luxian, "CANNOT_OPEN")


def _quarantines(node: Served, code: str) -> None:
    deadline = time.monotonic() + 30
    while not any(one["refusal"]["code"] == code for one in node.ask("GET", "/v1/quarantine?limit=200").body["items"]):
        assert time.monotonic() < deadline, f"{node.name} refuses nothing with {code}"
        time.sleep(0.2)


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
    await asyncio.to_thread(_logs, luxian, b"handler_failed")
    await asyncio.to_thread(_logs, luxian, b"delivery_set_aside")


def _logs(node: Served, event: bytes) -> None:
    deadline = time.monotonic() + 30
    while event not in node.said():
        assert time.monotonic() < deadline, f"{node.name} never logs {event!r}"
        time.sleep(0.2)


def a_node_that_is_killed(stage: Stage, node: Served) -> Served:
    """In the middle of its work, in a way that makes others leave a dump of their memory."""
    limits = Path(f"/proc/{node.process.pid}/limits").read_text(encoding="ascii")
    [core] = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert core.split()[4:6] == ["0", "0"], core
    for _ in range(5):
        stage.open(node)
    node.end(signal.SIGABRT)
    return stage.node(ZHONGSHAN, again=True).ready()


def assert_something_was_heard(left: Mapping[str, bytes]) -> None:
    kinds = ("message ", "broker: ", "answer ", "/proc/cmdline", "/proc/environ", "stderr", "stdout")
    missing = [kind for kind in kinds if not any(kind in name and content for name, content in left.items())]
    assert not missing


# The search itself -----------------------------------------------------------------------------------------------


async def test_leaks_that_were_planted_are_found(ground: Ground) -> None:
    with played(ground) as stage:
        await stage.tap()
        told = stage.marker.text()
        zhongshan = stage.node(ZHONGSHAN, program=FAULTY, FAULT="leaks", TOLD=told)
        luxian = stage.node(LUXIAN, program=FAULTY, FAULT="leaks", TOLD=told)
        case = stage.open(zhongshan)
        stage.offer(zhongshan, case, LUXIAN)
        await asyncio.to_thread(stage.in_state, luxian, case, "offered")
        stage.press(zhongshan, "recall", case, ZHONGSHAN, reason=RecallReason.SENT_IN_ERROR)
        await asyncio.to_thread(stage.in_state, zhongshan, case, "released")
        stage.reach(zhongshan, case, ZHONGSHAN, "under_review")
        await asyncio.to_thread(_logs, luxian, b"stage_heard")
        leaks = "\n".join(found(stage.left(), MARKS | secrets(ground)))
    for place in ("stderr", "stdout, in base64", "200 to GET", "cache", "message 0", "/proc/environ"):
        assert f" {place}" in leaks or f"/{place}" in leaks or place in leaks, f"{place}\n{leaks}"


def test_a_secret_is_found_as_it_is_and_encoded() -> None:
    seed = Signer.new("test.example/directory").seed
    for written in (b"x" + seed, seed.hex().encode(), b'{"d":"' + json.dumps(seed.hex()).encode() + b'"}'):
        assert found({"a file": written}, {"the seed": seed})
    assert not found({"a file": b"AAAA" * 100}, {"the seed": seed})
