"""Text messages that wait, and who wants none; see ports.Texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Update, exists, select, update
from sqlalchemy import delete as deleting

from transfer.ports.texts import Followed, Text
from transfer.storage.engine import looking
from transfer.storage.mail_tables import text_optouts, texts, worker_codes
from transfer.storage.statements import inserting, inserting_once
from transfer.storage.store import Store
from transfer.storage.tables import cases

OPTED_OUT = "opted_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlTexts:
    """See ports.Texts."""

    store: Store

    async def changed(self, *, limit: int) -> Sequence[Followed]:
        wanted = (
            select(worker_codes, cases.c.version)
            .join(cases, cases.c.id == worker_codes.c.case_id)
            .where(worker_codes.c.seen != cases.c.version, worker_codes.c.applicant.is_not(None))
            .limit(limit)
        )
        async with looking(self.store.engine) as connection:
            return [
                Followed(code=row.code, case=row.case_id, applicant=row.applicant, told=row.told, version=row.version)
                for row in await connection.execute(wanted)
            ]

    async def tell(self, followed: Followed, told: str, text: Text | None) -> None:
        now = self.store.clock()
        same = (worker_codes.c.code == followed.code, worker_codes.c.told == followed.told)
        said = update(worker_codes).where(*same, worker_codes.c.seen != followed.version)
        async with self.store.writing() as connection:
            first = (await connection.execute(said.values(told=told, seen=followed.version))).rowcount
            if first and text is not None:
                await connection.execute(inserting(texts), text_row(text, followed.code, now=now))

    async def due(self, *, limit: int) -> Sequence[Text]:
        now = self.store.clock()
        unwanted = exists().where(text_optouts.c.mark == texts.c.mark)
        wanted = select(texts).where(texts.c.due_at <= now).order_by(texts.c.due_at, texts.c.id).limit(limit)
        async with self.store.writing() as connection:
            await connection.execute(_ended(OPTED_OUT).where(unwanted, texts.c.due_at.is_not(None)))
            return [
                Text(id=row.id, phone=row.phone, mark=row.mark, words=row.words, attempts=row.attempts)
                for row in await connection.execute(wanted)
            ]

    async def end(self, text: Text, outcome: str) -> None:
        await self._change(_ended(outcome), text)

    async def put_off(self, text: Text, until: datetime) -> None:
        await self._change(update(texts).values(due_at=until, attempts=text.attempts + 1), text)

    async def _change(self, change: Update, text: Text) -> None:
        async with self.store.writing() as connection:
            await connection.execute(change.where(texts.c.id == text.id, texts.c.due_at.is_not(None)))

    async def opt(self, mark: str, *, out: bool) -> None:
        now = self.store.clock()
        async with self.store.writing() as connection:
            if out:
                row = {"mark": mark, "at": now}
                await connection.execute(inserting_once(connection.dialect.name, text_optouts), row)
            else:
                await connection.execute(deleting(text_optouts).where(text_optouts.c.mark == mark))

    async def opted_out(self, mark: str) -> bool:
        async with looking(self.store.engine) as connection:
            return bool(await connection.scalar(select(exists().where(text_optouts.c.mark == mark))))


def text_row(text: Text, code: str, *, now: datetime) -> dict[str, Any]:
    """A new message."""
    return {
        "id": text.id,
        "code": code,
        "mark": text.mark,
        "phone": text.phone,
        "words": text.words,
        "attempts": 0,
        "made_at": now,
        "due_at": now,
        "outcome": None,
    }


def _ended(outcome: str) -> Update:
    return update(texts).values(due_at=None, outcome=outcome, phone="", words="")
