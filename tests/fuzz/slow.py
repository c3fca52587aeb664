"""A reader that takes longer the more it is given, which the fuzzer must find."""

import time

from tests.fuzz.target import Target


def once(data: bytes) -> None:
    time.sleep(len(data))


TARGET = Target(once=once, seeds=lambda: [b"xxxx"], words=("x",))
