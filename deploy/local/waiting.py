"""Waiting for something with a deadline."""

import time
from collections.abc import Callable

from deploy.local.errors import NotInTime


def wait_until(happened: Callable[[], bool], *, seconds: float, what: str, every: float = 0.1) -> None:
    """Asks again and again; raises NotInTime, naming `what`, when it has not happened in those seconds."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise NotInTime(f"{what} (waited {seconds:g} s)")
        time.sleep(every)
