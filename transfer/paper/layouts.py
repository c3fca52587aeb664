"""The letters of cooperation, each as a function from its form to a letter; in Chinese only, for Chinese files.

No article of law stands in these texts: what a letter rests on is given by whoever writes it, and can be corrected.
"""

from typing import Final

from transfer.paper.forms import (
    Answered,
    ApplicationForwarded,
    AskedItem,
    CannotHelp,
    CaseBasics,
    CooperationReply,
    CooperationRequest,
    CustodyRecord,
    Frame,
    ItemResult,
    Lawyer,
    Piece,
    SignedFor,
)
from transfer.paper.letter import NOTHING, Block, Closing, Column, Heading, Letter, Level, Paragraph, Table
from transfer.paper.numerals import chinese_number, official_day, official_moment

COOPERATION_TITLE: Final = "法律援助协作函"
RECEIPT_TITLE: Final = "签收回执"
REPLY_TITLE: Final = "法律援助协作回函"
CANNOT_HELP_TITLE: Final = "不能协作说明"
FORWARDING_TITLE: Final = "转交法律援助申请公函"
CUSTODY_TITLE: Final = "证据保管链记录"

_GROUP: Final = 8


def cooperation_letter(form: CooperationRequest) -> Letter:
    """法律援助协作函: the case, what is asked, until when, and on what terms."""
    body: list[Block] = [
        Paragraph(text="因办理下列法律援助案件需要，现请贵单位协助办理有关事项，具体函告如下："),
        *_section(1, "案件基本情况"),
        *_case(form.case),
        *_section(2, "协作目的"),
        *_paragraphs(form.purpose),
        *_section(3, "请求协助的事项"),
    ]
    for number, item in enumerate(form.items, start=1):
        body += _asked(number, item)
    body += [
        *_section(4, "办理期限"),
        Paragraph(text=f"请{form.due_rule}函复办理结果。不能按期办结或者不能协作的，请及时书面说明理由。"),
    ]
    following = 5
    if form.lawyer:
        body += [*_section(following, "承办律师"), *_lawyer(form.lawyer)]
        following += 1
    body += [
        *_section(following, "材料的使用与保密"),
        *_paragraphs(form.use_clause),
        *_section(following + 1, "费用"),
        *_paragraphs(form.cost_rule),
        Closing(text="请予协助为盼。"),
    ]
    return _letter(form.frame, COOPERATION_TITLE, body, form.attachments)


def receipt(form: SignedFor) -> Letter:
    """签收回执: the letter came, who took charge of it, and by when an answer is due."""
    came = "、".join(form.attachments) if form.attachments else "无"
    body: list[Block] = [
        Paragraph(text=f"贵单位{_named(form.answered)}收悉，现将签收情况函告如下："),
        Paragraph(label="收到日期", text=official_day(form.received_on)),
        Paragraph(label="签收人", text=form.signed_by),
        Paragraph(label="请求事项", text=f"共{form.item_count}项"),
        Paragraph(label="随函材料", text=came),
        Paragraph(label="函复期限", text=official_day(form.answer_due_on) if form.answer_due_on else NOTHING),
        Closing(text="特此回执。"),
    ]
    return _letter(form.frame, RECEIPT_TITLE, body)


def reply(form: CooperationReply) -> Letter:
    """协作回函: the result of each item, and each piece of evidence with how it was collected."""
    body: list[Block] = [
        Paragraph(text=f"贵单位{_named(form.answered)}收悉。现将办理结果函复如下："),
        *_section(1, "各项办理结果"),
        _results(form.results),
        *_section(2, "证据清单"),
    ]
    if form.evidence:
        body += [
            Paragraph(text=f"共{len(form.evidence)}件。下表摘要为电子文件的SHA-256值。"),
            _evidence(form.evidence),
            Paragraph(text="各件收集情况如下："),
            _collection(form.evidence),
        ]
    else:
        body.append(Paragraph(text="未取得证据材料。"))
    if form.remarks:
        body += [*_section(3, "其他说明"), *_paragraphs(form.remarks)]
    return _letter(form.frame, REPLY_TITLE, [*body, Closing(text="特此函复。")])


def cannot_help(form: CannotHelp) -> Letter:
    """不能协作说明: the ground, the reason in full, and what may be done instead."""
    body: list[Block] = [
        Paragraph(text=f"贵单位{_named(form.answered)}收悉。经研究，因客观原因不能协作，现将理由说明如下："),
        Paragraph(label="原因", text=form.ground),
        *_paragraphs(form.reason, label="理由"),
    ]
    if form.advice:
        body += _paragraphs(form.advice, label="建议")
    return _letter(form.frame, CANNOT_HELP_TITLE, [*body, Closing(text="特此说明。")])


def forwarding_letter(form: ApplicationForwarded) -> Letter:
    """转交申请公函: the application, its first receipt, why it goes there, and the materials."""
    rows = [(str(number), one.name, one.count, one.remark or NOTHING) for number, one in enumerate(form.materials, 1)]
    columns = (
        Column(head="序号", share=2),
        Column(head="材料名称", share=9),
        Column(head="份数", share=3),
        Column(head="备注", share=6),
    )
    body: list[Block] = [
        Paragraph(text="我单位收到下列法律援助申请，现转交贵单位办理，有关情况函告如下："),
        *_section(1, "申请基本情况"),
        *_case(form.case),
        Paragraph(label="首次收到申请的时间", text=official_moment(form.first_received_at)),
        *_section(2, "转交理由"),
        *_paragraphs(form.ground),
        *_section(3, "紧急程度与期限"),
        Paragraph(label="紧急程度", text=form.urgency_reason or "一般"),
        Paragraph(label="审查期限届满日", text=official_day(form.review_due_on)),
        *_section(4, "移交材料"),
        Table(columns=columns, rows=tuple(rows)),
        Closing(text="请予办理，并将办理情况函告我单位。"),
    ]
    return _letter(form.frame, FORWARDING_TITLE, body)


def custody_record(form: CustodyRecord) -> Letter:
    """证据保管链记录: a table of who had the evidence, when, and what was done."""
    rows = tuple(
        (str(number), official_moment(one.at), one.person, one.institution, one.action, _grouped(one.digest))
        for number, one in enumerate(form.events, start=1)
    )
    columns = (
        Column(head="序号", share=4),
        Column(head="时间", share=12),
        Column(head="经手人", share=7),
        Column(head="所在单位", share=11),
        Column(head="事项", share=13),
        Column(head="处理后摘要（SHA-256）", share=12, is_code=True),
    )
    body: list[Block] = [
        Paragraph(label="证据名称", text=form.evidence),
        Paragraph(label="案件编号", text=form.case_number or NOTHING),
        Paragraph(label="证据摘要（SHA-256）", text=_grouped(form.digest), is_code=True),
        Table(columns=columns, rows=rows),
        Closing(text=f"以上记录共{len(rows)}条，按时间先后排列。"),
    ]
    return Letter(
        issuer=form.issuer,
        number=form.number,
        title=CUSTODY_TITLE,
        body=tuple(body),
        signed_on=form.signed_on,
        secrecy=form.secrecy,
        check=form.check,
    )


def _letter(frame: Frame, title: str, body: list[Block], attachments: tuple[str, ...] = ()) -> Letter:
    return Letter(
        issuer=frame.issuer,
        number=frame.number,
        title=title,
        addressee=frame.addressee,
        body=tuple(body),
        attachments=attachments,
        contact=frame.contact,
        secrecy=frame.secrecy,
        urgency=frame.urgency,
        signed_on=frame.signed_on,
        check=frame.check,
    )


def _section(number: int, text: str) -> list[Block]:
    return [Heading(level=Level.FIRST, text=f"{chinese_number(number)}、{text}")]


def _paragraphs(text: str, *, label: str = "") -> list[Block]:
    lines = [line.strip() for line in text.splitlines()]
    told = [line for line in lines if line] or [NOTHING]
    return [Paragraph(label=label if at == 0 else "", text=line) for at, line in enumerate(told)]


def _case(case: CaseBasics) -> list[Block]:
    return [
        Paragraph(label="案件编号", text=case.case_number or NOTHING),
        Paragraph(label="受援人（申请人）", text="、".join(case.applicants)),
        Paragraph(label="对方当事人", text=case.opponent or NOTHING),
        Paragraph(label="援助事项", text=case.matter),
        *_paragraphs(case.facts, label="案情简介"),
    ]


def _asked(number: int, item: AskedItem) -> list[Block]:
    urgency = f"{item.urgency}。{item.urgency_reason}" if item.urgency_reason else item.urgency
    return [
        Heading(level=Level.SECOND, text=f"（{chinese_number(number)}）{item.kind}"),
        *_paragraphs(item.what, label="内容"),
        Paragraph(label="涉及人员", text=item.about_whom or NOTHING),
        Paragraph(label="期间", text=item.period or NOTHING),
        Paragraph(label="保管人及所在地", text=f"{item.holder}，{item.place}"),
        Paragraph(label="形式", text=item.copy_form),
        Paragraph(label="紧急程度及理由", text=urgency or "一般"),
    ]


def _lawyer(lawyer: Lawyer) -> list[Block]:
    return [
        Paragraph(label="姓名", text=lawyer.name),
        Paragraph(label="执业证号", text=lawyer.licence),
        Paragraph(label="执业机构", text=lawyer.firm),
        Paragraph(label="律师事务所证明", text=lawyer.firm_certificate),
    ]


def _named(answered: Answered) -> str:
    number = f"（{answered.number}）" if answered.number else ""
    return f"{official_day(answered.signed_on)}《{answered.title}》{number}"


def _results(results: tuple[ItemResult, ...]) -> Table:
    columns = (
        Column(head="序号", share=2),
        Column(head="请求事项", share=8),
        Column(head="结果", share=4),
        Column(head="说明", share=8),
    )
    rows = [(str(one.number), one.asked, one.result, one.explanation or NOTHING) for one in results]
    return Table(columns=columns, rows=tuple(rows))


def _evidence(pieces: tuple[Piece, ...]) -> Table:
    columns = (
        Column(head="序号", share=2),
        Column(head="对应项", share=3),
        Column(head="名称", share=9),
        Column(head="页数", share=3),
        Column(head="是否核对原件", share=3),
        Column(head="摘要（SHA-256）", share=7, is_code=True),
    )
    rows = [
        (str(number), str(one.item), one.name, one.pages, "是" if one.original_seen else "否", _grouped(one.digest))
        for number, one in enumerate(pieces, start=1)
    ]
    return Table(columns=columns, rows=tuple(rows))


def _collection(pieces: tuple[Piece, ...]) -> Table:
    columns = (
        Column(head="序号", share=2),
        Column(head="收集人", share=4),
        Column(head="时间", share=6),
        Column(head="地点", share=6),
        Column(head="方式", share=5),
        Column(head="提供人", share=5),
    )
    rows = [
        (str(number), one.collected_by, official_moment(one.collected_at), one.place, one.method, one.obtained_from)
        for number, one in enumerate(pieces, start=1)
    ]
    return Table(columns=columns, rows=tuple(rows))


def _grouped(digest: str) -> str:
    """For the eye; a piece that is paper alone has none."""
    return NOTHING if not digest else " ".join(digest[at : at + _GROUP] for at in range(0, len(digest), _GROUP))
