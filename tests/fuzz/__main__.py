"""Fuzzes one target, ``python -m tests.fuzz TARGET --seconds 60``; the options of libFuzzer may follow.

Ends with 0 when nothing was found. What broke a promise is kept in the folder that is named, and is tried again by
giving its file in place of options.
"""

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

import atheris

from tests.fuzz.mutation import altered

NAMES: Final = ("sealed", "wire", "content", "notes", "directory", "audit", "planted", "slow")
INPUT_SECONDS: Final = 5
"""One input may take so long; most take less than a thousandth of it."""
MEMORY_MB: Final = 1024
ALLOCATION_MB: Final = 256


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    asked.add_argument("target", choices=NAMES)
    asked.add_argument("--seconds", type=int, default=60, help="how long at most")
    asked.add_argument("--found", type=Path, default=Path(".stack/fuzz"), help="where inputs are kept that broke it")
    words, options = asked.parse_known_args()
    with atheris.instrument_imports(include=["transfer", "tests.fuzz"]):
        target = import_module(f"tests.fuzz.{words.target}").TARGET
    from tests.fuzz.target import LARGEST  # noqa: PLC0415 - imported first where it is counted

    found = words.found / words.target
    found.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="fuzz-") as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for number, seed in enumerate(target.seeds()):
            (corpus / f"{number:03d}").write_bytes(seed)
        dictionary = Path(folder, "words")
        dictionary.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words), encoding="ascii")
        limits = [
            f"-max_total_time={words.seconds}",
            f"-max_len={LARGEST}",
            f"-timeout={INPUT_SECONDS}",
            f"-rss_limit_mb={MEMORY_MB}",
            f"-malloc_limit_mb={ALLOCATION_MB}",
            f"-artifact_prefix={found}/",
            f"-dict={dictionary}",
            "-print_final_stats=1",
        ]
        given = [] if any(not option.startswith("-") for option in options) else [str(corpus)]
        mutator = _mutator(target.prefix)
        atheris.Setup([sys.argv[0], *limits, *options, *given], target.once, custom_mutator=mutator)
        atheris.Fuzz()


def _mutator(prefix: int) -> Callable[[bytes, int, int], bytes]:
    """The bytes in front, which say what the rest is, stay."""

    def mutate(data: bytes, largest: int, seed: int) -> bytes:
        room = largest - prefix
        made: bytes = altered(data[prefix:], lambda some: atheris.Mutate(some, room), Random(seed))  # noqa: S311 - no secret
        return data[:prefix] + made[:room]

    return mutate


def _escaped(word: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word.encode())


if __name__ == "__main__":
    main()
