"""Example bodies for the description of the API; a test holds them to the commands."""

from base64 import b64encode
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel

from transfer.actions import commands, eligibility_commands, erasing_commands, handling_commands, urgency_commands
from transfer.actions import group_commands as group
from transfer.actions.competence_commands import NamePlaces
from transfer.web.examples_evidence import EVIDENCE_EXAMPLES
from transfer.web.sms_routes import SmsReply

_ZHONGSHAN: Final = {"by": "王芳", "institution": "442000"}
_LUXIAN: Final = {"by": "张伟", "institution": "510521-ZS"}

_SHEET: Final = b64encode("姓名,证件号码,请求金额（元）\n李大山,990000198504120010,7500.00\n".encode()).decode()

EXAMPLES: Final[Mapping[type[BaseModel], dict[str, Any]]] = MappingProxyType(
    {
        **EVIDENCE_EXAMPLES,
        SmsReply: {"at": "1781000000", "phone": "13800000002", "text": "TD", "signature": "0" * 64},
        commands.OpenCase: {
            **_ZHONGSHAN,
            "matter": "REMUNERATION",
            "aid_form": "LABOUR_ARBITRATION",
            "facts": "申请人受中山某家具公司派遣在泸县工作，2026年5月至10月工资未支付，合计38600元。",
            "claim": "请求支付拖欠的劳动报酬38600元。",
            "place_of_cause": "510521",
            "place_of_performance": "510521",
            "place_of_employer": "442000",
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
            "reason": "劳动合同履行地和事由发生地均在泸县。",
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
        handling_commands.TellApplicants: {**_ZHONGSHAN, "written_on": "2026-12-01", "phoned_on": "2026-12-01"},
        commands.AnswerNotice: {**_ZHONGSHAN, "answers": [{"defect": "FORM_UNSIGNED", "answer": "已补签。"}]},
        commands.Withdraw: {**_ZHONGSHAN, "applicants": ["01975a3e-6c02-7f43-9e24-55f1b2c3d406"]},
        NamePlaces: {**_ZHONGSHAN, "place_of_dispute_organ": "510521"},
        group.PreviewGroup: {"sheet": _SHEET},
        group.OpenGroup: {
            **_ZHONGSHAN,
            "matter": "REMUNERATION",
            "aid_form": "LABOUR_ARBITRATION",
            "facts": "名单所列各人在某家政公司工作，2026年3月至5月劳动报酬未支付。",
            "claim": "请求支付拖欠的劳动报酬。",
            "channel": "WINDOW",
            "sheet": _SHEET,
        },
        group.Elect: {
            **_ZHONGSHAN,
            "representatives": ["01975a3e-6c02-7f43-9e24-55f1b2c3d406"],
            "elected_on": "2026-11-18",
            "proof": {"kind": "OTHER", "title": "推举代表人书"},
        },
        group.Join: {
            **_ZHONGSHAN,
            "applicants": [{"name": "王小河", "identity": {"kind": "NONE"}, "phone": "13800000003", "claimed": 750000}],
            "received_on": "2026-11-20",
        },
        group.Split: {**_ZHONGSHAN, "applicants": ["01975a3e-6c02-7f43-9e24-55f1b2c3d406"]},
        commands.EnterEvent: {**_ZHONGSHAN, "event": "decision_served", "occurred_on": "2026-11-20"},
        handling_commands.Recuse: {
            **_ZHONGSHAN,
            "person": "刘敏",
            "reason": "IS_PARTY_OR_KIN",
            "since": "2026-11-20",
        },
        handling_commands.LiftRecusal: {**_ZHONGSHAN, "person": "刘敏", "because": "经查不存在回避情形。"},
        erasing_commands.HoldCase: {**_ZHONGSHAN, "reason": "COMPLAINT", "note": "受援人投诉尚未答复。"},
        erasing_commands.LiftHold: _ZHONGSHAN,
        erasing_commands.ProposeErasure: {**_ZHONGSHAN, "basis": "TERM_OVER"},
        erasing_commands.Erase: {**_ZHONGSHAN, "by": "王主任"},
        urgency_commands.StateUrgency: {
            **_ZHONGSHAN,
            "urgency": "PRESERVATION",
            "reason": "用人单位正在转移设备，须立即申请财产保全。",
        },
        urgency_commands.CompleteFormalities: {
            **_ZHONGSHAN,
            "occurred_on": "2026-11-20",
            "materials": [{"kind": "IDENTITY", "title": "身份证复印件"}],
        },
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
            "stage": "assigned",
            "occurred_on": "2026-11-20",
            "note": "已指派承办律师，请保持电话畅通。",
            "part": {
                "kind": "assignment",
                "unit": "LAW_FIRM",
                "office": "广东某某律师事务所",
                "person": "周律师",
                "licence": "14401202610000000",
            },
        },
    }
)
