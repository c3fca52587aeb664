"""The product with its ledger left out: what noting costs, beside it."""

from typing import Final

from tests.bench.product import receives, sends
from tests.bench.role import main
from tests.bench.times import Mark
from transfer.storage import settling, work
from transfer.storage.noting import Noting

TELL: Final = ("stepped", "sent", "received", "set_aside")


def leave_out() -> None:
    """Nothing is told and nothing written; for this process alone."""
    for name in TELL:
        setattr(work, name, _nothing)
    setattr(settling, "settled", _nothing)  # noqa: B010 - mypy knows the function that stands there
    setattr(Noting, "write", _write)  # noqa: B010 - as above


def _nothing(*_given: object, **_named: object) -> None:
    """In the place of what would tell."""


async def _write(*_given: object, **_named: object) -> None:
    """In the place of what would write."""


if __name__ == "__main__":
    leave_out()
    main(sends=sends, receives=receives, last=Mark.RECEIPTED)
