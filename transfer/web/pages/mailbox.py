"""The box of what people sent: read, sent back with what is missing, or entered by the commands of the API."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from pydantic_core import from_json, to_json

from transfer.actions.buttons import BUTTONS, OWN_BUTTONS
from transfer.actions.commands import AnswerNotice, OpenCase, Supplement, Withdraw
from transfer.actions.texting import sent_back
from transfer.crypto.codes import new_code
from transfer.domain.case import Case, Transfer
from transfer.domain.lifecycle import Step
from transfer.domain.supplement import concerned, waiting
from transfer.messages.codes import AidForm, IdentityKind, IntakeChannel, MaterialKind, Matter
from transfer.ports.mailbox import Mail, MailKind, MailState, NoSuchMail
from transfer.web.answers import Reply
from transfer.web.case_body import known_case
from transfer.web.commanding import open_case, own_step, step
from transfer.web.pages.applying import UNPROCESSABLE, centre, code_shown, text_for
from transfer.web.pages.labels import name_said
from transfer.web.pages.photos import materials
from transfer.web.pages.questions import fen
from transfer.web.pages.rendering import language, page, see_other
from transfer.web.pages.sending import NOTHING_WRONG, Wrong, sent, understood, with_person
from transfer.web.pages.visits import hashed, marks
from transfer.web.route import Ask, Handler

A_PAGE: Final = 50
FORMS: Final = (AidForm.LABOUR_ARBITRATION, AidForm.NON_LITIGATION, AidForm.LITIGATION, AidForm.DRAFTING)
LONGEST: Final = 2000


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
    found = await _waiting(ask)
    remark, by = ask.form.get("remark", "").strip()[:LONGEST], _by(ask)
    if not remark or not by:
        return await _letter(ask, found, {"remark": "" if remark else "missing", "by": "" if by else "missing"})
    text = await text_for(ask, found.answers.get("phone", ""), sent_back(centre(ask)))
    await ask.parts.mailbox.send_back(found, remark, by=by, text=text)
    return see_other("/mailbox")


async def take(ask: Ask) -> Reply:
    """Into a case: a new one, or the one that it is about."""
    found = await _waiting(ask)
    known = await ask.parts.views.case(found.case) if found.case is not None else None
    case = known.case if known is not None else None
    if found.kind is MailKind.APPLICATION:
        outcome = await _taken(ask, found, OpenCase, open_case, _opening(ask, found))
    elif case is None:
        raise NoSuchMail
    elif "entered" in ask.form:
        outcome = None
    elif found.kind is MailKind.WITHDRAWAL:
        handler = own_step(OWN_BUTTONS["withdrawals"])
        values = {"applicants": [found.applicant]}
        outcome = await _taken(_named(ask, case=case.id), found, Withdraw, handler, values)
    else:
        outcome = await _supplied(ask, found, case)
    if isinstance(outcome, Wrong):
        return await _letter(ask, found, {**outcome.fields, "whole": outcome.whole}, status=outcome.status)
    where, applicant = (case.id, found.applicant) if case is not None else _opened(outcome)
    await ask.parts.mailbox.close(found, by=_by(ask), case=where, applicant=applicant)
    return see_other(f"/cases/{where}")


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


async def _waiting(ask: Ask) -> Mail:
    found = await ask.parts.mailbox.find(ask.id("mail"))
    if found.state is not MailState.SENT:
        raise NoSuchMail
    return found


async def _letter(ask: Ask, found: Mail, wrong: dict[str, str], *, status: int | None = None) -> Reply:
    known = await ask.parts.views.case(found.case) if found.case is not None else None
    return page(
        ask,
        "worker/read.html",
        status=status or (UNPROCESSABLE if wrong else 200),
        letter=found,
        answers=found.answers,
        case=known.case if known is not None else None,
        matters=tuple(Matter),
        forms=FORMS,
        home=ask.parts.directory.by_code.get(found.answers.get("home", "")),
        wrong=wrong,
        centre=centre(ask),
        given_at=datetime.fromisoformat(consent["at"]) if (consent := found.answers.get("consent")) else None,
        kind_of=MaterialKind,
        label_said=lambda name: name_said(name, language(ask)),
    )


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
    """The application as the clerk takes it in: what was answered, and what the clerk chose."""
    said = {name: value for name, value in found.answers.items() if value}
    number = said.get("identity")
    amount = said.get("amount")
    return {
        "matter": ask.form.get("matter", ""),
        "aid_form": ask.form.get("aid_form", ""),
        "facts": said["story"],
        "claim": said["claim"],
        "channel": IntakeChannel.ONLINE,
        "received_at": found.changed_at,
        "opponents": [
            {
                "name": said["employer"],
                "phone": said.get("employer_phone"),
                "address": said.get("employer_address"),
            }
        ],
        "materials": materials(found.answers),
        "applicants": [
            {
                "name": said["name"],
                "identity": {"kind": IdentityKind.RESIDENT_ID, "number": number}
                if number
                else {"kind": IdentityKind.NONE},
                "phone": said["phone"],
                "household_region": said.get("home"),
                "claimed": fen(amount) if amount else None,
            }
        ],
    }


def _opened(outcome: Reply | None) -> tuple[UUID, UUID]:
    if outcome is None:
        raise AssertionError("an application is taken in by a command")
    case = from_json(outcome.body)
    return UUID(case["id"]), UUID(case["applicants"][0]["id"])
