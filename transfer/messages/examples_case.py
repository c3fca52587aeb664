"""The invented case of the examples: wages of two workers from Luxian, owed by a furniture factory in Zhongshan.

Names, numbers and addresses are made up. Resident identity numbers begin with 990000, which is no region.
"""

from typing import Any, Final

Json = dict[str, Any]

CASE: Final = "01975a3e-6c00-7c11-9a52-3b1f0c7d4e01"
EARLIER_CASE: Final = "019755b2-1a80-7e03-8c44-90ab12cd3e02"
TRANSFER: Final = "01975f64-d280-7a20-b1e6-5d2c8f3a6b03"
EARLIER_TRANSFER: Final = "01975b1f-8f00-7d35-a0f7-1c4e7b9d2a04"
LI: Final = "01975a3e-6c01-7b02-8d13-44e0a1b2c305"
AYGUL: Final = "01975a3e-6c02-7f43-9e24-55f1b2c3d406"

FACTS: Final = "申请人在中山市某家具厂从事打磨工作，2025年11月至2026年5月工资未支付，合计38600元。"
CLAIM: Final = "请求支付拖欠的劳动报酬38600元。"
REASON: Final = "用人单位所在地和劳动合同履行地均在中山市，争议处理机关为中山市劳动人事争议仲裁委员会。"

LI_BRIEFLY: Final[Json] = {
    "id": LI,
    "name": "李大山",
    "identity": {"kind": "RESIDENT_ID", "number": "990000198504120010"},
}
LI_IN_FULL: Final[Json] = {
    **LI_BRIEFLY,
    "phone": "13800000000",
    "household_region": "510521",
    "categories": ["MIGRANT_WORKER"],
    "finding": {
        "ground": "COMMITMENT",
        "found_on": "2026-06-10",
        "proof": "个人诚信承诺书",
        "signed_on": "2026-06-10",
        "by": "510521",
        "rules": "2026-11-22",
        "basis": "中华人民共和国法律援助法第四十一条",
    },
    "status": "ACTIVE",
}
AYGUL_IN_FULL: Final[Json] = {
    "id": AYGUL,
    "name": "阿依古丽·买买提",
    "identity": {"kind": "RESIDENT_ID", "number": "990000199008231023"},
    "phone": "+86 13800000001",
    "household_region": "510521",
    "categories": ["MIGRANT_WORKER", "DISABLED"],
    "finding": {
        "ground": "HOME_FINDING_RECOGNISED",
        "found_on": "2026-06-10",
        "proof": "户籍地机构核查证明",
        "until": "2026-12-10",
        "by": "442000",
        "rules": "2026-11-22",
        "basis": "法律援助异地协作协议",
        "attestation": "01975a3e-6c03-7a54-8b35-66f2c3d4e507",
    },
    "victim": {"kind": "RESIDENT_ID", "number": "990000198504120010"},
    "agent": {"name": "𠮷世明", "relation": "配偶", "phone": "13800000002"},
    "born_on": "1990-08-23",
    "claimed": 1860000,
    "received_on": "2026-06-12",
    "status": "ACTIVE",
}

BASICS_BRIEFLY: Final[Json] = {
    "matter": "REMUNERATION",
    "aid_form": "LABOUR_ARBITRATION",
    "facts": FACTS,
    "claim": CLAIM,
    "channel": "WINDOW",
    "first_received_at": "2026-06-10T09:30:00+08:00",
    "first_received_by": "510521",
}
CLOCK_BRIEFLY: Final[Json] = {
    "rule": "REVIEW",
    "rules": "2026-11-22",
    "zh": "审查并作出决定",
    "en": "Review and decide",
    "basis": "中华人民共和国法律援助法第四十三条第一款",
    "length": 7,
    "unit": "CALENDAR_DAY",
    "region": "510521",
    "started_on": "2026-06-10",
}

BASICS_IN_FULL: Final[Json] = {
    "matter": "REMUNERATION",
    "aid_form": "LABOUR_ARBITRATION",
    "facts": FACTS,
    "claim": CLAIM,
    "place_of_cause": "442000",
    "place_of_performance": "442000",
    "place_of_employer": "442000",
    "place_of_organ": "440000",
    "place_of_dispute_organ": "442000",
    "channel": "WORKSTATION",
    "opponents": [
        {
            "name": "中山市某某家具有限公司",
            "credit_code": "91990000MA0000001B",
            "address": "中山市东升镇某某工业区1号",
            "phone": "0760-00000000",
        }
    ],
    "numbers": [{"institution": "510521", "number": "泸县援字〔2026〕第0127号"}],
    "first_received_at": "2026-06-10T09:30:00+08:00",
    "first_received_by": "510521-ZS",
    "urgency": "LIMITATION_LT_7_DAYS",
    "urgency_reason": "劳动关系于2025年6月18日终止，仲裁时效将于2026年6月18日届满。",
    "limitation_on": "2026-06-18",
    "split_from": EARLIER_CASE,
    "split_into": ["01975a3e-6c00-7c11-9a52-3b1f0c7d4e09"],
    "clocks": [
        {
            **CLOCK_BRIEFLY,
            "met_by": ["granted", "refused"],
            "suspended_by": ["SUPPLEMENT", "REMOTE_CHECK"],
            "remind_before": 2,
            "escalate_after": 3,
            "pauses": [
                {
                    "why": "REMOTE_CHECK",
                    "of": "0197a3c1-5e00-7d10-8b21-6f0a1b2c3d05",
                    "asked_on": "2026-06-11",
                    "until": "2026-06-12",
                    "answered": True,
                }
            ],
            "due_strict": "2026-06-18",
            "due_rolled": "2026-06-18",
            "told": ["REMINDED", "OVERDUE", "ESCALATED"],
        },
        {
            "rule": "REPLACEMENT",
            "rules": "2026-11-22",
            "zh": "决定是否更换人员",
            "en": "Decide on replacing the person",
            "basis": "办理法律援助案件程序规定（条文待核）",
            "length": 5,
            "unit": "CALENDAR_DAY",
            "met_by": ["replacement_decided"],
            "region": "510521",
            "started_on": "2026-06-10",
            "due_strict": "2026-06-15",
            "due_rolled": "2026-06-15",
            "met_on": "2026-06-12",
        },
        {
            "rule": "STATED_LIMITATION",
            "rules": "2026-11-22",
            "zh": "法定时效或者期限",
            "en": "Limitation or statutory period",
            "basis": "中华人民共和国法律援助法第四十四条第一项",
            "unit": "CALENDAR_DAY",
            "set_for": "2026-06-18",
            "met_by": ["limitation_stated", "arbitration_filed", "suit_filed"],
            "remind_before": 30,
            "aid_first_below": 7,
            "region": "510521",
            "started_on": "2026-06-10",
            "due_strict": "2026-06-18",
            "due_rolled": "2026-06-18",
            "told": ["REMINDED"],
        },
    ],
}

IOU: Final[Json] = {
    "kind": "IOU",
    "title": "欠条（2026年5月30日）",
    "applicant": LI,
    "copies": 1,
    "original": True,
    "file": {
        "digest": "sha256:aafd290e4204e875fa1bcdcabb5c4400664026eb12e913d1b32749627f42f3c8",
        "size": 284133,
        "media_type": "image/jpeg",
        "name": "欠条.jpg",
    },
}
AGENCY_PROOF: Final[Json] = {
    "kind": "AGENCY_PROOF",
    "title": "授权委托书",
    "applicant": AYGUL,
    "copies": 1,
    "original": False,
    "file": {
        "digest": "sha256:7c9220a994b9b8087dd4989bdc62ffa28bb83209143488230ab07b18dead7d86",
        "size": 91244,
        "media_type": "application/pdf",
        "name": "授权委托书.pdf",
    },
}
APPLICATION: Final[Json] = {"kind": "APPLICATION", "title": "法律援助申请表"}

FIRST_TENURE: Final[Json] = {"number": 1, "institution": "510521", "since": "2026-06-10T09:30:00+08:00"}
SECOND_TENURE: Final[Json] = {"number": 2, "institution": "442000", "since": "2026-06-15T10:05:00+08:00"}

ATTESTED: Final[Json] = {
    "applicant": AYGUL,
    "salt": "01975a3e-6c04-7b65-9c46-77a3d4e5f608",
    "token": "eyJhbGciOiJFZDI1NTE5In0.eyJwdXJwb3NlIjoiaGFyZHNoaXAifQ.c2lnbmF0dXJl",
}
REVOCATION: Final = "eyJhbGciOiJFZDI1NTE5In0.eyJwdXJwb3NlIjoicmV2b2NhdGlvbiJ9.c2lnbmF0dXJl"

DESIGNATION: Final[Json] = {
    "transfer": EARLIER_TRANSFER,
    "region": "442000",
    "by": ["440000", "510000"],
    "decided_on": "2026-06-12",
    "reason": "争议处理机关在中山市，由中山市法律援助机构受理。",
}


def sent(route: tuple[str, str], at: str, more: Json, data: Json, added: Json) -> tuple[Json, Json]:
    """The smallest event on a route from source to recipient, and the fullest, which has ``added`` besides."""
    source, recipient = route
    head = {
        "specversion": "1.0",
        "source": source,
        "recipient": recipient,
        "time": at,
        "datacontenttype": "application/json",
        **more,
    }
    return head | {"data": data}, head | {"data": data | added}
