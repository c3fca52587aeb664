"""The order of the worklists, and where a page goes on; the indexes of the tables hold the order by need."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, SmallInteger, Table, literal, tuple_

from transfer.records import Order, WorkKey
from transfer.storage.rows import NO_DAY
from transfer.storage.types import Instant


def in_order(
    wanted: Select[Any], of: Table, since: ColumnElement[Any], order: Order, after: WorkKey | None
) -> Select[Any]:
    """The statement in this order, behind that place."""
    by_need = order is Order.NEED
    columns = (of.c.place, of.c.act_by, since, of.c.id) if by_need else (since, of.c.id)
    wanted = wanted.order_by(*columns)
    if after is None:
        return wanted
    age = (literal(after.since, Instant), literal(after.id, of.c.id.type))
    need = (literal(after.place, SmallInteger), literal(after.act_by or NO_DAY, Date))
    return wanted.where(tuple_(*columns) > tuple_(*(need if by_need else ()), *age))


def shown(act_by: date) -> date | None:
    """The day as a line shows it."""
    return None if act_by == NO_DAY else act_by
