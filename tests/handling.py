"""What people say with each stage and event of an accepted case, where a story does not say otherwise."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from transfer.domain.duties import DUTY_OF
from transfer.domain.handling import (
    Archived,
    Assignment,
    ClosingDay,
    ClosingFile,
    Conclusion,
    Decided,
    NoAgreement,
    Objection,
    Part,
    Refusal,
    ReplacementAsked,
    ReplacementDecided,
    Review,
    Service,
    Termination,
)
from transfer.messages.codes import Stage
from transfer.messages.codes_clocks import CaseEvent
from transfer.messages.codes_handling import (
    AidUnit,
    CaseResult,
    Duty,
    Procedure,
    RefusalReason,
    ReplacementReason,
)

CLERK: Final = "王芳"
HEAD: Final = "王主任"
JUSTICE: Final = "广州市司法局"
HANDS: Final[Mapping[Duty, str]] = {Duty.APPROVER: HEAD}
"""Whose hand it is; all other duties are the clerk's."""


def an_assignment(**changes: Any) -> Assignment:
    given = {"unit": AidUnit.LAW_FIRM, "office": "某律师事务所", "person": "周律师", "licence": "14401202610000000"}
    return Assignment(**(given | changes))


def a_conclusion(on: date, **changes: Any) -> Conclusion:
    given: dict[str, Any] = {
        "procedure": Procedure.LABOUR_ARBITRATION,
        "days": (ClosingDay(event=CaseEvent.AWARD_RECEIVED, on=on),),
        "result": CaseResult.WON,
        "recovered_fen": 1_800_000,
        "summary": "裁决支付拖欠工资18000元。",
    }
    return Conclusion(**(given | changes))


def a_review(**changes: Any) -> Review:
    return Review(**({"body": JUSTICE, "reviewer": "赵敏", "reasons": "事实清楚。"} | changes))


_PARTS: Final[Mapping[str, Callable[[date], Part]]] = {
    Stage.REFUSED: lambda _: Decided(
        refusals=(Refusal(reason=RefusalReason.NOT_IN_HARDSHIP, explanation="收入高于标准。"),)
    ),
    Stage.ASSIGNED: lambda _: an_assignment(),
    Stage.HANDLING: lambda _: NoAgreement(cause="受援人住院，暂时不能签字。"),
    Stage.TERMINATED: lambda _: Termination(facts="受援人已在老家自行委托律师。"),
    Stage.OBJECTED: lambda _: Objection(grounds="没有另行委托律师。"),
    Stage.MAINTAINED: lambda _: a_review(),
    Stage.CORRECTION_ORDERED: lambda _: a_review(),
    Stage.CONCLUDED: a_conclusion,
    Stage.FILE_SUBMITTED: lambda _: ClosingFile(papers=("裁决书", "结案报告表")),
    Stage.ARCHIVED: lambda _: Archived(number="穗援卷〔2026〕第1号"),
    CaseEvent.DECISION_SERVED: lambda _: Service(how="当面送达"),
    CaseEvent.REPLACEMENT_REQUESTED: lambda _: ReplacementAsked(
        reason=ReplacementReason.NON_PERFORMANCE, facts="两个月未联系受援人。"
    ),
    CaseEvent.REPLACEMENT_DECIDED: lambda _: ReplacementDecided(replaced=True, reasons="情况属实。"),
}


def said_with(what: Stage | CaseEvent, day: date, came_from: Stage) -> dict[str, Any]:
    """Whose hand it is, and what the table asks to be said."""
    row = DUTY_OF.get(what)
    if row is None:
        return {"by": CLERK}
    wanted = row.part is not None and row.needed and row.after in {None, came_from}
    return {"by": HANDS.get(row.duty, CLERK), "part": _PARTS[what](day) if wanted else None}
