"""The quarantine for people: operators see why and where, replay and put away; liaisons see what it says."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Final
from uuid import uuid4

from pydantic import Field, ValidationError

from transfer.domain.rights import Right
from transfer.handlers.replay import NotInQuarantine
from transfer.messages.codes import RefusalCode
from transfer.records import Dismissal, QuarantineLine, TimeKey
from transfer.web.answers import Reply
from transfer.web.conditions import key_in
from transfer.web.cursors import time_cursor, time_key
from transfer.web.lists import cut
from transfer.web.pages import entry_words, words
from transfer.web.pages.places import region_name
from transfer.web.pages.rendering import UNPROCESSABLE, language, page, see_other
from transfer.web.quarantine import DismissBody, VerdictBody, dismiss_quarantined, replay_quarantined
from transfer.web.queries import Query
from transfer.web.route import Ask
from transfer.web.wording import Wording

LINES: Final = 50
SHOWN: Final = 64 * 1024
"""Characters of a content that are shown at most."""
_MEND: Final = Wording(
    zh="先消除原因（升级本节点、名录、密钥，或者由发件地区重发），再重新处理。",
    en="Remove the cause (upgrade this node, the directory, the keys, or have it sent again), then take it in again.",
)
_ATTACK: Final = Wording(
    zh="签名或者内容不符：联系发件地区核对，可能有人伪造。不要反复重试。",
    en="Signature or content do not fit: ask the sender what it sent; it may be forged. Trying again does not help.",
)
_SENDER: Final = Wording(
    zh="发件地区须更正后另发一条消息；重新处理仍会被拒绝。",
    en="The sender has to correct it and send another message; a replay is refused again.",
)
_CURES: Final[Mapping[RefusalCode, Wording]] = {
    RefusalCode.BAD_SIGNATURE: _ATTACK,
    RefusalCode.ATTRIBUTES_DIFFER: _ATTACK,
    RefusalCode.SENDER_MISMATCH: _ATTACK,
    RefusalCode.CONTENT_CONFLICT: _ATTACK,
    RefusalCode.REVOKED_SIGNER: _ATTACK,
    RefusalCode.UNREADABLE: _SENDER,
    RefusalCode.TOO_LARGE: _SENDER,
    RefusalCode.SCHEMA_VIOLATED: _SENDER,
    RefusalCode.WRONG_RECIPIENT: _SENDER,
    RefusalCode.ILLEGAL_STEP: _SENDER,
}


class QuarantineQuery(Query):
    """Which page of it."""

    cursor: Annotated[str | None, Field(min_length=1, max_length=400)] = None


def cure(code: RefusalCode) -> Wording:
    """What is to be done about it."""
    return _CURES.get(code, _MEND)


async def outlines(ask: Ask) -> Reply:
    """What was not applied, newest first, without what it says."""
    query: QuarantineQuery = ask.query
    found = await ask.parts.views.quarantine(applied=None, after=time_key(query.cursor), limit=LINES + 1)
    items, last = cut(found, LINES)
    following = time_cursor(TimeKey(at=last.at, id=last.id)) if last else None
    return _page(ask, "operator/quarantine.html", count=len(items), items=items, next=following)


async def outline(ask: Ask) -> Reply:
    """Why one of them was not applied, without what it says."""
    return _one(ask, (await _held(ask))[0])


async def content(ask: Ask) -> Reply:
    """One of them with what it says."""
    line, body = await _held(ask)
    return _one(ask, line, said=_readable(body))


async def replay(ask: Ask) -> Reply:
    """Takes it in again, and says what became of it. The form that is sent twice is carried out once."""
    answered = await replay_quarantined(replace(ask, key=key_in(ask.form.get("key")), digest=_digest(ask, {})))
    verdict = VerdictBody.model_validate_json(answered.body)
    return _one(ask, (await _held(ask))[0], verdict=verdict)


async def put_away(ask: Ask) -> Reply:
    """Says that it needs nothing more, once for a form; or shows the form again."""
    given = {name: value for name in ("reason", "remark") if (value := ask.form.get(name, "").strip())}
    try:
        body = DismissBody.model_validate(given)
    except ValidationError as error:
        wrong = frozenset(str(one["loc"][0]) for one in error.errors())
        return _one(ask, (await _held(ask))[0], wrong=wrong)
    await dismiss_quarantined(replace(ask, body=body, key=key_in(ask.form.get("key")), digest=_digest(ask, given)))
    return see_other(f"/operations/quarantine/{ask.id('entry')}")


def _digest(ask: Ask, given: Mapping[str, str]) -> str:
    """Of what a form asks for, so that its key is not used for anything else."""
    return f"sha256:{hashlib.sha256(f'POST {ask.path} {json.dumps(given)}'.encode()).hexdigest()}"


async def _held(ask: Ask) -> tuple[QuarantineLine, bytes]:
    found = await ask.parts.views.quarantined(ask.id("entry"))
    if found is None:
        raise NotInQuarantine(entry=ask.id("entry"))
    return found


def _one(
    ask: Ask,
    line: QuarantineLine,
    *,
    said: str | None = None,
    verdict: VerdictBody | None = None,
    wrong: frozenset[str] = frozenset(),
) -> Reply:
    return _page(
        ask,
        "operator/quarantined.html",
        status=UNPROCESSABLE if wrong else 200,
        reasons=Dismissal,
        wrong=wrong,
        one=line,
        said=said,
        verdict=verdict,
        verdict_said=entry_words.coded(verdict.verdict) if verdict else None,
        key=uuid4(),
        key_away=uuid4(),
        may_replay=ask.who.may(Right.OPERATE),
    )


def _page(ask: Ask, template: str, **values: Any) -> Reply:  # noqa: ANN401 - what the template shows
    """With what is said alike of all: where it lies depends on whether contents may be read here."""
    spoken, directory = language(ask), ask.parts.directory
    return page(
        ask,
        template,
        root="/quarantine" if ask.path.startswith("/quarantine") else "/operations/quarantine",
        cure=cure,
        words=words,
        place=lambda code: region_name(directory, code, spoken),
        **values,
    )


def _readable(body: bytes) -> str:
    """The bytes as a text: JSON laid out, anything else as far as it is UTF-8."""
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        text = body.decode(errors="replace")
    return text[:SHOWN]
