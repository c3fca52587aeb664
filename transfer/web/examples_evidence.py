"""Example bodies of the steps on evidence requests; see ``examples``."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from transfer.actions import evidence_commands as evidence

_ZHONGSHAN: Final = {"by": "王芳", "institution": "442000"}
_LUXIAN: Final = {"by": "张伟", "institution": "510521-ZS"}
_ITEM: Final = "0197a3c1-5e01-7a11-9c32-7a1b2c3d4e06"

EVIDENCE_EXAMPLES: Final[Mapping[type[BaseModel], dict[str, Any]]] = {
    evidence.DraftRequest: {
        **_ZHONGSHAN,
        "requested": "510521",
        "letter": "中援协〔2026〕第12号",
        "purpose": "追索拖欠的劳动报酬。",
        "told": "申请人在泸县某工地工作，2026年5月至10月工资未支付。",
        "lawyer": {"name": "周律师", "licence": "14420200000000000", "firm": "广东某某律师事务所"},
        "items": [
            {
                "kind": "DOCUMENT",
                "what": "2026年5月至10月的考勤表。",
                "fields": ["ATTENDANCE"],
                "period_from": "2026-05-01",
                "period_to": "2026-10-31",
                "holder": "泸县某某建筑公司",
                "form": "COPY",
            }
        ],
    },
    evidence.AmendRequest: {
        **_ZHONGSHAN,
        "requested": "510521",
        "letter": "中援协〔2026〕第12号",
        "purpose": "追索拖欠的劳动报酬。",
        "told": "申请人在泸县某工地工作。",
        "lawyer": {"name": "周律师"},
        "items": [{"kind": "EMPLOYER_LOOKUP", "what": "该公司的登记信息。", "fields": ["EMPLOYER_REGISTRATION"]}],
    },
    evidence.Approve: {"by": "梁主任", "institution": "442000"},
    evidence.Send: _ZHONGSHAN,
    evidence.SignForRequest: _LUXIAN,
    evidence.AskClarification: {**_LUXIAN, "question": "请说明需要哪个班组的考勤表。"},
    evidence.Clarify: {**_ZHONGSHAN, "answer": "钢筋班。"},
    evidence.Undertake: {"by": "王主任", "institution": "510521", "collector": "张伟"},
    evidence.Assign: {"by": "王主任", "institution": "510521", "collector": "刘洋"},
    evidence.Record: {
        **_LUXIAN,
        "answers": [
            {
                "item": _ITEM,
                "result": "partly",
                "statement": "十月的考勤表，公司称未保存。",
                "pieces": [
                    {
                        "id": "0197a3c1-5e04-7d14-8f65-ad4e5f607109",
                        "title": "考勤表（2026年5月至9月）",
                        "form": "COPY",
                        "original_seen": True,
                        "sent_by_post": "EMS 1000000000000",
                        "custody": [
                            {
                                "act": "COLLECTED",
                                "at": "2026-11-18T10:20:00+08:00",
                                "by": "张伟",
                                "institution": "510521",
                                "where": "泸县某某建筑公司人事部",
                                "how": "COPIED",
                                "source": "人事部经理黄某",
                            }
                        ],
                    }
                ],
            }
        ],
    },
    evidence.Supply: {"by": "王主任", "institution": "510521"},
    evidence.Return: {"by": "王主任", "institution": "510521", "letter": "泸援协复〔2026〕第5号"},
    evidence.Confirm: {**_ZHONGSHAN, "used": "考勤表已提交仲裁委员会。"},
    evidence.AskRework: {**_ZHONGSHAN, "items": [{"item": _ITEM, "defect": "第3页无法辨认。"}]},
    evidence.Decline: {
        **_LUXIAN,
        "reason": "HOLDER_NOT_HERE",
        "explanation": "该公司已迁往外省，材料不在本地。",
    },
    evidence.AskExtension: {**_LUXIAN, "until": "2026-12-15", "reason": "该公司年底盘点，十二月中旬才能调取。"},
    evidence.GrantExtension: _ZHONGSHAN,
    evidence.RefuseExtension: {**_ZHONGSHAN, "reason": "仲裁将于十二月十日开庭。"},
    evidence.CancelRequest: {**_ZHONGSHAN, "reason": "NOT_NEEDED"},
    evidence.ChangeLawyer: {**_ZHONGSHAN, "lawyer": {"name": "吴律师"}},
    evidence.EnterReply: {
        **_ZHONGSHAN,
        "letter": "某援函〔2026〕第2号",
        "received_on": "2026-11-20",
        "answers": [{"item": _ITEM, "result": "not_found", "statement": "查无此公司。"}],
    },
    evidence.EnterDecline: {
        **_ZHONGSHAN,
        "reason": "OBJECTIVE_IMPOSSIBLE",
        "explanation": "档案因火灾灭失。",
        "declined_by": "某主任",
    },
    evidence.HandOn: {
        **_ZHONGSHAN,
        "piece": "0197a3c1-5e04-7d14-8f65-ad4e5f607109",
        "to": "中山市劳动人事争议仲裁委员会",
    },
}
