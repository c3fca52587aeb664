"""What comparing the records of messages with other regions has shown, in words."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from transfer.ledger.differences import CURES
from transfer.messages.codes import Hop
from transfer.records import DifferenceLine, ReconciliationLine
from transfer.web import queries
from transfer.web.answers import Reply, reply
from transfer.web.case_body import Body
from transfer.web.route import Ask


class DifferenceBody(DifferenceLine):
    """A message in which the records differ, and what is to be done."""

    zh: str
    en: str
    hop: Annotated[Hop, Field(description="where on its way the message met this")]
    cure_zh: str
    cure_en: str
    heals: Annotated[bool, Field(description="it heals by itself")]


class ReconciliationBody(Body):
    """The comparison of one period with one region."""

    region: str
    since: datetime
    until: Annotated[datetime, Field(description="messages made before it")]
    asked_at: datetime
    answered_at: Annotated[datetime | None, Field(description="null while the answer is waited for")]
    alike: Annotated[bool | None, Field(description="null while the answer is waited for")]
    found: Annotated[int, Field(description="messages in which the records differ")]
    differences: Annotated[tuple[DifferenceBody, ...], Field(description="the first thousand of them")]


class ReconciliationList(Body):
    """The latest periods first."""

    items: tuple[ReconciliationBody, ...]


async def reconciliations(ask: Ask) -> Reply:
    """The comparisons, latest first."""
    query: queries.ReconciliationsQuery = ask.query
    found = await ask.parts.views.reconciliations(query.region, limit=query.limit)
    return reply(ReconciliationList(items=tuple(body_of(one) for one in found)))


def body_of(line: ReconciliationLine) -> ReconciliationBody:
    """The comparison in words."""
    told = dict(line) | {"differences": tuple(_difference(one) for one in line.differences)}
    return ReconciliationBody(**told, alike=line.alike)


def _difference(line: DifferenceLine) -> DifferenceBody:
    code, cure = line.difference, CURES[line.difference]
    words = {"zh": code.zh, "en": code.en, "cure_zh": cure.zh, "cure_en": cure.en}
    return DifferenceBody(**dict(line), **words, hop=cure.hop, heals=cure.heals)
