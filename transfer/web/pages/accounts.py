"""The pages of the security administrator: accounts, their roles and tokens."""

from pydantic import ValidationError

from transfer.actions.roll import NewAccount, NotForSystems
from transfer.domain.accounts import Account, NameTaken, RolesExclude
from transfer.domain.errors import NotOfThisRegion, UnknownInstitution
from transfer.domain.rights import Role
from transfer.messages.values import region_of
from transfer.web.answers import Reply
from transfer.web.faults import NotFound
from transfer.web.pages.account import DAYS, fault, institution_of, made_token, scopes_of
from transfer.web.pages.places import place_name
from transfer.web.pages.rendering import UNPROCESSABLE, language, page, see_other
from transfer.web.route import Ask

_FIELDS = ("login", "name", "institution")


async def list_accounts(ask: Ask) -> Reply:
    """All accounts, and the form for another one."""
    return await _list(ask)


async def add_account(ask: Ask) -> Reply:
    """Another account with the password for its first sign-in, shown this once; or the form again."""
    given = {name: ask.form.get(name, "").strip() for name in _FIELDS}
    try:
        new = NewAccount.model_validate({**given, "roles": _roles(ask), "system": ask.form.get("system") == "yes"})
    except ValidationError as error:
        return await _list(ask, wrong=frozenset(str(one["loc"][0]) for one in error.errors()))
    try:
        account, password = await ask.parts.roll.add(new, by=ask.who.name)
    except (RolesExclude, NameTaken, UnknownInstitution, NotOfThisRegion) as error:
        return await _list(ask, error=error)
    return _told(ask, account, password)


async def show_one(ask: Ask) -> Reply:
    """One account."""
    return await _one(ask, await ask.parts.roll.get(ask.id("account")))


async def change_one(ask: Ask) -> Reply:
    """What the button says happens to the account."""
    roll, by = ask.parts.roll, ask.who.name
    account = await roll.get(ask.id("account"))
    match ask.form.get("do"):
        case "roles":
            try:
                await roll.set_roles(account, frozenset(Role(role) for role in _roles(ask)), by=by)
            except (RolesExclude, ValueError) as error:
                return await _one(ask, account, error=error)
        case "disable" | "enable" as word:
            await roll.set_disabled(account, disabled=word == "disable", by=by)
        case "link":
            issuer, subject = ask.parts.settings.oidc_issuer, ask.form.get("subject", "").strip()
            try:
                await roll.link(account, issuer if subject else None, subject or None, by=by)
            except NameTaken as error:
                return await _one(ask, account, error=error)
        case "unlock":
            await roll.unlock(account, by=by)
        case "reset" | "reset-all" as word:
            try:
                password = await roll.reset(account, by=by, second_factor=word == "reset-all")
            except NotForSystems as error:
                return await _one(ask, account, error=error)
            return _told(ask, account, password)
        case _:
            raise NotFound
    return see_other(f"/accounts/{account.id}")


async def add_token(ask: Ask) -> Reply:
    """A token of that account, shown this once."""
    account = await ask.parts.roll.get(ask.id("account"))
    return await made_token(ask, account, f"/accounts/{account.id}")


async def revoke_token(ask: Ask) -> Reply:
    """A token of that account opens nothing any more."""
    account = await ask.parts.roll.get(ask.id("account"))
    await ask.parts.roll.revoke_token(ask.id("token"), by=ask.who.name, of=account.id)
    return see_other(f"/accounts/{account.id}")


def _roles(ask: Ask) -> list[str]:
    return [value for name, value in ask.fields if name == "role"]


def _told(ask: Ask, account: Account, password: str) -> Reply:
    until = ask.parts.clock() + ask.parts.door.first_password
    return page(ask, "sign_in/first_password.html", account=account, password=password, until=until)


async def _list(ask: Ask, *, error: Exception | None = None, wrong: frozenset[str] = frozenset()) -> Reply:
    here, directory = ask.parts.settings.region, ask.parts.directory
    return page(
        ask,
        "sign_in/accounts.html",
        status=UNPROCESSABLE if error or wrong else 200,
        accounts=await ask.parts.door.accounts.all(),
        place=lambda code: place_name(directory, code, language(ask)),
        institutions=[
            (code, place_name(directory, code, language(ask)))
            for code in directory.institutions
            if region_of(code) == here
        ],
        roles=list(Role),
        chosen=_roles(ask),
        fault=fault(error),
        wrong=wrong,
    )


async def _one(ask: Ask, account: Account, *, error: Exception | None = None) -> Reply:
    said = error if isinstance(error, (RolesExclude, NotForSystems, NameTaken)) else None
    return page(
        ask,
        "sign_in/one_account.html",
        status=UNPROCESSABLE if error else 200,
        account=account,
        institution=institution_of(ask, account),
        roles=list(Role),
        tokens=await ask.parts.door.accounts.tokens(account.id),
        scopes=scopes_of(account),
        days=DAYS,
        fault=fault(said),
    )
