"""Removes codes, and what people wrote by them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.storage.mail_tables import mail, texts, worker_codes, worker_sessions
from transfer.storage.tables import file_uses


async def forget_case(connection: AsyncConnection, case: UUID, applicant: UUID | None) -> None:
    """What people wrote on this case, or this applicant alone, and their codes; for whoever erases it."""
    whose = [worker_codes.c.case_id == case] + ([worker_codes.c.applicant == applicant] if applicant else [])
    codes = list(await connection.scalars(select(worker_codes.c.code).where(*whose)))
    if codes:
        letters = select(mail.c.id).where(mail.c.code.in_(codes))
        await connection.execute(delete(file_uses).where(file_uses.c.case_id.in_(letters)))
        await connection.execute(delete(mail).where(mail.c.code.in_(codes)))
        await forget_codes(connection, worker_codes.c.case_id == case, codes)


async def forget_codes(connection: AsyncConnection, which: ColumnElement[bool], among: Sequence[str]) -> None:
    """Those of these codes, with their visits and texts."""
    codes = list(await connection.scalars(select(worker_codes.c.code).where(which, worker_codes.c.code.in_(among))))
    for table in (worker_sessions, texts, worker_codes):
        await connection.execute(delete(table).where(table.c.code.in_(codes)))
