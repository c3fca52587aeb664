"""What the door looks up for messages about ledgers: what is known of their sources', and this node's own heads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from transfer.crypto.ledger_keys import origin
from transfer.ledger.checkpoint import Checkpoint
from transfer.ledger.tree import EMPTY
from transfer.messages.ledger import CheckpointAnswered, CheckpointPublished
from transfer.messages.recovery import RecoveryAsked
from transfer.messages.values import Frozen
from transfer.ports.ledger import Head, Judged, Seen, Verdict
from transfer.ports.work import Work


@dataclass(slots=True, kw_only=True)
class Ledgers:
    """For the messages of one batch, kept up to date while they are taken in order."""

    seen: dict[str, Seen] = field(default_factory=dict)
    heads: Mapping[int, Head] = field(default_factory=dict)

    @classmethod
    async def prepare(cls, work: Work, said: Iterable[tuple[str, Frozen]]) -> Self:
        """Look up in bulk; ``said`` are the messages of the batch with their sources."""
        listed = list(said)
        sources = {source for source, data in listed if isinstance(data, (CheckpointPublished, RecoveryAsked))}
        sizes = {data.size for _, data in listed if isinstance(data, CheckpointAnswered)}
        return cls(
            seen=dict(await work.load_seen(sources)) if sources else {},
            heads=await work.load_heads(sizes) if sizes else {},
        )

    def seen_of(self, region: str) -> Seen:
        """What is known of a region's ledger; nothing is a checkpoint of size 0."""
        return self.seen.get(region) or Seen(known=Checkpoint(origin(region), 0, EMPTY))

    def take(self, judged: Judged) -> None:
        """A verdict has been given."""
        was = self.seen_of(judged.region)
        if judged.verdict is Verdict.REFUSED:
            self.seen[judged.region] = replace(was, fork=judged.note)
        else:
            self.seen[judged.region] = Seen(known=judged.checkpoint, note=judged.note)
