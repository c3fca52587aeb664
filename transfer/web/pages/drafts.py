"""Drafts of applications: begun here or by what came over the net, shown to their account alone."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from transfer.ports.drafts import Draft, DraftKind
from transfer.web.answers import Reply
from transfer.web.faults import NotFound
from transfer.web.pages.rendering import page, see_other
from transfer.web.route import Ask

_SHOWN: Final = 50


async def start(ask: Ask, id_: UUID, values: Mapping[str, Any], kind: DraftKind = DraftKind.PERSONS) -> None:
    """A draft of whoever asks, filled with these values as the API would take them."""
    now = ask.parts.clock()
    draft = Draft(id=id_, kind=kind, account=ask.who.account, content=values, made_at=now, changed_at=now)
    await ask.parts.drafts.keep(draft)


async def found(ask: Ask) -> Draft:
    """The draft that the path names; raises NotFound, also for somebody else's."""
    draft = await ask.parts.drafts.find(ask.id("draft"), ask.who.account)
    if draft is None:
        raise NotFound
    return draft


async def kept(ask: Ask, draft: Draft, content: Mapping[str, Any]) -> Draft:
    """The draft with this content."""
    changed = replace(draft, content=content, changed_at=ask.parts.clock())
    await ask.parts.drafts.keep(changed)
    return changed


async def listed(ask: Ask) -> Reply:
    """What was begun, and how to begin."""
    kind = DraftKind.GROUP if ask.path == "/groups" else DraftKind.PERSONS
    mine = await ask.parts.drafts.of(ask.who.account, limit=_SHOWN)
    return page(ask, "forms/drafts.html", kind=kind, drafts=[one for one in mine if one.kind is kind])


async def begin(ask: Ask) -> Reply:
    """An empty draft."""
    kind = DraftKind.GROUP if ask.path == "/groups" else DraftKind.PERSONS
    draft = ask.parts.context().new_id()
    await start(ask, draft, {}, kind)
    return see_other(f"/intake/{draft}/{'sheet' if kind is DraftKind.GROUP else 'who'}")


async def drop(ask: Ask) -> Reply:
    """It is not wanted any more."""
    draft = await found(ask)
    await ask.parts.drafts.remove(draft.id)
    return see_other("/groups" if draft.kind is DraftKind.GROUP else "/intake")
