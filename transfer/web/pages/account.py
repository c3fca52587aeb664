"""What people see and change of their own account: password, second factor, sessions, tokens."""

from dataclasses import replace
from datetime import timedelta

from markupsafe import Markup
from pydantic import ValidationError

from transfer.actions.door import SignInPaused, SignInRefused
from transfer.actions.roll import NewToken, TokenTooWide
from transfer.crypto.second_factor import new_totp_secret, totp_address
from transfer.domain.accounts import Account, Due
from transfer.domain.passwords import PasswordCommon, PasswordPersonal, PasswordTooLong, PasswordTooShort
from transfer.domain.rights import ROLES_OF, Right
from transfer.web.answers import Reply
from transfer.web.pages.places import place_name
from transfer.web.pages.rendering import UNPROCESSABLE, language, page, see_other
from transfer.web.pages.shell import own_path
from transfer.web.pages.sign_in import PAUSED, known, session_cookie, what_is_due
from transfer.web.problems import PROBLEMS, title
from transfer.web.route import Ask

DAYS = (30, 90, 366)


def fault(error: Exception | None) -> dict[str, str] | None:
    """What is wrong, in both languages, as the problem of this kind says it."""
    return {"zh": PROBLEMS[type(error)].zh, "en": title(type(error))} if error else None


async def show_account(ask: Ask) -> Reply:
    """The person's own account."""
    mine = known(ask)
    accounts = ask.parts.door.accounts
    now, idle = ask.parts.clock(), ask.parts.door.idle
    sessions = [one for one in await accounts.sessions(mine.account.id) if one.alive(now, idle)]
    return page(
        ask,
        "sign_in/account.html",
        account=mine.account,
        sessions=sessions,
        here=mine.session.digest,
        tokens=await accounts.tokens(mine.account.id),
        scopes=scopes_of(mine.account),
        days=DAYS,
        institution=institution_of(ask, mine.account),
    )


async def ask_new_password(ask: Ask) -> Reply:
    """The form for another password."""
    if known(ask).due is Due.CODE:
        return await what_is_due(ask)
    return _password_form(ask, ask.query.back)


async def take_new_password(ask: Ask) -> Reply:
    """Another password, and on to what is due next."""
    given, mine = ask.form, known(ask)
    if given.get("new", "") != given.get("again", ""):
        return _password_form(ask, given.get("back", "/"), differ=True)
    try:
        secret = await ask.parts.roll.change_password(mine, given.get("old", ""), given.get("new", ""), ask.came)
    except (
        SignInRefused,
        SignInPaused,
        PasswordTooShort,
        PasswordTooLong,
        PasswordCommon,
        PasswordPersonal,
    ) as error:
        return _password_form(ask, given.get("back", "/"), error=error)
    return _on(ask, secret)


async def ask_second_factor(ask: Ask) -> Reply:
    """The secret as a code for the app, and the form that shows that it works."""
    if known(ask).due in {Due.CODE, Due.PASSWORD}:
        return await what_is_due(ask)
    return _factor_form(ask, new_totp_secret(), ask.query.back)


async def take_second_factor(ask: Ask) -> Reply:
    """The recovery codes, shown this once; or the form again."""
    secret = ask.form.get("secret", "")
    try:
        session, codes = await ask.parts.roll.enrol(known(ask), secret, ask.form.get("code", ""), ask.came)
    except (SignInRefused, ValueError):
        return _factor_form(ask, secret, ask.form.get("back", "/"), refused=True)
    shown = page(ask, "sign_in/codes.html", codes=codes, back=own_path(ask.form.get("back", "/")))
    return replace(shown, cookies=(*shown.cookies, session_cookie(ask, session)))


async def add_token(ask: Ask) -> Reply:
    """A token of one's own, shown this once."""
    return await made_token(ask, known(ask).account, "/account")


async def revoke_token(ask: Ask) -> Reply:
    """A token of one's own opens nothing any more."""
    mine = known(ask).account
    await ask.parts.roll.revoke_token(ask.id("token"), by=mine.name, of=mine.id)
    return see_other("/account")


async def made_token(ask: Ask, account: Account, back: str) -> Reply:
    """A new token of that account, shown this once; raises TokenTooWide."""
    try:
        new = NewToken(
            name=ask.form.get("name", ""),
            scopes=frozenset(Right(value) for name, value in ask.fields if name == "scope"),
            expires_at=ask.parts.clock() + timedelta(days=int(ask.form.get("days", "0"))),
        )
    except (ValidationError, ValueError, OverflowError):
        raise TokenTooWide from None
    made, secret = await ask.parts.roll.add_token(account, new, by=ask.who.name)
    return page(ask, "sign_in/token.html", token=made, secret=secret, back=back)


def scopes_of(account: Account) -> list[Right]:
    """What a token of the account may open."""
    return [right for right in Right if not account.roles.isdisjoint(ROLES_OF[right])]


def institution_of(ask: Ask, account: Account) -> str:
    """The name of the account's institution, or its code."""
    return place_name(ask.parts.directory, account.institution, language(ask))


def _password_form(ask: Ask, back: str, *, error: Exception | None = None, differ: bool = False) -> Reply:
    status = PAUSED if isinstance(error, SignInPaused) else UNPROCESSABLE if error or differ else 200
    first = known(ask).account.must_change
    return page(
        ask,
        "sign_in/password.html",
        status=status,
        back=own_path(back),
        fault=fault(error),
        wrong_old=isinstance(error, SignInRefused),
        differ=differ,
        first=first,
    )


def _factor_form(ask: Ask, secret: str, back: str, *, refused: bool = False) -> Reply:
    address = totp_address(secret, known(ask).account.login)
    code = Markup(ask.parts.printer.code(address))  # noqa: S704 - drawn here, from no text of anybody's
    status = UNPROCESSABLE if refused else 200
    return page(
        ask, "sign_in/second_factor.html", status=status, secret=secret, qr=code, back=own_path(back), refused=refused
    )


def _on(ask: Ask, secret: str) -> Reply:
    return see_other(own_path(ask.form.get("back", "/")), cookies=(session_cookie(ask, secret),))
