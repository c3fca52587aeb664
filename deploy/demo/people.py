"""The invented people and papers of the story, as bodies for the API; nobody of that name and number exists."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

ZHONGSHAN: Final = "442000"
LUXIAN: Final = "510521"
STATION: Final = "510521-ZS"
SICHUAN: Final = "510000"

CLERK_ZHONGSHAN: Final = "王芳"
CLERK_STATION: Final = "张伟"
CLERK_LUXIAN: Final = "李静"
HEAD_LUXIAN: Final = "罗主任"
LAWYER: Final = "何律师"
CLERK_SICHUAN: Final = "刘敏"
HEAD_SICHUAN: Final = "吴主任"

NEVER_ASSIGNED: Final = "990000"
"""No region has this code, so a number that begins with it is nobody's."""


def identity_number(born: str, order: int) -> str:
    """A resident identity number that nobody has, with the right check digit (GB 11643)."""
    digits = f"{NEVER_ASSIGNED}{born}{order:03d}"
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(digits))
    return digits + "10X98765432"[total % 11]


def at_desk(by: str, institution: str) -> dict[str, Any]:
    """Who presses a button, and where."""
    return {"by": by, "institution": institution}


def application(today: date) -> dict[str, Any]:
    """Two workers from Luxian claim their pay in Zhongshan; one of them has no identity card at hand."""
    worker = {
        "household_region": LUXIAN,
        "categories": ["MIGRANT_WORKER"],
        "finding": {"ground": "ART42_3", "proof": "务工证明"},
    }
    return {
        **at_desk(CLERK_ZHONGSHAN, ZHONGSHAN),
        "matter": "REMUNERATION",
        "aid_form": "LABOUR_ARBITRATION",
        "facts": "二人由中山某劳务公司派往泸县某工地务工，最后三个月的工资未付。",
        "claim": "请求支付拖欠工资共计36800元",
        "place_of_cause": LUXIAN,
        "channel": "WINDOW",
        "urgency": "GREEN_CHANNEL",
        "number": f"中援受〔{today.year}〕第0117号",
        "applicants": [
            {
                "name": "李志远",
                "identity": {"kind": "RESIDENT_ID", "number": identity_number("19870412", 17)},
                "phone": "000 0000 0001",
                **worker,
            },
            {"name": "陈秀兰", "identity": {"kind": "NONE", "number": ""}, "phone": "000 0000 0002", **worker},
        ],
        "opponents": [{"name": "中山虚拟劳务派遣有限公司（示例）"}],
        "materials": [
            {"kind": "APPLICATION", "title": "法律援助申请表", "copies": 2},
            {"kind": "WAGE_RECORD", "title": "考勤与工资记录"},
        ],
    }


def further_application(number: int) -> dict[str, Any]:
    """One of many cases that travel while a node is being killed."""
    born = f"19{70 + number % 30}0{1 + number % 9}15"
    return {
        **at_desk(CLERK_ZHONGSHAN, ZHONGSHAN),
        "matter": "REMUNERATION",
        "aid_form": "LABOUR_ARBITRATION",
        "facts": "同一工地的其他工友，工资同样未付。",
        "claim": "请求支付拖欠工资",
        "place_of_cause": LUXIAN,
        "channel": "WINDOW",
        "applicants": [
            {
                "name": f"工友{number:02d}",
                "identity": {"kind": "RESIDENT_ID", "number": identity_number(born, number)},
                "categories": ["MIGRANT_WORKER"],
                "finding": {"ground": "ART42_3", "proof": "务工证明"},
            }
        ],
    }


def offer(receiver: str, letter: int, reason: str, **more: str) -> dict[str, Any]:
    """The letter by which Zhongshan offers a case."""
    return {
        **at_desk(CLERK_ZHONGSHAN, ZHONGSHAN),
        "receiver": receiver,
        "letter": f"中援转{letter}号",
        "reason": reason,
        **more,
    }


def signature(by: str, institution: str) -> dict[str, Any]:
    """A person takes charge of an offer with its two papers."""
    return {**at_desk(by, institution), "materials_counted": 2}


def dispute() -> dict[str, Any]:
    """The province says that its county is competent."""
    return {
        **at_desk(HEAD_SICHUAN, SICHUAN),
        "ground": "COMPETENCE_CAUSE_ELSEWHERE",
        "proposed_region": LUXIAN,
        "explanation": "用工地点在泸县，应由泸县法律援助中心受理。",
    }


def recall() -> dict[str, Any]:
    """Zhongshan asks for the case back, to offer it where it belongs."""
    return {
        **at_desk(CLERK_ZHONGSHAN, ZHONGSHAN),
        "reason": "OTHER_REGION_COMPETENT",
        "explanation": "改送泸县法律援助中心驻中山工作站",
    }


def notice(applicant: UUID | str, today: date) -> dict[str, Any]:
    """All that is missing, told once: the identity card of one applicant."""
    item = {"applicant": str(applicant), "defect": "ID_MISSING", "explanation": "请补交陈秀兰的身份证明"}
    return {**at_desk(CLERK_STATION, STATION), "items": [item], "due_on": (today + timedelta(days=10)).isoformat()}


def supplement(applicant: UUID | str) -> dict[str, Any]:
    """The paper that was asked for."""
    paper = {"kind": "IDENTITY", "title": "陈秀兰身份证复印件", "applicant": str(applicant)}
    answer = {"applicant": str(applicant), "defect": "ID_MISSING", "answer": "已补交身份证复印件"}
    return {**at_desk(CLERK_ZHONGSHAN, ZHONGSHAN), "answers": [answer], "materials": [paper]}


def acceptance(today: date) -> dict[str, Any]:
    """The centre in Luxian accepts and gives the case its number."""
    return {**at_desk(HEAD_LUXIAN, LUXIAN), "number": f"泸法援〔{today.year}〕民字第208号"}


STAGES: Final[Sequence[str]] = ("under_review", "granted", "assigned", "agreement_signed", "handling", "concluded")

_BY: Final = {"under_review": CLERK_LUXIAN, "granted": HEAD_LUXIAN, "assigned": CLERK_LUXIAN}


def stage(name: str, today: date) -> dict[str, Any]:
    """The next stage, reached today, with what is to be said, entered by whoever has the duty of it."""
    by = _BY.get(name, LAWYER)
    return {**at_desk(by, LUXIAN), "stage": name, "occurred_on": today.isoformat(), **_said(name, today)}


def _said(name: str, today: date) -> dict[str, Any]:
    if name == "assigned":
        lawyer = {"office": "泸县示例律师事务所", "person": LAWYER, "licence": "示例 0001"}
        return {"part": {"kind": "assignment", "unit": "LAW_FIRM", **lawyer}}
    if name == "concluded":
        award = {"event": "award_received", "on": today.isoformat()}
        won = {"result": "WON", "recovered_fen": 3_680_000, "summary": "裁决支付拖欠工资36800元。"}
        return {"part": {"kind": "conclusion", "procedure": "LABOUR_ARBITRATION", "days": [award], **won}}
    return {}
