"""`transfer` with its clock at another date: the file that CLOCK names says how many seconds it is ahead of this day.

The first date of a story is a fact of the story. Everything else of the node is as it is in service.
"""

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from transfer.telemetry import clock

PROGRAM: Final = "deploy.demo.dated"
CLOCK: Final = "CLOCK"
_REAL: Final = clock.now


def set_clock(file: Path, to: datetime) -> None:
    """Nodes that read this file are at that moment from now on."""
    whole = file.with_suffix(".new")
    whole.write_text(f"{(to - _REAL()).total_seconds()}\n")
    whole.replace(file)


def _now() -> datetime:
    return _REAL() + timedelta(seconds=float(Path(os.environ[CLOCK]).read_text()))


if __name__ == "__main__":
    setattr(clock, "now", _now)  # noqa: B010 - a function of the product
    # Only now: whoever is imported takes the clock as it finds it.
    from transfer.cli.main import main

    sys.exit(main())
