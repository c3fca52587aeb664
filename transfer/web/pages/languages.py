"""The two languages of the pages: texts stand in English in code and templates, and in Chinese in ``languages/``."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cache, lru_cache
from gettext import NullTranslations
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po

from transfer.domain.clocks import CHINA

FOLDER: Final = Path(__file__).parent.parent / "languages" / "zh"
COOKIE: Final = "language"


class Language(StrEnum):
    """A language of the pages; its value is what stands in ``lang``."""

    ZH = "zh-CN"
    EN = "en"

    @property
    def locale(self) -> Locale:
        """How this language writes dates and numbers."""
        return _locale("zh_Hans_CN" if self is Language.ZH else "en_GB")

    @property
    def comma(self) -> str:
        """Stands between the members of a list."""
        return "、" if self is Language.ZH else ", "

    @property
    def semicolon(self) -> str:
        """Stands between longer members."""
        return "；" if self is Language.ZH else "; "

    @property
    def colon(self) -> str:
        """Stands behind a name, before what is said of it."""
        return "：" if self is Language.ZH else ": "

    def day(self, value: date) -> str:
        """The day as this language writes it."""
        return _day(value, self)

    def moment(self, value: datetime) -> str:
        """The minute, by the clocks of China, as this language writes it."""
        form = "yyyy-MM-dd HH:mm" if self is Language.ZH else "d MMM yyyy, HH:mm"
        return str(format_datetime(value.astimezone(CHINA), form, locale=self.locale))

    @property
    def other(self) -> "Language":
        """The one to switch to."""
        return Language.EN if self is Language.ZH else Language.ZH


_locale: Final = cache(Locale.parse)


@lru_cache(maxsize=2_000)
def _day(value: date, language: Language) -> str:
    return format_date(value, "medium", locale=language.locale)


class Coded(Protocol):
    """A code with its names."""

    @property
    def zh(self) -> str: ...
    @property
    def en(self) -> str: ...


def said(code: Coded, language: Language) -> str:
    """The name of a code in this language."""
    return code.zh if language is Language.ZH else code.en


def language_of(cookies: Mapping[str, str], accepted: str) -> Language:
    """The one that was chosen; else the first of the two that the browser asks for (RFC 9110 12.5.4); else Chinese."""
    if cookies.get(COOKIE) in set(Language):
        return Language(cookies[COOKIE])
    for one in accepted.lower().split(","):
        if one.strip().startswith(("zh", "en")):
            return Language.ZH if one.strip().startswith("zh") else Language.EN
    return Language.ZH


@cache
def texts() -> Mapping[str, str]:
    """The Chinese text of each English one; every area of the pages has a file of its own."""
    found: dict[str, str] = {}
    for path in sorted(FOLDER.glob("*.po")):
        with path.open("rb") as file:
            catalog = read_po(file, locale="zh_Hans_CN")
        found |= {str(one.id): str(one.string) for one in catalog if one.id and one.string}
    return MappingProxyType(found)


class Translation(NullTranslations):
    """The texts of one language, as Jinja asks for them. There are no plural forms: Chinese has none, and English texts
    are written so that they need none."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self._texts = texts() if language is Language.ZH else {}

    def gettext(self, message: str) -> str:
        return self._texts.get(message, message)
