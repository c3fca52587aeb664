"""The desk: takes caseworkers' commands, loads their cases, decides, and records many in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from transfer.actions.matching import beside_own
from transfer.actions.situation import Situation
from transfer.actions.turns import Turns
from transfer.domain.case import Case
from transfer.domain.decision import Decision
from transfer.domain.errors import (
    CaseErased,
    MessagesUnderWay,
    NotExported,
    Recovering,
    Recused,
    StaleVersion,
    TransferError,
    UnknownCase,
)
from transfer.ledger.entry import Kind
from transfer.messages.attachments import attachments_of
from transfer.messages.values import Digest
from transfer.ports.files import FileNotKept, FileOnItsWay
from transfer.ports.ledger import Happened
from transfer.ports.work import Answered, Cause, Context, StorageUnavailable, Work, WorkRoom
from transfer.telemetry import traces

AT_ONCE: Final = 64
"""How many commands share one transaction at most."""


class KeyReused(TransferError):
    """This idempotency key was used for another request; a key belongs to one request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """A key that makes a repeated request harmless, and how its response is kept."""

    key: str
    request: Digest
    respond: Callable[[Case], Answered]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What a person asks for, as the ledger tells of it when it is refused."""

    command: str
    transfer: UUID | None = None
    request: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One command on its way: for which case, by whom, and how it is decided. What the node orders of itself is no
    ``attempt``."""

    by: str
    institution: str
    attempt: Attempt | None = None
    decide: Callable[[Situation], Decision] | None = None
    create: Callable[[Context], Decision] | None = None
    case: UUID | None = None
    others: tuple[UUID, ...] = ()
    version: int | None = None
    idempotency: Idempotency | None = None
    trace: str | None = field(default_factory=traces.current)
    """That of the request; orders of several requests share a transaction."""


Outcome = Case | Answered | Exception


@dataclass(slots=True, kw_only=True)
class Desk:
    """Decides commands in the order in which they came, those that wait together in one transaction."""

    room: WorkRoom
    context: Callable[[], Context]
    _turns: Turns[Order, Case | Answered] = field(init=False)

    def __post_init__(self) -> None:
        self._turns = Turns(name="desk", at_once=AT_ONCE, write=self._transact)

    async def carry_out(self, order: Order) -> Case | Answered:
        """The case after the command, or the response once given to its idempotency key.

        Raises a TransferError when the command is refused, StorageUnavailable or StorageRefused.
        """
        return await self._turns.take(order)

    async def drain(self) -> None:
        """Wait until what was ordered is written; at the end of the node."""
        await self._turns.drain()

    async def _transact(self, orders: Sequence[Order]) -> list[Outcome]:
        async with self.room.work() as work:
            if await work.load_recovering():
                return [Recovering() for _ in orders]
            known = dict(await work.load_answered({o.idempotency.key for o in orders if o.idempotency}))
            wanted = {i for order in orders for i in (order.case, *order.others) if i is not None}
            cases = dict(await work.load_cases(wanted)) if wanted else {}
            return [await self._decided(order, work, known, cases) for order in orders]

    async def _decided(self, order: Order, work: Work, known: dict[str, Answered], cases: dict[UUID, Case]) -> Outcome:
        """In the trace of its request."""
        command = order.attempt.command if order.attempt is not None else "by itself"
        with traces.span(f"decide {command}", parent=order.trace) as span:
            outcome = await self._decide(order, work, known, cases)
            if isinstance(outcome, Exception):
                span.failed(type(outcome).__name__)
            return outcome

    async def _decide(self, order: Order, work: Work, known: dict[str, Answered], cases: dict[UUID, Case]) -> Outcome:
        key = order.idempotency
        context = self.context()
        try:
            if key is not None and (given := known.get(key.key)) is not None:
                return _given(given, key)
            decision = _decision(order, context, cases)
            was = cases.get(decision.case.id)
            for one in (decision, *decision.also):
                await _check_files(one, was, work)
            await _check_destroys_nothing_needed(decision, work)
        except StorageUnavailable:
            raise
        except TransferError as error:
            if order.attempt is not None:
                work.note(_refused(order.attempt, order, error, known=order.case in cases, at=context.now))
            return error
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one command stays with it, not with its batch
            return error
        cause = Cause(at=context.now, by=order.by, institution=order.institution)
        for one in (*await _with_same_matter(decision, work), *decision.also):
            recorded = work.record(one, cause)
            cases[recorded.id] = recorded
        case = cases[decision.case.id]
        if key is not None:
            known[key.key] = key.respond(case)
            work.record_answered(key.key, known[key.key], case=case.id)
        return case


def _given(given: Answered, key: Idempotency) -> Answered:
    if given.request != key.request:
        raise KeyReused(key=key.key)
    return given


def _refused(attempt: Attempt, order: Order, error: TransferError, *, known: bool, at: datetime) -> Happened:
    """Told under the case where there is one: an id that was made up gets no key."""
    facts = {
        "command": attempt.command,
        "code": error.code,
        "case": str(order.case) if order.case is not None else None,
        "transfer": str(attempt.transfer) if attempt.transfer is not None else None,
        "request": str(attempt.request) if attempt.request is not None else None,
        "institution": order.institution,
    }
    case = order.case if known else None
    return Happened(kind=Kind.ATTEMPT, at=at, case=case, facts=facts, texts={"by": order.by})


def _decision(order: Order, context: Context, cases: dict[UUID, Case]) -> Decision:
    if order.create is not None:
        return order.create(context)
    case = cases.get(order.case) if order.case is not None else None
    if case is None or order.decide is None:
        raise UnknownCase(case=order.case)
    if case.handling.erased:
        raise CaseErased
    if order.version is not None and order.version != case.version:
        raise StaleVersion(read=order.version, current=case.version)
    if order.by in case.handling.recused:
        raise Recused
    others = {i: cases[i] for i in order.others if i in cases}
    return order.decide(Situation(case=case, context=context, others=others))


async def _with_same_matter(decision: Decision, work: Work) -> tuple[Decision, ...]:
    """The decision, and those on cases of this region with its fingerprints; they are locked first."""
    if not decision.fingerprints:
        return (decision,)
    found = await work.load_fingerprinted(decision.fingerprints)
    known = await work.load_cases({case for some in found.values() for case in some})
    return beside_own(decision, known.values())


async def _check_files(decision: Decision, was: Case | None, work: Work) -> None:
    """What a person adds names files that are here. What messages named goes on when it has come, or when it is sure
    that it will not. Raises FileNotKept, FileOnItsWay."""
    case = decision.case
    papers, requests = (was.materials, was.requests) if was is not None else ((), ())
    added: set[Digest] = set()
    if case.materials is not papers:
        had = frozenset(papers)
        added |= _digests(*(paper for paper in case.materials if paper not in had))
    if case.requests is not requests:
        added |= _digests(case.requests) - _digests(papers, requests)
    named = added | _digests(*(message.data for message in decision.messages))
    missing = named - set(await work.load_kept(named)) if named else named
    if not missing:
        return
    awaited = await work.load_awaited(missing)
    if coming := {digest for digest in missing if awaited.get(digest)}:
        raise FileOnItsWay(files=sorted(coming))
    if absent := missing - (_digests(papers, requests) & awaited.keys() - added):
        raise FileNotKept(files=sorted(absent))


async def _check_destroys_nothing_needed(decision: Decision, work: Work) -> None:
    """Raises NotExported, MessagesUnderWay. What the holder ordered was exported and archived there."""
    if all(one.ordered for one in decision.erasing):
        return
    case = decision.case.id
    if under_way := await work.load_under_way(case):
        raise MessagesUnderWay(messages=sorted(map(str, under_way)))
    if not await work.load_exported(case):
        raise NotExported


def _digests(*named: object) -> set[Digest]:
    return {file.digest for file in attachments_of(named)}
