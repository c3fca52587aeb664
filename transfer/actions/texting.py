"""The words of text messages: always Chinese, with the code and the institution and nothing else of a person."""

import asyncio
from typing import Final
from uuid import UUID

from transfer.crypto.codes import Code, in_groups
from transfer.crypto.directory import Directory, Institution
from transfer.domain.whereabouts import Where
from transfer.ports.texts import Text

STOP: Final = "回复TD退订"


def centre_of(directory: Directory, region: str) -> Institution:
    """The institution that answers for this node: the region's own, or the first that decides."""
    known = directory.by_code[region].institutions
    return next(
        (one for one in known if one.code == region), next((one for one in known if one.parent is None), known[0])
    )


def contact(institution: Institution) -> str:
    """Its name, and its number where the directory has one."""
    return institution.name_zh + (f"（{institution.phone}）" if institution.phone else "")


def received(code: str, centre: Institution) -> str:
    """That an application came in."""
    return f"{contact(centre)}已收到您的法律援助申请，查询码{in_groups(code)}，请妥善保存。{STOP}"


def sent_back(centre: Institution) -> str:
    """That something has to be mended first."""
    return f"您的法律援助申请需要补充，请凭查询码上网查看，或致电{contact(centre)}。{STOP}"


def stands(where: Where, directory: Directory, region: str) -> str:
    """Where the case stands now; when it went to another region, who has it."""
    holder = directory.institutions.get(where.holder) or centre_of(directory, region)
    due = f"，{where.due_on.month}月{where.due_on.day}日前" if where.mine and where.due_on else ""
    moved = "" if where.holder.startswith(region) else f"，现由{holder.name_zh}办理"
    return f"您的法律援助案件：{where.standing.zh}{due}{moved}。详情请凭查询码上网查看，或致电{contact(holder)}。{STOP}"


async def text_to(phone: str, words: str, *, id_: UUID) -> Text:
    """A message to this number."""
    return Text(id=id_, phone=phone, mark=await mark_of(phone), words=words)


async def mark_of(phone: str) -> str:
    """By which a number is known that wants no texts, however it is written; nobody can count it back."""
    digits = "".join(sign for sign in phone if sign.isdigit())
    return (await asyncio.to_thread(Code.of, digits[-11:])).key
