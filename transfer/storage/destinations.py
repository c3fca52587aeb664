"""What is known of the road to each region: failures, pauses, and when it last answered."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import case, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.storage.tables import destinations


async def ensure(connection: AsyncConnection, regions: Collection[str]) -> None:
    """Regions that are written to for the first time get their rows."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(destinations).on_conflict_do_nothing()
    await connection.execute(statement, [{"region": region} for region in sorted(regions)])


async def heard_from(connection: AsyncConnection, region: str, *, now: datetime, through: datetime | None) -> None:
    """The region sent receipts; it has come at least as far as what was published at ``through``."""
    values = {"heard_at": now}
    if through is not None:
        further = (destinations.c.receipted_through.is_(None)) | (destinations.c.receipted_through < through)
        values["receipted_through"] = case((further, through), else_=destinations.c.receipted_through)  # type: ignore[assignment]
    statement = update(destinations).where(destinations.c.region == region).values(**values)
    if (await connection.execute(statement)).rowcount == 0:
        await ensure(connection, [region])
        await connection.execute(statement)


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
