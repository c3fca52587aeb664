"""Asks the other regions what a node that was restored from a backup has forgotten, and takes it up again; tells
others that ask the same."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from transfer.actions.retaking import CannotRetake, retake
from transfer.crypto.letters import Letter
from transfer.domain.errors import TransferError
from transfer.handlers.noticed import NOTICE
from transfer.handlers.opening import Opened, judge
from transfer.handlers.receive import Applied, let_in, take_back
from transfer.ledger.checkpoint import Checkpoint
from transfer.messages.case_progress import CaseSplit
from transfer.messages.codes import ReceiptOutcome
from transfer.messages.envelope import OF_NO_CASE, SchemaViolated, UnknownType, Unreadable, decode, digest_of
from transfer.messages.recovery import Kept, RecoveryAsked
from transfer.messages.transfer import LinkedAsDuplicate
from transfer.messages.values import Frozen
from transfer.ports.recovery import Again, OwnMessage, Recovery, Restore, Talk
from transfer.ports.work import Cause, Context, InboxEntry, StorageRefused
from transfer.telemetry.metrics import ALARMS

log = structlog.get_logger(__name__)

MARGIN: Final = timedelta(hours=1)
"""So far the clocks of two regions may be apart, and a copy of a database take."""
AT_ONCE: Final = 10
MOST_NAMED: Final = 1000


class _NotYet(Exception):
    """What came before it is missing; the transaction is rolled back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Forgotten:
    """A message as another region keeps it. ``own`` is what this one sent, ``opened`` what it received; neither where
    only its place is known."""

    region: str
    kept: Kept
    sent: bool
    own: OwnMessage | None = None
    opened: Opened | None = None

    @property
    def lane(self) -> tuple[bool, str, UUID]:
        return self.sent, self.region, self.kept.conversation

    @property
    def between_regions(self) -> bool:
        head = self.own.attributes if self.own else self.opened.attributes if self.opened else None
        return head is not None and head.type in OF_NO_CASE


@dataclass(frozen=True, slots=True, kw_only=True)
class Recoverer:
    """Until it has finished, the node takes no decision and no message. Each step is one transaction; if the node dies
    in between, what was taken up is known and the rest is done again."""

    records: Recovery
    context: Callable[[], Context]
    is_own: Callable[[bytes, str], bool]

    async def recover_once(self) -> int:
        """Gives how many questions and answers were dealt with. Raises StorageUnavailable, NoExchange."""
        done = await self._answer_all()
        restore = await self.records.open()
        return done if restore is None else done + await self._go_on(restore)

    async def finish(self) -> Sequence[UUID]:
        """Take up what was told so far, whatever is missing; gives the messages that could not be taken up. A person
        decides that, for regions that will not answer."""
        restore = await self.records.open()
        return () if restore is None else await self._take_up(restore, await self.records.talks(restore), force=True)

    async def _answer_all(self) -> int:
        questions = await self.records.questions(limit=AT_ONCE)
        for one in questions:
            told = await self.records.told(one.region, one.asked.since, one.asked.after)
            with suppress(StorageRefused):
                await self.records.answer(one, told)
        return len(questions)

    async def _go_on(self, restore: Restore) -> int:
        context, talks = self.context(), await self.records.talks(restore)
        others = sorted(context.directory.by_code.keys() - {context.region})
        due = [region for region in others if not (talk := talks.get(region, Talk())).waits and not talk.complete]
        for region in due:
            answers = talks[region].answers if region in talks else ()
            after = answers[-1].through if answers else None
            await self.records.ask(region, await self._question(restore, region, after))
        if not due and all(talks[region].complete for region in others):
            await self._take_up(restore, talks, force=False)
        return len(due)

    async def _question(self, restore: Restore, region: str, after: UUID | None) -> RecoveryAsked:
        note = await self.records.branch(region) if after is None else None
        return RecoveryAsked(since=restore.made_at - MARGIN, after=after, reason=restore.reason, note=note)

    async def _take_up(self, restore: Restore, talks: Mapping[str, Talk], *, force: bool) -> Sequence[UUID]:
        forgotten = await self._forgotten(talks)
        left = await self._retake_all(forgotten)
        if left and not force:
            ALARMS.labels(kind="recovery_incomplete").inc()
            log.error("recovery_incomplete", messages=[str(one.kept.message) for one in left[:MOST_NAMED]])
            return [one.kept.message for one in left]
        waiting = [one.own for one in left if one.own]
        for one in left:
            async with self.records.step(waiting) as work:
                await self._note(work, one)
        for conversation in await self.records.parked():
            async with self.records.step(()) as work:
                await let_in(work, {conversation}, self.context())
        known = [Checkpoint.of_note(answer.known) for talk in talks.values() for answer in talk.answers if answer.known]
        facts = {
            "backup": restore.made_at.isoformat(),
            "regions": sorted(region for region, talk in talks.items() if talk.complete),
            "taken_up": len(forgotten),
            "known_elsewhere": max((one.size for one in known), default=0),
            "lost": [str(one.kept.message) for one in left[:MOST_NAMED]],
        }
        async with self.records.finish(restore, facts) as ending:
            if ending is not None:
                # What has come since the last look.
                await let_in(ending.work, ending.parked, self.context())
        if ending is not None:
            log.info("recovered", **facts)
        return [one.kept.message for one in left]

    # What was forgotten -------------------------------------------------------------------------------------

    async def _forgotten(self, talks: Mapping[str, Talk]) -> list[_Forgotten]:
        """What others have told and this node does not know, by the time at which it was made."""
        told = [
            found
            for region, talk in talks.items()
            for answer in talk.answers
            for way, some in ((True, answer.received), (False, answer.sent))
            for one in some
            if (found := self._read(region, one, sent=way)) is not None
        ]
        own = await self.records.own([one.kept.message for one in told if one.sent])
        known = await self.records.known([(one.region, one.kept.message) for one in told if not one.sent])
        new = [
            one
            for one in told
            if (one.kept.message not in own if one.sent else (one.region, one.kept.message) not in known)
        ]
        return sorted(new, key=lambda one: one.kept.message)

    def _read(self, region: str, kept: Kept, *, sent: bool) -> _Forgotten | None:
        """None for what is not what it is said to be: nobody else can say what this region has sent."""
        if kept.content is None:
            return _Forgotten(region=region, kept=kept, sent=sent)
        body, own = kept.content.encode(), self.context().region
        try:
            attributes, data = decode(body)
        except (UnknownType, SchemaViolated, Unreadable):
            return None
        named = (attributes.id, attributes.conversation, attributes.sequence, attributes.source, attributes.recipient)
        ways = (own, region) if sent else (region, own)
        if named != (kept.message, kept.conversation, kept.sequence, *ways):
            return None
        if not sent:
            found = judge(Letter(source=region, content=body, signature=""))
            opened = found if isinstance(found, Opened) else None
            return _Forgotten(region=region, kept=kept, sent=False, opened=opened)
        if not self.is_own(body, kept.signature or ""):
            ALARMS.labels(kind="recovery_forged").inc()
            log.error("recovery_forged", message=str(kept.message), region=region)
            return None
        said = OwnMessage(attributes=attributes, data=data, body=body)
        return _Forgotten(region=region, kept=kept, sent=True, own=said)

    # Taking up ----------------------------------------------------------------------------------------------

    async def _retake_all(self, forgotten: Sequence[_Forgotten]) -> list[_Forgotten]:
        """Each in the order of its lane, all as nearly as may be in the order of time; gives what did not fit."""
        left = list(forgotten)
        while left:
            blocked: set[tuple[bool, str, UUID]] = set()
            before, rest = len(left), []
            waiting = {one.own.attributes.id: one.own for one in left if one.own}
            for one in left:
                if one.own and one.kept.message not in waiting:
                    continue  # a step before made it again
                if one.lane in blocked or not await self._retake(one, waiting):
                    blocked.add(one.lane)
                    rest.append(one)
            left = [one for one in rest if one.own is None or one.kept.message in waiting]
            if len(left) == before:
                break
        return left

    async def _retake(self, one: _Forgotten, waiting: dict[UUID, OwnMessage]) -> bool:
        """Whether it could be; ``waiting`` are the own messages that nothing has made again."""
        if one.kept.withheld:
            return False
        try:
            async with self.records.step(list(waiting.values())) as work:
                if one.own and not one.between_regions and one.own.attributes.type != NOTICE:
                    await self._decide_again(work, one.own)
                elif one.opened and not one.between_regions and one.kept.outcome is ReceiptOutcome.APPLIED:
                    then = replace(self.context(), now=_when(one.opened, waiting))
                    if not isinstance(await take_back(work, one.opened, then), Applied):
                        raise _NotYet
                else:
                    await self._note(work, one)
                still = {attributes.id for attributes, _ in work.said.values()}
        except (_NotYet, CannotRetake, TransferError, StorageRefused):
            return False
        for message in waiting.keys() - still:
            del waiting[message]
        waiting.pop(one.kept.message, None)
        return True

    async def _decide_again(self, work: Again, own: OwnMessage) -> None:
        attributes = own.attributes
        if attributes.conversation is None:
            raise _NotYet
        cases = await work.load_cases({attributes.conversation, *_named(own.data)})
        then = replace(self.context(), now=attributes.time)
        decision = retake(cases.get(attributes.conversation), cases, attributes.recipient, own.data, then)
        source = attributes.source
        for one in (decision, *decision.also):
            work.record(one, Cause(at=attributes.time, by=source, message=attributes.id, source=source))

    async def _note(self, work: Again, one: _Forgotten) -> None:
        """Its place and what was said of it, and nothing that follows from it."""
        kept = one.kept
        await work.load_cases({kept.conversation})
        if one.between_regions:
            await work.hold({kept.conversation})
        if one.own:
            work.say_again(one.own.attributes, one.own.body, one.own.data)
        elif one.opened:
            work.record_received(_entry(one.opened, kept, self.context().now))
        elif one.sent or kept.outcome is ReceiptOutcome.APPLIED:
            work.take_place(kept.conversation, one.region, kept.sequence, sent=one.sent)


def _named(data: Frozen) -> set[UUID]:
    """The other case that a message names."""
    match data:
        case LinkedAsDuplicate():
            return {data.surviving_case}
        case CaseSplit():
            return {data.origin}
        case _:
            return set()


def _when(opened: Opened, waiting: Mapping[UUID, OwnMessage]) -> datetime:
    """When it was taken in: what this node answered at once tells."""
    answers = [one.attributes.time for one in waiting.values() if one.attributes.answers == opened.digest]
    return min(answers, default=opened.attributes.time)


def _entry(opened: Opened, kept: Kept, now: datetime) -> InboxEntry:
    body = opened.letter.content
    return InboxEntry(
        source=opened.letter.source,
        message=kept.message,
        conversation=kept.conversation,
        sequence=kept.sequence,
        type=opened.attributes.type,
        digest=digest_of(body),
        body=body,
        outcome=kept.outcome,
        received_at=now,
        refusal=kept.refusal,
    )
