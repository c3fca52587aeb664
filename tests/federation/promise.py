"""Promise 1 as checks: what holds at every moment, what holds when nothing is on its way, and that nothing is stuck."""

from collections.abc import Mapping
from uuid import UUID

from tests.federation.exchange import Exchange, Move
from tests.federation.moves import stage_move
from transfer.actions.commands import Recall
from transfer.actions.situation import Situation
from transfer.domain.case import Case, Transfer
from transfer.domain.errors import TransferError
from transfer.domain.lifecycle import CLOSED, STAGES, Side, State, Step
from transfer.messages.codes import RecallReason, ReceiptOutcome


def check_every_moment(exchange: Exchange) -> None:
    """Holders form one chain, its last one knows that it holds, and at most one region could decide."""
    for case, known in exchange.cases():
        chain = max((one.tenures for one in known.values()), key=len)
        for code, one in known.items():
            assert one.tenures == chain[: len(one.tenures)], f"{code} records other holders of {case}"
        holder = max(known.values(), key=lambda one: len(one.tenures)).holder_region
        assert known[holder].tenures == chain, f"{holder} does not know that it holds {case}"
        deciders = [code for code, one in known.items() if could_decide(exchange, code, one)]
        assert set(deciders) <= {holder}, f"{deciders} could decide {case}, which {holder} holds"
    _check_links(exchange)
    for code, room in exchange.rooms.items():
        assert not room.content.quarantine, f"{code} refused something"


def _check_links(exchange: Exchange) -> None:
    """Each case that only assists leads to one that does not."""
    links = {(case, one.duplicate_of) for case, known in exchange.cases() for one in known.values()}
    survivors = {case: other for case, other in links if other is not None}
    assert len(survivors) == sum(other is not None for _, other in links), "a case is linked to two others"
    for start, following in survivors.items():
        passed, here = {start}, following
        while here in survivors:
            assert here not in passed, f"{passed} assist one another, and nobody decides"
            passed.add(here)
            here = survivors[here]


def could_decide(exchange: Exchange, code: str, case: Case) -> bool:
    """Whether the region's own rules let it go where no offered case may go: to grant, to refuse, to conclude."""
    for row in STAGES:
        if row.stage is case.stage.stage and not row.while_offered:
            decide = stage_move(exchange, code, case, row.to).order().decide
            assert decide is not None
            try:
                decide(Situation(case=case, context=exchange.contexts[code]()))
            except TransferError:
                continue
            return True
    return False


def check_quiet(exchange: Exchange) -> None:
    """Nothing is on its way, and all records agree."""
    assert not exchange.flight
    for code, room in exchange.rooms.items():
        assert all(one.outcome is ReceiptOutcome.APPLIED for one in room.content.outbox.values()), code
        assert all(one.outcome is ReceiptOutcome.APPLIED for one in room.content.inbox.values()), code
        assert len(room.content.inbox) == sum(
            one.recipient == code for other in exchange.rooms.values() for one in other.content.outbox.values()
        )
    for case, known in exchange.cases():
        _check_agreement(exchange, case, known)
        _check_transfers(known)
        _check_package(known)
    check_not_stuck(exchange)


def _check_agreement(exchange: Exchange, case: UUID, known: Mapping[str, Case]) -> None:
    tenures = {one.tenures for one in known.values()}
    assert len(tenures) == 1, f"{case}: {dict.fromkeys(known)} name different holders"
    holder = next(iter(known.values())).holder_region
    assert set(known) - {holder} <= known[holder].followers, f"{holder} forgot followers of {case}"
    stages = {code: one.stage for code, one in known.items()}
    assert len(set(stages.values())) == 1, f"{case}: {stages}"


def _check_transfers(known: Mapping[str, Case]) -> None:
    records: dict[UUID, dict[Side, Transfer]] = {}
    for one in known.values():
        for transfer in one.transfers:
            records.setdefault(transfer.id, {})[transfer.side] = transfer
    for sides in records.values():
        mine, theirs = sides[Side.SENDER], sides[Side.RECEIVER]
        for name in ("state", "designation", "signed_by", "notice", "dispute", "is_open"):
            assert getattr(mine, name) == getattr(theirs, name), f"{name} of {mine.sender} → {mine.receiver}"
        assert mine.state is not State.RECALL_REQUESTED
        if Side.SUPERIOR in sides:
            assert sides[Side.SUPERIOR].designation == mine.designation
        if mine.state is State.LINKED_AS_DUPLICATE:
            duplicates = [known[r].duplicate_of for r in (mine.sender_region, mine.receiver_region)]
            assert duplicates[0] == duplicates[1] is not None


def _check_package(known: Mapping[str, Case]) -> None:
    """The two parties of the holder's latest transfer have the same persons and papers; each has clocks of its own."""
    holder = next(iter(known.values())).holder_region
    if not known[holder].transfers:
        return
    latest = max(reversed(known[holder].transfers), key=lambda t: t.opened_at)
    if latest.side is Side.SUPERIOR:
        return
    sent, taken = (known[region].file for region in (latest.sender_region, latest.receiver_region))
    assert sent.basics.model_copy(update={"clocks": ()}) == taken.basics.model_copy(update={"clocks": ()})
    assert (sent.applicants, sent.materials) == (taken.applicants, taken.materials)


def check_not_stuck(exchange: Exchange) -> None:
    """Where an offer is open, its sender can recall it, and then nothing is open."""
    for case, known in exchange.cases():
        for code, one in known.items():
            if (standing := one.open_offer) is None:
                continue
            twin = exchange.copy()
            command = Recall(by="王芳", institution=code, reason=RecallReason.SENT_IN_ERROR)
            twin.press(Move(region=code, case=case, command=command, step=Step.RECALL, transfer=standing.id))
            twin.drain()
            after = twin.rooms[code].content.cases[case].transfer(standing.id)
            assert after.state in CLOSED, f"the recall of a {standing.state} transfer led to {after.state}"
