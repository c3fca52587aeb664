"""How the word of one superior, or the like words of two provinces, become a designation."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from transfer.domain.case import Transfer
from transfer.domain.errors import DesignationConflict, NoSuperior, NotThisSide
from transfer.domain.lifecycle import TOO_LATE, Side, Step
from transfer.domain.regions import designators
from transfer.messages.case import Designation
from transfer.messages.transfer import Designated


def judges(transfer: Transfer, present: Collection[str]) -> frozenset[str]:
    """Who together names the competent region for this transfer; raises NoSuperior where nobody can: none is on
    the exchange, or one of them is itself a party."""
    named = designators(transfer.sender_region, transfer.receiver_region, present)
    if not named or named & {transfer.sender_region, transfer.receiver_region}:
        raise NoSuperior(sender=transfer.sender_region, receiver=transfer.receiver_region)
    return named


def hear(transfer: Transfer, by: str, said: Designated, *, needed: frozenset[str], at: datetime) -> Transfer:
    """The transfer after a superior named a region.

    A superior names a region once: were it free to change its word, two provinces could change theirs at the
    same time and each party would count another pair. Where the two differ nothing is designated; the sender
    recalls and offers anew.
    """
    if by not in needed:
        raise NotThisSide(superior=by, needed=sorted(needed))
    words = dict(transfer.designations)
    if by in words:
        if words[by].region == said.region:
            return transfer
        raise DesignationConflict(superior=by, region=words[by].region)
    words[by] = said
    heard = replace(transfer, designations=tuple(sorted(words.items())), changed_at=at)
    if set(words) != needed or len({word.region for word in words.values()}) != 1:
        return heard
    complete = replace(
        heard,
        designation=Designation(
            transfer=transfer.id,
            region=said.region,
            by=tuple(sorted(needed)),
            decided_on=max(word.decided_on for word in words.values()),
            reason=said.reason,
        ),
    )
    if (transfer.state, Step.DESIGNATE) in TOO_LATE:
        return complete
    return complete.take(Step.DESIGNATE, by=Side.SUPERIOR, at=at)
