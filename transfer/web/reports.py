"""Reports: how two regions work together, in figures."""

from transfer.domain.clocks import legal_day
from transfer.domain.reporting import PairReport, pair_report
from transfer.web import queries
from transfer.web.answers import Reply, reply
from transfer.web.faults import InvalidQuery
from transfer.web.route import Ask


async def pairs(ask: Ask) -> Reply:
    """The pairs of this region with others in a period; raises InvalidQuery."""
    return reply(await report_of(ask, ask.query))


async def report_of(ask: Ask, query: queries.PairsQuery) -> PairReport:
    """What is asked for, as of today; raises InvalidQuery."""
    today = legal_day(ask.parts.clock())
    until = query.until or today
    if until < query.since:
        raise InvalidQuery([{"parameter": "until", "message": "The period ends before it begins"}])
    offers = await ask.parts.views.offered(query.since, until, query.peer)
    requests = await ask.parts.views.asked(query.since, until, query.peer)
    return pair_report(offers, requests, since=query.since, until=until, as_of=today)
