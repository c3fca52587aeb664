"""The database's side of files; see ports.FileRecords."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Update, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.messages.codes import MediaType
from transfer.messages.values import Digest
from transfer.ports.files import Fetch, FileFate, KeptFile, Setback, told
from transfer.ports.ledger import Happened
from transfer.records import FetchState
from transfer.storage.engine import looking
from transfer.storage.naming import awaited
from transfer.storage.statements import among, inserting_once, rows_of
from transfer.storage.store import Store
from transfer.storage.tables import fetches, file_grants, file_uses, files

_IN_USE: Final = among(select(fetches.c.id).where(fetches.c.retry_at.is_not(None)), fetches.c.id)
_RECORDED: Final = among(select(files.c.place), files.c.place)
_MOST_WORDS: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlFiles:
    """See ports.FileRecords."""

    store: Store

    async def kept(self, digest: Digest) -> KeptFile | None:
        async with looking(self.store.engine) as connection:
            return await _kept(connection, digest)

    async def touch(self, digest: Digest) -> KeptFile | None:
        async with self.store.writing() as connection:
            await connection.execute(_touching(digest, self.store.clock()))
            return await _kept(connection, digest)

    async def keep(self, file: KeptFile, *, source: str | None = None, instead_of: str | None = None) -> KeptFile:
        now = self.store.clock()
        row = {
            "digest": file.digest,
            "size": file.size,
            "media_type": file.media_type.value,
            "place": file.place,
            "kept_at": file.kept_at,
            "touched_at": now,
        }
        async with self.store.writing() as connection:
            if instead_of is not None:
                lost = delete(files).where(files.c.digest == file.digest, files.c.place == instead_of)
                await connection.execute(lost)
            if (await connection.execute(inserting_once(connection.dialect.name, files), row)).rowcount:
                await self.store.note(connection, told(FileFate.CAME, file.digest, source, at=now))
            else:
                # Whoever is first counts; the other one's row is touched, so that no sweep takes it now.
                await connection.execute(_touching(file.digest, now))
            arrived = update(fetches).where(fetches.c.digest == file.digest, fetches.c.retry_at.is_not(None))
            ended: dict[str, Any] = {"state": FetchState.KEPT.value, "retry_at": None, "got": fetches.c.size}
            await connection.execute(arrived.values(**ended, code=None, detail=None, changed_at=now))
            kept = await _kept(connection, file.digest)
        if kept is None:
            raise AssertionError(file.digest)
        return kept

    async def granted(self, digest: Digest, recipient: str) -> bool:
        asked = exists().where(file_grants.c.digest == digest, file_grants.c.recipient == recipient)
        async with looking(self.store.engine) as connection:
            return bool(await connection.scalar(select(asked)))

    async def never_came(self, digest: Digest) -> bool:
        async with looking(self.store.engine) as connection:
            return (await awaited(connection, [digest])).get(digest) is False

    async def claim(self, *, now: datetime, lease: timedelta) -> Fetch | None:
        due = fetches.c.retry_at <= now
        async with looking(self.store.engine) as connection:
            # Most often there is none, and a transaction for writing would wait for others in vain.
            if not await connection.scalar(select(exists().where(due))):
                return None
        first = select(fetches).where(due).order_by(fetches.c.retry_at, fetches.c.id).limit(1)
        async with self.store.writing() as connection:
            row = (await connection.execute(first.with_for_update(skip_locked=True))).one_or_none()
            if row is None:
                return None
            values = {"state": FetchState.FETCHING.value, "retry_at": now + lease, "changed_at": now}
            await connection.execute(update(fetches).where(fetches.c.id == row.id).values(**values))
        return _fetch(row, until=now + lease)

    async def renew(self, fetch: Fetch, got: int, *, now: datetime, lease: timedelta) -> Fetch | None:
        values = {"got": min(got, fetch.size), "retry_at": now + lease, "changed_at": now}
        mine = await self._change(fetch, values)
        return replace(fetch, got=got, until=now + lease) if mine else None

    async def put_off(self, fetch: Fetch, got: int, why: Setback, *, now: datetime, retry_at: datetime) -> None:
        values = {"state": FetchState.WAITING.value, "retry_at": retry_at, "attempts": fetch.attempts + 1}
        await self._change(fetch, values | {"got": min(got, fetch.size), "changed_at": now} | _said(why))

    async def give_back(self, fetch: Fetch, got: int, *, now: datetime) -> None:
        values = {"state": FetchState.WAITING.value, "retry_at": now, "got": min(got, fetch.size), "changed_at": now}
        await self._change(fetch, values)

    async def end(self, fetch: Fetch, why: Setback, *, gone: bool, now: datetime) -> None:
        state = FetchState.GONE if gone else FetchState.REFUSED
        ended = told(FileFate.REFUSED, fetch.digest, fetch.source, code=why.code, at=now)
        await self._change(fetch, {"state": state.value, "retry_at": None, "changed_at": now} | _said(why), ended)

    async def _change(self, fetch: Fetch, values: dict[str, Any], *happened: Happened) -> bool:
        """Only while it is the caller's: a lease that ended may be another's now."""
        async with self.store.writing() as connection:
            mine = (await connection.execute(_claimed(fetch).values(**values))).rowcount == 1
            if mine:
                await self.store.note(connection, *happened)
        return mine

    async def in_use(self, spools: Collection[UUID]) -> Collection[UUID]:
        async with looking(self.store.engine) as connection:
            return {row.id for row in await rows_of(connection, _IN_USE, sorted(spools))}

    async def recorded(self, places: Collection[str]) -> Collection[str]:
        async with looking(self.store.engine) as connection:
            return {row.place for row in await rows_of(connection, _RECORDED, sorted(places))}

    async def forget_unused(self, *, before: datetime, limit: int) -> Sequence[str]:
        used = exists().where(file_uses.c.digest == files.c.digest)
        unused = select(files.c.digest).where(files.c.touched_at < before, ~used).limit(limit)
        async with self.store.writing() as connection:
            # Its time is looked at again: who was about to name it meanwhile has touched it, and we waited for that.
            gone = delete(files).where(files.c.digest.in_(unused.scalar_subquery()), files.c.touched_at < before)
            return (await connection.scalars(gone.returning(files.c.place))).all()


async def _kept(connection: AsyncConnection, digest: Digest) -> KeptFile | None:
    row = (await connection.execute(select(files).where(files.c.digest == digest))).one_or_none()
    return None if row is None else kept_file(row)


def kept_file(row: Row[Any]) -> KeptFile:
    """As a row of the table ``files`` says it."""
    return KeptFile(
        digest=row.digest,
        size=row.size,
        media_type=MediaType(row.media_type),
        place=row.place,
        kept_at=row.kept_at,
    )


def _touching(digest: Digest, now: datetime) -> Update:
    return update(files).where(files.c.digest == digest).values(touched_at=now)


def _fetch(row: Row[Any], *, until: datetime) -> Fetch:
    return Fetch(
        id=row.id,
        digest=row.digest,
        source=row.source,
        size=row.size,
        media_type=MediaType(row.media_type),
        got=row.got,
        attempts=row.attempts,
        wanted_at=row.wanted_at,
        until=until,
    )


def _claimed(fetch: Fetch) -> Update:
    state = FetchState.FETCHING.value
    return update(fetches).where(fetches.c.id == fetch.id, fetches.c.state == state, fetches.c.retry_at == fetch.until)


def _said(why: Setback) -> dict[str, str]:
    return {"code": why.code, "detail": why.detail[:_MOST_WORDS]}
