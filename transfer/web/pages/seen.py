"""What of a case a form was filled in by, and what a colleague has changed meanwhile."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from transfer.crypto.directory import Directory
from transfer.domain.case import Case, Transfer
from transfer.domain.clocks import CHINA
from transfer.domain.evidence import EvidenceRequest
from transfer.web.pages import words
from transfer.web.pages.labels import Said
from transfer.web.pages.languages import Language, said
from transfer.web.pages.places import place_name
from transfer.web.route import Ask
from transfer.web.wording import Wording

_LINES: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as it was."""

    what: str
    before: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Who changed something, and when."""

    by: str
    institution: str
    at: datetime


def facts(case: Case, directory: Directory, language: Language) -> dict[str, str]:
    """The case in the words in which a colleague's change is shown."""

    def word(zh: str, en: str) -> str:
        return said(Said(zh, en), language)

    found = {
        word("阶段", "Stage"): said(case.stage.stage, language),
        word("承办机构", "Holder"): place_name(directory, case.holder.institution, language),
        word("紧急程度", "Urgency"): said(case.basics.urgency, language),
        word("申请人", "Applicants"): language.comma.join(
            f"{one.name} ({said(one.status, language)})" for one in case.applicants[:50]
        ),
        word("经济困难条件", "Hardship condition"): language.comma.join(
            f"{one.name}: {said(one.finding.ground, language) if one.finding.ground else '—'}"
            for one in case.applicants[:50]
            if one.finding is not None
        ),
        word("材料", "Papers"): language.comma.join(one.title for one in case.materials[:50]),
        word("补正期限", "Notice: last day"): language.day(case.notice.due_on) if case.notice is not None else "",
        word("地点", "Places"): language.comma.join(
            place_name(directory, one, language) for one in case.basics.named.values()
        ),
        word("保全", "Hold"): said(case.handling.hold.reason, language) if case.handling.hold is not None else "",
        word("回避", "Recused"): language.comma.join(sorted(case.handling.recused)),
        word("办理记录", "Entries"): str(len(case.handling.entries)),
    }
    for transfer in case.transfers:
        found[word("转交", "Transfer") + f" {transfer.letter}"] = _as_of(transfer, words.TRANSFERS, language)
    for request in case.requests:
        found[word("协作函", "Evidence request") + f" {request.letter}"] = _as_of(request, words.REQUESTS, language)
    return found


def as_text(seen: Mapping[str, str]) -> str:
    """As the form keeps it."""
    return json.dumps(seen, ensure_ascii=False, separators=(",", ":"))


def differences(text: str, case: Case, directory: Directory, language: Language) -> tuple[Difference, ...]:
    """Between what the form kept and the case as it is now."""
    try:
        kept = json.loads(text)
    except ValueError:
        kept = {}
    was = {str(name): str(value) for name, value in kept.items()} if isinstance(kept, dict) else {}
    now = facts(case, directory, language)
    return tuple(
        Difference(what=name, before=was.get(name, ""), now=now.get(name, ""))
        for name in dict.fromkeys((*was, *now))
        if was.get(name, "") != now.get(name, "")
    )


async def hands_since(ask: Ask, case: Case, since: str) -> tuple[Hand, ...]:
    """Who has changed the case since the form was shown."""
    try:
        shown = datetime.fromisoformat(since)
    except ValueError:
        return ()
    lines = await ask.parts.views.history(case.id, after=None, limit=_LINES) or ()
    return tuple(
        Hand(by=one.by, institution=one.institution or one.source or "", at=one.at)
        for one in lines
        if shown.tzinfo is not None and one.at > shown
    )


def _as_of(one: Transfer | EvidenceRequest, states: Mapping[str, Wording], language: Language) -> str:
    """How it stands, and since which second, so that no change looks like none."""
    at = one.changed_at.astimezone(CHINA)
    return f"{said(states[one.state], language)}{language.comma}{language.day(at)} {at:%H:%M:%S}"
