"""The read models of files: those that are kept here, and those that come from other regions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, tuple_

from transfer.records import FetchFilter, FetchLine, FileLine, TimeKey
from transfer.storage.engine import looking
from transfer.storage.sight import seen_by
from transfer.storage.tables import fetches, files
from transfer.storage.views_reconciling import ReconciliationViews

_SAME: Final = (
    "id",
    "source",
    "size",
    "media_type",
    "state",
    "got",
    "attempts",
    "retry_at",
    "code",
    "detail",
    "message",
    "wanted_at",
    "changed_at",
)
_LINE: Final = (
    *(fetches.c[name] for name in _SAME),
    fetches.c.digest.label("file"),
    fetches.c.case_id.label("case"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileViews(ReconciliationViews):
    """The part of ports.Views that is about files, with that about reconciliations."""

    async def fetches(self, chosen: FetchFilter, *, after: TimeKey | None, limit: int) -> Sequence[FetchLine]:
        place = tuple_(fetches.c.wanted_at, fetches.c.id)
        statement = select(*_LINE).where(seen_by(chosen.sight, fetches.c.case_id))
        statement = statement.order_by(fetches.c.wanted_at.desc(), fetches.c.id.desc()).limit(limit)
        if after is not None:
            statement = statement.where(place < tuple_(after.at, after.id))
        if chosen.state is not None:
            statement = statement.where(fetches.c.state == chosen.state.value)
        if chosen.source is not None:
            statement = statement.where(fetches.c.source == chosen.source)
        if chosen.case is not None:
            statement = statement.where(fetches.c.case_id == chosen.case)
        async with looking(self.store.engine) as connection:
            return [FetchLine.model_validate(row._asdict()) for row in await connection.execute(statement)]

    async def files(self, *, limit: int) -> Sequence[FileLine]:
        columns = (files.c.digest.label("file"), files.c.size, files.c.media_type, files.c.kept_at)
        statement = select(*columns).order_by(files.c.kept_at.desc(), files.c.digest.desc()).limit(limit)
        async with looking(self.store.engine) as connection:
            return [FileLine.model_validate(row._asdict()) for row in await connection.execute(statement)]
