"""The desk: takes caseworkers' commands, loads their cases, decides, and records many in one transaction."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from transfer.actions.matching import beside_own
from transfer.actions.situation import Situation
from transfer.domain.case import Case
from transfer.domain.decision import Decision
from transfer.domain.errors import Recused, StaleVersion, TransferError, UnknownCase
from transfer.messages.attachments import attachments_of
from transfer.messages.values import Digest
from transfer.ports.files import FileNotKept, FileOnItsWay
from transfer.ports.work import Answered, Cause, Context, StorageRefused, StorageUnavailable, Work, WorkRoom

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
class Order:
    """One command on its way: for which case, by whom, and how it is decided."""

    by: str
    institution: str
    decide: Callable[[Situation], Decision] | None = None
    create: Callable[[Context], Decision] | None = None
    case: UUID | None = None
    others: tuple[UUID, ...] = ()
    version: int | None = None
    idempotency: Idempotency | None = None


Outcome = Case | Answered | Exception


@dataclass(slots=True, kw_only=True)
class Desk:
    """Decides commands in the order in which they came. Those that wait while a transaction is being written
    share the next one, so a busy node writes few large transactions, and an idle one answers at once."""

    room: WorkRoom
    context: Callable[[], Context]
    _waiting: deque[tuple[Order, asyncio.Future[Case | Answered]]] = field(default_factory=deque)
    _writer: asyncio.Task[None] | None = None

    async def carry_out(self, order: Order) -> Case | Answered:
        """The case after the command, or the response once given to its idempotency key.

        Raises a TransferError when the command is refused, StorageUnavailable or StorageRefused.
        """
        done: asyncio.Future[Case | Answered] = asyncio.get_running_loop().create_future()
        self._waiting.append((order, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write(), name="desk")
        return await done

    async def drain(self) -> None:
        """Wait until what was ordered is written; at the end of the node."""
        while self._writer is not None and not self._writer.done():
            await asyncio.wait({self._writer})

    async def _write(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            try:
                outcomes = await self._transact([order for order, _ in batch])
            except StorageRefused as error:
                await self._one_by_one(batch, error)
            except BaseException as error:
                _settle(batch, [error] * len(batch))
                if not isinstance(error, Exception):
                    raise
            else:
                _settle(batch, outcomes)

    async def _one_by_one(
        self, batch: Sequence[tuple[Order, asyncio.Future[Case | Answered]]], error: StorageRefused
    ) -> None:
        """One command that the database refuses must not take the others of its batch with it. A lone one is
        tried once more: another process may just have used its key, and then its response is there."""
        for entry in batch:
            try:
                _settle([entry], await self._transact([entry[0]]))
            except Exception as again:  # noqa: BLE001 - handed to whoever waits for this command
                _settle([entry], [again if len(batch) > 1 else error])

    async def _transact(self, orders: Sequence[Order]) -> list[Outcome]:
        async with self.room.work() as work:
            known = dict(await work.load_answered({o.idempotency.key for o in orders if o.idempotency}))
            wanted = {i for order in orders for i in (order.case, *order.others) if i is not None}
            cases = dict(await work.load_cases(wanted)) if wanted else {}
            return [await self._decide(order, work, known, cases) for order in orders]

    async def _decide(self, order: Order, work: Work, known: dict[str, Answered], cases: dict[UUID, Case]) -> Outcome:
        key = order.idempotency
        if key is not None and (given := known.get(key.key)) is not None:
            return given if given.request == key.request else KeyReused(key=key.key)
        context = self.context()
        try:
            decision = _decision(order, context, cases)
            was = cases.get(decision.case.id)
            for one in (decision, *decision.also):
                await _check_files(one, was, work)
        except StorageUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one command stays with it, not with its batch
            return error
        cause = Cause(at=context.now, by=order.by, institution=order.institution)
        for one in (*await _with_same_matter(decision, work), *decision.also):
            recorded = work.record(one, cause)
            cases[recorded.id] = recorded
        case = cases[decision.case.id]
        if key is not None:
            known[key.key] = key.respond(case)
            work.record_answered(key.key, known[key.key])
        return case


def _decision(order: Order, context: Context, cases: dict[UUID, Case]) -> Decision:
    if order.create is not None:
        return order.create(context)
    case = cases.get(order.case) if order.case is not None else None
    if case is None or order.decide is None:
        raise UnknownCase(case=order.case)
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


def _digests(*named: object) -> set[Digest]:
    return {file.digest for file in attachments_of(named)}


def _settle(
    batch: Sequence[tuple[Order, asyncio.Future[Case | Answered]]], outcomes: Sequence[Outcome | BaseException]
) -> None:
    for (_, done), outcome in zip(batch, outcomes, strict=True):
        if done.cancelled():
            continue
        if isinstance(outcome, BaseException):
            done.set_exception(outcome)
        else:
            done.set_result(outcome)
