"""What the gateway for text messages tells: that somebody wants no more of them."""

import asyncio
from datetime import timedelta
from typing import Annotated, Final

from pydantic import Field

from transfer.actions.texting import mark_of
from transfer.crypto.codes import is_signed
from transfer.domain.rights import Anyone
from transfer.web.answers import Reply, reply
from transfer.web.case_body import Body
from transfer.web.faults import ReplyUnsigned
from transfer.web.route import Ask, Route, Tag

STOPS: Final = frozenset({"TD", "T", "N", "退订", "STOP", "UNSUBSCRIBE"})
RECENT: Final = timedelta(minutes=10)


class SmsReply(Body):
    """A text that came back; ``signature`` is the HMAC-SHA-256 over at, phone and text, each on a line of its own."""

    at: Annotated[str, Field(pattern=r"^[0-9]{1,12}$", description="seconds since 1970")]
    phone: Annotated[str, Field(pattern=r"^[0-9+ -]{5,20}$")]
    text: Annotated[str, Field(max_length=1000)]
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ReplyTaken(Body):
    """What the reply has done."""

    stopped: Annotated[bool, Field(description="the number gets no more text messages")]


async def reply_came(ask: Ask) -> Reply:
    """Whoever answers TD is texted no more; other answers are read by nobody. Raises ReplyUnsigned."""
    came: SmsReply = ask.body
    file = ask.parts.settings.sms_secret_file
    secret = (await asyncio.to_thread(file.read_text, "utf-8")).strip() if file is not None else ""
    fresh = abs(ask.parts.clock().timestamp() - int(came.at)) <= RECENT.total_seconds()
    if not secret or not fresh or not is_signed(came.signature, secret, came.at, came.phone, came.text):
        raise ReplyUnsigned
    stopped = came.text.strip().upper() in STOPS
    if stopped:
        await ask.parts.texts.opt(await mark_of(came.phone), out=True)
    return reply(ReplyTaken(stopped=stopped))


SMS_ROUTES: Final = (
    Route(
        method="POST",
        path="/v1/sms/replies",
        right=Anyone.EVERYBODY,
        handler=reply_came,
        zh="短信网关回传的回复；TD 或者退订表示不再接收",
        en="A reply that the gateway for text messages passes on; TD means no more of them",
        tag=Tag.NODE,
        takes=SmsReply,
        gives=ReplyTaken,
        problems=(ReplyUnsigned,),
    ),
)
