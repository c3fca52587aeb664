"""The routes of the ledger's checkpoints."""

from typing import Final

from transfer.domain.rights import Anyone
from transfer.web import checkpoints
from transfer.web.faults import NotFound
from transfer.web.route import Route, Shows, Tag

LEDGER_ROUTES: Final = (
    Route(
        method="GET",
        path="/v1/ledger/checkpoints",
        right=Anyone.SIGNED_IN,
        handler=checkpoints.checkpoints,
        zh="本地区账本的检查点、联署情况及已知的其他地区检查点",
        en="The checkpoints of this node's ledger, who cosigned them, and what is known of others'",
        tag=Tag.NODE,
        shows=Shows.NOTHING,
        gives=checkpoints.CheckpointList,
    ),
    Route(
        method="GET",
        path="/v1/ledger/checkpoint",
        right=Anyone.SIGNED_IN,
        handler=checkpoints.checkpoint,
        zh="最新的检查点及其联署，作为一份签名文本（C2SP）",
        en="The last checkpoint with its cosignatures, as one signed note (C2SP)",
        tag=Tag.NODE,
        shows=Shows.NOTHING,
        gives=None,
        media_type="text/plain",
        problems=(NotFound,),
    ),
)
