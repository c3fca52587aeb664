"""docs/rights.md, made from the table of rights."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from transfer.domain.duties import DUTIES
from transfer.domain.rights import (
    DUTY_RIGHTS,
    OWN_RIGHTS,
    REQUEST_RIGHTS,
    ROLES_OF,
    TRANSFER_RIGHTS,
    Right,
    Role,
)

_HEAD: Final = """\
# Roles and rights

Made by `transfer schemas --write` from `transfer/domain/rights.py`; the API, the pages and the gate read the same
table, and a test tries every route with every role. Nothing is open that no row opens. [accounts.md](accounts.md) says
how accounts get roles, and what limits rights by institution and by case.
"""


def rights_page() -> str:
    """The whole text."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _HEAD
    yield "## Roles\n"
    yield from _table(("role", "", "may"), ((f"`{role}`", f"{role.zh} · {role.en}", _rights(role)) for role in Role))
    yield "\n## Rights\n"
    yield from _table(
        ("right", "", "roles"),
        ((f"`{right}`", f"{right.zh} · {right.en}", _roles(right)) for right in Right),
    )
    yield "\n## Stages and events of a case\n"
    yield from _table(
        ("stage or event", "duty", "right"),
        ((f"`{row.what}` {row.what.zh}", row.duty.zh, f"`{DUTY_RIGHTS[row.duty]}`") for row in DUTIES),
    )
    yield f"\nAny other: whoever has the right `{Right.READ_CASES}`."
    for title, rights in (
        ("Steps on a transfer", TRANSFER_RIGHTS),
        ("Steps on an evidence request", REQUEST_RIGHTS),
        ("Steps on the case itself", OWN_RIGHTS),
    ):
        yield f"\n## {title}\n"
        yield from _table(("step", "right"), _steps(rights))


def _steps(rights: Mapping[Any, Right]) -> Iterator[tuple[str, str]]:
    for step, right in rights.items():
        yield f"`{step}`", f"`{right}`"


def _rights(role: Role) -> str:
    return ", ".join(f"`{right}`" for right in Right if role in ROLES_OF[right]) or "nothing but their own account"


def _roles(right: Right) -> str:
    return ", ".join(f"`{role}`" for role in Role if role in ROLES_OF[right])


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
