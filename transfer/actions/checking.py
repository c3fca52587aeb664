"""What an auditor's files show: checked with nothing but the files, and the keys that the auditor brings along."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final

from pydantic import ValidationError

from transfer.actions.findings import Finding, Says, Verdict, finding
from transfer.crypto.directory import Directory
from transfer.crypto.errors import CryptoError, NoteMalformed, NoteUnverified
from transfer.crypto.ledger_keys import origin, verifiers
from transfer.crypto.notes import MAX_NOTE, Verifier, Witness, claimed, verify, witnessed
from transfer.ledger.bundle import BEGIN, BundleFalse, BundleHead, BundleMalformed, BundleReader, lines_of
from transfer.ledger.checkpoint import Checkpoint, CheckpointMalformed
from transfer.ledger.entry import Entry, EntryMalformed, Kind, canonical, moment
from transfer.ledger.proof_file import HEADER, MAX_PROOF, EntryProof, ProofMalformed
from transfer.ledger.proofs import NotProven, check_inclusion
from transfer.ledger.trace import Trace, differences
from transfer.ledger.tree import leaf_hash
from transfer.messages.envelope import explain

_OF_REGIONS: Final = origin("")
"""How the names of ledgers begin, and of the keys under their checkpoints."""
_CANNOT_KNOW: Final = (Says.TIMES, Says.NEVER_NOTED, Says.LATER)
_OF_BUNDLES: Final[Mapping[str, Says]] = MappingProxyType(
    {one.value: one for one in Says if one.verdict is Verdict.FALSE and "{place}" in one.en}
)
_DIFFERS: Final[Mapping[str, Says]] = MappingProxyType(
    {
        "holder": Says.HOLDER_DIFFERS,
        "message": Says.MESSAGE_DIFFERS,
        "content": Says.CONTENT_DIFFERS,
        "outcome": Says.OUTCOME_DIFFERS,
    }
)


class Unproven(Exception):
    """What a file says does not hold."""

    def __init__(self, says: Says, **detail: object) -> None:
        self.finding = finding(says, **detail)
        super().__init__(self.finding.en)


@dataclass(slots=True)
class Checked:
    """What was found in one file, and what it brings for others: keys, checkpoints that were verified, a trace."""

    name: str
    findings: list[Finding] = field(default_factory=list)
    keys: Sequence[Verifier] = ()
    signed: list[Checkpoint] = field(default_factory=list)
    trace: Trace | None = None

    @property
    def verdict(self) -> Verdict:
        """Malformed or false where anything is; shown otherwise."""
        found = {one.says.verdict for one in self.findings}
        return next((one for one in (Verdict.MALFORMED, Verdict.FALSE) if one in found), Verdict.SHOWN)

    def say(self, says: Says, **detail: object) -> None:
        self.findings.append(finding(says, **detail))


def check(files: Sequence[Path], brought: Sequence[Verifier]) -> Sequence[Checked]:
    """What each file shows, and last what they show together. The keys that the auditor ``brought`` are of regions, or
    of those who sign the directory; proofs are checked by the directories among the other files, too. Raises
    OSError."""
    each: list[Checked] = []
    for file in sorted(dict.fromkeys(files), key=_is_proof):
        listed = [key for one in each for key in one.keys]
        each.append(checked := Checked(str(file)))
        with file.open("rb") as opened:
            _check(checked, opened, brought, listed)
    together = Checked(", ".join(one.name for one in each))
    together.findings += [*_forks(each), *_compared(each)]
    return [*each, together] if together.findings else each


def _is_proof(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(HEADER)) == HEADER.encode()


def _check(checked: Checked, file: BinaryIO, brought: Sequence[Verifier], listed: Sequence[Verifier]) -> None:
    begin = file.read(len(HEADER))
    file.seek(0)
    try:
        if begin == HEADER.encode():
            _proof(checked, EntryProof.parse(file.read(4 * MAX_PROOF).decode()), _known(brought, listed))
        elif begin.startswith(BEGIN):
            _bundle(checked, file, brought)
        else:
            _directory(checked, file.read(MAX_NOTE + 1).decode(), brought)
    except Unproven as error:
        checked.findings.append(error.finding)
    except BundleFalse as error:
        checked.say(_OF_BUNDLES[error.what], **error.detail)
    except (BundleMalformed, ProofMalformed, CheckpointMalformed, EntryMalformed, NoteMalformed) as error:
        checked.say(Says.MALFORMED, detail=str(error))
    except UnicodeDecodeError:
        checked.say(Says.MALFORMED, detail="UTF-8 is due")


def _known(brought: Sequence[Verifier], listed: Sequence[Verifier]) -> Sequence[Verifier]:
    """For a region whose key the auditor brought no other key counts."""
    own = {key.name for key in brought}
    return [*brought, *(key for key in listed if key.name not in own)]


def _directory(checked: Checked, note: str, brought: Sequence[Verifier]) -> None:
    """Whose keys there are, and on whose word."""
    operators = [key for key in brought if not key.name.startswith(_OF_REGIONS)]
    text, names = claimed(note)
    try:
        signers = verify(note, operators).signers if operators else ()
    except NoteUnverified as error:
        raise Unproven(Says.DIRECTORY_FALSE, detail=error.detail) from None
    try:
        directory = Directory.model_validate_json(text)
        checked.keys = tuple(key for region in directory.known.values() for key in verifiers(region))
    except ValidationError as error:
        raise BundleMalformed(f"the directory: {explain(error)}") from None
    except CryptoError as error:
        raise BundleMalformed(f"the directory: {error}") from None
    if signers:
        checked.say(Says.DIRECTORY, version=directory.version, signer=", ".join(one.name for one in signers))
    else:
        checked.say(Says.KEYS_CLAIMED, signers=", ".join(names))


def _checkpoint(note: str, known: Sequence[Verifier]) -> tuple[Checkpoint, Verifier]:
    """A checkpoint that is signed by a known key of its origin, and the key."""
    stated = Checkpoint.parse(claimed(note)[0])
    try:
        signed = verify(note, [key for key in known if key.name == stated.origin])
    except NoteUnverified as error:
        raise Unproven(Says.NOT_SIGNED, origin=stated.origin, detail=error.detail) from None
    return stated, signed.signers[0]


def _say_who_signed(checked: Checked, note: str, known: Sequence[Verifier]) -> Checkpoint:
    checkpoint, key = _checkpoint(note, known)
    checked.signed.append(checkpoint)
    checked.say(Says.SIGNED, origin=checkpoint.origin, key=key.text)
    others = [Witness(one.name, one.point) for one in known if one.name != checkpoint.origin]
    try:
        saw = witnessed(note, others)
    except NoteUnverified as error:
        raise Unproven(Says.NOT_COSIGNED, detail=error.detail) from None
    for witness, at in saw.items():
        checked.say(Says.COSIGNED, witness=witness.name, at=moment(at))
    checked.say(Says.WITNESSES if saw else Says.NO_WITNESS)
    return checkpoint


def _proof(checked: Checked, proof: EntryProof, known: Sequence[Verifier]) -> None:
    entry = Entry.parse(proof.entry)
    checkpoint = _say_who_signed(checked, proof.note, known)
    origin, size = checkpoint.origin, checkpoint.size
    try:
        check_inclusion(leaf_hash(proof.entry), proof.index, size, proof.hashes, checkpoint.root)
    except NotProven:
        raise Unproven(Says.ANOTHER_ROOT, origin=origin, size=size) from None
    told = {"id": entry.id, "kind": entry.kind, "at": moment(entry.at)}
    checked.say(Says.PROOF_STANDS, **told, origin=origin, place=proof.index, size=size)
    checked.say(Says.TELLS, facts=canonical(entry.facts).decode())
    if entry.texts is not None:
        checked.say(Says.CLOSED, count=1)
    checked.findings += map(finding, (Says.OTHERS, *_CANNOT_KNOW))


def _bundle(checked: Checked, file: BinaryIO, brought: Sequence[Verifier]) -> None:
    lines = lines_of(file)
    head = BundleHead.parse(next(lines))
    _directory(checked, head.directory, brought)
    known = _known(brought, checked.keys)
    checkpoint = _say_who_signed(checked, head.checkpoint, known)
    checked.signed += [_checkpoint(note, known)[0] for note in head.seen]
    region = checkpoint.origin.removeprefix(_OF_REGIONS)
    trace = None if head.case is None else Trace(region=region, case=head.case)
    counted = _take_all(checked, BundleReader(head), lines, trace, checkpoint)
    stands = {"origin": checkpoint.origin, "size": checkpoint.size}
    if trace is None:
        checked.say(Says.RANGE_STANDS, **stands, first=head.first, last=head.last)
    else:
        for recipient, number in trace.gaps:
            says = Says.MESSAGE_MISSING if recipient else Says.VERSION_MISSING
            checked.say(says, region=region, recipient=recipient, number=number)
        checked.trace = trace
        checked.say(Says.CASE_STANDS, **stands, case=head.case, count=counted["entries"])
        checked.say(Says.OTHERS)
    for says in (Says.OPENED, Says.CLOSED):
        if counted[says]:
            checked.say(says, count=counted[says])
    checked.findings += map(finding, _CANNOT_KNOW)


def _take_all(
    checked: Checked, reader: BundleReader, lines: Iterator[bytes], trace: Trace | None, checkpoint: Checkpoint
) -> Counter[str]:
    counted: Counter[str] = Counter()
    for line in lines:
        opened = reader.take(line)
        if opened is None:
            continue
        counted["entries"] += 1
        if opened.entry.texts is not None:
            counted[Says.CLOSED if opened.texts is None else Says.OPENED] += 1
        if trace is not None:
            trace.take(opened)
        if opened.entry.kind is Kind.ERASED:
            facts = opened.entry.facts
            about = {name: facts.get(name) for name in ("subject", "basis")}
            checked.say(Says.ERASED, at=moment(opened.entry.at), **about)
    if (reader.tree.size, reader.tree.root) != (checkpoint.size, checkpoint.root):
        raise Unproven(Says.ANOTHER_ROOT, origin=checkpoint.origin, size=checkpoint.size)
    return counted


def _forks(each: Sequence[Checked]) -> Iterator[Finding]:
    """Two roots that one region signed for the same size, wherever they were seen."""
    roots: dict[tuple[str, int], bytes] = {}
    for signed in (signed for one in each for signed in one.signed):
        if roots.setdefault((signed.origin, signed.size), signed.root) != signed.root:
            yield finding(Says.FORKED, origin=signed.origin, size=signed.size)


def _compared(each: Sequence[Checked]) -> Iterator[Finding]:
    """The records of one case in the ledgers of two regions, where both bundles hold."""
    traces = [one.trace for one in each if one.trace is not None and one.verdict is Verdict.SHOWN]
    for here, there in combinations(traces, 2):
        if here.case != there.case or here.region == there.region:
            continue
        found = [
            finding(_DIFFERS[one.what], about=one.about, here=one.here or "", there=one.there or "")
            for one in differences(here, there)
        ]
        count = len(here.shared({here.region, there.region})["messages"])
        alike = finding(Says.ALIKE, here=here.region, there=there.region, case=here.case, count=count)
        yield from found or [alike]
