"""The routes of groups, and what any application may get wrong."""

from typing import Final

from transfer.actions.group_commands import OpenGroup, PreviewGroup
from transfer.domain import errors
from transfer.domain.group import GroupReport
from transfer.domain.rights import Right
from transfer.ports.files import FileNotKept, FileOnItsWay
from transfer.ports.sheets import SheetRefused
from transfer.web import groups
from transfer.web.case_body import CaseBody
from transfer.web.faults import RowsBad
from transfer.web.route import Change, Route, Shows, Tag

OF_INTAKE: Final = (
    FileNotKept,
    FileOnItsWay,
    errors.ImplausibleDate,
    errors.NothingRuns,
    errors.LastDayUnclear,
    errors.UnknownInstitution,
    errors.NotOfThisRegion,
)
"""What may be wrong with an application, however its persons are given."""

GROUP_ROUTES: Final = (
    Route(
        method="GET",
        path="/v1/groups/template",
        right=Right.TAKE_IN,
        handler=groups.template,
        zh="下载申请人名单模板",
        en="The sheet of persons to fill in, as .xlsx",
        tag=Tag.CASES,
        gives=None,
        shows=Shows.NOTHING,
        media_type=groups.XLSX,
    ),
    Route(
        method="POST",
        path="/v1/groups/preview",
        right=Right.TAKE_IN,
        handler=groups.preview,
        zh="预览名单：不保存任何内容",
        en="See who is in a sheet and what is wrong in it; nothing is kept",
        tag=Tag.CASES,
        takes=PreviewGroup,
        gives=groups.GroupPreview,
        problems=(SheetRefused,),
    ),
    Route(
        method="POST",
        path="/v1/groups",
        right=Right.TAKE_IN,
        handler=groups.open_group,
        zh="按名单收案登记",
        en="Take in an application of all persons in a sheet",
        tag=Tag.CASES,
        takes=OpenGroup,
        gives=CaseBody,
        status=201,
        change=Change.ADDS,
        problems=(
            SheetRefused,
            RowsBad,
            *OF_INTAKE,
        ),
    ),
    Route(
        method="GET",
        path="/v1/cases/{case}/group",
        right=Right.READ_CASES,
        handler=groups.group_report,
        zh="群体性案件情况（不含姓名）",
        en="A case of many persons in figures, without names",
        tag=Tag.CASES,
        gives=GroupReport,
        shows=Shows.NOTHING,
        problems=(errors.UnknownCase,),
    ),
)
