"""Waits for what another process does, which tells nobody when it is done."""

import time
from collections.abc import Callable

_LOOK_AGAIN = 0.05


def until(true: Callable[[], object], what: object = "what was waited for", *, seconds: float = 60.0) -> None:
    """Look again and again; fails at the deadline, and says ``what`` as it is then."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"did not come true in {seconds:g} s: {what}"
        time.sleep(_LOOK_AGAIN)  # between two looks; what ends the wait is the look
