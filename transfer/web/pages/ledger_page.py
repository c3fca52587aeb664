"""The ledger as a whole, for auditors: checkpoints and who cosigned them, other regions, erasures, how to verify."""

from typing import Final
from uuid import UUID

from transfer.actions.auditing import Sought
from transfer.ledger.entry import Kind
from transfer.web.answers import Reply
from transfer.web.checkpoints import listed
from transfer.web.pages import entry_words
from transfer.web.pages.places import region_name
from transfer.web.pages.rendering import language, page
from transfer.web.route import Ask

_NOTES: Final = 10


async def ledger(ask: Ask) -> Reply:
    """How the ledger stands; it names no person."""
    parts = ask.parts
    found = await listed(parts.checkpoints, parts.settings.region, parts.directory)
    every = Sought(first=UUID(int=0), last=UUID(int=2**128 - 1), kind=Kind.ERASED)
    erased = await parts.audit.entries(every)
    return page(
        ask,
        "audit/ledger.html",
        size=await parts.audit.reading.size(),
        found=found,
        shown=_NOTES,
        erased=erased.entries,
        place=lambda code: region_name(parts.directory, code, language(ask)),
        kinds=entry_words.KINDS,
        facts=entry_words.FACTS,
    )
