"""What is given to the fuzzer: an entry of the program that takes bytes from others, and examples to begin with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from transfer.messages.examples import EXAMPLES

LARGEST: Final = 16_384
"""Bytes of an input. Limits of size stand before everything else in each entry and have tests of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """``once`` takes one input and raises only when a promise is broken; ``seeds`` are inputs that reach far."""

    once: Callable[[bytes], None]
    seeds: Callable[[], Sequence[bytes]]
    words: Sequence[str] = ()
    """What inputs of this kind are made of, beside what the seeds show."""
    prefix: int = 0
    """Bytes in front that say what the rest is."""


JSON: Final = (
    '"',
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "null",
    "true",
    "NaN",
    "-Infinity",
    "1e999",
    "9" * 100,
    "\\ud800",
    "\\u202e",
    "\\u0000",
    "[" * 250,
    '{"a":' * 250,
    "\u202e",
    "2199-12-31T23:59:59.999999+23:59",
    "0001-01-01T00:00:00+23:59",
)
"""What JSON is made of, and what has broken its readers before."""


def examples() -> list[tuple[str, str, Mapping[str, Any]]]:
    """Type, name and event of every published example."""
    return [(kind, name, event) for kind, named in EXAMPLES.items() for name, event in named.items()]
