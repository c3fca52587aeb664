"""Signs what the ledger has grown to, and asks the other regions to cosign it."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from transfer.crypto.ledger_keys import origin
from transfer.crypto.notes import sign
from transfer.domain.decision import Outgoing
from transfer.ledger.checkpoint import Checkpoint
from transfer.ledger.entry import Entry
from transfer.ledger.proofs import NotProven, check_consistency
from transfer.ledger.tree import EMPTY, Growing, Part, consistency, head, joined, leaf_hash
from transfer.messages.ledger import CheckpointPublished, ledger_conversation
from transfer.ports.ledger import Checkpoints, Head, HeadsDisagree, LedgerDecision, LedgerReading
from transfer.ports.work import Context, WorkRoom
from transfer.telemetry.metrics import ALARMS
from transfer.workers.head_file import HeadFile


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointKeeper:
    """Any number of processes may sign: a ledger has one root at each size, and a signature by Ed25519 is always the
    same. A checkpoint is in the database and the file before anybody hears of it; if the node dies in between, the
    next round publishes it."""

    room: WorkRoom
    checkpoints: Checkpoints
    reading: LedgerReading
    file: HeadFile
    context: Callable[[], Context]
    every: timedelta

    async def check(self) -> None:
        """That the file, the last checkpoint and the leaves say the same; raises HeadsDisagree, which names who says
        what, and StorageUnavailable."""
        filed, newest = await self.file.checkpoint(), await self.checkpoints.newest()
        name = origin(self.context().region)
        if filed is not None and filed.origin != name:
            raise HeadsDisagree(f"{self.file.path} is of {filed.origin}, not of {name}")
        if newest is not None and not newest.note.startswith(newest.checkpoint.text):
            raise HeadsDisagree(
                f"the last checkpoint in the database, of {newest.checkpoint.size} entries, was altered"
            )
        if filed is not None:
            await self._agrees(str(self.file.path), filed)
        if newest is not None:
            await self._agrees("its last checkpoint", newest.checkpoint)

    async def _agrees(self, where: str, checkpoint: Checkpoint) -> None:
        size = await self.reading.size()
        if size < checkpoint.size:
            raise HeadsDisagree(f"the database holds {size} entries of the ledger, {where} says {checkpoint.size}")
        if await self._root(head(checkpoint.size)) != checkpoint.root:
            raise HeadsDisagree(f"the first {checkpoint.size} entries of the database are not those of {where}")

    async def publish_once(self) -> int:
        """Sign what has grown, and send the last checkpoint to whom it is due; gives to how many. Raises
        HeadsDisagree, CryptoError, NoExchange, StorageUnavailable."""
        try:
            # Each time, since a new file would cover up what was changed meanwhile.
            await self.check()
            last = await self._signed()
        except HeadsDisagree:
            ALARMS.labels(kind="ledger_disagrees").inc()
            raise
        if last is None:
            return 0
        await self.file.write(last.note)
        context = self.context()
        peers = [one.code for one in context.directory.regions if one.code != context.region and not one.maintenance]
        async with self.room.work() as work:
            await work.hold({ledger_conversation(context.region)})
            words = await work.load_words(peers)
            due = {peer: old for peer in peers if (old := words[peer].due(last.note)) is not None}
            messages = await self._messages(context.region, last, due)
            if messages:
                work.record_ledger(LedgerDecision(messages=messages))
        return len(messages)

    async def _signed(self) -> Head | None:
        """The last checkpoint, a new one when an entry has waited for long enough, or was made by a clock ahead of
        this one: nothing would be signed until that moment otherwise."""
        context, newest = self.context(), await self.checkpoints.newest()
        name = origin(context.region)
        known = newest.checkpoint if newest else Checkpoint(name, 0, EMPTY)
        first = await self.reading.at_place(known.size)
        if first is None or timedelta(0) <= context.now - Entry.parse(first.body).at < self.every:
            return newest
        grown = Checkpoint(name, *await self._grown(known))
        signed = Head(checkpoint=grown, note=sign(grown.text, context.signer()), at=context.now)
        await self.checkpoints.keep(signed)
        return signed

    async def _grown(self, known: Checkpoint) -> tuple[int, bytes]:
        """Size and root, made again from what was signed and the bytes of all entries since; raises HeadsDisagree."""
        tree = Growing(known.size, list(await self._hashes(head(known.size))))
        if tree.root != known.root:
            raise HeadsDisagree(f"the first {known.size} entries are not those that were signed")
        async for entries in self.reading.entries(known.size, await self.reading.size()):
            for entry in entries:
                leaf = leaf_hash(entry.body)
                if entry.place != tree.size or entry.hash != leaf:
                    raise HeadsDisagree(f"entry {tree.size} is not the one that was given this place")
                tree.append(leaf)
        if await self._root(head(tree.size)) != tree.root:
            raise HeadsDisagree(f"the subtrees that are kept do not lead to the root of {tree.size} entries")
        return tree.size, tree.root

    async def _messages(self, region: str, last: Head, due: Mapping[str, int]) -> tuple[Outgoing, ...]:
        """A region that knows more than there is gets none; the alarm was raised when it said so."""
        proofs = {old: await self._proof(old, last.checkpoint) for old in due.values() if old <= last.checkpoint.size}
        return tuple(
            Outgoing(
                recipient=peer,
                data=CheckpointPublished(region=region, old=old, proof=proofs[old], note=last.note),
                conversation=ledger_conversation(region),
            )
            for peer, old in due.items()
            if old in proofs
        )

    async def _proof(self, old: int, new: Checkpoint) -> tuple[str, ...]:
        """Checked before it is sent, since a wrong one looks like a fork; raises HeadsDisagree."""
        parts = consistency(old, new.size).parts
        proof = [await self._root(part) for part in parts]
        try:
            check_consistency(old, await self._root(head(old)), new.size, new.root, proof)
        except NotProven as error:
            raise HeadsDisagree(f"the ledger of {new.size} entries cannot be proven from {old}: {error}") from error
        return tuple(base64.b64encode(one).decode() for one in proof)

    async def _root(self, part: Part) -> bytes:
        return joined(await self._hashes(part))

    async def _hashes(self, part: Part) -> Sequence[bytes]:
        found = await self.reading.hashes(part)
        if missing := [node for node in part if node not in found]:
            raise HeadsDisagree(f"the entries from {missing[0].index << missing[0].level} on are not whole")
        return [found[node] for node in part]
