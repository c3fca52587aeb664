"""The relay's side of the outbox: leases on shards, what is due, and what the broker confirmed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, and_, case, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import ColumnElement

from transfer.ports import OutMessage
from transfer.storage.destinations import back_off, clear
from transfer.storage.engine import reading
from transfer.storage.store import Store
from transfer.storage.tables import SHARDS, destinations, outbox, relay_leases

_COLUMNS: Final = (
    outbox.c.row,
    outbox.c.message,
    outbox.c.type,
    outbox.c.recipient,
    outbox.c.conversation,
    outbox.c.sequence,
    outbox.c.body,
    outbox.c.attempts,
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
            return {row.shard: row.epoch for row in owned}

    async def release(self, owner: str, *, now: datetime) -> None:
        """Give the shards back at once, so that another relay need not wait for the lease to run out."""
        async with self.store.writing() as connection:
            await connection.execute(
                update(relay_leases).where(relay_leases.c.owner == owner).values(lease_until=now - timedelta(seconds=1))
            )

    async def fresh(self, shards: Collection[int], *, now: datetime, limit: int) -> Sequence[OutMessage]:
        backed_off = exists().where(destinations.c.region == outbox.c.recipient, ~self._open_road(now))
        statement = (
            select(*_COLUMNS)
            .where(
                outbox.c.published_at.is_(None),
                outbox.c.settled_at.is_(None),
                outbox.c.shard.in_(sorted(shards)),
                ~backed_off,
            )
            .order_by(outbox.c.row)
            .limit(limit)
        )
        async with reading(self.store.engine) as connection:
            return [_message(row) for row in await connection.execute(statement)]

    def _open_road(self, now: datetime) -> ColumnElement[bool]:
        """Whether a region may be written to; a rest that ends later than any could began before the clock was set
        back, and is over."""
        until = destinations.c.retry_at
        return or_(until.is_(None), until <= now, until > now + self.longest_rest)

    async def overdue(self, shards: Collection[int], *, now: datetime, limit: int) -> Sequence[OutMessage]:
        unsettled = and_(
            outbox.c.published_at.is_not(None),
            outbox.c.settled_at.is_(None),
            outbox.c.shard.in_(sorted(shards)),
            # What was published later than now was so before the clock was set back.
            or_(outbox.c.retry_at.is_(None), outbox.c.retry_at <= now, outbox.c.published_at > now),
        )
        open_road = self._open_road(now)
        # While receipts come in, only what stood in the queue before a receipted message was passed over; once they
        # have stopped, all that was sent before the last of them.
        passed = case(
            (destinations.c.heard_at <= now - self.grace, destinations.c.heard_at),
            else_=destinations.c.receipted_through,
        )
        passed_over = (
            select(*_COLUMNS)
            .join(destinations, destinations.c.region == outbox.c.recipient)
            .where(unsettled, open_road, outbox.c.published_at < passed, outbox.c.published_at < now - self.grace)
            .order_by(outbox.c.row)
            .limit(limit)
        )
        # The one that was sent last: it stays the last when it is sent again, so its pauses grow, and no other goes.
        last = (
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
        silent = or_(
            destinations.c.heard_at.is_(None),
            destinations.c.heard_at <= now - self.silence,
            destinations.c.heard_at > now,
        )
        probed = select(last).where(silent, open_road)
        probes = select(*_COLUMNS).where(unsettled, outbox.c.row.in_(probed)).limit(limit)
        async with reading(self.store.engine) as connection:
            found = (await connection.execute(passed_over)).all() or (await connection.execute(probes)).all()
            return [_message(row) for row in found]

    async def published(
        self, rows: Collection[int], epochs: Mapping[int, int], *, now: datetime, retry_at: datetime
    ) -> int:
        if not rows:
            return 0
        async with self.store.writing() as connection:
            leases = await connection.execute(select(relay_leases.c.shard, relay_leases.c.epoch))
            current = [row.shard for row in leases if epochs.get(row.shard) == row.epoch]
            result = await connection.execute(
                update(outbox)
                .where(outbox.c.row.in_(sorted(rows)), outbox.c.shard.in_(current))
                .values(published_at=now, retry_at=retry_at, attempts=outbox.c.attempts + 1)
            )
            return result.rowcount

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
    )
