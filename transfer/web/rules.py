"""The rules of the law that are in force, with their sources."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from transfer.domain.clocks import legal_day
from transfer.law.rules import Rule, WorkYear
from transfer.messages.case import RuleCode
from transfer.web import queries
from transfer.web.answers import Reply, reply
from transfer.web.case_body import Body
from transfer.web.route import Ask


class RuleBody(Body):
    """A rule that holds there on that day."""

    kind: Annotated[str, Field(description="the list of the rule set in which it stands", examples=["terms"])]
    code: RuleCode
    zh: str
    en: str
    source: Annotated[str, Field(description="where it stands, as it may be printed")]
    confirmed: Annotated[bool, Field(description="whether somebody has read it in a public text")]
    regions: Annotated[tuple[str, ...], Field(description="for which it is made; none means the country")]
    valid_from: date
    valid_until: date | None
    says: Annotated[dict[str, Any], Field(description="what it lays down, by the names of the rule set")]


class RulesInForce(Body):
    """The rules that hold in a region on a day, and the years of the work calendar."""

    version: Annotated[str, Field(description="as clocks carry it: the release's set, and after + the one loaded last")]
    region: str
    day: date
    items: tuple[RuleBody, ...]
    years: Annotated[tuple[int, ...], Field(description="of which it is known which days are worked")]
    notices: Annotated[tuple[WorkYear, ...], Field(description="the years that a rule set names")]


async def rules(ask: Ask) -> Reply:
    """What is in force."""
    query: queries.RulesQuery = ask.query
    context = ask.parts.context()
    region, day = query.region or context.region, query.on or legal_day(context.now)
    found = context.rules.in_force(region, day)
    return reply(
        RulesInForce(
            version=context.rules.version,
            region=region,
            day=day,
            items=tuple(_body(kind, rule) for kind, held in found.items() for rule in held),
            years=context.rules.years(),
            notices=context.rules.rules.years,
        )
    )


def _body(kind: str, rule: Rule) -> RuleBody:
    return RuleBody(
        kind=kind,
        code=rule.code,
        zh=rule.zh,
        en=rule.en,
        source=rule.source.printed,
        confirmed=rule.source.confirmed,
        regions=rule.regions,
        valid_from=rule.valid_from,
        valid_until=rule.valid_until,
        says=dict(rule.says),
    )
