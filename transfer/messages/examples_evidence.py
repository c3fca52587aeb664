"""The invented evidence request of the examples: Luxian, which handles the case, asks Zhongshan for three items."""

from typing import Final

from transfer.messages.examples_case import (
    AYGUL,
    BASICS_BRIEFLY,
    BASICS_IN_FULL,
    CASE,
    CLAIM,
    FIRST_TENURE,
    LI,
    Json,
    sent,
)

REQUEST: Final = "0197a3c1-5e00-7d10-8b21-6f0a1b2c3d05"
SHEETS: Final = "0197a3c1-5e01-7a11-9c32-7a1b2c3d4e06"
INTERVIEW: Final = "0197a3c1-5e02-7b12-8d43-8b2c3d4e5f07"
LOOKUP: Final = "0197a3c1-5e03-7c13-9e54-9c3d4e5f6008"
PIECE: Final = "0197a3c1-5e04-7d14-8f65-ad4e5f607109"
CHECK: Final = "0197a3c1-5e06-7f16-8187-cf6071829311"
WITNESS: Final = "0197a3c1-5e05-7e15-9076-be5f60718210"

_LETTER: Final = "sha256:2b1f0c5a3cfd2a8f3e6d9b7c4a1e0f8d5c2b9a7e6f3d1c0b8a5e4f7d6c3b2a19"
_QUESTION: Final = "sha256:7d4c1e9b0f8a6e3d2c5b7a9f1e0d8c6b4a3f2e1d0c9b8a7f6e5d4c3b2a190817"
_REPLY: Final = "sha256:c0ffee00d15ea5e0fae1dab1e5ca1ab1eba5eba11c0decadec0ded00ddeadbee"

_LAWYER: Final[Json] = {"name": "周律师"}
_LAWYER_IN_FULL: Final[Json] = {
    "name": "周律师",
    "phone": "0830-0000000",
    "licence": "15105200000000000",
    "firm": "四川某某律师事务所",
    "licence_file": {
        "digest": "sha256:4f2e9a1c7b8d3e6f5a0c1b2d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f",
        "size": 182733,
        "media_type": "image/jpeg",
        "name": "律师执业证.jpg",
    },
    "firm_certificate": {
        "digest": "sha256:8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b",
        "size": 95210,
        "media_type": "application/pdf",
        "name": "调查专用证明.pdf",
    },
}
_LOOKUP: Final[Json] = {
    "id": LOOKUP,
    "kind": "EMPLOYER_LOOKUP",
    "what": "某某家具厂的登记名称和地址。",
    "fields": ["EMPLOYER_NAME"],
}
_ITEMS_IN_FULL: Final[list[Json]] = [
    {
        "id": SHEETS,
        "kind": "DOCUMENT",
        "what": "申请人2025年11月至2026年4月的考勤表。",
        "fields": ["ATTENDANCE", "WAGE_LEDGER"],
        "about": [LI, AYGUL],
        "period_from": "2025-11-01",
        "period_to": "2026-04-30",
        "holder": "中山市某某家具有限公司",
        "place": "中山市东升镇某某工业区1号",
        "form": "COPY",
        "urgent": {"reason": "RETENTION_ENDS", "until": "2026-07-31", "explanation": "工厂即将搬迁。"},
    },
    {
        "id": INTERVIEW,
        "kind": "WITNESS_STATEMENT",
        "what": "询问同班组工人关于出勤和工资的情况。",
        "fields": ["STATEMENT"],
        "about": [WITNESS],
        "place": "中山市东升镇",
        "papers": [
            {
                "digest": "sha256:1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6b7c8d9e0f1a2b",
                "size": 40312,
                "media_type": "application/pdf",
                "name": "询问提纲.pdf",
            }
        ],
    },
    {
        "id": CHECK,
        "kind": "IDENTITY_CHECK",
        "what": "核对申请人身份和户籍。",
        "fields": ["IDENTITY_CONFIRMED", "HOUSEHOLD_REGISTER"],
        "about": [LI],
    },
    _LOOKUP,
]
_PERSONS_IN_FULL: Final[list[Json]] = [
    {
        "id": LI,
        "role": "APPLICANT",
        "name": "李大山",
        "identity": {"kind": "RESIDENT_ID", "number": "990000198504120010"},
        "household_region": "510521",
    },
    {"id": AYGUL, "role": "APPLICANT", "name": "阿依古丽·买买提"},
    {"id": WITNESS, "role": "WITNESS", "name": "刘工友", "phone": "13800000003", "address": "中山市东升镇某某路2号"},
]
_COLLECTED: Final[Json] = {
    "act": "COLLECTED",
    "at": "2026-07-06T10:20:00+08:00",
    "by": "陈静",
    "institution": "442000",
    "where": "中山市某某家具有限公司人事部",
    "how": "COPIED",
    "source": "人事部经理黄某",
    "note": "与原件核对无异",
}
_SENT_HOP: Final[Json] = {
    "act": "SENT",
    "at": "2026-07-07T09:00:00+08:00",
    "by": "梁主任",
    "institution": "442000",
}
_PIECE: Final[Json] = {
    "id": PIECE,
    "title": "考勤表（2025年11月至2026年3月）",
    "covers": "2025年11月至2026年3月",
    "form": "COPY",
    "original_seen": True,
    "pages": 5,
    "file": {
        "digest": "sha256:9e8d7c6b5a4f3e2d1c0b9a8f7e6d5c4b3a2f1e0d9c8b7a6f5e4d3c2b1a0f9e8d",
        "size": 1288341,
        "media_type": "application/pdf",
        "name": "考勤表.pdf",
    },
    "sent_by_post": "EMS 1000000000000",
    "custody": [_COLLECTED, _SENT_HOP],
}
_NOT_KEPT: Final[Json] = {"item": INTERVIEW, "result": "not_found", "statement": "证人已离开，联系不上。"}
_LATER: Final[Json] = {
    "item": INTERVIEW,
    "result": "not_before",
    "statement": "证人七月底返回。",
    "not_before": "2026-07-30",
}
_NAMED: Final[Json] = {
    "item": LOOKUP,
    "result": "obtained",
    "facts": [{"field": "EMPLOYER_NAME", "value": "中山市某某家具有限公司"}],
}
_SHEETS_FOUND: Final[Json] = {
    "item": SHEETS,
    "result": "partly",
    "statement": "2026年4月的考勤表，厂方称未保存。",
    "facts": [{"field": "ATTENDANCE", "about": LI, "value": "五个月均有出勤记录。"}],
    "pieces": [_PIECE],
}

_THERE: Final = ("510521", "442000")
_BACK: Final = ("442000", "510521")


def _step(route: tuple[str, str], at: str, more: Json, data: Json, added: Json) -> tuple[Json, Json]:
    """A step of the request, in its smallest and its fullest form."""
    place = {"request": REQUEST, "case": CASE, "at": at}
    return sent(route, at, {"conversation": CASE, **more}, place | data, added)


PAIRS: Final[dict[str, tuple[Json, Json]]] = {
    "legalaid.evidence.requested.v1": _step(
        _THERE,
        "2026-07-01T09:00:00+08:00",
        {"sequence": 1},
        {
            "requester": "510521",
            "requested": "442000",
            "letter": "泸县援协字〔2026〕第3号",
            "purpose": CLAIM,
            "basics": BASICS_BRIEFLY,
            "tenures": [FIRST_TENURE],
            "stage": {"stage": "handling", "tenure": 1, "number": 4},
            "lawyer": _LAWYER,
            "items": [_LOOKUP],
            "working_days": 10,
            "approved_by": "王主任",
        },
        {
            "basics": BASICS_IN_FULL,
            "lawyer": _LAWYER_IN_FULL,
            "persons": _PERSONS_IN_FULL,
            "items": _ITEMS_IN_FULL,
            "working_days": 3,
        },
    ),
    "legalaid.evidence.signed_for.v1": _step(
        _BACK,
        "2026-07-01T11:00:00+08:00",
        {"sequence": 1, "answers": _LETTER},
        {"signed_by": "陈静", "institution": "442000", "received_on": "2026-07-01"},
        {"due_on": "2026-07-15"},
    ),
    "legalaid.evidence.clarification_asked.v1": _step(
        _BACK,
        "2026-07-01T15:00:00+08:00",
        {"sequence": 2, "answers": _LETTER},
        {"question": "请说明需要哪个车间的考勤表。"},
        {"items": [SHEETS]},
    ),
    "legalaid.evidence.clarified.v1": _step(
        _THERE,
        "2026-07-02T09:30:00+08:00",
        {"sequence": 2, "answers": _QUESTION},
        {"answer": "打磨车间。"},
        {},
    ),
    "legalaid.evidence.undertaken.v1": _step(
        _BACK,
        "2026-07-02T14:00:00+08:00",
        {"sequence": 3, "answers": _LETTER},
        {"approved_by": "梁主任", "institution": "442000", "collector": "陈静"},
        {"contact": "0760-00000001"},
    ),
    "legalaid.evidence.supplied.v1": _step(
        _BACK,
        "2026-07-07T09:00:00+08:00",
        {"sequence": 4, "answers": _LETTER},
        {"approved_by": "梁主任", "answers": [_NOT_KEPT]},
        {"answers": [_SHEETS_FOUND, _LATER]},
    ),
    "legalaid.evidence.returned.v1": _step(
        _BACK,
        "2026-07-09T16:00:00+08:00",
        {"sequence": 5, "answers": _LETTER},
        {"letter": "中山援协复字〔2026〕第3号", "approved_by": "梁主任"},
        {"answers": [_SHEETS_FOUND, _NAMED, _LATER]},
    ),
    "legalaid.evidence.confirmed.v1": _step(
        _THERE,
        "2026-07-13T10:00:00+08:00",
        {"sequence": 4, "answers": _REPLY},
        {},
        {"used": "考勤表已提交仲裁委员会。"},
    ),
    "legalaid.evidence.rework_asked.v1": _step(
        _THERE,
        "2026-07-10T10:00:00+08:00",
        {"sequence": 3, "answers": _REPLY},
        {"items": [{"item": SHEETS, "defect": "第3页无法辨认，请重新复制。"}], "working_days": 5},
        {},
    ),
    "legalaid.evidence.declined.v1": _step(
        _BACK,
        "2026-07-02T10:00:00+08:00",
        {"sequence": 2, "answers": _LETTER},
        {"reason": "HOLDER_NOT_HERE", "explanation": "该厂已迁往外省，材料不在本地。", "declined_by": "梁主任"},
        {},
    ),
    "legalaid.evidence.extension_asked.v1": _step(
        _BACK,
        "2026-07-08T09:00:00+08:00",
        {"sequence": 5, "answers": _LETTER},
        {"until": "2026-07-22", "reason": "证人七月下旬才返回。"},
        {},
    ),
    "legalaid.evidence.extension_granted.v1": _step(
        _THERE,
        "2026-07-08T11:00:00+08:00",
        {"sequence": 3, "answers": _QUESTION},
        {"due_on": "2026-07-22"},
        {},
    ),
    "legalaid.evidence.extension_refused.v1": _step(
        _THERE,
        "2026-07-08T11:00:00+08:00",
        {"sequence": 3, "answers": _QUESTION},
        {"reason": "仲裁将于七月二十日开庭。"},
        {},
    ),
    "legalaid.evidence.cancelled.v1": _step(
        _THERE,
        "2026-07-08T12:00:00+08:00",
        {"sequence": 4},
        {"reason": "CASE_ENDED"},
        {"reason": "NOT_NEEDED", "explanation": "双方已和解。"},
    ),
    "legalaid.evidence.lawyer_changed.v1": _step(
        _THERE,
        "2026-07-08T13:00:00+08:00",
        {"sequence": 5},
        {"lawyer": _LAWYER},
        {"lawyer": _LAWYER_IN_FULL},
    ),
}
"""The smallest and the fullest event of each type of an evidence request."""
