"""What a receiver refuses: each row is one change to an example, and what is said of it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from transfer.messages.envelope import UnknownType, Unreadable
from transfer.messages.examples import EXAMPLES, FULL
from transfer.messages.examples_case import AYGUL, CASE, SECOND_TENURE, TRANSFER, Json
from transfer.messages.examples_eligibility_refused import REFUSED_ATTESTATIONS
from transfer.messages.examples_erasure_refused import REFUSED_ERASURES
from transfer.messages.examples_evidence_refused import REFUSED_EVIDENCE
from transfer.messages.examples_ledger_refused import REFUSED_LEDGER
from transfer.messages.examples_reconciling_refused import REFUSED_RECONCILING
from transfer.messages.examples_recovery_refused import REFUSED_RECOVERY
from transfer.messages.refused import ABSENT, Refused


def event_of(name: str, refused: Refused) -> Json:
    """The example of that type with the row's change."""
    return _changed(EXAMPLES[name][refused.of], refused.at.split("."), refused.value)


def _changed(part: Json, path: list[str], value: object) -> Json:
    key, rest = path[0], path[1:]
    if not rest:
        return {k: v for k, v in (part | {key: value}).items() if v is not ABSENT}
    inner = part[key]
    if isinstance(inner, list):
        place, rest = int(rest[0]), rest[1:]
        changed = _changed(inner[place], rest, value) if rest else value
        return part | {key: [*inner[:place], changed, *inner[place + 1 :]]}
    return part | {key: _changed(inner, rest, value)}


_LATER: Final = "2226-06-13T10:00:00+08:00"

REFUSED: Final[Mapping[str, tuple[Refused, ...]]] = MappingProxyType(
    REFUSED_ATTESTATIONS
    | REFUSED_ERASURES
    | REFUSED_EVIDENCE
    | REFUSED_LEDGER
    | REFUSED_RECONCILING
    | REFUSED_RECOVERY
    | {
        "legalaid.transfer.offered.v1": (
            Refused("unknown-type", "type", "legalaid.transfer.mislaid.v1", "transfer.mislaid.v1", error=UnknownType),
            Refused("unknown-major", "type", "legalaid.transfer.offered.v2", "transfer.offered.v2", error=UnknownType),
            Refused("foreign-type", "type", "com.example.offered", "type: String should match", error=Unreadable),
            Refused("no-id", "id", ABSENT, "id: Field required", error=Unreadable),
            Refused("other-specversion", "specversion", "0.3", "specversion: Input should be '1.0'", error=Unreadable),
            Refused("source-too-short", "source", "51052", "source: String should match", error=Unreadable),
            Refused("no-specversion", "specversion", ABSENT, "specversion: Field required"),
            Refused("no-conversation", "conversation", ABSENT, "conversation: Field required"),
            Refused("no-sequence", "sequence", ABSENT, "sequence: Field required"),
            Refused("no-letter", "data.letter", ABSENT, "data.letter: Field required"),
            Refused("attempt-as-text", "data.attempt", "1", "data.attempt: Input should be a valid integer"),
            Refused("unknown-matter", "data.file.basics.matter", "WAGES", "basics.matter: Input should be"),
            Refused("bad-region-code", "data.receiver", "44200", "data.receiver: String should match"),
            Refused("nobody-applies", "data.file.applicants", [], "applicants: Tuple should have at least 1 item"),
            Refused("blank-name", "data.file.applicants.0.name", "　", "at least 1 character", schema_finds=False),
            Refused(
                "invisible-character",
                "data.file.applicants.0.name",
                "李\u200b大山",
                "contains the character U+200B, which cannot be shown",
                schema_finds=False,
            ),
            Refused(
                "stranger-elected",
                "data.file.election.representatives",
                [CASE],
                "a representative is not in the case",
                of=FULL,
                schema_finds=False,
            ),
            Refused(
                "resident-id-check-digit",
                "data.file.applicants.0.identity.number",
                "990000198504120011",
                "the resident identity number has a wrong check digit",
                schema_finds=False,
            ),
            Refused(
                "resident-id-no-such-day",
                "data.file.applicants.0.identity.number",
                "990000198502300010",
                "the resident identity number holds no day of birth",
                schema_finds=False,
            ),
            Refused(
                "credit-code-check-character",
                "data.file.basics.opponents.0.credit_code",
                "91990000MA00000011",
                "the unified social credit code has a wrong check character",
                of=FULL,
                schema_finds=False,
            ),
            Refused(
                "last-tenure-not-the-senders",
                "data.tenures.0.institution",
                "511502",
                "the last tenure is not the sender's",
                schema_finds=False,
            ),
            Refused(
                "tenures-skip-a-number",
                "data.tenures.0.number",
                2,
                "tenures must be numbered 1, 2, 3",
                schema_finds=False,
            ),
            Refused(
                "urgent-without-reason",
                "data.file.basics.urgency_reason",
                ABSENT,
                "an urgent case says why",
                of=FULL,
                schema_finds=False,
            ),
            Refused(
                "urgent-without-last-day",
                "data.file.basics.limitation_on",
                ABSENT,
                "names the last day of the limitation",
                of=FULL,
                schema_finds=False,
            ),
            Refused(
                "clock-without-an-end",
                "data.file.basics.clocks.0.length",
                ABSENT,
                "a term has a length, or its last day was set",
                of=FULL,
                schema_finds=False,
            ),
            Refused(
                "material-of-a-stranger",
                "data.file.materials.1.applicant",
                CASE,
                "a material names an applicant who is not in the case",
                of=FULL,
                schema_finds=False,
            ),
            Refused(
                "same-applicant-twice",
                "data.file.applicants.0.id",
                AYGUL,
                "two applicants have the same id",
                of=FULL,
                schema_finds=False,
            ),
            Refused(
                "absurd-day",
                "data.file.basics.limitation_on",
                "0206-06-18",
                "limitation_on: Value error, must lie between",
                of=FULL,
                schema_finds=False,
            ),
            Refused(
                "no-offset",
                "data.file.basics.first_received_at",
                "2026-06-10T09:30:00",
                "first_received_at: Input should have timezone info",
            ),
            Refused(
                "day-for-a-moment",
                "data.file.basics.first_received_at",
                "20260610",
                "first_received_at: Value error, must lie between",
            ),
        ),
        "legalaid.transfer.signed_for.v1": (
            Refused("no-signer", "data.signed_by", ABSENT, "data.signed_by: Field required"),
            Refused("answers-nothing", "answers", ABSENT, "answers: Field required"),
            Refused(
                "count-as-text", "data.materials_counted", "3", "materials_counted: Input should be a valid integer"
            ),
            Refused("lower-case-workstation", "data.institution", "442000-zs", "institution: String should match"),
            Refused("absurd-moment", "data.at", _LATER, "data.at: Value error, must lie between", schema_finds=False),
        ),
        "legalaid.transfer.supplement_required.v1": (
            Refused("unknown-defect", "data.items.0.defect", "NOT_ELIGIBLE", "items.0.defect: Input should be"),
            Refused("nothing-required", "data.items", [], "data.items: Tuple should have at least 1 item"),
            Refused("no-due-day", "data.due_on", ABSENT, "data.due_on: Field required"),
            Refused("due-by-a-moment", "data.due_on", "2026-06-19T00:00:00+08:00", "data.due_on: Input should be"),
            Refused("absurd-due-day", "data.due_on", "2926-06-19", "must lie between", schema_finds=False),
            Refused(
                "answers-cut-off", "answers", "sha256:396d5d32bd4737", "answers: String should match", error=Unreadable
            ),
        ),
        "legalaid.transfer.supplemented.v1": (
            Refused("unknown-defect", "data.answers.1.defect", "OTHER", "answers.1.defect: Input should be", of=FULL),
            Refused("empty-answer", "data.answers.0.answer", "", "at least 1 character", of=FULL),
            Refused(
                "left-but-active",
                "data.left.0.status",
                "ACTIVE",
                "an applicant who left has withdrawn, or is deemed to have",
                of=FULL,
                schema_finds=False,
            ),
            Refused(
                "digest-in-capitals",
                "data.materials.0.file.digest",
                "SHA256:AA",
                "digest: String should match",
                of=FULL,
            ),
            Refused(
                "folder-in-a-name",
                "data.materials.0.file.name",
                "../passwd",
                "must be a plain file name",
                of=FULL,
                schema_finds=False,
            ),
            Refused(
                "unknown-kind-of-file", "data.materials.0.file.media_type", "text/html", "Input should be", of=FULL
            ),
        ),
        "legalaid.transfer.accepted.v1": (
            Refused("first-tenure", "data.tenure", 1, "data.tenure: Input should be greater than or equal to 2"),
            Refused(
                "stage-of-another-tenure", "data.stage.tenure", 1, "the stage is of another tenure", schema_finds=False
            ),
            Refused("accepts-nobody", "data.applicants", [], "data.applicants: Tuple should have at least 1 item"),
            Refused("no-institution", "data.institution", ABSENT, "data.institution: Field required"),
            Refused("applicant-by-name", "data.applicants.0", "李大山", "applicants.0: Input should be a valid UUID"),
            Refused("number-of-two-lines", "data.number", "第1号\n第2号", "must be a single line", schema_finds=False),
        ),
        "legalaid.transfer.competence_disputed.v1": (
            Refused("not-eligible-is-no-ground", "data.ground", "NOT_ELIGIBLE", "data.ground: Input should be"),
            Refused("proposes-no-region", "data.proposed_region", ABSENT, "data.proposed_region: Field required"),
            Refused("region-by-name", "data.proposed_region", "佛山市", "data.proposed_region: String should match"),
            Refused("no-explanation", "data.explanation", ABSENT, "data.explanation: Field required"),
        ),
        "legalaid.transfer.escalated.v1": (
            Refused("no-basics", "data.basics", ABSENT, "data.basics: Field required"),
            Refused(
                "stage-of-a-tenure-to-come", "data.stage.tenure", 2, "a tenure that is not listed", schema_finds=False
            ),
            Refused("unknown-channel", "data.basics.channel", "FAX", "basics.channel: Input should be"),
            Refused("institution-for-a-region", "data.proposed_region", "510521-ZS", "String should match", of=FULL),
            Refused(
                "tenures-out-of-order",
                "data.tenures",
                [SECOND_TENURE],
                "tenures must be numbered 1, 2, 3",
                schema_finds=False,
            ),
        ),
        "legalaid.transfer.designated.v1": (
            Refused("workstation-for-a-region", "data.region", "510521-ZS", "data.region: String should match"),
            Refused("nobody-decided", "data.decided_by", ABSENT, "data.decided_by: Field required"),
            Refused("no-such-day", "data.decided_on", "2026-02-30", "decided_on: Input should be a valid date"),
        ),
        "legalaid.transfer.linked_as_duplicate.v1": (
            Refused("no-surviving-case", "data.surviving_case", ABSENT, "data.surviving_case: Field required"),
            Refused(
                "case-by-number", "data.surviving_case", "中山援字1号", "surviving_case: Input should be a valid UUID"
            ),
            Refused("no-receiver-named", "data.first_received_by", None, "first_received_by: Input should be a valid"),
        ),
        "legalaid.transfer.recall_requested.v1": (
            Refused("unknown-reason", "data.reason", "CHANGED_MIND", "data.reason: Input should be"),
            Refused("reason-in-lower-case", "data.reason", "handled_here", "data.reason: Input should be"),
            Refused("applicants-as-text", "data.applicants", AYGUL, "data.applicants: Input should be a valid array"),
        ),
        "legalaid.transfer.released.v1": (
            Refused("no-transfer", "data.transfer", ABSENT, "data.transfer: Field required"),
            Refused("sequence-zero", "sequence", 0, "sequence: Input should be greater than", error=Unreadable),
            Refused("no-data", "data", ABSENT, "data: Field required"),
        ),
        "legalaid.case.stage_published.v1": (
            Refused("unknown-stage", "data.stage", "rejected", "data.stage: Input should be"),
            Refused("unknown-basis", "data.basis", "LAL_99", "data.basis: Input should be", of=FULL),
            Refused("number-zero", "data.number", 0, "data.number: Input should be greater than or equal to 1"),
            Refused("tenure-as-fraction", "data.tenure", 1.5, "data.tenure: Input should be a valid integer"),
        ),
        "legalaid.case.holder_changed.v1": (
            Refused(
                "stage-of-another-tenure", "data.stage.tenure", 2, "another tenure than the last", schema_finds=False
            ),
            Refused("no-stage", "data.stage", ABSENT, "data.stage: Field required"),
            Refused("nobody-ever-held-it", "data.tenures", [], "data.tenures: Tuple should have at least 1 item"),
            Refused(
                "same-tenure-twice",
                "data.tenures.1.number",
                1,
                "tenures must be numbered 1, 2, 3",
                of=FULL,
                schema_finds=False,
            ),
            Refused("institution-of-no-region", "data.tenures.0.institution", "042000", "String should match"),
        ),
        "legalaid.case.term_overdue.v1": (
            Refused("no-rule", "data.rules", [], "data.rules: Tuple should have at least 1 item"),
            Refused("rule-of-no-clock", "data.rules.0", "ASSIGN", "no clock runs by ASSIGN", schema_finds=False),
            Refused("stage-of-no-tenure", "data.stage.tenure", 2, "a tenure that is not listed", schema_finds=False),
            Refused("no-clocks", "data.basics", ABSENT, "data.basics: Field required"),
        ),
        "legalaid.case.matter_noticed.v1": (
            Refused("no-fingerprints", "data.fingerprints", [], "data.fingerprints: Tuple should have at least 1 item"),
            Refused("number-in-clear", "data.fingerprints.0", "990000198504120010", "String should match"),
            Refused("no-first-receipt", "data.first_received_at", ABSENT, "data.first_received_at: Field required"),
        ),
        "legalaid.case.same_matter_known.v1": (
            Refused("answers-nothing", "answers", ABSENT, "answers: Field required"),
            Refused("no-case", "data.known_case", ABSENT, "data.known_case: Field required"),
            Refused("holder-of-no-region", "data.institution", "042000", "data.institution: String should match"),
        ),
        "legalaid.case.split.v1": (
            Refused("of-neither-case", "data.part", TRANSFER, "do not name the other case", schema_finds=False),
            Refused("of-itself", "data.part", CASE, "the case is neither of the two", schema_finds=False),
            Refused("of-nobody", "data.applicants", [], "data.applicants: Tuple should have at least 1 item"),
            Refused("stage-of-no-tenure", "data.stage.tenure", 3, "a tenure that is not listed", schema_finds=False),
        ),
        "legalaid.receipt.issued.v1": (
            Refused("unknown-outcome", "data.receipts.0.outcome", "ok", "receipts.0.outcome: Input should be"),
            Refused(
                "no-digest",
                "data.receipts.0.digest",
                ABSENT,
                "a verdict without the digest of the content can only ask for the message again",
                schema_finds=False,
            ),
            Refused(
                "refused-without-why",
                "data.receipts.0.outcome",
                "refused",
                "a refusal is given exactly when the outcome is refused",
                schema_finds=False,
            ),
            Refused(
                "resend-as-text",
                "data.receipts.0.refusal.resend",
                "yes",
                "refusal.resend: Input should be a valid boolean",
                of=FULL,
            ),
        ),
    }
)
