"""The read models of how a node stands with each other region, and of what falls due; figures, and no persons."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Select, func, select
from sqlalchemy import case as case_when

from transfer.domain.lifecycle import PAST
from transfer.records import DueCount, Falling, LinkLine
from transfer.storage.engine import reading
from transfer.storage.tables import cases, destinations, evidence_requests, inbox, outbox, receipts_due, transfers
from transfer.storage.views_files import FileViews

NOT_PUBLISHED: Final = outbox.c.published_at.is_(None) & outbox.c.settled_at.is_(None)
NOT_SETTLED: Final = outbox.c.published_at.is_not(None) & outbox.c.settled_at.is_(None)
_ROAD: Final = ("region", "failures", "retry_at", "last_error", "heard_at")
_SOON: Final = (("overdue", None, -1), ("today", 0, 0), ("three_days", 1, 3), ("seven_days", 4, 7), ("later", 8, None))
"""How many days from today each column of figures begins and ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingViews(FileViews):
    """The part of ports.Views that is about links and due days, with that about files."""

    async def links(self, since: datetime) -> Sequence[LinkLine]:
        found: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        sent, received = outbox.c, inbox.c
        asked: Mapping[Select[Any], tuple[str, ...]] = {
            _by(sent.recipient, func.min(sent.created_at)).where(NOT_PUBLISHED): ("waiting", "waits_since"),
            _by(sent.recipient, func.min(sent.published_at)).where(NOT_SETTLED): ("unanswered", "unanswered_since"),
            _by(receipts_due.c.recipient, func.min(receipts_due.c.at)): ("owed", "owed_since"),
            _by(sent.recipient, func.max(sent.created_at)).where(sent.created_at >= since): ("sent", "sent_at"),
            _by(received.source, func.max(received.received_at)).where(received.received_at >= since): (
                "received",
                "received_at",
            ),
        }
        async with reading(self.store.engine) as connection:
            for statement, (count, at) in asked.items():
                for row in await connection.execute(statement):
                    found[row[0]] |= {count: row[1], at: row[2]}
            roads = select(
                *(destinations.c[name] for name in ("region", "failures", "retry_at", "last_error", "heard_at"))
            )
            for row in await connection.execute(roads):
                found[row.region] |= row._asdict()
        return [LinkLine(**{"region": region, **found[region]}) for region in sorted(found)]

    async def falling_due(self, today: date) -> Sequence[DueCount]:
        past = sorted(stage.value for stage in PAST)
        asked = (
            (Falling.CLOCK, cases.c.holder_region, cases.c.due_on, cases, cases.c.stage.not_in(past)),
            (Falling.LIMITATION, cases.c.holder_region, cases.c.limitation_on, cases, cases.c.stage.not_in(past)),
            (Falling.SUPPLEMENT, _receiver(), transfers.c.due_on, transfers, transfers.c.is_open == 1),
            (Falling.REQUEST, evidence_requests.c.peer, evidence_requests.c.due_on, evidence_requests, _OPEN),
        )
        async with reading(self.store.engine) as connection:
            return [
                DueCount(what=what, region=row[0], **dict(zip((name for name, _, _ in _SOON), row[1:], strict=True)))
                for what, region, day, of, condition in asked
                for row in await connection.execute(_counted(region, day, of, today).where(condition))
            ]


_OPEN: Final = evidence_requests.c.is_open == 1


def _receiver() -> ColumnElement[str]:
    return func.substr(transfers.c.receiver, 1, 6)


def _by(region: ColumnElement[Any], at: ColumnElement[Any]) -> Select[Any]:
    return select(region, func.count(), at).group_by(region)


def _counted(region: ColumnElement[Any], day: ColumnElement[Any], of: FromClause, today: date) -> Select[Any]:
    """How many fall due in each span of days, by region."""
    spans = []
    for _, first, last in _SOON:
        within = []
        if first is not None:
            within.append(day >= today + timedelta(days=first))
        if last is not None:
            within.append(day <= today + timedelta(days=last))
        whole = within[0] & within[1] if len(within) > 1 else within[0]
        spans.append(func.sum(case_when((whole, 1), else_=0)))
    return select(region, *spans).select_from(of).where(day.is_not(None)).group_by(region).order_by(region)
