"""How each step is called in both languages, and the article that it rests on where a national text has one."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel, ConfigDict

from transfer.domain.evidence_table import RequestStep
from transfer.domain.lifecycle import Step


class Wording(BaseModel):
    """The name of a step, and its ground."""

    model_config = ConfigDict(frozen=True)

    zh: str
    en: str
    ground: str | None = None


WORDING: Final[Mapping[Step, Wording]] = MappingProxyType(
    {
        Step.OFFER: Wording(zh="转交", en="Offer the case to another region", ground="LAL 38"),
        Step.SIGN_FOR: Wording(zh="签收", en="Sign for the offer"),
        Step.REQUIRE_SUPPLEMENT: Wording(zh="一次性告知补正", en="Require a supplement", ground="LAL 43(2)"),
        Step.SUPPLEMENT: Wording(zh="补正", en="Answer the notice", ground="LAL 43(2)"),
        Step.ACCEPT: Wording(zh="受理", en="Accept the case", ground="LAL 43(1)"),
        Step.DISPUTE: Wording(zh="提出管辖异议", en="Dispute competence", ground="LAL 38"),
        Step.LINK: Wording(zh="并入先收到的案件", en="Link as a duplicate", ground="O148"),
        Step.ESCALATE: Wording(zh="报请指定管辖", en="Ask the superior to name the competent region"),
        Step.DESIGNATE: Wording(zh="指定管辖", en="Name the competent region"),
        Step.RECALL: Wording(zh="撤回转交", en="Recall the offer"),
    }
)

EVIDENCE_WORDING: Final[Mapping[RequestStep, Wording]] = MappingProxyType(
    {
        RequestStep.DRAFT: Wording(zh="起草协作函", en="Draft an evidence request"),
        RequestStep.AMEND: Wording(zh="修改协作函", en="Replace the draft"),
        RequestStep.APPROVE: Wording(zh="审批协作函", en="Approve the draft"),
        RequestStep.SEND: Wording(zh="发出协作函", en="Send the approved letter"),
        RequestStep.SIGN_FOR: Wording(zh="签收协作函", en="Sign for the letter"),
        RequestStep.ASK_CLARIFICATION: Wording(zh="询问协作事项", en="Ask what is meant"),
        RequestStep.CLARIFY: Wording(zh="说明协作事项", en="Answer the question"),
        RequestStep.UNDERTAKE: Wording(zh="同意协作并指定承办人", en="Undertake it and assign who collects"),
        RequestStep.ASSIGN: Wording(zh="更换收集人", en="Assign another collector"),
        RequestStep.RECORD: Wording(zh="登记结果", en="Record what was found"),
        RequestStep.SUPPLY: Wording(zh="审批并发出部分结果", en="Approve and send a part of the answer"),
        RequestStep.RETURN: Wording(zh="审批并发出回函", en="Approve and send the reply"),
        RequestStep.CONFIRM: Wording(zh="确认结果", en="Confirm the answers"),
        RequestStep.ASK_REWORK: Wording(zh="要求补办", en="Ask for better answers"),
        RequestStep.DECLINE: Wording(zh="说明不能协作", en="Decline, with the reason in writing"),
        RequestStep.ASK_EXTENSION: Wording(zh="申请延期", en="Ask for more time"),
        RequestStep.GRANT_EXTENSION: Wording(zh="同意延期", en="Grant more time"),
        RequestStep.REFUSE_EXTENSION: Wording(zh="不同意延期", en="Refuse more time"),
        RequestStep.CANCEL: Wording(zh="撤回协作函", en="Take the request back"),
        RequestStep.CHANGE_LAWYER: Wording(zh="更换承办人", en="Name another handling lawyer"),
        RequestStep.ENTER_REPLY: Wording(zh="登记邮寄回函", en="Enter a reply that came on paper"),
        RequestStep.ENTER_DECLINE: Wording(zh="登记邮寄的不能协作说明", en="Enter a decline that came on paper"),
        RequestStep.HAND_ON: Wording(zh="登记证据移交", en="Record that evidence was handed on"),
    }
)


def kebab(step: StrEnum) -> str:
    """The step as it stands in a path."""
    return step.value.replace("_", "-")
