"""Letters of tests: each form with plausible content, changed by keyword."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from transfer.messages.check_line import CheckLine
from transfer.paper.forms import (
    Answered,
    ApplicationForwarded,
    AskedItem,
    CannotHelp,
    CaseBasics,
    CooperationReply,
    CooperationRequest,
    CustodyEvent,
    CustodyRecord,
    Frame,
    ItemResult,
    Lawyer,
    Material,
    Piece,
    SignedFor,
)
from transfer.paper.letter import Block, Contact, Letter, Paragraph

LETTER_DAY = date(2026, 2, 11)
REPLY_DAY = date(2026, 3, 2)
COLLECTED = datetime(2026, 2, 26, 2, 5, tzinfo=UTC)
LONG_INSTITUTION = "新疆维吾尔自治区巴音郭楞蒙古自治州和静县农民工法律援助工作总站"
RARE_NAMES = ("阿依古丽·买买提", "𠮷田𠀀", "𬍛𫠆", "㐂龘", "朱𤩶", "王𪚥")
USE_CLAUSE = "所取得的材料仅用于办理本案，不作他用。涉及个人隐私和商业秘密的，双方及经办人员依法予以保密。"
COST_RULE = "因协助调取证据实际发生的费用，按照双方协作约定由我单位承担，请随函附票据。"


def digest_of(text: str) -> str:
    """SHA-256 of a made-up content."""
    return hashlib.sha256(text.encode()).hexdigest()


def a_check_line(**changes: Any) -> CheckLine:
    given: dict[str, Any] = {
        "region": "210402",
        "message": UUID("0199a3c2-7f10-7abc-8def-0123456789ab"),
        "digest": digest_of("message"),
    }
    return CheckLine(**(given | changes))


def a_frame(**changes: Any) -> Frame:
    given: dict[str, Any] = {
        "issuer": "抚顺市新抚区法律援助中心",
        "addressee": "灵武市法律援助中心",
        "number": "新抚援协函〔2026〕3号",
        "signed_on": LETTER_DAY,
        "contact": Contact(person="周明", phone="024-52430000"),
        "urgency": "加急",
        "check": a_check_line(),
    }
    return Frame(**(given | changes))


def an_answer_frame(**changes: Any) -> Frame:
    answering: dict[str, Any] = {
        "issuer": "灵武市法律援助中心",
        "addressee": "抚顺市新抚区法律援助中心",
        "number": "灵援协复〔2026〕7号",
        "signed_on": REPLY_DAY,
        "contact": Contact(person="马玉兰", phone="0951-4020000"),
        "urgency": "",
        "check": a_check_line(region="640181"),
    }
    return a_frame(**(answering | changes))


def a_case(**changes: Any) -> CaseBasics:
    given: dict[str, Any] = {
        "applicants": ("韩志强",),
        "matter": "请求支付劳动报酬",
        "facts": "韩志强自2025年3月至2025年8月在灵武市某煤制油厂工地从事管道焊接，"
        "用人单位拖欠六个月工资共计38,600.50元。\n"
        "双方未签订书面劳动合同，工资由班组长代发。",
        "opponent": "宁夏某某建设工程有限公司",
        "case_number": "新抚援字〔2026〕第18号",
    }
    return CaseBasics(**(given | changes))


def an_item(**changes: Any) -> AskedItem:
    given: dict[str, Any] = {
        "kind": "书证",
        "what": "考勤表、工资支付台账及进出场记录",
        "about_whom": "韩志强",
        "period": "2025年3月至2025年8月",
        "holder": "宁夏某某建设工程有限公司项目部",
        "place": "宁夏回族自治区灵武市宁东镇",
        "copy_form": "复印件，与原件核对后加盖保管单位印章",
        "urgency": "加急",
        "urgency_reason": "劳动仲裁定于2026年3月10日开庭。",
    }
    return AskedItem(**(given | changes))


def a_request(**changes: Any) -> CooperationRequest:
    given: dict[str, Any] = {
        "frame": a_frame(),
        "case": a_case(),
        "purpose": "证明劳动关系存在以及拖欠工资的数额。",
        "items": (
            an_item(),
            an_item(
                kind="证人证言",
                what="班组长关于出勤和代发工资的说明",
                holder="班组长本人",
                copy_form="原件",
                urgency_reason="",
            ),
        ),
        "due_rule": "自收到本函次日起10个工作日内",
        "use_clause": USE_CLAUSE,
        "cost_rule": COST_RULE,
        "lawyer": Lawyer(
            name="宋立新",
            licence="12104201010000000",
            firm="辽宁某某律师事务所",
            firm_certificate="辽某律证字〔2026〕9号",
        ),
        "attachments": ("律师事务所证明", "律师执业证复印件"),
    }
    return CooperationRequest(**(given | changes))


def an_answered() -> Answered:
    return Answered(title="法律援助协作函", number="新抚援协函〔2026〕3号", signed_on=LETTER_DAY)


def a_receipt(**changes: Any) -> SignedFor:
    given: dict[str, Any] = {
        "frame": an_answer_frame(signed_on=LETTER_DAY),
        "answered": an_answered(),
        "received_on": date(2026, 2, 11),
        "signed_by": "马玉兰（协作联络员）",
        "item_count": 2,
        "attachments": ("律师事务所证明", "律师执业证复印件"),
        "answer_due_on": date(2026, 3, 3),
    }
    return SignedFor(**(given | changes))


def a_piece(item: int = 1, **changes: Any) -> Piece:
    given: dict[str, Any] = {
        "item": item,
        "name": "考勤表（2025年3月至7月）",
        "digest": digest_of(f"piece {item}"),
        "pages": "5页",
        "collected_by": "马玉兰、丁建国",
        "collected_at": COLLECTED,
        "place": "灵武市宁东镇项目部办公室",
        "method": "调取复印",
        "obtained_from": "项目部资料员沙某",
        "original_seen": True,
    }
    return Piece(**(given | changes))


def a_reply(**changes: Any) -> CooperationReply:
    given: dict[str, Any] = {
        "frame": an_answer_frame(),
        "answered": an_answered(),
        "results": (
            ItemResult(
                number=1,
                asked="考勤表、工资支付台账及进出场记录",
                result="部分取得",
                explanation="2025年8月考勤表，保管单位书面说明未保存。",
            ),
            ItemResult(number=2, asked="班组长关于出勤和代发工资的说明", result="已取得"),
        ),
        "evidence": (
            a_piece(),
            a_piece(2, name="班组长书面说明", pages="2页", method="当面询问并制作笔录", original_seen=False),
        ),
        "remarks": "保管单位愿意在仲裁开庭时派员说明。",
    }
    return CooperationReply(**(given | changes))


def a_refusal(**changes: Any) -> CannotHelp:
    given: dict[str, Any] = {
        "frame": an_answer_frame(),
        "answered": an_answered(),
        "ground": "材料不在本地",
        "reason": "经向项目部核实，有关工资支付台账已于2025年12月随项目撤场移交公司总部，本地没有留存。",
        "advice": "可以向银川市有关法律援助机构提出协作，或者依法申请人民法院调查收集。",
    }
    return CannotHelp(**(given | changes))


def a_forwarding(**changes: Any) -> ApplicationForwarded:
    given: dict[str, Any] = {
        "frame": a_frame(number="新抚援转函〔2026〕1号"),
        "case": a_case(),
        "first_received_at": datetime(2026, 2, 10, 16, 40, tzinfo=UTC),
        "ground": "劳动合同履行地和用人单位所在地均在贵单位辖区。",
        "urgency_reason": "距仲裁时效届满不足七日",
        "review_due_on": date(2026, 2, 18),
        "materials": (
            Material(name="法律援助申请表", count="1份"),
            Material(name="身份证复印件", count="1份", remark="已核对原件"),
            Material(name="欠条", count="1份"),
        ),
    }
    return ApplicationForwarded(**(given | changes))


def a_custody_event(number: int, **changes: Any) -> CustodyEvent:
    given: dict[str, Any] = {
        "at": COLLECTED + timedelta(hours=number),
        "person": "马玉兰",
        "institution": "灵武市法律援助中心",
        "action": "调取、扫描并封存",
        "digest": digest_of("evidence"),
    }
    return CustodyEvent(**(given | changes))


def a_custody_record(steps: int = 3, **changes: Any) -> CustodyRecord:
    given: dict[str, Any] = {
        "issuer": "灵武市法律援助中心",
        "signed_on": REPLY_DAY,
        "evidence": "考勤表（2025年3月至7月）",
        "digest": digest_of("evidence"),
        "events": tuple(a_custody_event(number) for number in range(steps)),
        "case_number": "新抚援字〔2026〕第18号",
        "check": a_check_line(region="640181"),
    }
    return CustodyRecord(**(given | changes))


def a_letter(*body: Block, **changes: Any) -> Letter:
    given: dict[str, Any] = {
        "issuer": "中山市法律援助处",
        "title": "协作函",
        "body": body or (Paragraph(text="正文。"),),
        "signed_on": date(2026, 2, 11),
    }
    return Letter(**(given | changes))
