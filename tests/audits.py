"""One case in the ledgers of two regions, with signed heads, for tests of what auditors see."""

import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

from tests.builders import CASE_ID, LUXIAN, STATION, ZHONGSHAN
from tests.ledger import START, MemoryLedger, a_step, an_entry
from tests.trust import shared
from transfer.actions.auditing import Asked, Audit
from transfer.actions.checking import Checked, check
from transfer.actions.findings import Says, Verdict
from transfer.crypto.book import Book
from transfer.crypto.keys import SuiteName
from transfer.crypto.ledger_keys import origin
from transfer.crypto.notes import Signer, Verifier, sign
from transfer.ledger.checkpoint import Checkpoint
from transfer.ledger.entry import Entry, Kind, canonical, texts_digest, texts_of
from transfer.ledger.tree import hash_of, head
from transfer.ports.ledger import Cosigned, Happened, Head, Seen, Written

NOW: Final = START + timedelta(days=30)
AUDITOR: Final = Asked(by="审计员赵敏")
CURIOUS: Final = Asked(by="审计员赵敏", reason="复核投诉", unmask=True)
CLERK: Final = "王芳"
OTHER_CASE: Final = uuid5(CASE_ID, "another")
OPERATOR: Final = shared().operator.verifier
_SALT: Final = bytes(16)
MESSAGES: Final = (
    (ZHONGSHAN, LUXIAN, 1, "legalaid.transfer.offered.v1"),
    (LUXIAN, ZHONGSHAN, 1, "legalaid.transfer.signed_for.v1"),
    (LUXIAN, ZHONGSHAN, 2, "legalaid.transfer.accepted.v1"),
    (LUXIAN, ZHONGSHAN, 3, "legalaid.case.stage_published.v1"),
)


def signer(region: str) -> Signer:
    """What signs the checkpoints of a region of the tests."""
    return Signer(origin(region), shared().store(region).signing(SuiteName.JOSE, NOW).jwk.secret)


def message(source: str, recipient: str, sequence: int, kind: str) -> tuple[Entry, Entry, Entry]:
    """A message as its source sends it, as its recipient receives it, and as its source has its receipt."""
    known = {
        "message": str(uuid5(CASE_ID, f"{source}{sequence}")),
        "digest": f"sha256:{sha256(kind.encode()).hexdigest()}",
    }
    told = known | {"type": kind, "conversation": str(CASE_ID), "sequence": sequence}
    outcome = {"outcome": "applied", "refusal": None}
    return (
        an_entry(Kind.SENT, facts=told | {"recipient": recipient, "answers": None}),
        an_entry(Kind.RECEIVED, facts=told | outcome | {"source": source}),
        an_entry(Kind.SETTLED, facts=known | outcome | {"recipient": recipient}),
    )


def with_texts(entry: Entry, **texts: Any) -> tuple[Entry, bytes]:
    """The entry with these texts outside it."""
    made = texts_of(texts, _SALT)
    changes = {name: getattr(entry, name) for name in ("id", "at", "kind", "case", "facts")}
    return Entry(**changes, subject=entry.case, texts=texts_digest(made)), made


@dataclass(slots=True)
class AuditedLedger(MemoryLedger):
    """The ledger of a region with its signed heads; what is noted in it is kept apart."""

    region: str = ZHONGSHAN
    happened: list[Happened] = field(default_factory=list)
    heads: list[tuple[Head, Sequence[Cosigned]]] = field(default_factory=list)
    others: dict[str, Seen] = field(default_factory=dict)

    def tell(self, entry: Entry, **texts: Any) -> None:
        if not texts:
            self.add(entry)
            return
        entry, made = with_texts(entry, **texts)
        self.add(entry)
        last = self.written[-1]
        self.written[-1] = Written(id=last.id, body=last.body, place=last.place, hash=last.hash, texts=made)

    @property
    def checkpoint(self) -> Checkpoint:
        size = self.tree.size
        return Checkpoint(origin(self.region), size, hash_of(head(size), self.nodes))

    def sign(self, *witnesses: str, at: datetime = NOW) -> str:
        """A new head, cosigned by these regions; gives its note."""
        made = self.checkpoint
        lines = [
            Cosigned(size=made.size, region=one, line=signer(one).cosignature(made.text, at), at=at)
            for one in witnesses
        ]
        self.heads.insert(0, (Head(checkpoint=made, note=sign(made.text, signer(self.region)), at=at), lines))
        return self.heads[0][0].note

    async def note(self, *happened: Happened) -> None:
        self.happened += happened

    async def own(self, limit: int) -> Sequence[tuple[Head, Sequence[Cosigned]]]:
        return self.heads[:limit]

    async def seen(self, regions: Collection[str]) -> Mapping[str, Seen]:
        return {one: self.others[one] for one in regions if one in self.others}

    async def place_of(self, entry: UUID) -> int | None:
        return next((one.place for one in self.written if one.id == entry), None)

    @property
    def audit(self) -> Audit:
        book = Book(verifiers=[OPERATOR], grace=timedelta(days=1), clock=lambda: NOW)
        book.offer(shared().note())
        return Audit(region=self.region, ledger=self, reading=self, checkpoints=self, book=book, clock=lambda: NOW)


def two_ledgers() -> tuple[AuditedLedger, AuditedLedger]:
    """Zhongshan offered a case, Luxian's station accepted it and published a stage; other things happened between."""
    here, there = AuditedLedger(region=ZHONGSHAN), AuditedLedger(region=LUXIAN)
    version = {ZHONGSHAN: 0, LUXIAN: 0}

    def step(ledger: AuditedLedger, event: str, *, by: str, tenure: int) -> None:
        version[ledger.region] += 1
        holder = ZHONGSHAN if tenure == 1 else STATION
        facts: dict[str, Any] = {
            "version": version[ledger.region],
            "tenure": tenure,
            "holder": holder,
            "institution": ledger.region,
        }
        ledger.tell(a_step(event, **facts), by=by)
        ledger.tell(an_entry(Kind.STEP, case=OTHER_CASE, facts={"event": "case_opened"}))

    for ledger in (here, there):
        ledger.tell(an_entry(Kind.KEYS, case=None, facts={"added": ["x"], "removed": []}))
    step(here, "case_opened", by=CLERK, tenure=1)
    for number, (source, recipient, sequence, kind) in enumerate(MESSAGES):
        sent, received, settled = message(source, recipient, sequence, kind)
        sender, receiver = (here, there) if source == ZHONGSHAN else (there, here)
        tenure = 1 if number < 2 else 2
        event = kind.split(".")[2]
        step(sender, event, by=CLERK if sender is here else "张伟", tenure=tenure)
        sender.tell(sent)
        receiver.tell(received)
        step(receiver, event, by=source, tenure=tenure)
        sender.tell(settled)
    here.tell(an_entry(Kind.READ, facts={"what": "case", "id": str(CASE_ID), "unmasked": True, "count": 1}), by=CLERK)
    here.sign(LUXIAN)
    there.sign(ZHONGSHAN)
    seen, note = there.checkpoint, there.heads[0][0].note
    here.others[LUXIAN] = Seen(known=seen, note=note)
    return here, there


async def collected(lines: AsyncIterator[bytes]) -> bytes:
    """The whole of a stream."""
    return b"".join([block async for block in lines])


async def case_bundle(ledger: AuditedLedger, asked: Asked = AUDITOR) -> bytes:
    """The bundle of the case of these tests."""
    return await collected(await ledger.audit.bundle_of_case(CASE_ID, asked))


def kept(folder: Path, name: str, content: bytes | str) -> Path:
    """The content as a file."""
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def said(found: Checked) -> set[Says]:
    """All that was found in a file."""
    return {one.says for one in found.findings}


def false(found: Checked) -> list[Says]:
    """What was found to be false or malformed."""
    wrong = {Verdict.FALSE, Verdict.MALFORMED}
    return [one.says for one in found.findings if one.says.verdict in wrong]


async def checked(folder: Path, content: bytes | str, *verifiers: Verifier) -> Checked:
    """What is found in this content as a file, with the operator's key unless others are brought."""
    return check([kept(folder, "file", content)], verifiers or (OPERATOR,))[0]


def altered(bundle: bytes, number: int, /, **changes: Any) -> bytes:
    """The bundle with fields of one line changed."""
    lines = bundle.splitlines()
    lines[number] = canonical(json.loads(lines[number]) | changes)
    return b"\n".join(lines) + b"\n"
