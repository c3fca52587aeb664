"""The history of a case as a paper, from entries that were held against the ledger; Chinese, English beneath."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from transfer.domain.clocks import CHINA, ClockState, state_of
from transfer.ledger.entry import Kind, Opened
from transfer.messages.case import Clock
from transfer.messages.check_line import RootLine
from transfer.messages.codes import Stage
from transfer.paper.letter import NOTHING, Block, Closing, Column, Heading, Letter, Level, Paragraph, Table
from transfer.paper.numerals import chinese_number
from transfer.ports.ledger import CaseHistory

TITLE: Final = "案件办理历程"

_STEPS: Final = {
    "case_opened": "收案",
    "offered": "转交",
    "signed_for": "签收",
    "supplement_required": "一次性告知补正",
    "supplemented": "补正",
    "accepted": "受理",
    "competence_disputed": "提出管辖异议",
    "escalated": "报请指定管辖",
    "designated": "指定管辖",
    "linked_as_duplicate": "并入先收到的案件",
    "recall_requested": "撤回转交",
    "released": "同意撤回",
    "holder_changed": "承办机构变更",
    "stage_published": "办理阶段",
    "event_entered": "登记事由",
    "case_split": "分案",
    "applicants_withdrew": "申请人撤回申请",
    "applicants_joined": "增加申请人",
    "notice_given": "告知申请人补正",
    "applicants_told": "已告知申请人",
    "notice_answered": "申请人补正",
    "eligibility_found": "认定经济困难状况",
    "urgency_stated": "认定紧急情形",
    "same_matter_found": "发现同一事项",
    "evidence_requested": "发出协作函",
    "evidence_signed_for": "签收协作函",
    "evidence_undertaken": "同意协作",
    "evidence_supplied": "部分结果",
    "evidence_returned": "回函",
    "evidence_rework_asked": "要求补办",
    "evidence_confirmed": "确认结果",
    "evidence_declined": "不能协作",
    "evidence_cancelled": "撤回协作函",
}
"""What is not listed is printed by its code."""
_KINDS: Final = {
    Kind.ATTEMPT: "被拒绝的操作",
    Kind.ERASED: "删除个人信息",
    Kind.SENT: "发出",
    Kind.RECEIVED: "收到",
    Kind.SETTLED: "回执",
    Kind.SET_ASIDE: "隔离",
    Kind.READ: "查阅",
    Kind.AUDIT: "审计查询",
    Kind.EXPORT: "导出",
    Kind.FILE: "文件",
}
_STATES: Final = {
    ClockState.RUNNING: "进行中",
    ClockState.DUE: "届满顺延",
    ClockState.OVERDUE: "逾期",
    ClockState.MET: "按期完成",
    ClockState.MET_LATE: "逾期完成",
    ClockState.UNKNOWN: "未能计算",
}
_DETAILS: Final = ("command", "code", "detail", "outcome", "refusal", "what", "query", "unmasked", "count", "digest")
_MASKED: Final = "已隐去"
_ERASED: Final = "不可读（已删除）"


@dataclass(frozen=True, slots=True)
class _Part:
    """A table of entries: which kinds, and what its columns say of each."""

    heading: str
    kinds: Collection[Kind]
    columns: tuple[tuple[Column, Callable[["_Teller", Opened], str]], ...]


def history_letter(history: CaseHistory, clocks: Iterable[Clock], names: Mapping[str, str], on: date) -> Letter:
    """Holders, steps, messages and readings, with the clocks; ``names`` are those of regions and institutions."""
    teller, region, count = _Teller(names=names, named=history.named), history.region, len(history.entries)
    shown_zh, shown = ("依申请显示", "shown") if history.named else ("已隐去", "masked")
    body: list[Block] = [
        Paragraph(label="案件 Case", text=str(history.case), is_code=True),
        Paragraph(
            text=f"下列记录取自{names.get(region, region)}的台账，共{count}条，均已逐条核对在该台账之内。"
            f"台账规模{history.size}条，其中前{history.signed}条有签名的检查点。"
            f"姓名{shown_zh}。期限取自该地区的记录。"
        ),
        Paragraph(
            text=f"{count} entries, each shown to stand in the ledger of {region} at size {history.size}, of which "
            f"{history.signed} stand under a signed checkpoint; names {shown}. The clocks are of its records."
        ),
    ]
    tables = [("承办机构 Holders", _holders(history.entries, names))]
    tables += [(part.heading, _table(part, history.entries, teller)) for part in _PARTS]
    tables.append(("期限 Clocks", _clocks(clocks, on)))
    for number, (heading, table) in enumerate(tables, 1):
        body += [Heading(level=Level.FIRST, text=f"{chinese_number(number)}、{heading}"), table]
    body.append(Closing(text="时间均为该地区自己的时钟。台账不能说明没有写入的事。 Times are by its own clock."))
    return Letter(
        issuer=names.get(region, region),
        title=TITLE,
        body=tuple(body),
        signed_on=on,
        has_seal=False,
        check=RootLine(region=region, size=history.size, root=history.root),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Teller:
    """Says what the columns ask for."""

    names: Mapping[str, str]
    named: bool

    def what(self, one: Opened) -> str:
        facts = one.entry.facts
        if one.entry.kind is not Kind.STEP:
            return _KINDS[one.entry.kind]
        event = str(facts["event"])
        stage = facts.get("detail", {}).get("stage")
        known = f"：{Stage(stage).zh}" if stage in set(Stage) else ""
        return f"{_STEPS.get(event, event)}{known}\n{event}"

    def who(self, one: Opened) -> str:
        """The institution or region, and the person where there is one."""
        facts = one.entry.facts
        code = facts.get("institution") or facts.get("source") or facts.get("recipient") or facts.get("region")
        return "\n".join(part for part in (self.names.get(str(code), code), self._person(one)) if part) or NOTHING

    def _person(self, one: Opened) -> str:
        if one.entry.texts is None:
            return ""
        if not self.named:
            return _MASKED
        return _ERASED if one.texts is None else str(one.texts.get("by", ""))

    def more(self, one: Opened) -> str:
        """What else the entry says in codes."""
        facts = one.entry.facts
        said = {name: facts[name] for name in _DETAILS if facts.get(name) not in (None, {}, "")}
        reason = {"reason": one.texts["reason"]} if self.named and one.texts and one.texts.get("reason") else {}
        return "；".join(f"{name} {_flat(value)}" for name, value in (said | reason).items()) or NOTHING

    def message(self, one: Opened) -> str:
        facts = one.entry.facts
        return f"{facts.get('type') or ''} {facts.get('sequence') or ''} {facts.get('message') or ''}".strip()


def _flat(value: object) -> str:
    """A value of JSON in one line."""
    match value:
        case Mapping():
            return ", ".join(f"{name} {_flat(one)}" for name, one in value.items() if one is not None)
        case list():
            return ", ".join(map(_flat, value))
        case _:
            return str(value)


def _name(code: str, names: Mapping[str, str]) -> str:
    return f"{names[code]} {code}" if code in names else code


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


_PLACE: Final = (Column(head="序号", share=3), lambda _, one: str(one.place))
_TIME: Final = (Column(head="时间", share=6), lambda _, one: _at(one.entry.at))
_WHAT: Final = (Column(head="事项", share=7), _Teller.what)
_WHO: Final = (Column(head="单位、经办人", share=8), _Teller.who)
_MORE: Final = (Column(head="说明", share=8, is_code=True), _Teller.more)
_MESSAGE: Final = (Column(head="消息", share=8, is_code=True), _Teller.message)

_PARTS: Final = (
    _Part("办理经过 Steps", (Kind.STEP, Kind.ATTEMPT, Kind.ERASED), (_PLACE, _TIME, _WHAT, _WHO, _MORE)),
    _Part(
        "消息 Messages",
        (Kind.SENT, Kind.RECEIVED, Kind.SETTLED, Kind.SET_ASIDE),
        (_PLACE, _TIME, _WHAT, _WHO, _MESSAGE, _MORE),
    ),
    _Part("查阅与导出 Readings", (Kind.READ, Kind.AUDIT, Kind.EXPORT, Kind.FILE), (_PLACE, _TIME, _WHAT, _WHO, _MORE)),
)


def _table(part: _Part, entries: Iterable[Opened], teller: _Teller) -> Table:
    rows = (tuple(say(teller, one) for _, say in part.columns) for one in entries if one.entry.kind in part.kinds)
    return Table(columns=tuple(column for column, _ in part.columns), rows=tuple(rows))


def _holders(entries: Sequence[Opened], names: Mapping[str, str]) -> Table:
    """Who held the case, by the first entry of each tenure that this ledger has."""
    first: dict[int, Opened] = {}
    for one in entries:
        if one.entry.kind is Kind.STEP:
            first.setdefault(one.entry.facts["tenure"], one)
    heads = ("任次", 2), ("承办机构", 8), ("首条记录时间", 6), ("序号", 3)
    rows = (
        (str(tenure), _name(one.entry.facts["holder"], names), _at(one.entry.at), str(one.place))
        for tenure, one in sorted(first.items())
    )
    return Table(columns=tuple(Column(head=head, share=share) for head, share in heads), rows=tuple(rows))


def _clocks(clocks: Iterable[Clock], on: date) -> Table:
    heads = ("期限", 8), ("依据", 8), ("起算", 5), ("届满", 5), ("状态", 5)
    rows = (
        (
            f"{clock.zh}\n{clock.en}",
            clock.basis,
            clock.started_on.isoformat(),
            str(clock.due_rolled or clock.due_strict or NOTHING),
            _STATES[state_of(clock, on)],
        )
        for clock in clocks
    )
    return Table(columns=tuple(Column(head=head, share=share) for head, share in heads), rows=tuple(rows))
