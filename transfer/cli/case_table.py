"""The worklist as a table for spreadsheets: all cases that were chosen, page by page in flat memory."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from transfer.node import Node
from transfer.records import CaseFilter, CaseLine, Order, WorkKey, work_key
from transfer.sheets.written import Cell, CsvTable, ExcelTable

_PAGE: Final = 200
HEAD: Final = (
    "案件 case",
    "案件编号 numbers",
    "事项 matter",
    "紧急程度 urgency",
    "收到时间 received",
    "收到机构 received by",
    "申请人 applicants",
    "人数 persons",
    "对方当事人 opponent",
    "承办机构 holder",
    "阶段 stage",
    "转交状态 transfer",
    "期限届满 due on",
    "时效届满 limitation",
)


async def write_cases(
    node: Node, file: Path, chosen: CaseFilter, make: Callable[[Path, Sequence[str]], CsvTable | ExcelTable]
) -> None:
    """By age, since only so does paging neither skip nor repeat what changes meanwhile."""
    after: WorkKey | None = None
    with make(file, HEAD) as table:
        while lines := await node.views.cases(chosen, order=Order.AGE, after=after, limit=_PAGE):
            for line in lines:
                table.add(_row(line))
            after = work_key(lines[-1])


def _row(line: CaseLine) -> tuple[Cell, ...]:
    return (
        str(line.id),
        "、".join(number.number for number in line.numbers),
        line.matter.zh,
        line.urgency.zh,
        line.first_received_at,
        line.first_received_by,
        "、".join(line.applicants) + ("等" if line.applicant_count > len(line.applicants) else ""),
        line.applicant_count,
        line.opponent,
        line.holder,
        line.stage.zh,
        line.transfer.state.value if line.transfer else None,
        line.act_by,
        line.limitation_on,
    )
