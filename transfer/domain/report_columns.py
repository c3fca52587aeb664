"""The figures of a pair as columns of a table, with their headings in both languages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from transfer.domain.reporting import TERM, PairFigures
from transfer.messages.codes import DisputeGround
from transfer.messages.codes_evidence import DeclineReason
from transfer.messages.codes_handling import RefusalReason

Figure = int | float | str | None


@dataclass(frozen=True, slots=True)
class Column:
    """One figure; ``is_share`` is to be shown per cent."""

    zh: str
    en: str
    of: Callable[[PairFigures], Figure]
    is_share: bool = False


def _reasons(codes: type[DisputeGround | DeclineReason | RefusalReason], counted: Mapping[str, int]) -> str:
    """With their wordings; a code of a later release stands for itself."""
    words = {code.value: code.zh for code in codes}
    return "；".join(f"{words.get(code, code)} {number}" for code, number in counted.items())


OFFER_COLUMNS: Final = (
    Column("转交发出", "transfers sent", lambda pair: pair.offers.sent),
    Column("受理", "accepted", lambda pair: pair.offers.accepted),
    Column(f"{TERM}日内受理比例", f"accepted in {TERM} days", lambda pair: pair.offers.share_in_term, is_share=True),
    Column("答复天数（中位数）", "days to answer, median", lambda pair: pair.offers.days_median),
    Column("答复天数（九成以内）", "days to answer, 90 %", lambda pair: pair.offers.days_ninety),
    Column("等待答复", "waiting", lambda pair: pair.offers.waiting),
    Column("撤回", "recalled", lambda pair: pair.offers.recalled),
    Column("管辖争议理由", "grounds of disputes", lambda pair: _reasons(DisputeGround, pair.offers.disputes)),
    Column("不予援助理由", "why aid was refused", lambda pair: _reasons(RefusalReason, pair.offers.refusals)),
    Column(
        "追回金额（元）",
        "recovered, yuan",
        lambda pair: None if pair.offers.recovered_fen is None else pair.offers.recovered_fen / 100,
    ),
)
REQUEST_COLUMNS: Final = (
    Column("协作函发出", "evidence requests sent", lambda pair: pair.requests.sent),
    Column("答复", "answered", lambda pair: pair.requests.answered),
    Column("按期答复比例", "answered by the due day", lambda pair: pair.requests.share_in_time, is_share=True),
    Column("答复天数（中位数）", "days to answer, median", lambda pair: pair.requests.days_median),
    Column("答复天数（九成以内）", "days to answer, 90 %", lambda pair: pair.requests.days_ninety),
    Column("逾期未答", "overdue now", lambda pair: pair.requests.overdue),
    Column("不能协作理由", "reasons of declines", lambda pair: _reasons(DeclineReason, pair.requests.declines)),
    Column("退回补正的协作函", "requests reworked", lambda pair: pair.requests.reworked),
    Column("退回补正比例", "share reworked", lambda pair: pair.requests.share_reworked, is_share=True),
)


@dataclass(frozen=True, slots=True)
class Panel:
    """Bars of one or two figures for each pair, to one scale."""

    zh: str
    en: str
    columns: tuple[Column, ...]


PANELS: Final = (
    Panel("转交", "Transfers", OFFER_COLUMNS[:2]),
    Panel("转交：7日内受理", "Transfers accepted in 7 days", OFFER_COLUMNS[2:3]),
    Panel("转交：答复天数", "Transfers: days to answer", OFFER_COLUMNS[3:5]),
    Panel("协作函", "Evidence requests", REQUEST_COLUMNS[:2]),
    Panel("协作函：按期答复", "Evidence requests answered by the due day", REQUEST_COLUMNS[2:3]),
    Panel("协作函：答复天数", "Evidence requests: days to answer", REQUEST_COLUMNS[3:5]),
)


def shown(column: Column, pair: PairFigures) -> str:
    """The figure as people read it; nothing for what is not known."""
    match column.of(pair):
        case None:
            return ""
        case float() | int() as share if column.is_share:
            return f"{share:.0%}"
        case float() as number:
            return f"{number:,.2f}".rstrip("0").rstrip(".")
        case other:
            return str(other)
