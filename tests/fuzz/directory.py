"""The text of a directory, as an operator's mistake or a stolen key could sign it."""

from datetime import timedelta
from typing import Final

from tests.fuzz.letters import NOW, directory
from tests.fuzz.target import JSON, Target
from tests.trust import shared
from transfer.crypto.book import Book
from transfer.crypto.directory import Directory, DirectoryInvalid
from transfer.crypto.errors import NoteMalformed
from transfer.crypto.notes import sign

_OPERATOR: Final = shared().operator


def once(data: bytes) -> None:
    """It comes into force or is refused, whatever was in force before stays; one in force can be asked anything."""
    book = Book(verifiers=[_OPERATOR.verifier], grace=timedelta(days=14), clock=lambda: NOW)
    try:
        note = sign(data.decode("utf-8", "surrogateescape"), _OPERATOR)
    except (NoteMalformed, UnicodeEncodeError):
        return  # no operator can sign it
    try:
        book.offer(note)
    except DirectoryInvalid as error:
        str(error).encode()
        return
    found = book.current
    for region in found.regions:
        for institution in region.institutions:
            found.deciding(institution.code)


def _seeds() -> list[bytes]:
    listed = directory()
    one = listed.model_copy(update={"regions": listed.regions[:1]})
    return [_text(one), _text(listed)]


def _text(listed: Directory) -> bytes:
    return (listed.model_dump_json(exclude_none=True) + "\n").encode()


TARGET = Target(once=once, seeds=_seeds, words=(*JSON, '"EC"', '"SM2"', '"sm"', '"y"', '"parent"', '"revoked_at"'))
