"""The relay's side of the outbox: leases on shards, what is due, and what the broker confirmed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Integer, Row, and_, bindparam, case, exists, func, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from transfer.ports.traffic import OutMessage
from transfer.storage.destinations import back_off, clear
from transfer.storage.engine import looking
from transfer.storage.statements import padded
from transfer.storage.store import Store
from transfer.storage.tables import SHARDS, destinations, outbox, relay_leases
from transfer.storage.types import Instant

_COLUMNS: Final = (
    outbox.c.row,
    outbox.c.message,
    outbox.c.type,
    outbox.c.recipient,
    outbox.c.conversation,
    outbox.c.sequence,
    outbox.c.body,
    outbox.c.attempts,
    outbox.c.traceparent,
)


# Made once, since building and naming them takes longer than asking.
_NOW: Final = bindparam("now", type_=Instant)
_GRACE_BEGAN: Final = bindparam("grace_began", type_=Instant)
_IN_SHARDS: Final = outbox.c.shard.in_(bindparam("shards", expanding=True))
_MOST: Final = bindparam("most", type_=Integer)

# Whether a region may be written to; a rest that ends later than any could began before the clock was set back, and
# is over.
_OPEN_ROAD: Final = or_(
    destinations.c.retry_at.is_(None),
    destinations.c.retry_at <= _NOW,
    destinations.c.retry_at > bindparam("longest_rest", type_=Instant),
)
_FRESH: Final = (
    select(*_COLUMNS)
    .where(
        outbox.c.published_at.is_(None),
        outbox.c.settled_at.is_(None),
        _IN_SHARDS,
        ~exists().where(destinations.c.region == outbox.c.recipient, ~_OPEN_ROAD),
    )
    .order_by(outbox.c.row)
    .limit(_MOST)
)
_UNSETTLED: Final = and_(
    outbox.c.published_at.is_not(None),
    outbox.c.settled_at.is_(None),
    _IN_SHARDS,
    # What was published later than now was so before the clock was set back.
    or_(outbox.c.retry_at.is_(None), outbox.c.retry_at <= _NOW, outbox.c.published_at > _NOW),
)
# While receipts come in, only what stood in the queue before a receipted message was passed over; once they have
# stopped, all that was sent before the last of them.
_PASSED: Final = case(
    (destinations.c.heard_at <= _GRACE_BEGAN, destinations.c.heard_at), else_=destinations.c.receipted_through
)
_PASSED_OVER: Final = (
    select(*_COLUMNS)
    .join(destinations, destinations.c.region == outbox.c.recipient)
    .where(_UNSETTLED, _OPEN_ROAD, outbox.c.published_at < _PASSED, outbox.c.published_at < _GRACE_BEGAN)
    .order_by(outbox.c.row)
    .limit(_MOST)
)
# The one that was sent last: it stays the last when it is sent again, so its pauses grow, and no other goes.
_LAST: Final = (
    select(outbox.c.row)
    .where(
        outbox.c.recipient == destinations.c.region,
        outbox.c.published_at.is_not(None),
        outbox.c.settled_at.is_(None),
    )
    .order_by(outbox.c.published_at.desc(), outbox.c.row.desc())
    .limit(1)
    .scalar_subquery()
)
_SILENT: Final = or_(
    destinations.c.heard_at.is_(None),
    destinations.c.heard_at <= bindparam("silence_began", type_=Instant),
    destinations.c.heard_at > _NOW,
)
_PROBES: Final = (
    select(*_COLUMNS)
    .where(_UNSETTLED, outbox.c.row.in_(select(_LAST).where(_SILENT, _OPEN_ROAD)))
    .order_by(outbox.c.row)
    .limit(_MOST)
)
_PUBLISHED: Final = (
    update(outbox)
    .where(
        outbox.c.row.in_(bindparam("rows", expanding=True)),
        outbox.c.shard.in_(
            select(relay_leases.c.shard).where(
                tuple_(relay_leases.c.shard, relay_leases.c.epoch).in_(bindparam("epochs", expanding=True))
            )
        ),
    )
    .values(published_at=_NOW, retry_at=bindparam("again_at", type_=Instant), attempts=outbox.c.attempts + 1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlOutbox:
    """See ports.Outbox."""

    store: Store
    silence: timedelta
    grace: timedelta
    longest_rest: timedelta

    async def claim(self, owner: str, *, now: datetime, lease: timedelta) -> Mapping[int, int]:
        # A lease that ends later than any could was taken before the clock was set back; twice, since clocks differ.
        free = or_(relay_leases.c.lease_until < now, relay_leases.c.lease_until > now + 2 * lease)
        mine = relay_leases.c.owner == owner
        async with self.store.writing() as connection:
            held = await connection.scalar(select(func.count()).select_from(relay_leases))
            if held != SHARDS:
                dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
                await connection.execute(
                    dialect.insert(relay_leases).on_conflict_do_nothing(),
                    [{"shard": shard, "epoch": 0, "lease_until": now} for shard in range(SHARDS)],
                )
                free = or_(free, relay_leases.c.owner.is_(None))
            await connection.execute(
                update(relay_leases)
                .where(free, or_(relay_leases.c.owner.is_(None), ~mine))
                .values(owner=owner, epoch=relay_leases.c.epoch + 1, lease_until=now + lease)
            )
            await connection.execute(update(relay_leases).where(mine).values(lease_until=now + lease))
            owned = await connection.execute(select(relay_leases.c.shard, relay_leases.c.epoch).where(mine))
            epochs = {row.shard: row.epoch for row in owned}
        self.store.relayed = epochs.keys()
        return epochs

    async def release(self, owner: str, *, now: datetime) -> None:
        """Give the shards back at once, so that another relay need not wait for the lease to run out."""
        self.store.relayed = frozenset()
        async with self.store.writing() as connection:
            await connection.execute(
                update(relay_leases).where(relay_leases.c.owner == owner).values(lease_until=now - timedelta(seconds=1))
            )

    async def fresh(self, shards: Collection[int], *, now: datetime, limit: int) -> Sequence[OutMessage]:
        async with looking(self.store.engine) as connection:
            found = await connection.execute(_FRESH, self._parameters(shards, now, limit))
            return [_message(row) for row in found]

    async def overdue(self, shards: Collection[int], *, now: datetime, limit: int) -> Sequence[OutMessage]:
        wanted = self._parameters(shards, now, limit)
        async with looking(self.store.engine) as connection:
            found = (await connection.execute(_PASSED_OVER, wanted)).all()
            return [_message(row) for row in found or (await connection.execute(_PROBES, wanted)).all()]

    def _parameters(self, shards: Collection[int], now: datetime, limit: int) -> Mapping[str, Any]:
        return {
            "shards": sorted(shards),
            "now": now,
            "grace_began": now - self.grace,
            "silence_began": now - self.silence,
            "longest_rest": now + self.longest_rest,
            "most": limit,
        }

    async def published(
        self, rows: Collection[int], epochs: Mapping[int, int], *, now: datetime, retry_at: datetime
    ) -> int:
        if not rows:
            return 0
        values = {"rows": padded(sorted(rows)), "epochs": sorted(epochs.items()), "now": now, "again_at": retry_at}
        async with self.store.writing() as connection:
            return (await connection.execute(_PUBLISHED, values)).rowcount

    async def failed(self, recipient: str, reason: str, *, now: datetime, retry_at: datetime) -> None:  # noqa: ARG002 - the port's signature
        async with self.store.writing() as connection:
            await back_off(connection, recipient, reason, retry_at)

    async def reachable(self, recipients: Collection[str]) -> None:
        async with self.store.writing() as connection:
            await clear(connection, recipients)


def _message(row: Row[*tuple[Any, ...]]) -> OutMessage:
    return OutMessage(
        row=row.row,
        id=row.message,
        type=row.type,
        recipient=row.recipient,
        conversation=row.conversation,
        sequence=row.sequence,
        body=row.body,
        attempts=row.attempts,
        traceparent=row.traceparent,
    )
