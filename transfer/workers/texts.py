"""Tells applicants by text message what has changed, by day, with growing pauses where the gateway does not answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

import structlog

from transfer.actions.texting import stands, text_to
from transfer.domain.clocks import CHINA
from transfer.domain.whereabouts import where_is
from transfer.ports.texts import Followed, GatewayRefused, GatewayUnavailable, SmsGateway, Text, Texts
from transfer.ports.views import Views
from transfer.ports.work import Context
from transfer.workers.pauses import Pauses

log = structlog.get_logger(__name__)

AT_ONCE: Final = 50
MOST_ATTEMPTS: Final = 20
MORNING: Final = time(8)
EVENING: Final = time(21)


def is_quiet(now: datetime) -> bool:
    """Whether people in China should be left alone: from nine in the evening to eight in the morning."""
    return not MORNING <= now.astimezone(CHINA).time() < EVENING


@dataclass(slots=True, kw_only=True)
class Texter:
    """Any number of processes may tell; one that dies after the gateway took a text sends it again under its id."""

    texts: Texts
    views: Views
    gateway: SmsGateway
    context: Callable[[], Context]
    pauses: Pauses

    async def notice_once(self) -> int:
        """Write what is to be told of cases that changed; gives of how many."""
        changed = await self.texts.changed(limit=AT_ONCE)
        for one in changed:
            await self._notice(one)
        return len(changed)

    async def send_once(self) -> int:
        """Send what is due; gives how many texts the gateway took or refused."""
        context = self.context()
        if is_quiet(context.now):
            return 0
        return sum([await self._send(text, context.now) for text in await self.texts.due(limit=AT_ONCE)])

    async def _notice(self, followed: Followed) -> None:
        context, known = self.context(), await self.views.case(followed.case)
        if known is None:
            return
        where = where_is(known.case, followed.applicant)
        phone = next((one.phone for one in known.case.applicants if one.id == followed.applicant), None)
        text = None
        if phone and where.told != followed.told:
            words = stands(where, context.directory, context.region)
            text = await text_to(phone, words, id_=context.new_id())
        await self.texts.tell(followed, where.told, text)

    async def _send(self, text: Text, now: datetime) -> bool:
        try:
            await self.gateway.send(text)
        except GatewayUnavailable as error:
            log.warning("text_not_sent", text=str(text.id), reason=str(error), attempts=text.attempts)
            if text.attempts + 1 >= MOST_ATTEMPTS:
                await self.texts.end(text, "given_up")
            else:
                await self.texts.put_off(text, now + self.pauses.after(text.attempts))
            return False
        except GatewayRefused as error:
            log.warning("text_refused", text=str(text.id), reason=str(error))
            await self.texts.end(text, "refused")
            return True
        await self.texts.end(text, "sent")
        return True
