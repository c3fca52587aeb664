"""Where is my case: without an account, by a code and a second fact; what is missing is handed in here."""

from typing import Final
from uuid import UUID

from transfer.actions.notebook import was_read
from transfer.actions.texting import mark_of
from transfer.crypto.codes import read_code
from transfer.domain.whereabouts import Where, where_is
from transfer.ports.mailbox import Mail, MailKind, MailState
from transfer.records import KnownCase
from transfer.web.answers import Reply
from transfer.web.pages.applying import centre, texted
from transfer.web.pages.photos import KINDS, changed, digests
from transfer.web.pages.questions import read as read_answer
from transfer.web.pages.rendering import UNPROCESSABLE, page, see_other
from transfer.web.pages.visits import Visitor, entered, visitor_of
from transfer.web.route import Ask

APPLICANT: Final = "申请人"
"""Who reads, as the ledger has it: no account has a name of its own here."""
MINE: Final = "/status/mine"
LONGEST: Final = 4000


async def look(ask: Ask) -> Reply:
    """Asks for the code, unless it was given before."""
    return page(ask, "worker/enter.html", wrong=False, code="") if await visitor_of(ask) is None else see_other(MINE)


async def enter(ask: Ask) -> Reply:
    """Leads to the case; what was wrong is not said, since that would help who guesses."""
    typed = ask.form.get("code", "")
    cookie = await entered(ask, typed, ask.form.get("fact", ""))
    if cookie is None:
        code = typed if read_code(typed) else ""
        return page(ask, "worker/enter.html", status=UNPROCESSABLE, wrong=True, code=code)
    return see_other(MINE, headers={"Set-Cookie": cookie})


async def mine(ask: Ask, visitor: Visitor) -> Reply:
    """Where it is, who must act by when, what is still owed, whom to ring."""
    known = await _known(ask, visitor)
    if known is None:
        letter = await ask.parts.mailbox.last(visitor.visit.code, MailKind.APPLICATION)
        return page(ask, "worker/letter.html", letter=letter, centre=centre(ask))
    where = where_is(known.case, visitor.visit.applicant)
    institutions = ask.parts.directory.institutions
    phone = _phone(known, visitor.visit.applicant)
    letters = [await ask.parts.mailbox.last(visitor.visit.code, kind) for kind in _LATER]
    case = known.case.id
    await ask.parts.ledger.note(was_read("case", str(case), by=APPLICANT, at=ask.parts.clock(), case=case))
    return page(
        ask,
        "worker/mine.html",
        where=where,
        holder=institutions.get(where.holder, centre(ask)),
        acts=institutions.get(where.acts or ""),
        stages=known.stages,
        sent=[letter for letter in letters if letter is not None and letter.state is MailState.SENT],
        back=[letter for letter in letters if letter is not None and letter.state is MailState.SENT_BACK],
        texts=texted(ask) and phone is not None,
        stopped=phone is not None and texted(ask) and await ask.parts.texts.opted_out(await mark_of(phone)),
        may_withdraw=where.acts is not None,
    )


async def supplement(ask: Ask, visitor: Visitor) -> Reply:
    """What is missing, and where to hand it in."""
    known = await _known(ask, visitor)
    return see_other(MINE) if known is None else await _supplement(ask, visitor, known)


async def hand_in(ask: Ask, visitor: Visitor) -> Reply:
    """Photos are added one form at a time; all goes into the box together."""
    known = await _known(ask, visitor)
    if known is None:
        return see_other(MINE)
    letter = await _letter(ask, visitor, MailKind.SUPPLEMENT)
    note = read_answer(ask.form.get("note", ""), "note")
    photos, fault = changed(ask, letter.answers, sensitive=ask.form.get("sensitive") == "yes")
    answers = {"note": note[:LONGEST], "photos": photos}
    await ask.parts.mailbox.write(letter, answers, files=digests(answers))
    sends = "send" in ask.form
    if fault or (sends and not note and not photos):
        return await _supplement(ask, visitor, known, wrong=fault or "missing")
    if not sends:
        return see_other("/status/supplement")
    await ask.parts.mailbox.send(letter, {}, text=None)
    return see_other(MINE)


async def withdrawing(ask: Ask, visitor: Visitor) -> Reply:
    """What it means, before it is done."""
    return page(ask, "worker/withdraw.html", known=visitor.visit.case is not None, wrong=False)


async def withdraw(ask: Ask, visitor: Visitor) -> Reply:
    """Into the box where there is a case; an application that nobody has taken in yet is simply taken back."""
    if ask.form.get("sure") != "yes":
        known = visitor.visit.case is not None
        return page(ask, "worker/withdraw.html", status=UNPROCESSABLE, known=known, wrong=True)
    if visitor.visit.case is not None:
        await ask.parts.mailbox.send(await _letter(ask, visitor, MailKind.WITHDRAWAL), {}, text=None)
    elif (letter := await ask.parts.mailbox.last(visitor.visit.code, MailKind.APPLICATION)) is not None:
        await ask.parts.mailbox.take_back(letter)
        await ask.parts.drafts.remove(letter.id)
    return see_other(MINE)


async def choose_texts(ask: Ask, visitor: Visitor) -> Reply:
    """Whether text messages come."""
    known = await _known(ask, visitor)
    phone = _phone(known, visitor.visit.applicant) if known is not None else None
    if phone is not None:
        await ask.parts.texts.opt(await mark_of(phone), out=ask.form.get("texts") == "stop")
    return see_other(MINE)


_LATER: Final = (MailKind.SUPPLEMENT, MailKind.WITHDRAWAL)


async def _supplement(ask: Ask, visitor: Visitor, known: KnownCase, *, wrong: str = "") -> Reply:
    where: Where = where_is(known.case, visitor.visit.applicant)
    last = await ask.parts.mailbox.last(visitor.visit.code, MailKind.SUPPLEMENT)
    answers = last.answers if last is not None and last.is_open else {}
    status = UNPROCESSABLE if wrong else 200
    return page(ask, "worker/supplement.html", status=status, where=where, answers=answers, wrong=wrong, kinds=KINDS)


async def _letter(ask: Ask, visitor: Visitor, kind: MailKind) -> Mail:
    """The letter of this kind that is being written, or a new one."""
    last = await ask.parts.mailbox.last(visitor.visit.code, kind)
    if last is not None and last.is_open:
        return last
    now, visit = ask.parts.clock(), visitor.visit
    new = Mail(
        id=ask.parts.context().new_id(),
        code=visit.code,
        kind=kind,
        state=MailState.DRAFT,
        case=visit.case,
        applicant=visit.applicant,
        made_at=now,
        changed_at=now,
    )
    await ask.parts.mailbox.add(new)
    return new


async def _known(ask: Ask, visitor: Visitor) -> KnownCase | None:
    return None if visitor.visit.case is None else await ask.parts.views.case(visitor.visit.case)


def _phone(known: KnownCase, applicant: UUID | None) -> str | None:
    return next((one.phone for one in known.case.applicants if one.id == applicant), None)
