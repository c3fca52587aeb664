"""What is known of the road to each region: failures, pauses, and when it last answered."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, case, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.storage.tables import destinations
from transfer.storage.types import Instant

_THROUGH: Final = bindparam("through", type_=Instant)
_HEARD: Final = (
    update(destinations)
    .where(destinations.c.region == bindparam("at"))
    .values(
        heard_at=bindparam("now"),
        receipted_through=case(
            (destinations.c.receipted_through.is_(None), _THROUGH),
            (destinations.c.receipted_through < _THROUGH, _THROUGH),
            else_=destinations.c.receipted_through,
        ),
    )
)


async def ensure(connection: AsyncConnection, regions: Collection[str]) -> None:
    """Regions that are written to for the first time get their rows."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(destinations).on_conflict_do_nothing()
    await connection.execute(statement, [{"region": region} for region in sorted(regions)])


async def heard_from(connection: AsyncConnection, region: str, *, now: datetime, through: datetime | None) -> None:
    """The region sent receipts; it has come at least as far as what was published at ``through``."""
    values = {"at": region, "now": now, "through": through}
    if (await connection.execute(_HEARD, values)).rowcount == 0:
        await ensure(connection, [region])
        await connection.execute(_HEARD, values)


async def back_off(connection: AsyncConnection, region: str, reason: str, retry_at: datetime) -> None:
    """Send nothing to the region before ``retry_at``."""
    await ensure(connection, [region])
    await connection.execute(
        update(destinations)
        .where(destinations.c.region == region)
        .values(failures=destinations.c.failures + 1, retry_at=retry_at, last_error=reason[:200])
    )


async def clear(connection: AsyncConnection, regions: Collection[str]) -> None:
    """The regions' queues take messages again."""
    await connection.execute(
        update(destinations)
        .where(destinations.c.region.in_(sorted(regions)), destinations.c.failures > 0)
        .values(failures=0, retry_at=None, last_error=None)
    )
