"""The pages by which people come in and go: password, code, what is due after that, and out."""

from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict

from transfer.actions.door import Begun, FirstPasswordEnded, Known, SignInPaused, SignInRefused
from transfer.domain.accounts import Due
from transfer.web.answers import Reply
from transfer.web.cookies import SESSION, setting
from transfer.web.faults import NotSignedIn
from transfer.web.pages.rendering import UNPROCESSABLE, page, see_other
from transfer.web.pages.shell import own_path
from transfer.web.route import Ask

PAUSED = 429


class Back(BaseModel):
    """Where to go afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    back: str = "/"


def known(ask: Ask) -> Known:
    """Whose session it is; raises NotSignedIn for a token, and where there is none."""
    if ask.known is None:
        raise NotSignedIn
    return ask.known


def where_due(due: Due, back: str) -> str:
    """The page of what is asked next."""
    path = {Due.CODE: "/sign-in/code", Due.PASSWORD: "/account/password", Due.ENROL: "/account/second-factor"}
    return f"{path[due]}?{urlencode({'back': own_path(back)})}" if due in path else own_path(back)


def session_cookie(ask: Ask, secret: str) -> str:
    """The header that gives the browser its session; it ends with the browser at the latest."""
    return setting(SESSION, secret, ask.parts.settings)


def goes_in(ask: Ask, begun: Begun, back: str) -> Reply:
    """On to what is due, with a new session."""
    return see_other(where_due(begun.due, back), cookies=(session_cookie(ask, begun.secret),))


async def ask_password(ask: Ask) -> Reply:
    """The form for name and password."""
    return _form(ask, "sign_in/sign_in.html", own_path(ask.query.back))


async def take_password(ask: Ask) -> Reply:
    """A session, or the form again."""
    login, back = ask.form.get("login", ""), own_path(ask.form.get("back", "/"))
    try:
        begun = await ask.parts.door.sign_in(login, ask.form.get("password", ""), ask.came)
    except (SignInRefused, SignInPaused) as error:
        return _form(ask, "sign_in/sign_in.html", back, error, login=login)
    return goes_in(ask, begun, back)


async def what_is_due(ask: Ask) -> Reply:
    """On to what is due."""
    return see_other(where_due(known(ask).due, ask.query.back))


async def ask_code(ask: Ask) -> Reply:
    """The form for the code."""
    if known(ask).due is not Due.CODE:
        return await what_is_due(ask)
    return _form(ask, "sign_in/code.html", own_path(ask.query.back))


async def take_code(ask: Ask) -> Reply:
    """A session that is confirmed, in the place of the one that was not; or the form again."""
    back = own_path(ask.form.get("back", "/"))
    try:
        begun = await ask.parts.door.confirm(known(ask), ask.form.get("code", ""), ask.came)
    except (SignInRefused, SignInPaused) as error:
        return _form(ask, "sign_in/code.html", back, error)
    return goes_in(ask, begun, back)


async def sign_out(ask: Ask) -> Reply:
    """This session ends, or all of this person; pages that the browser kept are forgotten."""
    await ask.parts.door.sign_out(known(ask), ask.came, everywhere=ask.form.get("everywhere") == "yes")
    gone = setting(SESSION, "", ask.parts.settings, seconds=0)
    return see_other("/sign-in", headers={"Clear-Site-Data": '"cache", "storage"'}, cookies=(gone,))


def _form(ask: Ask, template: str, back: str, error: Exception | None = None, *, login: str = "") -> Reply:
    paused = error.until if isinstance(error, SignInPaused) else None
    status = PAUSED if paused else UNPROCESSABLE if error else 200
    ended = isinstance(error, FirstPasswordEnded)
    return page(
        ask, template, status=status, back=back, refused=error is not None, ended=ended, paused=paused, login=login
    )
