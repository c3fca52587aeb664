"""What stands in the menu, and whom it is open to."""

from dataclasses import dataclass
from typing import Final

from transfer.domain.rights import Person, Right


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A page that the menu leads to; ``text`` is translated where it is shown."""

    path: str
    text: str
    right: Right


MENU: Final = (
    Entry(path="/cases", text="Worklist", right=Right.READ_CASES),
    Entry(path="/intake", text="Intake", right=Right.TAKE_IN),
    Entry(path="/requests", text="Evidence requests", right=Right.READ_CASES),
    Entry(path="/mailbox", text="Applications from workers", right=Right.TAKE_IN),
    Entry(path="/audit", text="Audit", right=Right.AUDIT),
    Entry(path="/operations", text="Operations", right=Right.OPERATE),
    Entry(path="/quarantine", text="Quarantine", right=Right.READ_QUARANTINE),
    Entry(path="/reports", text="Reports", right=Right.REPORT),
    Entry(path="/accounts", text="Accounts", right=Right.ADMIT),
)


def menu_of(person: Person, served: frozenset[str]) -> tuple[Entry, ...]:
    """The entries that are open to this person, of those pages that there are."""
    return tuple(one for one in MENU if one.path in served and person.may(one.right))
