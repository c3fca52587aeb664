"""What must be right for a node to do its work, and the cure where it is not; in both languages."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple, Self

from transfer.crypto.book import DirectoryTooOld, NoExchange
from transfer.crypto.errors import CryptoError
from transfer.crypto.keystore import expiring
from transfer.crypto.tls import RENEWAL, TlsFilesInvalid, moment, shown_until
from transfer.domain.clocks import legal_day
from transfer.ports.files import Files, FilesUnavailable
from transfer.ports.recovery import Restore
from transfer.ports.views import Linked
from transfer.ports.work import Context, StorageUnavailable
from transfer.web.case_body import Body
from transfer.web.parts import Parts

DATABASE_SECONDS: Final = 5.0
STORE_SECONDS: Final = 5.0
COSIGNED_WITHIN: Final = timedelta(days=1)
"""A checkpoint that nobody has cosigned so long after it was signed is said to a person."""
ANSWER_DUE: Final = timedelta(days=2)
LATEST: Final = 500
DUTY: Final = "duty:"
"""How checks of duties begin."""
FAILURES_IN_A_ROW: Final = 3
"""A duty that failed so often in a row is failing; a lost connection costs one or two rounds."""


class Said(NamedTuple):
    """A sentence in both languages."""

    zh: str
    en: str


class Check(Body):
    """One thing that must be right, and what to do when it is not. The words are for who has the right `operate`: they
    tell of hosts, files and keys."""

    name: str
    ok: bool
    found: str | None = None
    found_zh: str | None = None
    todo: str | None = None
    todo_zh: str | None = None

    @classmethod
    def of(cls, name: str, found: Said, todo: Said | None = None, *, ok: bool = True) -> Self:
        return cls(
            name=name,
            ok=ok,
            found=found.en,
            found_zh=found.zh,
            todo=todo.en if todo else None,
            todo_zh=todo.zh if todo else None,
        )


_NO_ANSWER: Final = Said("未在时限内应答", "no answer in time")
_ONCE_ANSWERED: Final = Said("数据库应答后即行读取。", "They are read as soon as the database answers.")


async def checks(parts: Parts) -> AsyncIterator[Check]:
    """All that concern this process."""
    database = await _database(parts)
    yield database
    if database.ok:
        yield await _records(parts)
        if (restore := await parts.recovery.open()) is not None:
            yield _recovery(restore)
    yield await asyncio.to_thread(_directory, parts)
    yield await asyncio.to_thread(_signing, parts)
    yield _calendar(parts)
    yield await _ledger(parts)
    if parts.files is not None:
        yield await _files(parts.files)
        if (cert := parts.settings.files_cert) and (key := parts.settings.files_key):
            yield await asyncio.to_thread(_site, cert, key, parts.clock())
    now = parts.clock()
    for role, link in sorted(parts.links.items()):
        yield _broker(role, link, abs((now - link.state.since).total_seconds()), parts.settings.broker_lost_after)
    for duty in parts.duties:
        yield _duty(duty.name, duty.failures)


def days_known(context: Context) -> int:
    """For how many days from today on the calendar is known."""
    today = legal_day(context.now)
    return (context.rules.known_until(today) - today).days + 1


def _plain(error: Exception) -> Said:
    """What a library says, in its own words."""
    return Said(str(error), str(error))


async def _database(parts: Parts) -> Check:
    name = "database"
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            form = await parts.views.form()
    except (StorageUnavailable, TimeoutError) as error:
        found = _NO_ANSWER if isinstance(error, TimeoutError) else _plain(error)
        todo = Said(
            "启动数据库，或者更正 TRANSFER_DATABASE_URL。", "Start the database, or correct TRANSFER_DATABASE_URL."
        )
        return Check.of(name, found, todo, ok=False)
    if not form.fits:
        found = Said(
            f"结构版本 {form.found}，本程序需要 {form.needed}",
            f"version {form.found}, this release needs {form.needed}",
        )
        back = f"在此也运行新版程序，或者用新版程序的 `transfer migrate --to {form.needed}` 退回。"
        zh = back if form.is_newer else "运行 `transfer migrate`。"
        todo = Said(zh, f"{form.cure[0].upper()}{form.cure[1:]}.")
        return Check.of(name, found, todo, ok=False)
    return Check.of(name, Said(f"结构版本 {form.found}", f"version {form.found}"))


async def _records(parts: Parts) -> Check:
    """Tells of other regions; this node can do its work all the same."""
    name, limit = "records", parts.clock() - ANSWER_DUE
    lines = await parts.views.reconciliations(None, limit=LATEST)
    differ = sorted({one.region for one in lines if not one.heals})
    silent = sorted({one.region for one in lines if one.alike is None and one.asked_at < limit})
    if not differ and not silent:
        count = len({one.region for one in lines})
        return Check.of(name, Said(f"已与{count}个地区核对", f"compared with {count} other regions"))
    said = [
        Said(f"{zh} {', '.join(of)}", f"{en} {', '.join(of)}")
        for zh, en, of in (("记录不一致：", "differ from", differ), ("未答复：", "no answer from", silent))
        if of
    ]
    todo = Said(
        "详见本页“核对记录”，或者运行 `transfer reconcile list`、`transfer reconcile show 地区`。",
        "`transfer reconcile list` and `transfer reconcile show REGION` say more.",
    )
    return Check.of(name, Said("；".join(one.zh for one in said), "; ".join(one.en for one in said)), todo)


def _recovery(restore: Restore) -> Check:
    at = f"{restore.made_at:%Y-%m-%dT%H:%M:%SZ}"
    found = Said(f"已恢复至 {at}，正在向其他地区取回此后的记录", f"restored to {at}, asks others for what came since")
    todo = Said("`transfer doctor` 显示还缺哪些地区。", "`transfer doctor` shows which regions have not told yet.")
    return Check.of("recovery", found, todo, ok=False)


async def _files(files: Files) -> Check:
    name = "files"
    try:
        async with asyncio.timeout(STORE_SECONDS):
            await files.ready()
    except (FilesUnavailable, TimeoutError) as error:
        found = _NO_ANSWER if isinstance(error, TimeoutError) else _plain(error)
        todo = Said(
            "使 TRANSFER_FILES 所指的存放处和暂存目录可以访问和写入；文件在此期间等待。",
            "Make the place that TRANSFER_FILES names, and the spool, reachable and writable; files wait meanwhile.",
        )
        return Check.of(name, found, todo, ok=False)
    return Check.of(name, Said("存放处有应答", "the store answers"))


def _site(cert: Path, key: Path, now: datetime) -> Check:
    name = "files:site"
    todo = Said(
        "将续期后的证书及其私钥放到 TRANSFER_FILES_CERT 和 TRANSFER_FILES_KEY 所指之处。",
        "Put a renewed certificate and its key in the place of TRANSFER_FILES_CERT and TRANSFER_FILES_KEY.",
    )
    try:
        until = shown_until(cert, key, now)
    except TlsFilesInvalid as error:
        return Check.of(name, _plain(error), todo, ok=False)
    found = Said(f"证书有效至 {moment(until)}", f"certificate valid until {moment(until)}")
    return Check.of(name, found, todo if until - now < RENEWAL else None)


def _directory(parts: Parts) -> Check:
    name = "directory"
    listed, region = parts.book.latest, parts.settings.region
    if region not in listed.by_code:
        found = Said(
            f"第 {listed.version} 版名录没有本地区 {region}", f"version {listed.version} does not list region {region}"
        )
        todo = Said(
            "此时不收发消息。向交换平台运营方询问原因；`transfer directory verify` 显示名录。",
            "Nothing is exchanged. Ask the operator of the exchange why; `transfer directory verify` shows the list.",
        )
        return Check.of(name, found, todo, ok=False)
    if (behind := listed.behind(listed.by_code[region])) is not None:
        found = Said(f"交换平台要求能读第 {listed.least} 版消息，名录所载本地区不能；发来的消息等待", behind)
        todo = Said(
            "升级本程序，再请交换平台运营方在名录中登记其所读的版本。",
            "Upgrade this node, then have the operator of the exchange list the versions that it reads.",
        )
        return Check.of(name, found, todo, ok=False)
    until = moment(listed.expires_at)
    zh, en = f"第 {listed.version} 版，有效至 {until}", f"version {listed.version}, until {until}"
    if not listed.expired(parts.clock()):
        return Check.of(name, Said(zh, en))
    todo = Said("请交换平台运营方签发新的名录。", "Have the operator of the exchange sign and publish a new one.")
    try:
        _ = parts.book.current
    except DirectoryTooOld:
        found = Said(f"{zh}；过期太久，停止收发", f"{en}; too old, nothing is exchanged")
        return Check.of(name, found, todo, ok=False)
    return Check.of(name, Said(f"{zh}；已过期，暂仍使用", f"{en}; expired, still used"), todo)


def _signing(parts: Parts) -> Check:
    name, now = "keys", parts.clock()
    region = parts.settings.region
    own = parts.book.latest.by_code.get(region)
    try:
        used = [(parts.wire.signing(one).kid, parts.wire.opening(one).kid) for one in own.suites] if own else []
    except (CryptoError, NoExchange) as error:
        todo = Said(
            f"`transfer keys list` 显示本节点的密钥，`transfer directory verify` 显示名录中 {region} 的密钥。",
            f"`transfer keys list` shows this node's keys, `transfer directory verify` those listed for {region}.",
        )
        return Check.of(name, _plain(error), todo, ok=False)
    kids = ", ".join(kid for pair in used for kid in pair)
    due = expiring(own.keys, now) if own else ()
    if not due:
        return Check.of(name, Said(f"正在使用 {kids}", f"uses {kids}"))
    days = [(key.kid, (key.not_after - now).days) for key in due]
    found = Said(
        f"正在使用 {kids}；即将到期：{'，'.join(f'{kid} 还有{left}天' for kid, left in days)}",
        f"uses {kids}; expires: {', '.join(f'{kid} in {left} days' for kid, left in days)}",
    )
    todo = Said(
        "运行 `transfer keys rotate` 更换密钥，并请运营方重新签发名录。",
        "Rotate them: `transfer keys rotate`, and have the operator sign the directory anew.",
    )
    return Check.of(name, found, todo)


def _calendar(parts: Parts) -> Check:
    name = "calendar"
    try:
        context = parts.context()
    except StorageUnavailable as error:
        return Check.of(name, _plain(error), _ONCE_ANSWERED, ok=False)
    days = days_known(context)
    missing = context.rules.missing_years(legal_day(context.now))
    todo = (
        Said(
            f"国务院公布{missing[0]}年放假安排后，用 `transfer rules load` 载入。",
            f"Load {missing[0]} as the State Council has announced it, by `transfer rules load`.",
        )
        if missing
        else None
    )
    return Check.of(name, Said(f"今后{days}天的工作日历已知", f"known for {days} days"), todo)


async def _ledger(parts: Parts) -> Check:
    """A node works on without witnesses, so this is never red; but nobody could show that its past stands."""
    name = "ledger"
    todo = Said(
        "`transfer audit checkpoints` 显示谁联署了哪个检查点，谁因何拒绝。",
        "`transfer audit checkpoints` shows who cosigned what, and who refused why.",
    )
    region = parts.settings.region
    peers = [one.code for one in parts.directory.regions if one.code != region]
    try:
        since, seen = await parts.checkpoints.waiting_since(), await parts.checkpoints.seen(peers)
    except StorageUnavailable as error:
        return Check.of(name, _plain(error), _ONCE_ANSWERED, ok=False)
    if forked := ", ".join(code for code, one in seen.items() if one.fork):
        return Check.of(name, Said(f"账本分叉：{forked}", f"forked by {forked}"), todo)
    if since is not None and peers and parts.clock() - since > COSIGNED_WITHIN:
        at = f"{since:%Y-%m-%dT%H:%M:%SZ}"
        return Check.of(name, Said(f"自 {at} 起没有联署", f"nothing cosigned since {at}"), todo)
    waits = Said("有一个检查点等待联署", "a checkpoint waits to be cosigned")
    return Check.of(name, Said("没有等待联署的检查点", "nothing waits") if since is None else waits)


def _broker(role: str, link: Linked, seconds: float, lost_after: float) -> Check:
    name, state = f"broker:{role}", link.state
    if state.connected:
        at = f"{state.since:%Y-%m-%dT%H:%M:%SZ}"
        return Check.of(name, Said(f"自 {at} 起已连接", f"connected since {at}"))
    lost = f"{max(0.0, seconds):.0f}"
    found = Said(
        f"已断开 {lost} 秒：{state.error or '原因不明'}",
        f"not connected for {lost} s: {state.error or 'no reason given'}",
    )
    todo = Said(
        "启动消息中间件，或者更正 TRANSFER_AMQP_URL；消息在此期间留在数据库中等待。",
        "Start the broker, or correct TRANSFER_AMQP_URL; messages wait in the database meanwhile.",
    )
    return Check.of(name, found, todo, ok=seconds < lost_after)


def _duty(duty: str, failures: int) -> Check:
    name = f"{DUTY}{duty}"
    if failures < FAILURES_IN_A_ROW:
        return Check.of(name, Said("正常", "well"))
    todo = Said(
        f"在日志中查找 duty={duty} 的 duty_failed，其中说明故障。",
        f"Look for duty_failed with duty={duty} in the log: it names the fault.",
    )
    return Check.of(name, Said(f"已连续失败{failures}次", f"failed {failures} times in a row"), todo, ok=False)
