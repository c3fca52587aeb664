"""Letters of people without an account, their codes and visits; see ports.Mailbox."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Update, and_, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.ledger.entry import Kind
from transfer.ports.ledger import Happened
from transfer.ports.mailbox import UNSENT_KEPT, Mail, MailKind, MailState, NoSuchMail, Opening, Visit
from transfer.ports.texts import Text
from transfer.storage.engine import looking
from transfer.storage.mail_erasing import forget_codes
from transfer.storage.mail_tables import mail, texts, worker_codes, worker_sessions
from transfer.storage.statements import inserting, inserting_once
from transfer.storage.store import Store
from transfer.storage.tables import file_uses
from transfer.storage.texts import text_row

FORGOTTEN_AT_ONCE: Final = 200
_OPEN: Final = (MailState.DRAFT.value, MailState.SENT_BACK.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlMailbox:
    """See ports.Mailbox."""

    store: Store

    async def begin(self, code: str, opening: Opening, *, id_: UUID) -> None:
        now = self.store.clock()
        first = Mail(id=id_, code=code, kind=MailKind.APPLICATION, state=MailState.DRAFT, made_at=now, changed_at=now)
        async with self.store.writing() as connection:
            await connection.execute(inserting(worker_codes), _code(code, (), now=now))
            await connection.execute(inserting(mail), _row(first))
            await _open(connection, code, opening)

    async def enter(self, code: str, fact: str, opening: Opening, *, pauses: Sequence[timedelta]) -> bool:
        now = self.store.clock()
        mine = worker_codes.c.code == code
        async with self.store.writing() as connection:
            row = (await connection.execute(select(worker_codes).where(mine).with_for_update())).one_or_none()
            if row is None or (row.closed_until is not None and now < row.closed_until):
                return False
            right = fact in json.loads(row.facts)
            failures = 0 if right else row.failures + 1
            pause = None if right else now + pauses[min(failures, len(pauses)) - 1]
            await connection.execute(update(worker_codes).where(mine).values(failures=failures, closed_until=pause))
            if right:
                await _open(connection, code, opening)
        return right

    async def visit(self, session: str, *, until: datetime) -> Visit | None:
        lasting = and_(worker_sessions.c.session == session, worker_sessions.c.ends_at > self.store.clock())
        wanted = select(worker_codes, worker_sessions.c.hidden).join(worker_sessions).where(lasting)
        async with self.store.writing() as connection:
            row = (await connection.execute(wanted)).one_or_none()
            if row is None:
                return None
            await connection.execute(update(worker_sessions).where(lasting).values(ends_at=until))
        return Visit(code=row.code, hidden=row.hidden, case=row.case_id, applicant=row.applicant)

    async def leave(self, session: str) -> None:
        async with self.store.writing() as connection:
            await connection.execute(delete(worker_sessions).where(worker_sessions.c.session == session))

    async def know(self, code: str, facts: Collection[str]) -> None:
        async with self.store.writing() as connection:
            known = update(worker_codes).where(worker_codes.c.code == code)
            await connection.execute(known.values(facts=json.dumps(sorted(facts))))

    async def issue(self, code: str, facts: Collection[str], *, case: UUID, applicant: UUID) -> None:
        now = self.store.clock()
        older = and_(worker_codes.c.case_id == case, worker_codes.c.applicant == applicant)
        async with self.store.writing() as connection:
            await connection.execute(update(worker_codes).where(older).values(facts="[]"))
            row = _code(code, facts, now=now) | {"case_id": case, "applicant": applicant}
            await connection.execute(inserting(worker_codes), row)

    async def last(self, code: str, kind: MailKind) -> Mail | None:
        wanted = select(mail).where(mail.c.code == code, mail.c.kind == kind.value).order_by(mail.c.id.desc()).limit(1)
        async with looking(self.store.engine) as connection:
            row = (await connection.execute(wanted)).one_or_none()
        return _mail(row) if row is not None else None

    async def add(self, new: Mail) -> None:
        async with self.store.writing() as connection:
            await connection.execute(inserting(mail), _row(new))

    async def write(self, letter: Mail, answers: Mapping[str, Any], *, files: Collection[str]) -> None:
        now = self.store.clock()
        uses = [{"digest": digest, "case_id": letter.id, "at": now} for digest in sorted(files)]
        async with self.store.writing() as connection:
            changed = _changing(letter, _OPEN).values(answers=_text(answers), changed_at=now)
            await _took_effect(connection, changed)
            gone = and_(file_uses.c.case_id == letter.id, file_uses.c.digest.not_in(files))
            await connection.execute(delete(file_uses).where(gone))
            if uses:
                await connection.execute(inserting_once(connection.dialect.name, file_uses), uses)

    async def send(self, letter: Mail, facts: Mapping[str, Any], *, text: Text | None) -> None:
        now = self.store.clock()
        sent = _changing(letter, _OPEN).values(state=MailState.SENT.value, remark=None, changed_at=now)
        said = _told(letter, "sent", now=now, **facts)
        async with self.store.writing() as connection:
            await _took_effect(connection, sent)
            await self.store.note(connection, said)
            await _write_text(connection, letter, text, now=now)

    async def take_back(self, letter: Mail) -> None:
        now = self.store.clock()
        back = _changing(letter, (MailState.SENT.value,)).values(state=MailState.DRAFT.value, changed_at=now)
        async with self.store.writing() as connection:
            await _took_effect(connection, back)
            await self.store.note(connection, _told(letter, "taken_back", now=now))

    async def waiting(self, *, after: UUID | None, limit: int) -> Sequence[Mail]:
        wanted = select(mail).where(mail.c.state == MailState.SENT.value).order_by(mail.c.id).limit(limit)
        if after is not None:
            wanted = wanted.where(mail.c.id > after)
        async with looking(self.store.engine) as connection:
            return [_mail(row) for row in await connection.execute(wanted)]

    async def find(self, id_: UUID) -> Mail:
        wanted = select(mail).where(mail.c.id == id_, mail.c.state != MailState.DRAFT.value)
        async with looking(self.store.engine) as connection:
            row = (await connection.execute(wanted)).one_or_none()
        if row is None:
            raise NoSuchMail
        return _mail(row)

    async def send_back(self, letter: Mail, remark: str, *, by: str, text: Text | None) -> None:
        now = self.store.clock()
        back = _changing(letter, (MailState.SENT.value,))
        async with self.store.writing() as connection:
            await _took_effect(connection, back.values(state=MailState.SENT_BACK.value, remark=remark, changed_at=now))
            await self.store.note(connection, _told(letter, "sent_back", now=now, by=by))
            await _write_text(connection, letter, text, now=now)

    async def close(self, letter: Mail, *, by: str, case: UUID, applicant: UUID | None) -> None:
        now = self.store.clock()
        values = {"state": MailState.DONE.value, "answers": "{}", "remark": None, "changed_at": now}
        placed = {"case_id": case, "applicant": applicant}
        async with self.store.writing() as connection:
            await _took_effect(connection, _changing(letter, (MailState.SENT.value,)).values(**values, **placed))
            await connection.execute(update(worker_codes).where(worker_codes.c.code == letter.code).values(**placed))
            await connection.execute(delete(file_uses).where(file_uses.c.case_id == letter.id))
            await self.store.note(connection, _told(letter, "taken", now=now, by=by, case=case))

    async def forget_once(self) -> int:
        now = self.store.clock()
        old = and_(mail.c.state.in_(_OPEN), mail.c.changed_at < now - UNSENT_KEPT)
        async with self.store.writing() as connection:
            ended = delete(worker_sessions).where(worker_sessions.c.ends_at < now)
            count = (await connection.execute(ended)).rowcount
            found = (await connection.execute(select(mail).where(old).limit(FORGOTTEN_AT_ONCE))).all()
            if found:
                ids = [row.id for row in found]
                await connection.execute(delete(file_uses).where(file_uses.c.case_id.in_(ids)))
                await connection.execute(delete(mail).where(mail.c.id.in_(ids)))
                await forget_codes(connection, ~_leads_somewhere(), [row.code for row in found])
        return count + len(found)


def _leads_somewhere() -> ColumnElement[bool]:
    return exists().where(mail.c.code == worker_codes.c.code) | worker_codes.c.case_id.is_not(None)


async def _open(connection: AsyncConnection, code: str, opening: Opening) -> None:
    row = {"session": opening.session, "code": code, "hidden": opening.hidden, "ends_at": opening.ends_at}
    await connection.execute(inserting(worker_sessions), row)


def _changing(letter: Mail, states: Sequence[str]) -> Update:
    return update(mail).where(mail.c.id == letter.id, mail.c.state.in_(states))


async def _took_effect(connection: AsyncConnection, change: Update) -> None:
    """Raises NoSuchMail, since somebody else was faster."""
    if (await connection.execute(change)).rowcount != 1:
        raise NoSuchMail


async def _write_text(connection: AsyncConnection, letter: Mail, text: Text | None, *, now: datetime) -> None:
    if text is not None:
        await connection.execute(inserting(texts), text_row(text, letter.code, now=now))


def _told(
    letter: Mail, what: str, *, now: datetime, by: str = "", case: UUID | None = None, **facts: object
) -> Happened:
    said = {"what": what, "mail": str(letter.id), "kind": letter.kind.value, **facts}
    return Happened(kind=Kind.MAIL, at=now, case=case or letter.case, facts=said, texts={"by": by} if by else {})


def _code(code: str, facts: Collection[str], *, now: datetime) -> dict[str, Any]:
    return {
        "code": code,
        "facts": json.dumps(sorted(facts)),
        "case_id": None,
        "applicant": None,
        "failures": 0,
        "closed_until": None,
        "told": "",
        "seen": 0,
        "made_at": now,
    }


def _text(answers: Mapping[str, Any]) -> str:
    return json.dumps(dict(answers), ensure_ascii=False)


def _row(letter: Mail) -> dict[str, Any]:
    return {
        "id": letter.id,
        "code": letter.code,
        "kind": letter.kind.value,
        "state": letter.state.value,
        "case_id": letter.case,
        "applicant": letter.applicant,
        "answers": _text(letter.answers),
        "remark": letter.remark,
        "made_at": letter.made_at,
        "changed_at": letter.changed_at,
    }


def _mail(row: Row[Any]) -> Mail:
    return Mail(
        id=row.id,
        code=row.code,
        kind=MailKind(row.kind),
        state=MailState(row.state),
        case=row.case_id,
        applicant=row.applicant,
        answers=json.loads(row.answers),
        remark=row.remark,
        made_at=row.made_at,
        changed_at=row.changed_at,
    )
