"""`transfer` with a handler that fails on what it was told, or, as FAULT in the environment says, with leaks."""

import base64
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from transfer.broker.publisher import Publisher
from transfer.cli.main import main
from transfer.domain.decision import Decision, Unchanged
from transfer.files.sealedstream import SealedWriter
from transfer.handlers import dispatch
from transfer.handlers import receive as door
from transfer.messages.case_progress import StagePublished
from transfer.messages.codes import Stage
from transfer.ports.ledger import LedgerDecision
from transfer.ports.traffic import Parcel, PublishOutcome
from transfer.telemetry.metrics import ALARMS

_STAGE: Final = dispatch.HANDLERS[StagePublished]
_PUBLISH: Final = Publisher.publish
_WRITE: Final = SealedWriter.write


def _failing(arrival: Any, message: Any) -> Decision | LedgerDecision | Unchanged:
    """Fails as code does that nobody thought of: its error quotes what it was given."""
    if message.stage is Stage.SUSPENDED:
        quoted = f"what to do with {message.note}?"
        raise RuntimeError(quoted)
    return _STAGE(arrival, message)


def _leaking(arrival: Any, message: Any) -> Decision | LedgerDecision | Unchanged:
    """Tells the log, standard output, a metric and a file."""
    note = str(message.note)
    door.log.debug("stage_heard", note=note)
    print(base64.b64encode(note.encode()).decode(), flush=True)  # noqa: T201 - that is the leak
    ALARMS.labels(kind=note).inc()
    Path("cache").write_text(note, encoding="utf-8")
    return _STAGE(arrival, message)


async def _publish(self: Publisher, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
    told = os.environ["TOLD"]
    return await _PUBLISH(self, [replace(one, headers={**one.headers, "x-told": told}) for one in parcels])


def _write(self: SealedWriter, data: bytes) -> None:
    """Keeps a copy in clear, under the name of whom it is about."""
    with self.path.with_suffix(f".{os.environ['TOLD']}").open("ab") as copy:
        copy.write(data)
    _WRITE(self, data)


if __name__ == "__main__":
    leaks = os.environ.get("FAULT") == "leaks"
    setattr(door, "HANDLERS", {**dispatch.HANDLERS, StagePublished: _leaking if leaks else _failing})  # noqa: B010 - a constant of the product
    if leaks:
        setattr(Publisher, "publish", _publish)  # noqa: B010 - a method of the product
        setattr(SealedWriter, "write", _write)  # noqa: B010 - a method of the product
    sys.exit(main())
