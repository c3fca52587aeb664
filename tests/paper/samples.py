"""One sample of each formal letter, and crowded ones: ``python -m tests.paper.samples OUT`` writes them as PDF."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.paper.builders import (
    LONG_INSTITUTION,
    RARE_NAMES,
    a_case,
    a_custody_event,
    a_custody_record,
    a_forwarding,
    a_frame,
    a_piece,
    a_receipt,
    a_refusal,
    a_reply,
    a_request,
    an_item,
)
from transfer.paper import layouts
from transfer.paper.fonts import find_fonts
from transfer.paper.forms import ItemResult
from transfer.paper.letter import Contact, Letter
from transfer.paper.render import render


def samples() -> Iterator[tuple[str, Letter]]:
    """Each letter with a name; the crowded ones are what the layout must bear."""
    yield "cooperation", layouts.cooperation_letter(a_request())
    yield "receipt", layouts.receipt(a_receipt())
    yield "reply", layouts.reply(a_reply())
    yield "cannot-help", layouts.cannot_help(a_refusal())
    yield "forwarding", layouts.forwarding_letter(a_forwarding())
    yield "custody", layouts.custody_record(a_custody_record())
    long_item = an_item(
        what="请调取项目部保存的考勤记录、工资发放签字表、银行代发明细、劳务分包合同（含补充协议）。" * 45
    )
    crowded_frame = a_frame(
        issuer=LONG_INSTITUTION,
        addressee=f"{LONG_INSTITUTION}驻乌鲁木齐工作站",
        secrecy="内部资料★1年",
        number="和静县农民工援助协作函〔2026〕第1024号",
        contact=Contact(person="阿不都热西提·吐尔逊", phone="0996-5020000、13900000000"),
    )
    yield (
        "crowded-cooperation",
        layouts.cooperation_letter(
            a_request(
                frame=crowded_frame,
                case=a_case(applicants=RARE_NAMES * 3, opponent=LONG_INSTITUTION),
                items=(long_item, *(an_item() for _ in range(11))),
                attachments=tuple(f"第{n}号材料：{LONG_INSTITUTION}出具的关于工资支付情况的说明" for n in range(1, 13)),
            )
        ),
    )
    yield (
        "crowded-reply",
        layouts.reply(
            a_reply(
                frame=replace(crowded_frame, urgency=""),
                results=tuple(
                    ItemResult(
                        number=n,
                        asked=f"第{n}项：考勤表、工资支付台账",
                        result="部分取得",
                        explanation="保管单位" * (n % 30),
                    )
                    for n in range(1, 61)
                ),
                evidence=tuple(
                    a_piece(n, name="ATTENDANCE_2025_final-scan(2).pdf" * (n % 3 + 1)) for n in range(1, 61)
                ),
            )
        ),
    )
    yield (
        "crowded-custody",
        layouts.custody_record(
            a_custody_record(
                issuer=LONG_INSTITUTION,
                events=tuple(
                    a_custody_event(
                        n,
                        person=RARE_NAMES[n % len(RARE_NAMES)],
                        institution=LONG_INSTITUTION,
                        action="交接、核对、封存。" * (n % 12 + 1),
                    )
                    for n in range(60)
                ),
            )
        ),
    )


def main(folder: Path) -> None:
    """Writes every sample into the folder, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    fonts = find_fonts()
    for name, letter in samples():
        (folder / f"{name}.pdf").write_bytes(render(letter, fonts))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
