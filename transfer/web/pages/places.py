"""What regions and institutions are called."""

from transfer.crypto.directory import Directory
from transfer.messages.values import region_of
from transfer.web.pages.languages import Language


def place_name(directory: Directory, code: str, language: Language) -> str:
    """The name of an institution or a region; its code where the directory does not list it."""
    listed = directory.institutions.get(code) or directory.known.get(code) or directory.known.get(region_of(code))
    if listed is None:
        return code
    return listed.name_zh if language is Language.ZH else listed.name_en


def region_name(directory: Directory, code: str, language: Language) -> str:
    """The name of a region itself, not of the institution that has its code."""
    listed = directory.known.get(code)
    if listed is None:
        return code
    return listed.name_zh if language is Language.ZH else listed.name_en
