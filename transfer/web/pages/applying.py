"""Applying without an account: the notice, one question a page, photos, and the receipt."""

from collections.abc import Mapping
from typing import Any, Final

from markupsafe import Markup

from transfer.actions.texting import centre_of, received, text_to
from transfer.crypto.codes import in_groups
from transfer.crypto.directory import Institution, InstitutionKind
from transfer.messages.codes import Matter
from transfer.ports.mailbox import Mail, MailKind, MailState
from transfer.ports.texts import Text
from transfer.web.answers import Reply
from transfer.web.faults import NotFound
from transfer.web.pages.photos import KINDS, changed, digests
from transfer.web.pages.questions import QUESTIONS, TROUBLES, beside, faults, unanswered
from transfer.web.pages.questions import read as read_answer
from transfer.web.pages.rendering import UNPROCESSABLE, page, see_other
from transfer.web.pages.visits import Visitor, begun, hashed, marks, visitor_of
from transfer.web.route import Ask

NOTICE: Final = "2026-11"
"""The version of the notice in templates/worker/notice.html; it changes with every word of it (PIPL 17)."""


async def notice(ask: Ask) -> Reply:
    """Who gets the data and why, before anything is asked (PIPL 17, 23)."""
    return await _notice(ask)


async def acknowledge(ask: Ask) -> Reply:
    """Nothing is begun before the notice is acknowledged; the consent to sensitive papers is one of its own."""
    if ask.form.get("read") != "yes":
        return await _notice(ask, status=UNPROCESSABLE)
    consent = {
        "notice": NOTICE,
        "at": ask.parts.clock().isoformat(timespec="seconds"),
        "sensitive": ask.form.get("sensitive") == "yes",
    }
    code, cookie = await begun(ask)
    letter = await ask.parts.mailbox.last(code, MailKind.APPLICATION)
    if letter is None:
        raise AssertionError(code)
    await ask.parts.mailbox.write(letter, {"consent": consent}, files=())
    return see_other("/apply/name", headers={"Set-Cookie": cookie})


async def question(ask: Ask, visitor: Visitor) -> Reply:
    """One question, with the answer that was given before."""
    letter = await _open_letter(ask, visitor)
    return _question(ask, letter.answers) if letter is not None else see_other("/status/mine")


async def answer(ask: Ask, visitor: Visitor) -> Reply:
    """Keeps the answer, also a wrong one, since nothing that was typed is to be lost; goes on when it is right."""
    letter = await _open_letter(ask, visitor)
    if letter is None:
        return see_other("/status/mine")
    asked = _asked(ask)
    if asked == "check":
        return await _send(ask, visitor, letter)
    answers, wrong = dict(letter.answers), dict[str, str]()
    if asked == "papers":
        answers["photos"], fault = changed(ask, answers, sensitive=bool(answers["consent"]["sensitive"]))
        wrong = {"photo": fault} if fault else {}
    else:
        answers |= {one.name: read_answer(ask.form.get(one.name, ""), one.name) for one in QUESTIONS[asked]}
        wrong = faults(asked, answers, ask.parts.directory)
    await ask.parts.mailbox.write(letter, answers, files=digests(answers))
    if asked in {"phone", "identity"} and not wrong:
        await _know(ask, visitor, answers)
    if "save" in ask.form:
        return see_other("/apply/saved")
    if wrong:
        return _question(ask, answers, wrong, status=UNPROCESSABLE)
    stays = asked == "papers" and ("add" in ask.form or "remove" in ask.form)
    return see_other(f"/apply/{asked if stays else beside(asked, 1)}")


async def saved(ask: Ask, visitor: Visitor) -> Reply:
    """How to come back."""
    letter = await _open_letter(ask, visitor)
    known = letter is not None and bool(letter.answers.get("phone"))
    return page(ask, "worker/saved.html", known=known, **code_shown(ask, visitor.code))


async def receipt(ask: Ask, visitor: Visitor) -> Reply:
    """The code, who has the application, whom to ring."""
    letter = await ask.parts.mailbox.last(visitor.visit.code, MailKind.APPLICATION)
    if letter is None or letter.is_open:
        return see_other("/status/mine")
    return page(ask, "worker/receipt.html", letter=letter, centre=centre(ask), **code_shown(ask, visitor.code))


def code_shown(ask: Ask, code: str) -> dict[str, Any]:
    """The code for people and as a picture that leads to the page of its case; it stands behind #, which no browser
    sends."""
    address = f"{ask.origin}/status#{code}"
    return {"code": in_groups(code), "picture": Markup(ask.parts.printer.code(address))}  # noqa: S704 - drawn here


def centre(ask: Ask) -> Institution:
    """Who answers here."""
    return centre_of(ask.parts.directory, ask.parts.settings.region)


def texted(ask: Ask) -> bool:
    """Whether there are text messages here."""
    return ask.parts.settings.sms_url is not None


async def text_for(ask: Ask, phone: str, words: str) -> Text | None:
    """A text message, where there are any."""
    return await text_to(phone, words, id_=ask.parts.context().new_id()) if phone and texted(ask) else None


async def _notice(ask: Ask, *, status: int = 200) -> Reply:
    own = ask.parts.settings.region
    others = [one for code, one in ask.parts.directory.by_code.items() if code != own]
    stations = [one for region in others for one in region.institutions if one.kind is InstitutionKind.WORKSTATION]
    visitor = await visitor_of(ask)
    going_on = visitor is not None and await _open_letter(ask, visitor) is not None
    return page(
        ask, "worker/notice.html", status=status, centre=centre(ask), stations=stations, others=others,
        going_on=going_on, version=NOTICE,
    )  # fmt: skip


def _asked(ask: Ask) -> str:
    if ask.named["question"] not in QUESTIONS:
        raise NotFound
    return ask.named["question"]


def _question(
    ask: Ask, answers: Mapping[str, Any], wrong: Mapping[str, str] | None = None, *, status: int = 200
) -> Reply:
    asked = _asked(ask)
    names, directory = list(QUESTIONS), ask.parts.directory
    return page(
        ask,
        f"worker/questions/{asked}.html",
        status=status,
        asked=asked,
        answers=answers,
        wrong=wrong or {},
        before=beside(asked, -1),
        place=names.index(asked) + 1,
        places=len(names),
        regions=directory.by_code.values(),
        troubles=TROUBLES,
        kinds=KINDS,
        missing=unanswered(answers, directory) if asked == "check" else None,
        matter=next((one for one in Matter if one == answers.get("matter")), None),
        home=directory.by_code.get(answers.get("home", "")),
        centre=centre(ask),
    )


async def _open_letter(ask: Ask, visitor: Visitor) -> Mail | None:
    letter = await ask.parts.mailbox.last(visitor.visit.code, MailKind.APPLICATION)
    return letter if letter is not None and letter.is_open else None


async def _know(ask: Ask, visitor: Visitor, answers: Mapping[str, Any]) -> None:
    known = await hashed(visitor.code)
    facts = marks(known, (answers.get("phone"), answers.get("identity")))
    await ask.parts.mailbox.know(visitor.visit.code, facts)


async def _send(ask: Ask, visitor: Visitor, letter: Mail) -> Reply:
    missing = unanswered(letter.answers, ask.parts.directory)
    if missing is not None:
        return see_other(f"/apply/{missing}")
    again = letter.state is MailState.SENT_BACK
    words = received(visitor.code, centre(ask))
    text = None if again else await text_for(ask, letter.answers["phone"], words)
    await ask.parts.mailbox.send(letter, letter.answers["consent"], text=text)
    return see_other("/apply/receipt")
