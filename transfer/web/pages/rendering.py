"""Makes a page of a template: in the language of whoever asks, with nothing inline and nothing from elsewhere."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from babel.dates import format_timedelta
from babel.numbers import format_currency, format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from transfer.crypto.credentials import bound_to, new_secret
from transfer.domain.clocks import CHINA
from transfer.web.answers import Reply
from transfer.web.cookies import FIELD, VISIT, seed_of, setting
from transfer.web.pages.assets import place
from transfer.web.pages.citations import cited, together
from transfer.web.pages.folding import folding
from transfer.web.pages.languages import Coded, Language, Translation, language_of, said
from transfer.web.pages.menu import menu_of
from transfer.web.pages.tongues import told_apart
from transfer.web.route import Ask

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
HTML: Final = "text/html"
UNPROCESSABLE: Final = 422
"""The status of a page that says what is wrong with a form."""
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    # With none at all a browser says of no form on which site it stands.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Vary": "Accept-Language, Cookie",
}


def language(ask: Ask) -> Language:
    """The language in which this person reads."""
    return language_of(ask.cookies, ask.headers.get("Accept-Language", ""))


def texts_of(ask: Ask) -> Callable[[str], str]:
    """What says an English text in the language of whoever asks; to be called ``_``."""
    return Translation(language(ask)).gettext


def page(ask: Ask, template: str, *, status: int = 200, count: int = 1, **values: Any) -> Reply:  # noqa: ANN401 - whatever the template shows
    """The template, filled. It may use ``ask``, ``person``, ``language``, ``menu``, ``served``, ``now`` and the filters
    of this module; every form in it that is sent by POST holds ``csrf()``."""
    chosen = language(ask)
    served = frozenset(route.path for route in ask.routes)
    settings = ask.parts.settings
    seed = seed_of(ask.cookies, settings)
    # Whoever has no cookie gets one, so that a form can be tied to this browser before anybody signs in.
    visit = "" if seed else new_secret()
    field = Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, bound_to(seed or visit))
    text = (
        _environment(chosen)
        .get_template(template)
        .render(
            ask=ask,
            person=ask.who,
            language=chosen,
            menu=menu_of(ask.who, served),
            served=served,
            now=ask.parts.clock(),
            csrf=lambda: field,
            **values,
        )
    )
    cookies = (setting(VISIT, visit, settings),) if visit else ()
    if chosen is Language.EN:
        text = told_apart(text)
    return Reply(status=status, body=text.encode(), media_type=HTML, headers=HEADERS, count=count, cookies=cookies)


def see_other(where: str, *, headers: Mapping[str, str] | None = None, cookies: tuple[str, ...] = ()) -> Reply:
    """Leads on to another page after a form was taken (RFC 9110 15.4.4); ``where`` is a path of this site."""
    said = {**HEADERS, **(headers or {}), "Location": where}
    return Reply(status=303, media_type=HTML, headers=said, cookies=cookies)


def _commands(text: str) -> Markup:
    """The text, with what stands between backticks as code."""
    parts = text.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(one) if odd % 2 else one for odd, one in enumerate(parts))


@cache
def _environment(chosen: Language) -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    translation = Translation(chosen)
    made.install_gettext_translations(translation, newstyle=True)  # type: ignore[attr-defined]
    made.code_generator_class = folding(translation.gettext)
    made.globals["static"] = place
    made.globals |= {"comma": chosen.comma, "semicolon": chosen.semicolon, "colon": chosen.colon}
    locale = chosen.locale

    def moment(value: datetime) -> Markup:
        local = value.astimezone(CHINA)
        return Markup('<time datetime="{}">{}</time>').format(local.isoformat(timespec="seconds"), chosen.moment(local))

    def typed(value: str, kind: str) -> str:
        """What stands in a field for a day or a moment, as it is read."""
        try:
            when = datetime.fromisoformat(value) if kind in {"day", "moment"} else None
        except ValueError:
            when = None
        if when is None:
            return value
        return chosen.day(when.date()) if kind == "day" else chosen.moment(when.replace(tzinfo=when.tzinfo or CHINA))

    def ago(value: datetime, now: datetime) -> str:
        return format_timedelta(value - now, add_direction=True, locale=locale)

    def name_of(code: Coded) -> str:
        return said(code, chosen)

    made.filters |= {
        "day": chosen.day,
        "moment": moment,
        "typed": typed,
        "kilobytes": lambda size: f"{format_decimal(math.ceil(size / 1024), locale=locale)} kB",
        "ago": ago,
        "said": name_of,
        "commands": _commands,
        "cited": lambda text: cited(text, chosen),
        "provisions": lambda grounds: together(map(name_of, grounds), chosen),
        "number": lambda value: format_decimal(value, locale=locale),
        "yuan": lambda fen: format_currency(fen / 100, "CNY", locale=locale),
    }
    return made
