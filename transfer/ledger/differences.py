"""How the records of two regions differ in a message: where on its way it met that, and what is to be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from transfer.messages.codes import Code, Hop


class Difference(Code):
    """How the records of two regions differ in a message."""

    NOT_SENT = "NOT_SENT", "尚未发出", "Not sent yet"
    NOT_RECEIVED = "NOT_RECEIVED", "已发出，对方没有收到", "Sent, and not known to its recipient"
    RECEIPT_LOST = "RECEIPT_LOST", "对方已办理，发送方没有回执", "Applied, and its sender has no receipt"
    REFUSAL_LOST = "REFUSAL_LOST", "对方已拒绝，发送方没有回执", "Refused, and its sender has no receipt"
    PARKED = "PARKED", "早到，仍在等待前序消息", "Received, and waits for those before it"
    HELD = "HELD", "暂被拒绝，保留其位置", "Refused for now; its place is kept"
    NOT_ENTERED = "NOT_ENTERED", "已拒绝，未登记", "Refused, and not entered under its id"
    RECORD_LOST = "RECORD_LOST", "已回执办理，收件方却无记录", "Receipted as applied, and not known to its recipient"
    NEVER_SENT = "NEVER_SENT", "收件方有记录，发件方却没有", "Known to its recipient, and not to its sender"
    OTHER_CONTENT = "OTHER_CONTENT", "同号异文", "The same id with other content or at another place"
    VERDICT_DIFFERS = "VERDICT_DIFFERS", "已回执办理，收件方却另有记录", "Receipted as applied, and recorded otherwise"


@dataclass(frozen=True, slots=True)
class Cure:
    """Where on its way the message met this, and what is to be done; ``heals``: by itself, nobody need do anything."""

    hop: Hop
    zh: str
    en: str
    heals: bool = False


_AGAIN: Final = (
    "将以原编号重发，对方补发原回执",
    "It is sent again under its id, and the original receipt is given again",
)

CURES: Final[Mapping[Difference, Cure]] = MappingProxyType(
    {
        Difference.NOT_SENT: Cure(
            Hop.SENDER,
            "道路恢复后自动发出；`transfer status` 说明原因",
            "It goes out when the road is open; `transfer status` says why it is not",
            heals=True,
        ),
        Difference.NOT_RECEIVED: Cure(
            Hop.BROKER, "发送方以原编号重发", "Its sender sends it again under its id", heals=True
        ),
        Difference.RECEIPT_LOST: Cure(Hop.BROKER, *_AGAIN, heals=True),
        Difference.REFUSAL_LOST: Cure(Hop.BROKER, *_AGAIN, heals=True),
        Difference.PARKED: Cure(
            Hop.RECIPIENT,
            "前序消息到达后自动办理",
            "It is applied when those before it have come; what is missing of them is named, too",
            heals=True,
        ),
        Difference.HELD: Cure(
            Hop.RECIPIENT,
            "升级或修复收件节点；此后自动重发办理",
            "Upgrade or mend the recipient's node; then it comes again by itself",
        ),
        Difference.NOT_ENTERED: Cure(
            Hop.RECIPIENT,
            "在收件方隔离区查看原因：`transfer quarantine list`",
            "The recipient's quarantine says why: `transfer quarantine list`",
        ),
        Difference.RECORD_LOST: Cure(
            Hop.RECIPIENT,
            "收件方记录缺失：核对其备份与账本",
            "The recipient lost a record: compare its backup and its ledger",
        ),
        Difference.NEVER_SENT: Cure(
            Hop.SENDER,
            "发件方记录缺失或消息系伪造：以收件方所存签名核对",
            "Lost at its sender or forged: the signature that the recipient keeps tells which",
        ),
        Difference.OTHER_CONTENT: Cure(
            Hop.SENDER,
            "视为攻击或备份恢复：`transfer trace CASE --with URL` 对照",
            "Treat it as an attack or a restored backup: compare with `transfer trace CASE --with URL`",
        ),
        Difference.VERDICT_DIFFERS: Cure(
            Hop.RECIPIENT,
            "收件方记录与其签名回执不符：核对其备份与账本",
            "The recipient's record is not what it signed: compare its backup and its ledger",
        ),
    }
)
