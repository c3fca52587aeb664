"""Example bodies for the description of the API; a test holds them to the commands."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel

from transfer.actions import commands, eligibility_commands
from transfer.web.examples_evidence import EVIDENCE_EXAMPLES

_ZHONGSHAN: Final = {"by": "王芳", "institution": "442000"}
_LUXIAN: Final = {"by": "张伟", "institution": "510521-ZS"}

EXAMPLES: Final[Mapping[type[BaseModel], dict[str, Any]]] = MappingProxyType(
    {
        **EVIDENCE_EXAMPLES,
        commands.OpenCase: {
            **_ZHONGSHAN,
            "matter": "REMUNERATION",
            "aid_form": "LABOUR_ARBITRATION",
            "facts": "申请人在某家具厂工作，2026年5月至10月工资未支付，合计38600元。",
            "claim": "请求支付拖欠的劳动报酬38600元。",
            "place_of_cause": "442000",
            "channel": "WINDOW",
            "applicants": [
                {
                    "name": "李大山",
                    "identity": {"kind": "NONE"},
                    "categories": ["MIGRANT_WORKER"],
                    "finding": {"ground": "ART42_3", "proof": "务工证明"},
                }
            ],
            "opponents": [{"name": "中山市某某家具有限公司"}],
            "number": "中援〔2026〕第0127号",
            "urgency": "GREEN_CHANNEL",
        },
        commands.Offer: {
            **_ZHONGSHAN,
            "receiver": "510521-ZS",
            "letter": "中援转〔2026〕第9号",
            "reason": "用人单位所在地和事由发生地均在泸县。",
        },
        commands.SignFor: {**_LUXIAN, "materials_counted": 3},
        commands.RequireSupplement: {
            **_LUXIAN,
            "items": [{"defect": "ID_MISSING", "explanation": "缺少身份证明。"}],
            "due_on": "2026-12-10",
        },
        commands.Supplement: {
            **_ZHONGSHAN,
            "answers": [{"defect": "ID_MISSING", "answer": "已补交户口簿复印件。"}],
            "materials": [{"kind": "IDENTITY", "title": "户口簿复印件"}],
        },
        commands.GiveNotice: {
            **_ZHONGSHAN,
            "items": [{"defect": "FORM_UNSIGNED", "explanation": "申请表缺少签名。"}],
            "due_on": "2026-12-10",
            "phoned": True,
        },
        commands.AnswerNotice: {**_ZHONGSHAN, "answers": [{"defect": "FORM_UNSIGNED", "answer": "已补签。"}]},
        commands.Withdraw: {**_ZHONGSHAN, "applicants": ["01975a3e-6c02-7f43-9e24-55f1b2c3d406"]},
        commands.EnterEvent: {**_ZHONGSHAN, "event": "decision_served", "occurred_on": "2026-11-20"},
        eligibility_commands.FindEligibility: {
            **_ZHONGSHAN,
            "findings": [
                {
                    "applicant": "01975a3e-6c02-7f43-9e24-55f1b2c3d406",
                    "ground": "COMMITMENT",
                    "proof": "个人诚信承诺书",
                    "signed_on": "2026-11-20",
                }
            ],
        },
        eligibility_commands.Attest: {
            **_ZHONGSHAN,
            "applicant": "01975a3e-6c02-7f43-9e24-55f1b2c3d406",
            "in_hardship": True,
            "found_on": "2026-11-20",
            "until": "2027-05-20",
            "basis": "广东省经济困难标准，民政信息共享查询",
        },
        eligibility_commands.Revoke: {
            **_ZHONGSHAN,
            "attestation": "01975a3e-6c03-7f43-9e24-55f1b2c3d407",
            "reason": "FOUND_WRONG",
        },
        commands.Accept: {"by": "张伟", "institution": "510521", "number": "泸援〔2026〕第0301号"},
        commands.Dispute: {
            **_LUXIAN,
            "ground": "COMPETENCE_CAUSE_ELSEWHERE",
            "proposed_region": "442000",
            "explanation": "劳动合同履行地在中山市。",
        },
        commands.Link: {**_LUXIAN, "surviving_case": "01975a3e-6c00-7c11-9a52-3b1f0c7d4e01"},
        commands.Escalate: {**_ZHONGSHAN, "explanation": "双方对管辖有争议，请指定。"},
        commands.Designate: {
            "by": "陈静",
            "institution": "510000",
            "region": "510521",
            "decided_on": "2026-11-20",
            "reason": "事由发生地在泸县。",
        },
        commands.Recall: {**_ZHONGSHAN, "reason": "SENT_IN_ERROR", "explanation": "误选收件机构。"},
        commands.PublishStage: {
            **_ZHONGSHAN,
            "stage": "under_review",
            "occurred_on": "2026-11-20",
            "note": "申请正在审查，结果将在七日内告知。",
        },
    }
)
