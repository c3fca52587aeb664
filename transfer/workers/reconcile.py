"""Compares, once a day, what this region and each other one sent and received, names what differs and heals what is
safe to heal; answers those that ask the same."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from transfer.domain.clocks import CHINA
from transfer.ledger.differences import CURES
from transfer.ledger.reconciling import (
    HEALED_BY_RECIPIENT,
    HEALED_BY_SENDER,
    Found,
    Roots,
    differences,
    first_id,
    unlike,
)
from transfer.messages.reconciling import MOST_LINES, Differing, Line, ReconcileAnswered, ReconcileAsked
from transfer.ports.reconciling import Answer, Question, Reconciliation, Reconciling
from transfer.ports.work import Context, StorageRefused
from transfer.records import DifferenceLine, Direction
from transfer.telemetry.metrics import ALARMS

log = structlog.get_logger(__name__)

SETTLED: Final = timedelta(hours=1)
"""What was made less long ago may still be on its way."""
AT_ONCE: Final = 10
_MIDNIGHT: Final = datetime(2000, 1, 1, tzinfo=CHINA)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Any number of processes may do this: each step is one transaction, and one of them does it."""

    records: Reconciling
    context: Callable[[], Context]
    every: timedelta

    async def reconcile_once(self) -> int:
        """Gives how many questions and answers were dealt with; raises StorageUnavailable."""
        return await self._ask_all() + await self._answer_all() + await self._conclude_all()

    async def ask(self, region: str, since: datetime, until: datetime, *, scheduled: bool = False) -> bool:
        """Compare the messages with that region that were made in this time; the answer comes later. Gives whether no
        other process did it."""
        start = first_id(since)
        return await self._ask(
            Reconciliation(region=region, since=since, until=until, start=start, scheduled=scheduled)
        )

    async def _ask_all(self) -> int:
        context = self.context()
        until = _MIDNIGHT + (context.now - SETTLED - _MIDNIGHT) // self.every * self.every
        due = await self.records.due(until.astimezone(UTC))
        listed = [region for region in sorted(due) if region in context.directory.by_code]
        for region in listed:
            await self.ask(region, due[region], until.astimezone(UTC), scheduled=True)
        return len(listed)

    async def _ask(self, of: Reconciliation, *, after: UUID | None = None) -> bool:
        stop = first_id(of.until)
        sent = await self._roots(Direction.OUT, of.region, of.start, stop)
        received = await self._roots(Direction.IN, of.region, of.start, stop)
        asked = ReconcileAsked(start=of.start, stop=stop, sent=sent.said, received=received.said)
        return await self.records.ask(of, asked, after=after)

    async def _roots(self, way: Direction, region: str, start: UUID, stop: UUID) -> Roots:
        roots = Roots()
        async for page in self.records.lines(way, region, start, stop):
            roots.add(page)
        return roots

    # What others ask ----------------------------------------------------------------------------------------

    async def _answer_all(self) -> int:
        questions = await self.records.questions(limit=AT_ONCE)
        for question in questions:
            with suppress(StorageRefused):
                await self.records.answer(question, await self._answer(question))
        return len(questions)

    async def _answer(self, question: Question) -> ReconcileAnswered:
        region, asked = question.region, question.asked
        sent = await self._roots(Direction.OUT, region, asked.start, asked.stop)
        received = await self._roots(Direction.IN, region, asked.start, asked.stop)
        of_sent, of_received = unlike(sent.said, asked.received), unlike(received.said, asked.sent)
        lines_sent, until_sent = await self._some(Direction.OUT, question, of_sent)
        lines_received, until_received = await self._some(Direction.IN, question, of_received)
        through = min(until_sent, until_received)
        return ReconcileAnswered(
            through=through,
            sent=Differing(ranges=of_sent, lines=_before(lines_sent, through)),
            received=Differing(ranges=of_received, lines=_before(lines_received, through)),
        )

    async def _some(self, way: Direction, question: Question, ranges: Collection[int]) -> tuple[list[Line], UUID]:
        """As many lines as an answer holds, and the first id that they do not tell of."""
        lines: list[Line] = []
        asked = question.asked
        async for page in self.records.lines(way, question.region, asked.start, asked.stop, ranges):
            lines += page
            if len(lines) > MOST_LINES:
                return lines[:MOST_LINES], lines[MOST_LINES].message
        return lines, asked.stop

    # What others answer -------------------------------------------------------------------------------------

    async def _conclude_all(self) -> int:
        answers = await self.records.answers(limit=AT_ONCE)
        return sum([await self._conclude(answer) for answer in answers])

    async def _conclude(self, answer: Answer) -> bool:
        """If the node dies in the middle, all of it is done again, which changes nothing more."""
        of, answered = answer.of, answer.answered
        through = answered.through if of.start < answered.through < answer.stop else answer.stop
        for way, theirs in ((Direction.OUT, answered.received), (Direction.IN, answered.sent)):
            rest = [one for one in theirs.lines if of.start <= one.message < through]
            async for page in self.records.lines(way, of.region, of.start, through, theirs.ranges):
                rest, beside = _parted(rest, page[-1].message)
                of = await self._deal_with(of, way, page, beside)
            of = await self._deal_with(of, way, (), rest)
        if through < answer.stop:
            return await self._ask(replace(of, start=through), after=answer.question)
        if closed := await self.records.close(of, question=answer.question):
            self._tell(of)
        return closed

    async def _deal_with(
        self, of: Reconciliation, way: Direction, mine: Sequence[Line], theirs: Sequence[Line]
    ) -> Reconciliation:
        found = list(differences(mine, theirs) if way is Direction.OUT else differences(theirs, mine))
        if way is Direction.OUT:
            await self.records.send_again(_of(found, HEALED_BY_SENDER))
        else:
            await self.records.tell_again(of.region, _of(found, HEALED_BY_RECIPIENT))
        return of.with_found([_line(one, way) for one in found])

    def _tell(self, of: Reconciliation) -> None:
        for one in of.named:
            cure = CURES[one.difference]
            said = {"message": str(one.message), "region": of.region, "difference": one.difference.value}
            if cure.heals:
                log.warning("records_differ", **said, hop=cure.hop.value, heals=True)
            else:
                ALARMS.labels(kind="records_differ").inc()
                log.error("records_differ", **said, hop=cure.hop.value, heals=False)
        log.info("reconciled", region=of.region, until=of.until.isoformat(), found=of.found)


def _before(lines: Sequence[Line], through: UUID) -> tuple[Line, ...]:
    return tuple(one for one in lines if one.message < through)


def _parted(lines: Sequence[Line], last: UUID) -> tuple[list[Line], list[Line]]:
    """Those behind a message id, and those up to it."""
    return [one for one in lines if one.message > last], [one for one in lines if one.message <= last]


def _of(found: Sequence[Found], healed: Collection[object]) -> list[UUID]:
    return [one.line.message for one in found if one.difference in healed]


def _line(found: Found, way: Direction) -> DifferenceLine:
    line = found.line
    return DifferenceLine(
        direction=way,
        message=line.message,
        conversation=line.conversation,
        sequence=line.sequence,
        difference=found.difference,
    )
