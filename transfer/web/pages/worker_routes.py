"""The pages of workers, and the box of what they send."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from transfer.domain.rights import Anyone, Right
from transfer.web.pages import applying, mailbox, status
from transfer.web.pages.page_route import page_route
from transfer.web.pages.visits import left, turned_away, visiting
from transfer.web.route import Route, Shows


class BoxQuery(BaseModel):
    """Where the list goes on."""

    model_config = ConfigDict(extra="forbid")

    after: Annotated[str, Field(pattern=r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$")] = ""


_shown = partial(page_route, "GET", right=Anyone.EVERYBODY, shows=Shows.NOTHING)
_sent = partial(page_route, "POST", right=Anyone.EVERYBODY)
_PHOTOS: Final[Mapping[str, Any]] = {"before": turned_away, "takes_files": 256 * 2**20}

WORKER_PAGES: Final[tuple[Route, ...]] = (
    _shown("/apply", applying.notice, "申请法律援助：告知书", "Apply for legal aid: the notice"),
    _sent("/apply", applying.acknowledge, "已阅读告知书，开始申请", "The notice is read, the application begins"),
    _shown("/apply/saved", visiting(applying.saved), "以后继续填写", "How to come back"),
    _shown("/apply/receipt", visiting(applying.receipt), "申请回执", "The receipt of an application"),
    _shown("/apply/{question}", visiting(applying.question), "申请中的一个问题", "A question of the application"),
    _sent("/apply/{question}", visiting(applying.answer), "回答一个问题", "Answer a question", **_PHOTOS),
    _shown("/status", status.look, "凭查询码查询", "Ask by a code"),
    _sent("/status", status.enter, "输入查询码", "Enter a code"),
    _shown("/status/mine", visiting(status.mine), "我的案件在哪里", "Where my case is"),
    _shown("/status/supplement", visiting(status.supplement), "补交材料", "Hand in what is missing"),
    _sent("/status/supplement", visiting(status.hand_in), "提交补充材料", "Send what was missing", **_PHOTOS),
    _shown("/status/withdraw", visiting(status.withdrawing), "撤回申请", "Withdraw"),
    _sent("/status/withdraw", visiting(status.withdraw), "确认撤回", "Confirm the withdrawal"),
    _sent("/status/texts", visiting(status.choose_texts), "是否接收短信", "Whether text messages come"),
    _sent("/status/leave", left, "离开查询", "Leave"),
    _shown(
        "/mailbox", mailbox.box, "网上申请", "What applicants sent", right=Right.TAKE_IN, shows=Shows.MAILBOX,
        query=BoxQuery,
    ),
    _shown(
        "/mailbox/{mail}", mailbox.letter, "一份来件", "A letter", right=Right.TAKE_IN, shows=Shows.MAILBOX
    ),
    _sent("/mailbox/{mail}/back", mailbox.back, "退回补充", "Send back", right=Right.TAKE_IN),
    _sent("/mailbox/{mail}/take", mailbox.take, "收案或者登记", "Take in or enter", right=Right.TAKE_IN),
    _shown(
        "/cases/{case}/code", mailbox.code_asked, "发放查询码", "Give a code", right=Right.TAKE_IN, shows=Shows.CASE
    ),
    _sent("/cases/{case}/code", mailbox.code_given, "打印查询码", "Print a code", right=Right.TAKE_IN),
)  # fmt: skip
"""What a visitor reads of the own case is noted by its handler, with the applicant as reader."""
