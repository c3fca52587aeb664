"""The operators' pages: health with its cures, links to other regions, keys, duties, what falls due. No persons."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Final

from transfer.crypto.directory import Region
from transfer.crypto.keys import KeyState, states
from transfer.crypto.tls import TlsFilesInvalid, certificates
from transfer.domain.clocks import legal_day
from transfer.ports.work import StorageUnavailable
from transfer.records import FetchFilter, FetchState, LinkLine, MessageState
from transfer.web.answers import Reply
from transfer.web.checks import DUTY, checks
from transfer.web.pages import words
from transfer.web.pages.charts import star
from transfer.web.pages.languages import said
from transfer.web.pages.places import region_name
from transfer.web.pages.rendering import language, page
from transfer.web.parts import Parts
from transfer.web.reconciliations import body_of
from transfer.web.route import Ask
from transfer.web.wording import Wording

LATELY: Final = timedelta(days=1)
SLOW: Final = timedelta(minutes=15)
"""A message that waits longer to be sent, or for its receipt, is shown as such."""
LINES: Final = 20
WARNED: Final = timedelta(days=30)
_STATES: Final = {
    MessageState.WAITING: Wording(zh="待发出", en="Wait to be sent"),
    MessageState.PUBLISHED: Wording(zh="已发出，待回执", en="Sent, wait for a receipt"),
    MessageState.PARKED: Wording(zh="对方已收到，待前序消息", en="There, wait for earlier ones"),
    MessageState.APPLIED: Wording(zh="对方已办理", en="Applied by the other region"),
    MessageState.REFUSED: Wording(zh="对方拒绝", en="Refused by the other region"),
}
_MAINTAINED: Final = Wording(zh="对方检修，消息等待", en="in maintenance; messages wait")
_BLOCKED: Final = Wording(zh="对方队列不收", en="its queue takes nothing")
_SLOW: Final = Wording(zh="有消息滞留", en="messages wait too long")
_OWED: Final = Wording(zh="有回执未发出", en="receipts are owed")
_WELL: Final = Wording(zh="正常", en="well")
_UNUSED: Final = Wording(zh="尚无往来", en="nothing exchanged yet")
_KEYS: Final = {
    KeyState.FUTURE: Wording(zh="尚未启用", en="not used yet"),
    KeyState.CURRENT: Wording(zh="使用中", en="in use"),
    KeyState.SUPERSEDED: Wording(zh="已被替换，仍可验证和解密", en="replaced, still verifies and opens"),
    KeyState.EXPIRED: Wording(zh="已过期", en="expired"),
    KeyState.REVOKED: Wording(zh="已吊销", en="revoked"),
}
_CHECKS: Final = {
    "database": Wording(zh="数据库", en="Database"),
    "records": Wording(zh="与其他地区核对记录", en="Records of other regions"),
    "directory": Wording(zh="名录", en="Directory"),
    "keys": Wording(zh="密钥", en="Keys"),
    "calendar": Wording(zh="工作日历", en="Work calendar"),
    "ledger": Wording(zh="账本见证", en="Witnesses of the ledger"),
    "files": Wording(zh="文件存放处", en="Store of files"),
    "broker": Wording(zh="消息中间件", en="Broker"),
    "duty": Wording(zh="后台任务", en="Duty"),
}
_COLUMNS: Final = ("overdue", "today", "three_days", "seven_days", "later")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The road to another region: what is known of it, how it is in a word, and how it is drawn."""

    region: str
    line: LinkLine
    state: Wording
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """A key or a certificate with the days that are left."""

    name: str
    what: Wording
    state: Wording
    until: datetime
    days: int
    is_due: bool


def check_name(name: str) -> Wording:
    """What a check is of; its code may say more behind a colon."""
    return _CHECKS.get(name.partition(":")[0]) or Wording(zh=name, en=name)


async def operations(ask: Ask) -> Reply:
    """How the node stands; without its database, what can be said without it."""
    parts, spoken = ask.parts, language(ask)
    now = parts.clock()
    # Duties that do well stand in a table of their own.
    found = [check async for check in checks(parts) if not (check.ok and check.name.startswith(DUTY))]
    with_records = {}
    with suppress(StorageUnavailable):
        links = await _links(parts, now)
        drawn = [(region_name(parts.directory, one.region, spoken), said(one.state, spoken), one.kind) for one in links]
        with_records = {
            "links": links,
            "star": star(region_name(parts.directory, parts.settings.region, spoken), drawn),
            "traffic": await parts.views.traffic(),
            "compared": [body_of(one) for one in await parts.views.reconciliations(None, limit=LINES)],
            "fetches": [
                one
                for state in (FetchState.FETCHING, FetchState.WAITING, FetchState.REFUSED, FetchState.GONE)
                for one in await parts.views.fetches(FetchFilter(sight=None, state=state), after=None, limit=LINES)
            ],
        }
    return page(
        ask,
        "operator/operations.html",
        checks=sorted(found, key=lambda one: (one.ok, one.todo is None)),
        records=with_records,
        states=_STATES,
        duties=parts.duties,
        roles=sorted(parts.settings.roles),
        release=version("legalaid-transfer"),
        directory=parts.directory,
        expiring=await asyncio.to_thread(lambda: list(_expiring(parts, now))),
        place=lambda code: region_name(parts.directory, code, spoken),
        check_name=check_name,
        words=words,
    )


async def falling_due(ask: Ask) -> Reply:
    """What falls due when, in figures by kind and region."""
    spoken = language(ask)
    found = await ask.parts.views.falling_due(legal_day(ask.parts.clock()))
    kinds = [(kind, list(lines)) for kind, lines in groupby(found, key=lambda one: one.what)]
    return page(
        ask,
        "operator/due.html",
        kinds=kinds,
        columns=_COLUMNS,
        totals={name: sum(getattr(one, name) for one in found) for name in _COLUMNS},
        place=lambda code: region_name(ask.parts.directory, code, spoken),
    )


async def _links(parts: Parts, now: datetime) -> list[Link]:
    """To every region of the directory, and to those that were there once and are still waited for."""
    known = {one.region: one for one in await parts.views.links(now - LATELY)}
    listed = {one.code: one for one in parts.directory.regions if one.code != parts.settings.region}
    return [
        _link(listed.get(code), known.get(code) or LinkLine(region=code), now) for code in sorted(listed.keys() | known)
    ]


def _link(listed: Region | None, line: LinkLine, now: datetime) -> Link:
    def slow(since: datetime | None) -> bool:
        return since is not None and now - since > SLOW

    match line:
        case _ if listed is not None and listed.maintenance:
            state, kind = _MAINTAINED, "soon"
        case LinkLine(failures=failures) if failures:
            state, kind = _BLOCKED, "late"
        case _ if slow(line.waits_since) or slow(line.unanswered_since):
            state, kind = _SLOW, "late"
        case _ if slow(line.owed_since):
            state, kind = _OWED, "soon"
        case LinkLine(sent_at=None, received_at=None, heard_at=None, waiting=0, unanswered=0):
            state, kind = _UNUSED, ""
        case _:
            state, kind = _WELL, "done"
    return Link(region=line.region, line=line, state=state, kind=kind)


def _expiring(parts: Parts, now: datetime) -> Iterator[Expiring]:
    """This node's keys as the directory lists them, and the certificates in its files."""
    own = parts.directory.by_code.get(parts.settings.region)
    held = states(own.keys, now) if own else {}
    for key in own.keys if own else ():
        what = Wording(
            zh=f"{key.suite.value} {'签名' if key.use == 'sign' else '加密'}", en=f"{key.suite.value} {key.use}"
        )
        is_used = held[key.kid] is KeyState.CURRENT
        yield _ends(key.kid, what, _KEYS[held[key.kid]], key.not_after, now, is_used=is_used)
    for setting, file, what in _certificates(parts):
        if file is not None:
            with suppress(TlsFilesInvalid):  # the checks above say what is wrong with it
                until = certificates(file)[0].not_valid_after_utc
                yield _ends(setting, what, _KEYS[KeyState.CURRENT], until, now)


def _certificates(parts: Parts) -> Iterable[tuple[str, Path | None, Wording]]:
    settings = parts.settings
    return (
        ("TRANSFER_TLS_CERT", settings.tls_cert, Wording(zh="连接消息中间件的证书", en="certificate for the broker")),
        (
            "TRANSFER_FILES_CERT",
            settings.files_cert,
            Wording(zh="文件站点的证书", en="certificate of the files' site"),
        ),
    )


def _ends(  # noqa: PLR0913 - one per field
    name: str, what: Wording, state: Wording, until: datetime, now: datetime, *, is_used: bool = True
) -> Expiring:
    return Expiring(
        name=name,
        what=what,
        state=state,
        until=until,
        days=max(0, (until - now).days),
        is_due=is_used and until - now < WARNED,
    )
