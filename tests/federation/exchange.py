"""Regions joined by a wire that delays, reorders, repeats and loses: real rules and real door, storage in memory."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from tests.builders import a_resident_id, the_rules
from tests.fakes import MemoryReceiptsDue, MemoryRoom, run
from tests.plain import opened
from tests.trust import shared
from transfer.actions.buttons import BUTTONS, OWN_BUTTONS, offer_order, stage_order
from transfer.actions.commands import Command, NewApplicant, Offer, OpenCase, PublishStage
from transfer.actions.desk import Desk, Order
from transfer.actions.intake import open_case
from transfer.crypto.directory import Directory, Institution, InstitutionKind, Region
from transfer.crypto.keys import SuiteName
from transfer.crypto.matching import MatchKey, MatchKeys
from transfer.crypto.statements import sign_statement
from transfer.domain.case import Case
from transfer.domain.lifecycle import Step
from transfer.handlers.receive import Refused, Verdict, receive
from transfer.messages.attachments import Attachment
from transfer.messages.case import IdentityDocument, Material
from transfer.messages.codes import (
    AidForm,
    ApplicantCategory,
    HardshipGround,
    IdentityKind,
    IntakeChannel,
    Matter,
    MediaType,
)
from transfer.messages.eligibility import Found, Statement
from transfer.messages.envelope import digest_of
from transfer.messages.values import Digest
from transfer.ports.traffic import Parcel, PublishOutcome, Sent
from transfer.ports.work import Context, Delivery
from transfer.workers.pauses import Pauses
from transfer.workers.receipts import ReceiptTeller

START: Final = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
TICK: Final = timedelta(minutes=1)
ENOUGH_ROUNDS: Final = 60


def an_application(region: str, *, persons: int, **typed: Any) -> OpenCase:
    """So many persons claim their pay there; what is typed takes the place of what is usual."""
    usual: dict[str, Any] = {
        "by": "王芳",
        "institution": region,
        "matter": Matter.REMUNERATION,
        "aid_form": AidForm.LABOUR_ARBITRATION,
        "facts": "欠薪",
        "claim": "支付劳动报酬",
        "channel": IntakeChannel.WINDOW,
        "applicants": tuple(a_worker(order=order + 1) for order in range(persons)),
    }
    return OpenCase(**(usual | typed))


def migrants(persons: int, **typed: Any) -> tuple[NewApplicant, ...]:
    """So many migrant workers, on the ground that is theirs."""
    usual: dict[str, Any] = {
        "categories": (ApplicantCategory.MIGRANT_WORKER,),
        "finding": Found(ground=HardshipGround.ART42_3, proof="务工证明"),
    }
    return tuple(a_worker(order=order + 1, **(usual | typed)) for order in range(persons))


def a_worker(*, order: int = 1, **typed: Any) -> NewApplicant:
    """A person who has signed the commitment, which is open to everybody in every matter."""
    usual: dict[str, Any] = {
        "name": "李大山",
        "identity": IdentityDocument(kind=IdentityKind.RESIDENT_ID, number=a_resident_id(order=order)),
        "finding": Found(ground=HardshipGround.COMMITMENT, proof="承诺书", signed_on=date(2025, 1, 2)),
    }
    return NewApplicant(**(usual | typed))


def a_directory(codes: Iterable[str]) -> Directory:
    """These regions, each with one institution; Luxian also with its workstation in Zhongshan."""
    regions = tuple(_region(code) for code in codes)
    return Directory(version=1, issued_at=START, expires_at=START + timedelta(days=365), regions=regions)


def _region(code: str) -> Region:
    name = f"Region {code}"
    institutions = [Institution(code=code, name_zh=name, name_en=name)]
    if code == "510521":
        station = InstitutionKind.WORKSTATION
        institutions.append(Institution(code="510521-ZS", kind=station, parent=code, name_zh=name, name_en=name))
    return Region(code=code, name_zh=name, name_en=name, institutions=tuple(institutions), suites=(SuiteName.JOSE,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message on the wire."""

    source: str
    recipient: str
    type: str
    body: bytes

    def __repr__(self) -> str:
        return f"<{self.type.split('.')[2]} {self.source}→{self.recipient}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A button and what is typed beside it."""

    region: str
    case: UUID
    command: Command
    step: Step | None = None
    transfer: UUID | None = None

    def __repr__(self) -> str:
        what = self.step.value if self.step else type(self.command).__name__
        told = self.command.model_dump(exclude={"by", "institution"}, exclude_defaults=True, mode="json")
        return f"{self.region} {what} {told}"

    def order(self) -> Order:
        if isinstance(self.command, Offer):
            return offer_order(self.case, self.command)
        if isinstance(self.command, PublishStage):
            return stage_order(self.case, self.command)
        if self.step is None or self.transfer is None:
            [own] = [button for button in OWN_BUTTONS.values() if button.command is type(self.command)]
            return own.order(self.case, self.command)
        return BUTTONS[self.step].order(self.case, self.transfer, self.command)


class NotHonest(AssertionError):
    """A message of an honest region was refused."""


@dataclass(slots=True, kw_only=True)
class Exchange:
    """All regions, what is on the wire, and the time. A copy goes its own way."""

    directory: Directory
    now: datetime = START
    tick: timedelta = TICK
    rooms: dict[str, MemoryRoom] = field(default_factory=dict)
    flight: list[Letter] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)
    published: dict[str, int] = field(default_factory=dict)
    contexts: dict[str, Callable[[], Context]] = field(default_factory=dict)
    contents: dict[Digest, bytes] = field(default_factory=dict)
    shared: dict[str, MatchKeys] = field(default_factory=dict)

    @classmethod
    def of(cls, *codes: str, tick: timedelta = TICK) -> "Exchange":
        exchange = cls(directory=a_directory(codes), tick=tick)
        for code in codes:
            exchange._build(code)
        return exchange

    def _build(self, code: str) -> None:
        self.ids.setdefault(code, 0)
        self.published.setdefault(code, 0)
        self.rooms[code] = MemoryRoom(region=code, clock=lambda: self.now, new_id=lambda: self._new_id(code))
        self.contexts[code] = lambda: Context(
            region=code,
            directory=self.directory,
            now=self.now,
            new_id=lambda: self._new_id(code),
            rules=the_rules(),
            fingerprints=self.shared.get(code, MatchKeys()).fingerprints,
            sign=lambda statement, expires: self._sign(code, statement, expires),
        )

    def share(self, *keys: MatchKey, regions: Iterable[str] = ()) -> "Exchange":
        """These regions, or all, hold these shared keys."""
        self.shared |= {code: MatchKeys(keys=keys) for code in regions or self.rooms}
        return self

    def _sign(self, region: str, statement: Statement, expires: datetime) -> str:
        if not self.directory.by_code[region].keys:
            # Making keys takes its time, so they are listed when the first is used.
            self.directory = shared().directory(self.directory.regions, agreements=self.directory.agreements)
        wire = replace(shared().wire(region, self.directory), clock=lambda: self.now)
        return sign_statement(wire, statement, expires)

    def _new_id(self, region: str) -> UUID:
        self.ids[region] += 1
        return UUID(int=int(region) << 64 | self.ids[region])

    def copy(self) -> "Exchange":
        twin = replace(
            self, rooms={}, contexts={}, flight=list(self.flight), ids=dict(self.ids), published=dict(self.published)
        )
        for code, room in self.rooms.items():
            twin._build(code)
            # A room's content is replaced at each commit, never changed.
            twin.rooms[code].content = room.content
        return twin

    def keep(self, region: str, *files: Attachment) -> None:
        """These files were put in that region's store."""
        content = self.rooms[region].content.copy()
        content.kept |= {file.digest for file in files}
        self.rooms[region].content = content

    def give_up(self, region: str, *files: Attachment) -> None:
        """These files will not come there."""
        content = self.rooms[region].content.copy()
        content.given_up |= {file.digest for file in files}
        self.rooms[region].content = content

    # As a world of ``tests.asking`` --------------------------------------------------------------------------

    def carry_out(self, region: str, case: UUID, path: str, command: Command, order: Order) -> Case:  # noqa: ARG002 - see World
        return self.order(region, order)

    def put(self, region: str, content: bytes, name: str) -> Attachment:
        file = Attachment(digest=digest_of(content), size=len(content), media_type=MediaType.PDF, name=name)
        self.contents[file.digest] = content
        self.keep(region, file)
        return file

    def holds(self, region: str, file: Attachment) -> bytes | None:
        wanted = any(digest == file.digest for digest, _ in self.rooms[region].content.wanted)
        return self.contents[file.digest] if wanted else None

    def case(self, region: str, case: UUID) -> Case:
        return self.rooms[region].content.cases[case]

    # What people do -----------------------------------------------------------------------------------------

    def order(self, region: str, order: Order) -> Case:
        """Carry out an order as the desk does; raises what forbids it, and then nothing may have changed."""
        before, room = self.rooms[region].content, self.rooms[region]
        desk = Desk(room=room, context=self.contexts[region])
        (outcome,) = run(desk._transact([order]))
        if isinstance(outcome, Exception):
            after = room.content
            if (after.cases, after.lanes, after.outbox) != (before.cases, before.lanes, before.outbox):
                raise AssertionError("a refused command left something behind")
            raise outcome
        if not isinstance(outcome, Case):
            raise TypeError(type(outcome))
        self._publish(region)
        self.now += self.tick
        return outcome

    def press(self, move: Move) -> Case:
        """Press a button; raises its TransferError."""
        return self.order(move.region, move.order())

    def take_in(
        self,
        region: str,
        *,
        received_at: datetime | None = None,
        persons: int = 2,
        materials: tuple[Material, ...] = (),
        **typed: Any,
    ) -> UUID:
        """A new case, first received there."""
        command = an_application(region, persons=persons, materials=materials, received_at=received_at, **typed)
        return self.open(region, command)

    def open(self, region: str, command: OpenCase) -> UUID:
        """The case that this application makes there."""
        order = Order(by=command.by, institution=command.institution, create=lambda at: open_case(command, at))
        return self.order(region, order).id

    # What the network does ----------------------------------------------------------------------------------

    def _publish(self, region: str) -> None:
        """Hand what the region's last transaction left in the outbox to the wire."""
        sent = list(self.rooms[region].content.outbox.values())
        self.flight += [
            Letter(source=region, recipient=one.recipient, type=one.type, body=one.body)
            for one in sent[self.published[region] :]
        ]
        self.published[region] = len(sent)

    def resend(self, region: str) -> None:
        """Send again what has no final receipt."""
        self.flight += [
            Letter(source=region, recipient=one.recipient, type=one.type, body=one.body)
            for one in self.rooms[region].unsettled()
        ]

    def tell(self, region: str) -> None:
        """Send the receipts that the region owes, with the real teller."""
        wire = _Wire(exchange=self, region=region)
        teller = ReceiptTeller(
            receipts=MemoryReceiptsDue(room=self.rooms[region]),
            carrier=wire,
            region=region,
            clock=lambda: self.now,
            new_id=lambda: self._new_id(region),
            backoff=Pauses(first=TICK, longest=TICK),
        )
        run(teller.tell_once())

    def deliver(self, region: str, letters: Sequence[Letter]) -> list[Verdict]:
        """One batch through the door; raises NotHonest when anything in it or let in by it is refused."""
        deliveries = [
            Delivery(body=letter.body, exchange=f"out.{letter.source}", user_id=letter.source) for letter in letters
        ]
        before = len(self.rooms[region].content.quarantine)
        verdicts = run(self._receive(region, deliveries))
        refusals = [verdict.refusal for verdict in verdicts if isinstance(verdict, Refused)]
        kept = list(self.rooms[region].content.quarantine.values())[before:]
        if refusals or kept:
            raise NotHonest([f"{one.type}: {one.refusal.detail}" for one in kept], refusals)
        self._publish(region)
        self.now += self.tick
        return verdicts

    async def _receive(self, region: str, deliveries: Sequence[Delivery]) -> list[Verdict]:
        async with self.rooms[region].work() as work:
            context = self.contexts[region]()
            return await receive(work, opened(deliveries, context), context)

    def drain(self, order: Callable[[Sequence[Letter]], Sequence[Letter]] = tuple) -> None:
        """Let everything arrive, with receipts, sent again as often as needed."""
        for _ in range(ENOUGH_ROUNDS):
            while self.flight:
                letters, self.flight = order(self.flight), []
                for region in self.rooms:
                    if mine := [letter for letter in letters if letter.recipient == region]:
                        self.deliver(region, mine)
            for region in self.rooms:
                self.tell(region)
            if not self.flight:
                if not any(room.unsettled() for room in self.rooms.values()):
                    return
                for region in self.rooms:
                    self.resend(region)
        stuck = {code: [one.type for one in room.unsettled()] for code, room in self.rooms.items()}
        raise AssertionError(f"never done: {stuck}")

    # What is known ------------------------------------------------------------------------------------------

    def cases(self) -> Iterator[tuple[UUID, dict[str, Case]]]:
        """Each case, as every region that knows it records it."""
        known: dict[UUID, dict[str, Case]] = {}
        for code, room in self.rooms.items():
            for case in room.content.cases.values():
                known.setdefault(case.id, {})[code] = case
        yield from known.items()


@dataclass(slots=True, kw_only=True)
class _Wire:
    """See ports.Carrier: what is published is on the wire."""

    exchange: Exchange
    region: str

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        self.exchange.flight += [
            Letter(source=self.region, recipient=one.recipient, type=one.type, body=one.body) for one in parcels
        ]
        return [Sent() for _ in parcels]

    @property
    def connected(self) -> bool:
        return True
