"""The code list of reconciling: how far a message has come in one region's records."""

from typing import Final

from transfer.messages.codes import Code


class RecordState(Code):
    """What one region's records say of a message; a sender says only what it has a final receipt of."""

    WAITING = "waiting", "待发送", "At its sender: not published yet"
    SENT = "sent", "已发送，尚无最终回执", "At its sender: published, without a final receipt"
    PARKED = "parked", "早到，待前序消息", "At its recipient: waits for its predecessors"
    HELD = "held", "暂被拒绝，待重发", "At its recipient: refused for now, to be sent again"
    APPLIED = "applied", "已办理", "Applied"
    REFUSED = "refused", "已拒绝", "Refused for good"


AT_SENDER: Final = (RecordState.WAITING, RecordState.SENT, RecordState.APPLIED, RecordState.REFUSED)
AT_RECIPIENT: Final = (RecordState.PARKED, RecordState.HELD, RecordState.APPLIED, RecordState.REFUSED)
