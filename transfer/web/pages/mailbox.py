"""The box of what people sent: read, sent back with what is missing, taken in as a draft, or entered in its case."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from pydantic_core import from_json, to_json

from transfer.actions.buttons import BUTTONS, OWN_BUTTONS
from transfer.actions.commands import AnswerNotice, Supplement, Withdraw
from transfer.actions.texting import sent_back
from transfer.crypto.codes import new_code
from transfer.domain.case import Case, Transfer
from transfer.domain.lifecycle import UNDECIDED, Step
from transfer.domain.supplement import concerned, waiting
from transfer.messages.codes import IdentityKind, IntakeChannel, MaterialKind
from transfer.ports.drafts import Draft
from transfer.ports.mailbox import Mail, MailKind, MailState, NoSuchMail
from transfer.web.answers import Reply
from transfer.web.case_body import known_case
from transfer.web.commanding import own_step, step
from transfer.web.pages import drafts
from transfer.web.pages.applying import centre, code_shown, text_for
from transfer.web.pages.labels import name_said
from transfer.web.pages.photos import materials
from transfer.web.pages.questions import fen
from transfer.web.pages.rendering import UNPROCESSABLE, language, page, see_other
from transfer.web.pages.sending import NOTHING_WRONG, Wrong, sent, understood, with_person
from transfer.web.pages.visits import hashed, marks
from transfer.web.route import Ask, Handler

A_PAGE: Final = 50
LONGEST: Final = 2000
CONFLICT: Final = 409


async def box(ask: Ask) -> Reply:
    """What waits, the oldest first."""
    after = UUID(ask.query.after) if ask.query.after else None
    found = await ask.parts.mailbox.waiting(after=after, limit=A_PAGE + 1)
    shown = found[:A_PAGE]
    onward = shown[-1].id if len(found) > A_PAGE else None
    return replace(page(ask, "worker/mailbox.html", letters=shown, onward=onward), count=len(shown))


async def letter(ask: Ask) -> Reply:
    """One letter, whole."""
    return await _letter(ask, await ask.parts.mailbox.find(ask.id("mail")), {})


async def back(ask: Ask) -> Reply:
    """To its writer, with what is missing."""
    found = await ask.parts.mailbox.find(ask.id("mail"))
    if found.state is not MailState.SENT:
        return await _letter(ask, found, {}, status=CONFLICT)
    remark, by = ask.form.get("remark", "").strip()[:LONGEST], _by(ask)
    if not remark or not by:
        return await _letter(ask, found, {"remark": "" if remark else "missing", "by": "" if by else "missing"})
    text = await text_for(ask, found.answers.get("phone", ""), sent_back(centre(ask)))
    await ask.parts.mailbox.send_back(found, remark, by=by, text=text)
    await ask.parts.drafts.remove(found.id)
    return see_other("/mailbox")


async def take(ask: Ask) -> Reply:
    """An application into a draft of whoever takes it in; what came later into the case that it is about."""
    found = await ask.parts.mailbox.find(ask.id("mail"))
    if found.state is not MailState.SENT:
        return await _letter(ask, found, {}, status=CONFLICT)
    if found.kind is MailKind.APPLICATION:
        return await _begun(ask, found)
    known = await ask.parts.views.case(found.case) if found.case is not None else None
    if known is None:
        raise NoSuchMail
    case, outcome = known.case, None
    if "entered" not in ask.form and found.kind is MailKind.WITHDRAWAL:
        handler = own_step(OWN_BUTTONS["withdrawals"])
        values = {"applicants": [found.applicant]}
        outcome = await _taken(_named(ask, case=case.id), found, Withdraw, handler, values)
    elif "entered" not in ask.form:
        outcome = await _supplied(ask, found, case)
    if isinstance(outcome, Wrong):
        return await _letter(ask, found, {**outcome.fields, "whole": outcome.whole}, status=outcome.status)
    await ask.parts.mailbox.close(found, by=_by(ask), case=case.id, applicant=found.applicant)
    return see_other(f"/cases/{case.id}")


async def taken(ask: Ask, draft: Draft, outcome: Reply) -> None:
    """The letter behind a draft that has become a case, if there is one that still waits, is dealt with. Its code is
    its writer's, and of no other applicant's if that person was taken out."""
    with suppress(NoSuchMail):
        letter = await ask.parts.mailbox.find(draft.id)
        case, by = from_json(outcome.body), with_person(dict(draft.content), ask)["by"]
        writer = next((letter.id for one in case["applicants"] if one["id"] == str(letter.id)), None)
        await ask.parts.mailbox.close(letter, by=by, case=UUID(case["id"]), applicant=writer)


async def code_asked(ask: Ask) -> Reply:
    """For whom a code is to be made, of a case that was taken in at the window."""
    known = await known_case(ask)
    return page(ask, "worker/give_code.html", case=known.case, wrong="")


async def code_given(ask: Ask) -> Reply:
    """A slip with the code, shown this once; an older code of the same person is no longer good."""
    known = await known_case(ask)
    chosen = next((one for one in known.case.active if str(one.id) == ask.form.get("applicant")), None)
    if chosen is None:
        return page(ask, "worker/give_code.html", status=UNPROCESSABLE, case=known.case, wrong="choose")
    code = new_code()
    kept = await hashed(code)
    facts = marks(kept, (chosen.phone, chosen.identity.number))
    if not facts:
        return page(ask, "worker/give_code.html", status=UNPROCESSABLE, case=known.case, wrong="fact")
    await ask.parts.mailbox.issue(kept.key, facts, case=known.case.id, applicant=chosen.id)
    return page(ask, "worker/slip.html", centre=centre(ask), case=known.case, **code_shown(ask, code))


async def _begun(ask: Ask, found: Mail) -> Reply:
    """The draft has the letter's id, so there is one however often it is begun; a colleague's changes hands only when
    that is wanted."""
    draft = await ask.parts.drafts.of_anyone(found.id)
    if draft is None:
        await drafts.start(ask, found.id, _opening(ask, found))
    elif draft.account != ask.who.account:
        if "over" not in ask.form:
            return await _letter(ask, found, {}, status=CONFLICT)
        await ask.parts.drafts.keep(replace(draft, account=ask.who.account, changed_at=ask.parts.clock()))
    return see_other(f"/intake/{found.id}/who")


async def _letter(ask: Ask, found: Mail, wrong: dict[str, str], *, status: int | None = None) -> Reply:
    known = await ask.parts.views.case(found.case) if found.case is not None else None
    draft = await ask.parts.drafts.of_anyone(found.id)
    return page(
        ask,
        "worker/read.html",
        status=status or (UNPROCESSABLE if wrong else 200),
        letter=found,
        answers=found.answers,
        case=known.case if known is not None else None,
        draft=draft,
        decided=known is not None and known.case.stage.stage not in UNDECIDED,
        by=await _taker(ask, found, draft),
        home=ask.parts.directory.by_code.get(found.answers.get("home", "")),
        wrong=wrong,
        centre=centre(ask),
        given_at=datetime.fromisoformat(consent["at"]) if (consent := found.answers.get("consent")) else None,
        kind_of=MaterialKind,
        label_said=lambda name: name_said(name, language(ask)),
    )


async def _taker(ask: Ask, found: Mail, draft: Draft | None) -> str:
    """Who else has begun to take the application in, or who has taken it in."""
    if found.kind is MailKind.APPLICATION and found.case is not None:
        history = await ask.parts.views.history(found.case, after=None, limit=1)
        return history[0].by if history else ""
    if draft is None or draft.account in {None, ask.who.account}:
        return ""
    return (await ask.parts.roll.get(draft.account)).name


def _by(ask: Ask) -> str:
    return ask.form.get("by", "").strip() if ask.who.unbound else ask.who.name


def _person(ask: Ask) -> dict[str, Any]:
    return with_person({"by": _by(ask), "institution": centre(ask).code}, ask)


def _named(ask: Ask, **ids: UUID) -> Ask:
    """As if the API had been asked about these."""
    return replace(ask, named={name: str(one) for name, one in ids.items()})


async def _taken(
    ask: Ask, found: Mail, command: type[BaseModel], handler: Handler, values: dict[str, Any]
) -> Reply | Wrong:
    """What the API answers to this command; the letter's id as key makes it one case however often it is sent."""
    body = understood(command, from_json(to_json(values | _person(ask))), language(ask))
    if isinstance(body, Wrong):
        return body
    return await sent(ask, handler, body, version=None, key=f"mail-{found.id}")


async def _supplied(ask: Ask, found: Mail, case: Case) -> Reply | Wrong:
    """Every item that concerns this person is answered by the same words and papers."""
    asked = waiting(case)
    notice = asked.notice if isinstance(asked, Transfer) else asked
    if notice is None or found.applicant not in concerned(notice, case):
        return replace(NOTHING_WRONG, whole="none", status=409)
    said = found.answers.get("note") or "见所附材料"
    mine = [one for one in notice.items if one.applicant in (None, found.applicant)]
    values = {
        "answers": [{"applicant": one.applicant, "defect": one.defect, "answer": said} for one in mine],
        "materials": materials(found.answers),
    }
    if isinstance(asked, Transfer):
        handler = step(BUTTONS[Step.SUPPLEMENT], "transfer")
        return await _taken(_named(ask, case=case.id, transfer=asked.id), found, Supplement, handler, values)
    handler = own_step(OWN_BUTTONS["notice/answer"])
    return await _taken(_named(ask, case=case.id), found, AnswerNotice, handler, values)


def _opening(ask: Ask, found: Mail) -> dict[str, Any]:
    """What was answered, where the pages of taking in ask for it; the writer goes by the letter's id."""
    said = {name: value for name, value in found.answers.items() if value}
    person = {"id": found.id, "name": said["name"], "phone": said["phone"]}
    number = {"number": said["identity"]} if "identity" in said else {}
    person["identity"] = {"kind": IdentityKind.RESIDENT_ID if number else IdentityKind.NONE} | number
    if "home" in said:
        person["household_region"] = said["home"]
    if "amount" in said:
        person["claimed"] = fen(said["amount"])
    opponent = {"name": said["employer"]} | {
        name: said[f"employer_{name}"] for name in ("phone", "address") if f"employer_{name}" in said
    }
    content = {
        "institution": centre(ask).code,
        "channel": IntakeChannel.ONLINE,
        "applicants": [person],
        "matter": said["matter"],
        "facts": said["story"],
        "claim": said["claim"],
        "opponents": [opponent],
        "received_at": found.changed_at,
        "materials": [one.model_dump(mode="json", exclude_none=True) for one in materials(found.answers)],
    }
    return dict(from_json(to_json(content)))
