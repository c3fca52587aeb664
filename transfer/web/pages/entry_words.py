"""What the entries of the ledger say, in words: their kinds, their facts, and the codes that stand in these."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from transfer.domain.errors import slug
from transfer.ledger.entry import Entry, Kind
from transfer.messages.codes import ReceiptOutcome, RefusalCode, Stage
from transfer.records import Dismissal
from transfer.web.pages import words
from transfer.web.problems import PROBLEMS, title
from transfer.web.wording import Wording


def _words(given: Mapping[str, tuple[str, str]]) -> words.Words:
    return MappingProxyType({code: Wording(zh=zh, en=en) for code, (zh, en) in given.items()})


KINDS: Final = _words(
    {
        Kind.SENT: ("发出消息", "Message sent"),
        Kind.RECEIVED: ("收到消息", "Message received"),
        Kind.SETTLED: ("收到回执", "Receipt came in"),
        Kind.SET_ASIDE: ("放入隔离区", "Put into quarantine"),
        Kind.REPLAYED: ("办理隔离消息", "A message of the quarantine dealt with"),
        Kind.STEP: ("办理步骤", "Step on a case"),
        Kind.ATTEMPT: ("被拒绝的操作", "Refused attempt"),
        Kind.READ: ("查阅个人信息", "Personal data read"),
        Kind.FILE: ("文件收发", "File"),
        Kind.EXPORT: ("导出数据", "Data taken out"),
        Kind.AUDIT: ("审计查询", "Question of an auditor"),
        Kind.ERASED: ("销毁密钥，删除个人信息", "Key destroyed, personal data erased"),
        Kind.DIRECTORY: ("启用新版名录", "Another directory in force"),
        Kind.RULES: ("启用新版规则", "Another set of rules in force"),
        Kind.KEYS: ("本节点密钥变更", "Keys of this node changed"),
        Kind.WITNESSED: ("见证其他地区的检查点", "Checkpoint of another region witnessed"),
        Kind.RECONCILED: ("与其他地区核对记录", "Records compared with another region"),
        "sign_in": ("登录和退出", "Sign-in and sign-out"),
        "account": ("账号变更", "Account changed"),
    }
)
FACTS: Final = _words(
    {
        "event": ("事项", "what happened"),
        "message": ("消息编号", "id of the message"),
        "type": ("消息类型", "type of the message"),
        "source": ("来自地区", "region that it came from"),
        "recipient": ("发往地区", "region that it goes to"),
        "region": ("对方地区", "the other region"),
        "sequence": ("该方向第几条", "its place in that direction"),
        "conversation": ("所属会话（案件）", "conversation, which is the case"),
        "digest": ("内容摘要", "digest of the content"),
        "body": ("内容摘要", "digest of the content"),
        "outcome": ("收件方结论", "verdict of the recipient"),
        "refusal": ("拒绝原因", "why it was refused"),
        "answers": ("所答复的消息", "message that it answers"),
        "transfer": ("转交编号", "id of the transfer"),
        "request": ("协作函编号", "id of the evidence request"),
        "institution": ("办理机构", "institution that acted"),
        "tenure": ("第几任承办", "number of the tenure"),
        "holder": ("承办机构", "institution that holds the case"),
        "version": ("版本", "version"),
        "detail": ("详情", "details"),
        "command": ("所要求的操作", "what was asked for"),
        "code": ("原因代码", "code of the reason"),
        "case": ("案件编号", "id of the case"),
        "what": ("内容种类", "what it is"),
        "id": ("对象编号", "id of what it is about"),
        "unmasked": ("是否显示姓名", "whether names were shown"),
        "count": ("条数", "number of lines"),
        "query": ("查询种类", "kind of question"),
        "about": ("查询对象", "what was asked about"),
        "range": ("范围", "range"),
        "size": ("规模", "size"),
        "root": ("树根", "root of the tree"),
        "known": ("此前已知规模", "size known before"),
        "verdict": ("结论", "verdict"),
        "reason": ("理由", "why"),
        "quarantine": ("隔离区编号", "id in quarantine"),
        "since": ("起始时间", "from when on"),
        "until": ("截止时间", "up to when"),
        "alike": ("是否一致", "whether the records agree"),
        "found": ("不一致条数", "messages that differ"),
        "differences": ("不一致之处", "what differs"),
        "added": ("新增", "added"),
        "removed": ("移除", "removed"),
        "origin": ("来源", "origin"),
        "subject": ("密钥所属对象", "whose key it was"),
        "of": ("对象种类", "of what kind that is"),
        "basis": ("依据", "legal basis"),
        "receipt": ("销毁回执", "destruction receipt"),
    }
)
_CODES: Final = _words(
    {
        **{one.value: (one.zh, one.en) for one in Dismissal},
        "case": ("案件", "the case"),
        "cases": ("案件列表", "the worklist"),
        "clocks": ("期限", "clocks"),
        "competence": ("管辖依据", "competence"),
        "eligibility": ("经济困难状况", "eligibility"),
        "file": ("文件", "a file"),
        "history": ("办理历程", "the history"),
        "paper": ("文书", "a paper"),
        "quarantine": ("隔离区", "the quarantine"),
        "requests": ("协作函", "evidence requests"),
        "transfers": ("转交", "transfers"),
        "trace": ("案件全程", "the whole history of a case"),
        "search": ("检索", "a search"),
        "entry": ("单条条目", "one entry"),
        "proof": ("证明文件", "a proof"),
        "bundle": ("证据包", "an evidence bundle"),
        "pairs": ("地区间统计", "the report on regions"),
        "came": ("存入", "came in"),
        "handed_out": ("已交付", "handed out"),
        "refused": ("被拒绝", "refused"),
        "applied": ("已办理", "applied"),
        "duplicate": ("重复", "had come before"),
        "dismissed": ("不再办理", "put away"),
        "early": ("等待前序消息", "waits for those before it"),
        "cosigned": ("已联署", "cosigned"),
    }
)
_ERRORS: Final = MappingProxyType({slug(e): Wording(zh=kind.zh, en=title(e)) for e, kind in PROBLEMS.items()})


def kind_of(entry: Entry) -> Wording:
    """The kind of an entry; one of a later release is said by its code."""
    return KINDS.get(entry.kind) or Wording(zh=entry.kind.value, en=entry.kind.value)


def fact(name: str) -> Wording:
    """The name of a fact."""
    return FACTS.get(name) or Wording(zh=name, en=name)


def coded(code: str) -> Wording:
    """A code that stands in a fact; one without words is said as it is."""
    return _CODES.get(code) or Wording(zh=code, en=code)


def what_of(entry: Entry) -> tuple[Wording, ...]:
    """What an entry says beyond its kind, most important first."""
    facts = entry.facts
    match entry.kind:
        case Kind.STEP:
            stage = (facts.get("detail") or {}).get("stage")
            return (words.event(str(facts["event"])), *((_code(Stage(stage)),) if stage in set(Stage) else ()))
        case Kind.SENT | Kind.RECEIVED if facts.get("type"):
            return (words.message(str(facts["type"])), *_outcome(facts))
        case Kind.SETTLED:
            return _outcome(facts)
        case Kind.SET_ASIDE:
            return (_refusal(facts.get("code")),)
        case Kind.ATTEMPT:
            return (Wording(zh=str(facts["command"]), en=str(facts["command"])), _error(str(facts["code"])))
        case _:
            said = [facts[name] for name in ("query", "what", "verdict", "reason") if isinstance(facts.get(name), str)]
            return tuple(coded(one) for one in said)


def _outcome(facts: Mapping[str, Any]) -> tuple[Wording, ...]:
    outcome, refusal = facts.get("outcome"), facts.get("refusal")
    said = (_code(ReceiptOutcome(outcome)),) if outcome in set(ReceiptOutcome) else ()
    return (*said, _refusal(refusal.get("code"))) if isinstance(refusal, Mapping) else said


def _refusal(code: object) -> Wording:
    known = next((one for one in RefusalCode if one == code), None)
    return _code(known) if known else Wording(zh=str(code), en=str(code))


def _error(code: str) -> Wording:
    return _ERRORS.get(code) or Wording(zh=code, en=code)


def _code(code: ReceiptOutcome | RefusalCode | Stage) -> Wording:
    return Wording(zh=code.zh, en=code.en)


def outcome(code: str) -> Wording:
    """The verdict of a recipient."""
    return _code(ReceiptOutcome(code)) if code in set(ReceiptOutcome) else Wording(zh=code, en=code)
