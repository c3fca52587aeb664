"""What a unit of work writes of the files that its messages and cases name."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Insert, bindparam, literal_column, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.messages.attachments import Attachment
from transfer.messages.values import Digest
from transfer.records import FetchState
from transfer.storage.statements import among, rows_of
from transfer.storage.tables import fetches, files

ENDS: Final = (FetchState.KEPT.value, FetchState.REFUSED.value, FetchState.GONE.value)
_KEPT: Final = among(select(files.c.digest).order_by(files.c.digest).with_for_update(), files.c.digest)
_AWAITED: Final = among(
    select(fetches.c.digest, fetches.c.retry_at).where(fetches.c.state != FetchState.KEPT.value), fetches.c.digest
)
_TOUCH: Final = update(files).where(files.c.digest == bindparam("at_digest")).values(touched_at=bindparam("now"))


async def touch(connection: AsyncConnection, digests: Iterable[Digest], *, now: datetime) -> frozenset[Digest]:
    """Those that are kept here. They are about to be named, so they are touched: a sweep that runs meanwhile waits for
    this transaction, and then finds them in use."""
    found = [row.digest for row in await rows_of(connection, _KEPT, sorted(set(digests)))]
    if found:
        await connection.execute(_TOUCH, [{"at_digest": digest, "now": now} for digest in found])
    return frozenset(found)


async def awaited(connection: AsyncConnection, digests: Iterable[Digest]) -> Mapping[Digest, bool]:
    """See ports.Work.load_awaited; a file may be asked for at several sources."""
    found: dict[Digest, bool] = {}
    for row in await rows_of(connection, _AWAITED, sorted(set(digests))):
        found[row.digest] = found.get(row.digest, False) or row.retry_at is not None
    return found


def wanted(file: Attachment, *, source: str, message: UUID, case: UUID, now: datetime) -> dict[str, Any]:
    """The row of a fetch, but for its id."""
    return {
        "digest": file.digest,
        "source": source,
        "size": file.size,
        "media_type": file.media_type.value,
        "state": FetchState.WAITING.value,
        "retry_at": now,
        "case_id": case,
        "message": message,
        "wanted_at": now,
        "changed_at": now,
    }


async def want(connection: AsyncConnection, rows: Sequence[dict[str, Any]], *, now: datetime) -> None:
    """Write these fetches, less those of files that are kept here. One that has ended, by a message that said something
    wrong of the file, or long ago, begins anew."""
    kept = await touch(connection, {row["digest"] for row in rows}, now=now)
    # One message, or several of a batch, may name a file more than once.
    once = {(row["digest"], row["source"]): row for row in rows if row["digest"] not in kept}
    if once:
        await connection.execute(_wanting(connection.dialect.name), [once[key] for key in sorted(once)])


@cache
def _wanting(dialect: str) -> Insert:
    insertion = postgresql.insert(fetches) if dialect == "postgresql" else sqlite.insert(fetches)
    kept = ("id", "digest", "source", "got", "attempts", "code", "detail")
    anew: dict[str, Any] = {
        column.name: insertion.excluded[column.name] for column in fetches.columns if column.name not in kept
    }
    anew |= {"got": 0, "attempts": 0, "code": None, "detail": None}
    # Written out: a list of parameters cannot go with many rows.
    ended = or_(*(fetches.c.state == literal_column(f"'{end}'") for end in ENDS))
    return insertion.on_conflict_do_update(index_elements=["digest", "source"], set_=anew, where=ended)


def digests_of(files_named: Iterable[Attachment]) -> Collection[Digest]:
    """Each once, in order."""
    return sorted({file.digest for file in files_named})
