"""The invented people and papers of the winter story, as bodies for the API; nobody of that name and number exists."""

import calendar
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import uuid4

from deploy.demo.people import at_desk, identity_number

FUSHUN: Final = "210402"
LINGWU: Final = "640181"
WORKER: Final = "佟建国"

CLERK: Final = {FUSHUN: "赵敏", LINGWU: "马丽"}
HEAD: Final = {FUSHUN: "孙主任", LINGWU: "丁主任"}
_PLANT: Final = "宁东某煤制油厂（示例）"


def by_clerk(region: str) -> dict[str, Any]:
    """Someone at the window or at the desk."""
    return at_desk(CLERK[region], region)


def by_head(region: str) -> dict[str, Any]:
    """Who approves what others have drafted."""
    return at_desk(HEAD[region], region)


def application() -> dict[str, Any]:
    """One worker, back home after half a year at the plant."""
    return {
        **by_clerk(FUSHUN),
        "matter": "REMUNERATION",
        "aid_form": "LABOUR_ARBITRATION",
        "facts": "申请人2025年3月至8月在灵武某厂务工，六个月的工资未付。",
        "claim": "请求支付拖欠工资共计42000元",
        "place_of_cause": LINGWU,
        "channel": "WINDOW",
        "number": "抚新援受〔2026〕第0031号",
        "applicants": [
            {
                "name": WORKER,
                "identity": {"kind": "RESIDENT_ID", "number": identity_number("19790823", 31)},
                "household_region": FUSHUN,
                "categories": ["MIGRANT_WORKER"],
                "finding": {"ground": "ART42_3", "proof": "务工证明"},
            }
        ],
        "opponents": [{"name": _PLANT}],
        "materials": [{"kind": "APPLICATION", "title": "法律援助申请表"}],
    }


def cooperation_letter(worker: str, months: Sequence[date]) -> dict[str, Any]:
    """One item for each month, about one worker."""
    return {
        **by_clerk(FUSHUN),
        "requested": LINGWU,
        "letter": "抚新援协字〔2026〕第3号",
        "purpose": "追索劳动报酬，需要证明申请人的出勤情况。",
        "told": "申请人2025年3月至8月在该厂务工，六个月的工资未付。",
        "lawyer": {"name": "韩律师", "licence": "12104202000000000", "firm": "辽宁某某律师事务所"},
        "items": [_month(worker, month) for month in months],
    }


def _month(worker: str, month: date) -> dict[str, Any]:
    last = calendar.monthrange(month.year, month.month)[1]
    return {
        "kind": "DOCUMENT",
        "what": f"{month.year}年{month.month}月考勤表",
        "fields": ["ATTENDANCE"],
        "about": [worker],
        "period_from": month.isoformat(),
        "period_to": month.replace(day=last).isoformat(),
        "holder": _PLANT,
        "form": "COPY",
        "urgent": {"reason": "RETENTION_ENDS", "until": "2026-03-31"},
    }


def question() -> dict[str, Any]:
    """What Lingwu must know before it goes to the plant."""
    return {**by_clerk(LINGWU), "question": "该厂分白班、夜班记录考勤，需要哪些班次、哪些材料？"}


def clarification() -> dict[str, Any]:
    """The answer."""
    return {**by_clerk(FUSHUN), "answer": "两个班次的考勤表均需要，复印件即可。"}


def undertaking() -> dict[str, Any]:
    """It is done, and by whom."""
    return {**by_clerk(LINGWU), "collector": CLERK[LINGWU]}


def found(item: str, file: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """The sheet of one month, copied at the plant from the original."""
    collected = {
        "act": "COLLECTED",
        "at": at.isoformat(),
        "by": CLERK[LINGWU],
        "institution": LINGWU,
        "where": _PLANT,
        "how": "COPIED",
        "source": "人事部",
    }
    title = str(file["name"]).removesuffix(".pdf")
    piece = {"title": title, "form": "COPY", "original_seen": True, "file": file, "custody": [collected]}
    return {"item": item, "result": "obtained", "pieces": [{"id": str(uuid4()), **piece}]}


def not_kept(item: str) -> dict[str, Any]:
    """What the plant says in writing of the last month."""
    return {"item": item, "result": "does_not_exist", "statement": "厂方书面说明：该月考勤表未保存。"}


def recorded(*answers: Mapping[str, Any]) -> dict[str, Any]:
    """The collector enters what was found."""
    return {**by_clerk(LINGWU), "answers": answers}


def reply() -> dict[str, Any]:
    """The head approves the reply letter."""
    return {**by_head(LINGWU), "letter": "灵援复字〔2026〕第1号"}


def handed_on(piece: str) -> dict[str, Any]:
    """To whom the evidence goes next."""
    return {**by_clerk(FUSHUN), "piece": piece, "to": "抚顺市新抚区劳动人事争议仲裁委员会"}
