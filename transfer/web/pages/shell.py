"""The first page, the switch of language, and what is shown when something is wrong."""

from urllib.parse import urlencode

from transfer.web.answers import Reply
from transfer.web.faults import Fault
from transfer.web.pages.languages import COOKIE, Language
from transfer.web.pages.menu import menu_of
from transfer.web.pages.refusals import details_text
from transfer.web.pages.rendering import language, page, see_other
from transfer.web.problems import Problem
from transfer.web.route import Ask

YEAR_SECONDS = 31_536_000


async def home(ask: Ask) -> Reply:
    """Whoever is signed in is led to the first page of the menu; everybody else sees what can be done here."""
    entries = menu_of(ask.who, frozenset(route.path for route in ask.routes))
    return see_other(entries[0].path) if entries else page(ask, "home.html")


async def choose_language(ask: Ask) -> Reply:
    """Keeps the language in a cookie and leads back."""
    chosen = ask.form.get("language", "")
    back = ask.form.get("back", "/")
    value = chosen if chosen in set(Language) else Language.ZH.value
    cookie = f"{COOKIE}={value}; Path=/; Max-Age={YEAR_SECONDS}; SameSite=Lax; HttpOnly"
    return see_other(own_path(back), headers={"Set-Cookie": cookie})


def own_path(where: str) -> str:
    """The path, where it is one of this site; else that of the first page."""
    return where if where.startswith("/") and not where.startswith(("//", "/\\")) and where.isprintable() else "/"


def to_sign_in(ask: Ask) -> Reply:
    """Leads whoever is not signed in, or not wholly, to what is due, and from there back here."""
    return see_other(f"/sign-in{'' if ask.known is None else '/next'}?{urlencode({'back': ask.path})}")


def problem_page(ask: Ask, error: Exception, problem: Problem) -> Reply:
    """What went wrong, said to a person."""
    chosen = language(ask)
    more = details_text(error, chosen, ask.parts.directory, {})
    if isinstance(error, Fault) and chosen is Language.EN:
        more = error.detail or ""
    return page(ask, "problem.html", status=problem.status, problem=problem, more=more)
