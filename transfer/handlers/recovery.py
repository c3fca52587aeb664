"""A region says that it was restored from a backup: its ledger may go on from what this region cosigned of it."""

from typing import Final

from transfer.crypto.errors import CryptoError
from transfer.crypto.ledger_keys import origin, verifiers, witnesses
from transfer.crypto.notes import verify, witnessed
from transfer.domain.decision import Unchanged
from transfer.domain.errors import NotACheckpoint
from transfer.handlers.arrival import Arrival
from transfer.ledger.checkpoint import Checkpoint, CheckpointMalformed
from transfer.ledger.entry import Kind
from transfer.messages.recovery import RecoveryAsked
from transfer.ports.ledger import Happened, Judged, LedgerDecision, Verdict

RESTORED: Final = "ledger_restored"


def asked(arrival: Arrival, message: RecoveryAsked) -> LedgerDecision | Unchanged:
    """The declared break: everything after the checkpoint that it names is lost there. All notes are kept, and people
    hear of it. Raises NotACheckpoint when this region has not cosigned that one."""
    if message.note is None:
        return Unchanged()
    checkpoint, now = _cosigned(arrival, message.note), arrival.context.now
    known = arrival.ledgers.seen_of(arrival.source).known.size
    judged = Judged(region=arrival.source, checkpoint=checkpoint, note=message.note, verdict=Verdict.ACCEPTED, at=now)
    facts = {"region": arrival.source, "size": checkpoint.size, "root": checkpoint.root.hex(), "known": known}
    texts = {"reason": message.reason}
    noted = Happened(kind=Kind.WITNESSED, at=now, facts=facts | {"verdict": "restored"}, texts=texts)
    return LedgerDecision(judged=judged, happened=(noted,), alarm=RESTORED)


def _cosigned(arrival: Arrival, note: str) -> Checkpoint:
    """What its source signed and this region cosigned."""
    regions = arrival.context.directory.by_code
    try:
        checkpoint = Checkpoint.parse(verify(note, verifiers(regions[arrival.source])).text)
        mine = witnessed(note, witnesses(regions[arrival.context.region]))
    except (CryptoError, CheckpointMalformed) as error:
        raise NotACheckpoint(fault=str(error)) from error
    if checkpoint.origin != origin(arrival.source) or not mine:
        raise NotACheckpoint(fault="it is not one that this region has cosigned")
    return checkpoint
