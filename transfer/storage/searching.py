"""By what cases are found: names, numbers and the end of their id, each in the one form that all write alike."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, delete, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.domain.case import Case
from transfer.domain.duplicates import same_name
from transfer.domain.erasing import ERASED
from transfer.storage.statements import inserting
from transfer.storage.tables import applicants, case_words

SHORT_ID: Final = 8
"""How many digits of a case's id are shown and searched: the last ones, since the first tell only the time."""
_LONGEST: Final = 200
_LAST: Final = "\U0010ffff"
FOUND: Final = union(
    select(applicants.c.case_id).where(applicants.c.identity_number == bindparam("identity")),
    select(case_words.c.case_id).where(case_words.c.word >= bindparam("word"), case_words.c.word < bindparam("behind")),
)
"""The cases that are searched for; see sought()."""
_FORGET: Final = delete(case_words).where(case_words.c.case_id.in_(bindparam("wanted", expanding=True)))


def words_of(case: UUID, names: Iterable[str]) -> frozenset[str]:
    """The words of a case that has these names and numbers."""
    found = {same_name(name)[:_LONGEST] for name in names if name != ERASED}
    return frozenset(found - {""}) | {case.hex[-SHORT_ID:]}


async def write_words(connection: AsyncConnection, loaded: Mapping[UUID, Case], changed: Collection[Case]) -> None:
    """Write anew the words of those cases whose words are others than before."""
    now = {case.id: _words(case) for case in changed}
    then = {case.id: _words(loaded[case.id]) for case in changed if case.id in loaded}
    other = [case for case, words in now.items() if words != then.get(case)]
    if stale := [case for case in other if case in then]:
        await connection.execute(_FORGET, {"wanted": stale})
    if rows := [{"word": word, "case_id": case} for case in other for word in sorted(now[case])]:
        await connection.execute(inserting(case_words), rows)


def sought(q: str) -> Mapping[str, str]:
    """The parameters of FOUND: the beginning of a name or a number, or an identity number as a whole."""
    word = same_name(q)[:_LONGEST]
    return {"identity": q, "word": word, "behind": word and word + _LAST}


def _words(case: Case) -> frozenset[str]:
    basics = case.basics
    names = (
        *(one.name for one in case.applicants),
        *(one.name for one in basics.opponents),
        *(one.number for one in basics.numbers),
    )
    return words_of(case.id, names)
