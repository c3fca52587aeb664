"""Checkpoints: what this region says to those of others, and what others say to its own (C2SP tlog-witness)."""

import base64
from functools import partial
from typing import Final

from transfer.crypto.errors import CryptoError
from transfer.crypto.ledger_keys import origin, verifiers, witnesses
from transfer.crypto.notes import verify, witnessed
from transfer.domain.decision import Outgoing
from transfer.domain.errors import CosignatureWrong, NoSuchCheckpoint, NotACheckpoint, NotItsLedger
from transfer.handlers.arrival import Arrival
from transfer.ledger.checkpoint import Checkpoint, CheckpointMalformed
from transfer.ledger.entry import Kind
from transfer.ledger.witness import CannotCosign, check_growth
from transfer.messages.codes_ledger import CheckpointFault
from transfer.messages.ledger import LARGEST_SIZE, CheckpointAnswered, CheckpointPublished, NotCosigned
from transfer.ports.ledger import Cosigned, Happened, Judged, LedgerDecision, Seen, Verdict

FORKED: Final = "ledger_forked"
SHORTENED: Final = "ledger_shortened"


def published(arrival: Arrival, message: CheckpointPublished) -> LedgerDecision:
    """Another region's checkpoint: cosigned when it goes on from the last one, else refused with the reason; after a
    fork nothing is cosigned. Raises NotItsLedger, NotACheckpoint."""
    if message.region != arrival.source:
        raise NotItsLedger(region=message.region)
    source, now = arrival.source, arrival.context.now
    checkpoint, seen = _read(arrival, message.note), arrival.ledgers.seen_of(source)
    judged = partial(Judged, region=source, checkpoint=checkpoint, note=message.note, at=now)
    kept, alarm, verdict = None, "", Verdict.COSIGNED.value
    answer = partial(CheckpointAnswered, region=source, size=checkpoint.size)
    try:
        if seen.fork:
            raise CannotCosign(CheckpointFault.FORK)
        check_growth(seen.known, checkpoint, message.old, [base64.b64decode(one) for one in message.proof])
    except CannotCosign as why:
        said = answer(refusal=_refusal(seen, message, why.code))
        if why.code is CheckpointFault.FORK and not seen.fork:
            kept = judged(verdict=Verdict.REFUSED)
        alarm, verdict = _alarm(why.code), why.code.value
    else:
        said = answer(cosignature=arrival.context.signer().cosignature(checkpoint.text, now))
        if checkpoint.size > seen.known.size:
            kept = judged(verdict=Verdict.COSIGNED)
    sent = Outgoing(recipient=source, data=said, answers=arrival.digest, conversation=said.conversation)
    facts = {"region": source, "size": checkpoint.size, "root": checkpoint.root.hex(), "known": seen.known.size}
    noted = Happened(kind=Kind.WITNESSED, at=now, facts=facts | {"verdict": verdict})
    return LedgerDecision(messages=(sent,), judged=kept, happened=(noted,), alarm=alarm)


def answered(arrival: Arrival, message: CheckpointAnswered) -> LedgerDecision:
    """Another region's word on this one's checkpoint: its cosignature, or a reason that may be an alarm. Raises
    NotItsLedger, NoSuchCheckpoint, CosignatureWrong."""
    if message.region != arrival.context.region:
        raise NotItsLedger(region=message.region)
    head = arrival.ledgers.heads.get(message.size)
    if head is None:
        raise NoSuchCheckpoint(size=message.size)
    if message.refusal is not None:
        # Who knows more of this ledger than is left of it tells that it was shortened.
        shortened = message.refusal.known > max(arrival.ledgers.heads)
        return LedgerDecision(alarm=SHORTENED if shortened else _alarm(message.refusal.code))
    line = message.cosignature or ""
    known = witnesses(arrival.context.directory.by_code[arrival.source], arrival.context.now)
    try:
        found = witnessed(head.note + line, known)
    except CryptoError as error:
        raise CosignatureWrong(fault=error.message) from error
    if not found:
        raise CosignatureWrong(fault="it is by no key that the directory lists")
    kept = Cosigned(size=message.size, region=arrival.source, line=line, at=arrival.context.now)
    return LedgerDecision(cosigned=kept)


def _alarm(code: CheckpointFault) -> str:
    return "" if code is CheckpointFault.UNKNOWN_SIZE else FORKED


def _refusal(seen: Seen, message: CheckpointPublished, code: CheckpointFault) -> NotCosigned:
    notes = (seen.note, seen.fork or message.note) if code is CheckpointFault.FORK else ()
    return NotCosigned(code=code, known=seen.known.size, notes=notes)


def _read(arrival: Arrival, note: str) -> Checkpoint:
    """What the source signed; raises NotACheckpoint."""
    region = arrival.context.directory.by_code[arrival.source]
    try:
        checkpoint = Checkpoint.parse(verify(note, verifiers(region, arrival.context.now)).text)
    except (CryptoError, CheckpointMalformed) as error:
        raise NotACheckpoint(fault=str(error)) from error
    if checkpoint.origin != origin(arrival.source):
        raise NotACheckpoint(fault=f"its origin is not {origin(arrival.source)}")
    if not 0 < checkpoint.size <= LARGEST_SIZE:
        raise NotACheckpoint(fault="it is of no entries, or of more than can be told")
    return checkpoint
