"""What an entry of the ledger says is said in words."""

from uuid import UUID

from tests.logbook import LONG_AGO
from transfer.ledger.entry import Entry, Kind
from transfer.records import Dismissal
from transfer.web.pages.entry_words import what_of


def test_a_message_that_was_put_away_is_said_with_its_reason() -> None:
    for why in Dismissal:
        facts = {"quarantine": str(UUID(int=1)), "verdict": "dismissed", "reason": why.value}
        said = what_of(Entry(id=UUID(int=2), at=LONG_AGO, kind=Kind.REPLAYED, facts=facts))
        assert [(one.zh, one.en) for one in said] == [("不再办理", "put away"), (why.zh, why.en)]
