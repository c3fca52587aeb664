"""Proofs and bundles, from whoever hands a file to an auditor."""

import asyncio
import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from tests.audits import AUDITOR, CURIOUS, OPERATOR, case_bundle, collected, signer, two_ledgers
from tests.builders import LUXIAN, ZHONGSHAN
from tests.fuzz.target import JSON, Target
from tests.trust import shared
from transfer.actions.checking import check
from transfer.actions.findings import Verdict
from transfer.ledger.bundle import BEGIN
from transfer.ledger.proof_file import HEADER, EntryProof

KEYS: Final = (OPERATOR, signer(ZHONGSHAN).verifier, signer(LUXIAN).verifier)


@cache
def _folder() -> Path:
    return Path(mkdtemp(prefix="fuzz-audit-"))


@cache
def _true() -> tuple[frozenset[str], tuple[bytes, ...]]:
    """The bodies of all entries that there are, and files that show some of them."""

    async def made() -> tuple[frozenset[str], tuple[bytes, ...]]:
        ledgers = two_ledgers()
        here = ledgers[0]
        files = [
            (await here.audit.prove(4, AUDITOR)).text.encode(),
            await case_bundle(here),
            await case_bundle(here, CURIOUS),
            await collected(await here.audit.bundle_of_range(2, 6, AUDITOR)),
            shared().note().encode(),
        ]
        return frozenset(one.body.decode() for ledger in ledgers for one in ledger.written), tuple(files)

    return asyncio.run(made())


def once(data: bytes) -> None:
    """Whatever the file holds, it is read to its verdict; entries that are shown are such as were written."""
    file = _folder() / "file"
    file.write_bytes(data)
    for one in check([file], KEYS):
        for finding in one.findings:
            (finding.zh + finding.en).encode("utf-8", "surrogateescape")
        if one.verdict is not Verdict.SHOWN:
            continue
        if data.startswith(HEADER.encode()):
            assert EntryProof.parse(data.decode()).entry.decode() in _true()[0]
        elif data.startswith(BEGIN):
            lines = [json.loads(line) for line in data.splitlines()[1:]]
            assert {line["body"] for line in lines if "body" in line} <= _true()[0]


def _seeds() -> list[bytes]:
    return list(_true()[1])


TARGET = Target(
    once=once, seeds=_seeds, words=(*JSON, HEADER, "index ", "extra ", "\n\n", "\u2014 ", "legalaid/442000")
)
