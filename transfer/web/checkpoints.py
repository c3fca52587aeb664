"""The checkpoints of this node's ledger with those who cosigned them, and what is known of others'."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field

from transfer.crypto.directory import Directory
from transfer.crypto.ledger_keys import origin
from transfer.messages.codes_ledger import CheckpointFault
from transfer.ports.ledger import Checkpoints, Cosigned, Head, Seen, Words, cosigned_note
from transfer.web.answers import Reply, reply
from transfer.web.case_body import Body
from transfer.web.faults import NotFound
from transfer.web.route import Ask

SHOWN = 50


class CosignatureBody(Body):
    """A region that cosigned a checkpoint."""

    region: str
    at: Annotated[datetime, Field(description="when its cosignature came")]


class CheckpointBody(Body):
    """A checkpoint of this node."""

    size: Annotated[int, Field(description="number of entries")]
    root: Annotated[str, Field(description="root of the tree over them, in hex")]
    at: datetime
    cosigned_by: tuple[CosignatureBody, ...]
    note: Annotated[str, Field(description="signed and cosigned (C2SP tlog-checkpoint)")]


class WitnessBody(Body):
    """Another region: what is known here of its ledger, and what it said last of this node's."""

    region: str
    known: Annotated[int, Field(description="entries of its ledger at the last checkpoint that was cosigned here")]
    forked: Annotated[bool, Field(description="it signed what excludes that; nothing more is cosigned")]
    notes: Annotated[tuple[str, ...], Field(description="for a fork the two that exclude each other")]
    cosigned: Annotated[int | None, Field(description="the checkpoint of this node that it cosigned, by its last word")]
    refused: Annotated[CheckpointFault | None, Field(description="or why it did not")]


class CheckpointList(Body):
    """How this node's ledger and those of others stand to each other."""

    origin: Annotated[str, Field(description="name of this node's ledger in its checkpoints")]
    items: Annotated[tuple[CheckpointBody, ...], Field(description=f"the newest first, at most {SHOWN}")]
    regions: tuple[WitnessBody, ...]


async def checkpoints(ask: Ask) -> Reply:
    """The last checkpoints, and the other regions."""
    return reply(await listed(ask.parts.checkpoints, ask.parts.settings.region, ask.parts.directory))


async def checkpoint(ask: Ask) -> Reply:
    """The last checkpoint as one note; raises NotFound."""
    for head, cosigned in await ask.parts.checkpoints.own(1):
        return Reply(body=cosigned_note(head, cosigned).encode(), media_type="text/plain")
    raise NotFound("No checkpoint was signed yet.")


async def listed(kept: Checkpoints, region: str, directory: Directory) -> CheckpointList:
    """What is shown of checkpoints, for a region of the directory."""
    peers = [one.code for one in directory.regions if one.code != region]
    seen, words = await kept.seen(peers), await kept.words(region, peers)
    return CheckpointList(
        origin=origin(region),
        items=tuple([_own(head, cosigned) for head, cosigned in await kept.own(SHOWN)]),
        regions=tuple(_witness(peer, seen.get(peer), words[peer]) for peer in peers),
    )


def _own(head: Head, cosigned: Sequence[Cosigned]) -> CheckpointBody:
    return CheckpointBody(
        size=head.checkpoint.size,
        root=head.checkpoint.root.hex(),
        at=head.at,
        cosigned_by=tuple(CosignatureBody(region=one.region, at=one.at) for one in cosigned),
        note=cosigned_note(head, cosigned),
    )


def _witness(region: str, seen: Seen | None, words: Words) -> WitnessBody:
    heard, forked = words.heard, seen is not None and bool(seen.fork)
    return WitnessBody(
        region=region,
        known=seen.known.size if seen else 0,
        forked=forked,
        notes=(seen.note, seen.fork) if seen and forked else (),
        cosigned=heard.size if heard and heard.cosignature else None,
        refused=heard.refusal.code if heard and heard.refusal else None,
    )
