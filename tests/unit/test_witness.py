"""A witness cosigns only what goes on from the last that it saw, and both ends hear of a fork."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from tests.builders import a_body, nobody_signs, the_rules
from tests.fakes import MemoryRoom, run
from tests.logbook import Log
from tests.plain import opened
from tests.trust import shared
from transfer.crypto.ledger_keys import ledger_signer, origin, verifiers, witnesses
from transfer.crypto.notes import Signer, sign, witnessed
from transfer.domain.decision import Outgoing
from transfer.handlers.receive import Applied, Refused, Verdict, receive
from transfer.ledger.checkpoint import Checkpoint
from transfer.ledger.tree import EMPTY
from transfer.ledger.witness import CannotCosign, check_growth
from transfer.messages.codes_ledger import CheckpointFault
from transfer.messages.envelope import decode, decode_attributes, digest_of
from transfer.messages.ledger import (
    LARGEST_SIZE,
    CheckpointAnswered,
    CheckpointPublished,
    LedgerMessage,
    NotCosigned,
    ledger_conversation,
)
from transfer.ports import ledger as port
from transfer.ports.ledger import Head, Judged, LedgerDecision, Words
from transfer.ports.work import Context, Delivery
from transfer.telemetry.metrics import REGISTRY

ZHONGSHAN, LUXIAN, SICHUAN = "442000", "510521", "510000"
NOW: Final = datetime(2026, 6, 15, 2, 30, tzinfo=UTC)
LOG: Final = Log.of(ZHONGSHAN, 40)
FORKED: Final = Log.of(ZHONGSHAN, 40, other_from=11)
NOTHING: Final = Checkpoint(origin(ZHONGSHAN), 0, EMPTY)


def fault(known: Checkpoint, new: Checkpoint, old: int, proof: list[bytes]) -> CheckpointFault:
    with pytest.raises(CannotCosign) as why:
        check_growth(known, new, old, proof)
    return why.value.code


# The rule -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("old", "size"), [(0, 1), (0, 40), (1, 2), (7, 8), (8, 9), (13, 40), (32, 40), (40, 40)])
def test_what_goes_on_from_the_last_one_may_be_cosigned(old: int, size: int) -> None:
    check_growth(LOG.checkpoint(old), LOG.checkpoint(size), old, LOG.proof(old, size))


def test_two_roots_of_one_size_are_a_fork_whatever_the_proof_is_said_to_lead_from() -> None:
    for old in (0, 13, 20):
        assert fault(LOG.checkpoint(20), FORKED.checkpoint(20), old, []) is CheckpointFault.FORK


def test_a_proof_from_another_size_than_the_last_one_is_asked_for_again() -> None:
    proof = LOG.proof(8, 40)
    assert fault(LOG.checkpoint(13), LOG.checkpoint(40), 8, proof) is CheckpointFault.UNKNOWN_SIZE
    assert fault(NOTHING, LOG.checkpoint(40), 8, proof) is CheckpointFault.UNKNOWN_SIZE


def test_an_older_checkpoint_than_the_last_one_is_not_cosigned() -> None:
    assert fault(LOG.checkpoint(40), LOG.checkpoint(13), 13, []) is CheckpointFault.UNKNOWN_SIZE
    assert fault(LOG.checkpoint(40), LOG.checkpoint(13), 40, []) is CheckpointFault.UNKNOWN_SIZE


def test_a_rewritten_past_is_a_fork() -> None:
    proof = FORKED.proof(13, 40)
    assert fault(LOG.checkpoint(13), FORKED.checkpoint(40), 13, proof) is CheckpointFault.FORK


@pytest.mark.parametrize("place", range(len(LOG.proof(13, 40))))
def test_every_hash_of_the_proof_counts(place: int) -> None:
    proof = LOG.proof(13, 40)
    proof[place] = bytes(32)
    assert fault(LOG.checkpoint(13), LOG.checkpoint(40), 13, proof) is CheckpointFault.FORK


def test_a_proof_of_another_length_is_a_bad_one_and_no_fork() -> None:
    proof = LOG.proof(13, 40)
    for wrong in (proof[:-1], [*proof, bytes(32)], []):
        assert fault(LOG.checkpoint(13), LOG.checkpoint(40), 13, wrong) is CheckpointFault.BAD_PROOF
    assert fault(NOTHING, LOG.checkpoint(40), 0, [bytes(32)]) is CheckpointFault.BAD_PROOF


# At the door --------------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class Node:
    """A region with an empty database and its keys."""

    region: str
    now: datetime = NOW
    room: MemoryRoom = field(init=False)
    signer: Callable[[], Signer] = field(init=False)
    taken: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.room = MemoryRoom(region=self.region, clock=lambda: self.now, new_id=uuid4)
        self.signer = partial(ledger_signer, shared().wire(self.region))

    @property
    def context(self) -> Context:
        return Context(
            region=self.region,
            directory=shared().directory(),
            now=self.now,
            new_id=uuid4,
            rules=the_rules(),
            sign=nobody_signs,
            signer=self.signer,
        )

    def take(self, *bodies: bytes, replay: bool = False) -> list[Verdict]:
        async def taken() -> list[Verdict]:
            async with self.room.work() as work:
                sources = [decode_attributes(body).source for body in bodies]
                deliveries = [
                    Delivery(body=body, exchange=f"out.{source}", user_id=source)
                    for body, source in zip(bodies, sources, strict=True)
                ]
                return await receive(work, opened(deliveries, self.context), self.context, replay=replay)

        return run(taken())

    def told(self, *messages: CheckpointPublished, source: str = ZHONGSHAN) -> list[CheckpointAnswered]:
        """What it answers to these checkpoints, which come in one batch."""
        before = len(self.room.content.outbox)
        bodies = []
        for message in messages:
            self.taken[source] += 1
            head: dict[str, Any] = {
                "id": uuid4(),
                "source": source,
                "recipient": self.region,
                "sequence": self.taken[source],
            }
            bodies.append(a_body(message, **head))
        assert [type(verdict) for verdict in self.take(*bodies)] == [Applied] * len(messages)
        answers = []
        for body, sent in zip(bodies, list(self.room.content.outbox.values())[before:], strict=True):
            attributes, data = decode(sent.body)
            assert isinstance(data, CheckpointAnswered)
            assert (attributes.answers, attributes.recipient, attributes.conversation) == (
                digest_of(body),
                source,
                ledger_conversation(source),
            )
            answers.append(data)
        return answers

    def refuses(self, message: LedgerMessage, *, source: str = ZHONGSHAN, **head: object) -> str:
        """The message's refusal, which changed nothing of what is known."""
        before = self.room.content
        self.taken[source] += 1
        given = {"id": uuid4(), "source": source, "recipient": self.region, "sequence": self.taken[source]} | head
        [verdict] = self.take(a_body(message, **given))
        assert isinstance(verdict, Refused)
        after = self.room.content
        assert (after.judged, after.cosigned, after.outbox) == (before.judged, before.cosigned, before.outbox)
        return verdict.refusal.detail


@pytest.fixture
def witness() -> Node:
    return Node(region=LUXIAN)


def alarms(kind: str) -> float:
    return REGISTRY.get_sample_value("transfer_alarms_total", {"kind": kind}) or 0.0


def code_of(answer: CheckpointAnswered) -> CheckpointFault | None:
    return answer.refusal.code if answer.refusal else None


def test_growth_is_cosigned_kept_and_noted(witness: Node) -> None:
    first, second = witness.told(LOG.published(13), LOG.published(40, old=13))
    known = witnesses(shared().directory().by_code[LUXIAN])
    for answer, size in ((first, 13), (second, 40)):
        assert answer.size == size
        assert list(witnessed(LOG.note(size) + (answer.cosignature or ""), known).values()) == [NOW]
    assert [(one.checkpoint.size, one.verdict.value) for one in witness.room.content.judged] == [
        (13, "cosigned"),
        (40, "cosigned"),
    ]
    facts = {"region": ZHONGSHAN, "size": 40, "root": LOG.checkpoint(40).root.hex(), "known": 13, "verdict": "cosigned"}
    assert dict(witness.room.content.noted[1].facts) == facts


def test_the_same_checkpoint_again_is_cosigned_again_and_kept_once(witness: Node) -> None:
    witness.told(LOG.published(13))
    [again] = witness.told(LOG.published(13, old=13))
    assert again.cosignature is not None
    assert len(witness.room.content.judged) == 1


def test_a_witness_that_knows_another_size_says_which(witness: Node) -> None:
    witness.told(LOG.published(13))
    before = alarms("ledger_forked")
    answers = witness.told(LOG.published(40, old=8), LOG.published(8), LOG.published(40, old=13))
    assert [(code_of(one), one.refusal and one.refusal.known) for one in answers] == [
        (CheckpointFault.UNKNOWN_SIZE, 13),
        (CheckpointFault.UNKNOWN_SIZE, 13),
        (None, None),
    ]
    assert alarms("ledger_forked") == before


def test_a_fork_is_refused_with_both_notes_kept_and_alarmed(witness: Node) -> None:
    witness.told(LOG.published(13))
    before = alarms("ledger_forked")
    [answer] = witness.told(FORKED.published(40, old=13))
    assert answer.refusal is not None
    assert answer.refusal.code is CheckpointFault.FORK
    assert answer.refusal.notes == (LOG.note(13), FORKED.note(40))
    kept = witness.room.content.judged[-1]
    assert (kept.note, kept.verdict.value) == (FORKED.note(40), "refused")
    assert witness.room.content.noted[-1].facts["verdict"] == "FORK"
    assert alarms("ledger_forked") == before + 1


def test_after_a_fork_nothing_of_that_region_is_cosigned_and_the_evidence_is_kept_once(witness: Node) -> None:
    witness.told(LOG.published(13))
    answers = witness.told(FORKED.published(13), LOG.published(40, old=13), FORKED.published(40, old=13))
    assert [code_of(one) for one in answers] == [CheckpointFault.FORK] * 3
    assert {one.refusal.notes for one in answers if one.refusal} == {(LOG.note(13), FORKED.note(13))}
    assert len(witness.room.content.judged) == 2
    sichuan = Log.of(SICHUAN, 5)
    assert [code_of(one) for one in witness.told(sichuan.published(5), source=SICHUAN)] == [None]


def test_a_fork_that_was_accepted_is_what_is_known_from_then_on(witness: Node) -> None:
    witness.told(LOG.published(13))
    witness.told(FORKED.published(20, old=13))

    async def accept() -> None:
        async with witness.room.work() as work:
            judged = Judged(
                region=ZHONGSHAN,
                checkpoint=FORKED.checkpoint(20),
                note=FORKED.note(20),
                verdict=port.Verdict.ACCEPTED,
                at=NOW,
            )
            work.record_ledger(LedgerDecision(judged=judged))

    run(accept())
    assert [code_of(one) for one in witness.told(FORKED.published(40, old=20))] == [None]
    assert [code_of(one) for one in witness.told(LOG.published(40, old=40))] == [CheckpointFault.FORK]


def test_a_proof_of_another_length_is_alarmed_and_bars_nothing(witness: Node) -> None:
    witness.told(LOG.published(13))
    before = alarms("ledger_forked")
    answers = witness.told(LOG.published(40, old=13, proof=()), LOG.published(40, old=13))
    assert [code_of(one) for one in answers] == [CheckpointFault.BAD_PROOF, None]
    assert alarms("ledger_forked") == before + 1


def resigned(text: str, region: str = ZHONGSHAN) -> str:
    """What that region signs, whatever it is."""
    return sign(text, ledger_signer(shared().wire(region)))


ROOT: Final = LOG.checkpoint(13).text.split("\n")[2]


@pytest.mark.parametrize(
    ("note", "says"),
    [
        (resigned(f"legalaid/{LUXIAN}\n13\n{ROOT}\n"), "origin"),
        (resigned(f"legalaid/{ZHONGSHAN}\n013\n{ROOT}\n"), "line 2"),
        (resigned(f"legalaid/{ZHONGSHAN}\n13\n{ROOT[:-4]}\n"), "line 3"),
        (resigned(f"legalaid/{ZHONGSHAN}\n13\n{ROOT[:-2]}B=\n"), "line 3"),
        (resigned(f"legalaid/{ZHONGSHAN}\n0\n{ROOT}\n"), "no entries"),
        (resigned(f"legalaid/{ZHONGSHAN}\n{LARGEST_SIZE + 1}\n{ROOT}\n"), "no entries"),
        (resigned(LOG.checkpoint(13).text, LUXIAN), "known key"),
        (LOG.note(13).replace("\n13\n", "\n14\n"), "is wrong"),
        (sign(LOG.checkpoint(13).text, Signer.new(f"legalaid/{ZHONGSHAN}")), "known key"),
    ],
)
def test_a_note_that_is_no_checkpoint_of_its_sender_is_refused(witness: Node, note: str, says: str) -> None:
    assert says in witness.refuses(LOG.published(13, note=note))


def test_a_region_speaks_of_its_own_ledger_alone(witness: Node) -> None:
    assert "its own ledger" in witness.refuses(LOG.published(13), source=SICHUAN)


def test_what_is_said_of_a_ledger_has_its_place_in_that_ledgers_conversation(witness: Node) -> None:
    assert "conversation" in witness.refuses(LOG.published(13), conversation=UUID(int=5))


def test_a_checkpoint_that_is_early_waits_for_the_one_before(witness: Node) -> None:
    def body(message: CheckpointPublished, sequence: int) -> bytes:
        return a_body(message, id=uuid4(), source=ZHONGSHAN, recipient=LUXIAN, sequence=sequence)

    first, second = body(LOG.published(13), 1), body(LOG.published(40, old=13), 2)
    witness.take(second)
    assert not witness.room.content.judged
    witness.take(first, first)
    assert [one.checkpoint.size for one in witness.room.content.judged] == [13, 40]


def test_without_a_key_nothing_is_kept_and_the_checkpoint_comes_again(witness: Node) -> None:
    def no_key() -> Signer:
        return ledger_signer(shared().wire(LUXIAN, shared().directory(())))

    able, witness.signer = witness.signer, no_key
    body = a_body(LOG.published(13), id=uuid4(), source=ZHONGSHAN, recipient=LUXIAN, sequence=1)
    [verdict] = witness.take(body)
    assert isinstance(verdict, Refused)
    assert verdict.refusal.resend
    assert not witness.room.content.judged
    witness.signer = able
    assert [type(one) for one in witness.take(body)] == [Applied]


# The answers --------------------------------------------------------------------------------------------------


@pytest.fixture
def asking() -> Node:
    """Zhongshan, which has signed checkpoints and sent the last one to Luxian."""
    node = Node(region=ZHONGSHAN)
    for size in (13, 40):
        node.room.content.heads[size] = Head(checkpoint=LOG.checkpoint(size), note=LOG.note(size), at=NOW)

    async def send() -> None:
        async with node.room.work() as work:
            message = Outgoing(recipient=LUXIAN, data=LOG.published(40), conversation=ledger_conversation(ZHONGSHAN))
            work.record_ledger(LedgerDecision(messages=(message,)))

    run(send())
    return node


def question(asking: Node) -> dict[str, Any]:
    [sent] = asking.room.content.outbox.values()
    return {"answers": sent.digest}


def cosignature(size: int = 40, region: str = LUXIAN) -> str:
    return ledger_signer(shared().wire(region)).cosignature(LOG.checkpoint(size).text, NOW)


def an_answer(size: int = 40, **changes: Any) -> CheckpointAnswered:
    return CheckpointAnswered(region=ZHONGSHAN, size=size, **changes)


def answered(asking: Node, answer: CheckpointAnswered) -> None:
    asking.taken[LUXIAN] += 1
    head = {"id": uuid4(), "source": LUXIAN, "recipient": ZHONGSHAN, "sequence": asking.taken[LUXIAN]}
    assert [type(one) for one in asking.take(a_body(answer, **head, **question(asking)))] == [Applied]


def test_a_cosignature_is_kept_with_its_checkpoint(asking: Node) -> None:
    answered(asking, an_answer(cosignature=cosignature()))
    assert asking.room.content.cosigned[40, LUXIAN].line == cosignature()


@pytest.mark.parametrize(
    "line",
    [
        cosignature(13),
        cosignature(region=SICHUAN),
        Signer.new(origin(LUXIAN)).cosignature(LOG.checkpoint(40).text, NOW),
        ledger_signer(shared().wire(LUXIAN)).signature(LOG.checkpoint(40).text),
        f"— {origin(LUXIAN)} AAAA\n",
    ],
    ids=["of another checkpoint", "of another region", "by another key", "a plain signature", "too short"],
)
def test_a_wrong_cosignature_is_refused_and_alarmed(asking: Node, line: str) -> None:
    before = alarms("cosignature_wrong")
    asking.refuses(an_answer(cosignature=line), source=LUXIAN, **question(asking))
    assert alarms("cosignature_wrong") == before + 1


def test_an_answer_about_a_checkpoint_that_was_never_signed_is_refused(asking: Node) -> None:
    said = asking.refuses(an_answer(12, cosignature=cosignature()), source=LUXIAN, **question(asking))
    assert "no checkpoint of that size" in said


def test_an_answer_about_another_ledger_is_refused(asking: Node) -> None:
    theirs = Log.of(SICHUAN, 40)
    asking.told(theirs.published(40), source=SICHUAN)
    mine = list(asking.room.content.outbox.values())[-1]
    other = CheckpointAnswered(region=SICHUAN, size=40, cosignature=cosignature())
    assert "its own ledger" in asking.refuses(other, source=SICHUAN, answers=mine.digest)


def test_an_answer_to_nothing_is_refused(asking: Node) -> None:
    answer = an_answer(cosignature=cosignature())
    assert "answers" in asking.refuses(answer, source=LUXIAN, answers=f"sha256:{'0' * 64}")


def test_a_fork_that_another_region_saw_is_alarmed_here_too(asking: Node) -> None:
    notes = (FORKED.note(40), LOG.note(40))
    for code, shown in ((CheckpointFault.FORK, notes), (CheckpointFault.BAD_PROOF, ())):
        before = alarms("ledger_forked")
        answered(asking, an_answer(refusal=NotCosigned(code=code, known=40, notes=shown)))
        assert alarms("ledger_forked") == before + 1
    assert not asking.room.content.cosigned


def test_a_region_that_knows_more_of_this_ledger_than_is_left_of_it_is_an_alarm(asking: Node) -> None:
    before = alarms("ledger_shortened")
    answered(asking, an_answer(refusal=NotCosigned(code=CheckpointFault.UNKNOWN_SIZE, known=40)))
    assert alarms("ledger_shortened") == before
    answered(asking, an_answer(13, refusal=NotCosigned(code=CheckpointFault.UNKNOWN_SIZE, known=41)))
    assert alarms("ledger_shortened") == before + 1


# What is due --------------------------------------------------------------------------------------------------

ASKED: Final = f"sha256:{'1' * 64}"


def refusing(code: CheckpointFault, known: int) -> CheckpointAnswered:
    notes = (LOG.note(13), FORKED.note(13)) if code is CheckpointFault.FORK else ()
    return an_answer(refusal=NotCosigned(code=code, known=known, notes=notes))


def words(**changes: Any) -> Words:
    fields: dict[str, Any] = {"sent": LOG.published(13), "digest": ASKED, "answers": ASKED}
    return Words(**(fields | {"heard": an_answer(13, cosignature=cosignature(13))} | changes))


@pytest.mark.parametrize(
    ("said", "size", "due"),
    [
        (Words(), 13, 0),
        (words(settled=False), 40, None),
        (words(), 13, None),
        (words(), 40, 13),
        (words(heard=None, answers=None), 13, None),
        (words(heard=None, answers=None), 40, 0),
        (words(heard=refusing(CheckpointFault.UNKNOWN_SIZE, 8)), 13, 8),
        (words(heard=refusing(CheckpointFault.UNKNOWN_SIZE, 8), settled=False), 13, None),
        (words(heard=refusing(CheckpointFault.UNKNOWN_SIZE, 8)), 40, 8),
        (words(heard=refusing(CheckpointFault.UNKNOWN_SIZE, 8), answers=f"sha256:{'2' * 64}"), 13, None),
        (words(heard=refusing(CheckpointFault.UNKNOWN_SIZE, 0)), 13, None),
        (words(heard=refusing(CheckpointFault.FORK, 13)), 13, None),
        (words(heard=refusing(CheckpointFault.FORK, 13)), 40, 13),
        (words(heard=refusing(CheckpointFault.BAD_PROOF, 13)), 13, None),
    ],
    ids=[
        "never spoken",
        "one is on its way",
        "cosigned",
        "grown since",
        "no answer yet",
        "no answer, and grown",
        "another size is known",
        "and that is on its way",
        "and grown",
        "said of an earlier one",
        "the size that was sent",
        "a fork stays one",
        "a fork, and grown",
        "a bad proof is not repeated",
    ],
)
def test_a_checkpoint_is_sent_when_it_is_due(said: Words, size: int, due: int | None) -> None:
    assert said.due(LOG.note(size)) == due


# Keys ---------------------------------------------------------------------------------------------------------


def test_an_old_checkpoint_is_checked_by_the_keys_of_its_time() -> None:
    region = shared().directory().by_code[ZHONGSHAN]
    assert [one.name for one in verifiers(region)] == [f"legalaid/{ZHONGSHAN}"]
    ended = region.model_copy(update={"keys": tuple(key.model_copy(update={"not_after": NOW}) for key in region.keys)})
    assert verifiers(ended) == verifiers(region)
    assert (verifiers(ended, NOW), witnesses(ended, NOW)) == ((), ())
    assert len(witnesses(region, NOW)) == 1
