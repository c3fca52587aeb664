"""One smallest and one fullest event of every type, as their senders would write them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from transfer.messages.examples_case import (
    AGENCY_PROOF,
    APPLICATION,
    ATTESTED,
    AYGUL,
    AYGUL_IN_FULL,
    BASICS_BRIEFLY,
    BASICS_IN_FULL,
    CASE,
    CLOCK_BRIEFLY,
    DESIGNATION,
    EARLIER_CASE,
    FIRST_TENURE,
    IOU,
    LI,
    LI_BRIEFLY,
    LI_IN_FULL,
    REASON,
    REVOCATION,
    SECOND_TENURE,
    TRANSFER,
    Json,
    sent,
)
from transfer.messages.examples_eligibility import PAIRS as ATTESTATIONS
from transfer.messages.examples_erasure import PAIRS as ERASURES
from transfer.messages.examples_evidence import PAIRS as EVIDENCE
from transfer.messages.examples_ledger import PAIRS as LEDGER
from transfer.messages.examples_reconciling import PAIRS as RECONCILING
from transfer.messages.examples_recovery import PAIRS as RECOVERY

MINIMAL: Final = "minimal"
FULL: Final = "full"

_OFFER: Final = "sha256:745beb7c3ad40577b4c43ca94ba8b7b2474da6bce7a353f0a9a6426c2f47bfa0"
_SUPPLEMENT: Final = "sha256:e7905201a814df32d9b91943a50bc5e4f081ef2159f523cfe20113bda3fb91ee"
_RECALL: Final = "sha256:ab39bfcc19aaff79f0dcf7dfa364136591f5ef0f84d333b492482edd8fc9379d"
_NOTICE: Final = "sha256:396d5d32bd4737119e02c2653f8158d734dbfb638b6175dcead016f9bc31b21e"

_PRINT: Final = "1:ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a"


def _step(route: tuple[str, str], at: str, more: Json, data: Json, added: Json) -> tuple[Json, Json]:
    """The same for a step of the transfer."""
    place = {"transfer": TRANSFER, "case": CASE, "at": at}
    return sent(route, at, {"conversation": CASE, **more}, place | data, added)


RECEIVED: Final = {"stage": "received", "tenure": 1, "number": 0}

_PAIRS: Final[dict[str, tuple[Json, Json]]] = {
    "legalaid.transfer.offered.v1": _step(
        ("510521", "442000"),
        "2026-06-13T10:00:00+08:00",
        {"sequence": 1},
        {
            "sender": "510521",
            "receiver": "442000",
            "letter": "泸县援转字〔2026〕第9号",
            "reason": REASON,
            "file": {"basics": BASICS_BRIEFLY, "applicants": [LI_BRIEFLY]},
            "stage": RECEIVED,
            "tenures": [FIRST_TENURE],
            "attempt": 1,
        },
        {
            "file": {
                "basics": BASICS_IN_FULL,
                "applicants": [LI_IN_FULL, AYGUL_IN_FULL],
                "materials": [APPLICATION, IOU, AGENCY_PROOF],
                "election": {"representatives": [LI], "elected_on": "2026-06-12", "proof": APPLICATION["title"]},
                "attestations": {"issued": [ATTESTED], "revoked": [REVOCATION]},
            },
            "stage": {"stage": "aid_first", "tenure": 1, "number": 2},
            "despite": "劳动合同履行地尚待核实。",
            "followers": ["510500"],
            "attempt": 2,
            "designation": DESIGNATION,
        },
    ),
    "legalaid.transfer.signed_for.v1": _step(
        ("442000", "510521"),
        "2026-06-13T14:20:00+08:00",
        {"sequence": 1, "answers": _OFFER},
        {"signed_by": "陈静", "institution": "442000", "materials_counted": 0},
        {"signed_by": "欧阳静·买买提", "materials_counted": 3},
    ),
    "legalaid.transfer.supplement_required.v1": _step(
        ("442000", "510521"),
        "2026-06-14T09:10:00+08:00",
        {"sequence": 2, "answers": _OFFER},
        {"items": [{"defect": "FACTS_UNCLEAR", "explanation": "请说明欠薪的起止月份。"}], "due_on": "2026-06-19"},
        {
            "items": [
                {
                    "applicant": LI,
                    "defect": "EVIDENCE_ILLEGIBLE",
                    "explanation": "欠条照片模糊，金额无法辨认。",
                    "paper": "欠条（2026年5月30日）",
                },
                {"applicant": AYGUL, "defect": "FORM_UNSIGNED", "explanation": "申请表缺少签名。"},
            ]
        },
    ),
    "legalaid.transfer.supplemented.v1": _step(
        ("510521", "442000"),
        "2026-06-15T09:00:00+08:00",
        {"sequence": 2, "answers": _NOTICE},
        {},
        {
            "answers": [
                {"applicant": LI, "defect": "EVIDENCE_ILLEGIBLE", "answer": "已重新拍摄欠条，字迹清晰。"},
                {"defect": "FACTS_UNCLEAR", "answer": "欠薪期间为2025年11月至2026年5月，共七个月。"},
            ],
            "materials": [IOU],
            "left": [{"applicant": AYGUL, "status": "DEEMED_WITHDRAWN"}],
            "told": [
                {"applicant": AYGUL, "by": "王芳", "written_on": "2026-06-11", "phoned_on": "2026-06-11"},
                {"applicant": LI, "by": "王芳", "written_on": "2026-06-11"},
            ],
        },
    ),
    "legalaid.transfer.accepted.v1": _step(
        ("442000", "510521"),
        "2026-06-15T10:05:00+08:00",
        {"sequence": 3, "answers": _SUPPLEMENT},
        {
            "tenure": 2,
            "institution": "442000",
            "accepted_by": "陈静",
            "stage": {"stage": "received", "tenure": 2, "number": 0},
            "applicants": [LI],
        },
        {
            "number": "中山援字〔2026〕第0613号",
            "stage": {"stage": "aid_first", "tenure": 2, "number": 0},
            "applicants": [LI, AYGUL],
        },
    ),
    "legalaid.transfer.competence_disputed.v1": _step(
        ("442000", "510521"),
        "2026-06-14T09:30:00+08:00",
        {"sequence": 2, "answers": _OFFER},
        {
            "ground": "COMPETENCE_CAUSE_ELSEWHERE",
            "proposed_region": "440600",
            "explanation": "劳动合同履行地在佛山市。",
        },
        {"explanation": "劳动合同履行地在佛山市。\n建议转交佛山市法律援助机构。"},
    ),
    "legalaid.transfer.escalated.v1": _step(
        ("510521", "510000"),
        "2026-06-14T15:00:00+08:00",
        {"sequence": 1},
        {
            "sender": "510521",
            "receiver": "442000",
            "explanation": "该案已转交两次未获受理，请求指定管辖。",
            "attempts": 2,
            "stage": RECEIVED,
            "basics": BASICS_BRIEFLY,
            "tenures": [FIRST_TENURE],
        },
        {"ground": "COMPETENCE_CAUSE_ELSEWHERE", "proposed_region": "440600", "basics": BASICS_IN_FULL},
    ),
    "legalaid.transfer.designated.v1": _step(
        ("510000", "510521"),
        "2026-06-14T17:00:00+08:00",
        {"sequence": 1, "answers": _NOTICE},
        {
            "region": "442000",
            "decided_by": "黄伟",
            "decided_on": "2026-06-14",
            "reason": "争议处理机关在中山市。",
        },
        {"decided_by": "𠮷世明", "reason": "争议处理机关在中山市，由中山市法律援助机构受理。"},
    ),
    "legalaid.transfer.linked_as_duplicate.v1": _step(
        ("442000", "510521"),
        "2026-06-14T11:00:00+08:00",
        {"sequence": 2, "answers": _OFFER},
        {
            "surviving_case": EARLIER_CASE,
            "first_received_at": "2026-06-09T15:45:00+08:00",
            "first_received_by": "442000",
        },
        {"first_received_at": "2026-06-09T07:45:00.250Z"},
    ),
    "legalaid.transfer.recall_requested.v1": _step(
        ("510521", "442000"),
        "2026-06-15T14:00:00+08:00",
        {"sequence": 3, "answers": _NOTICE},
        {"reason": "HANDLED_HERE"},
        {
            "reason": "WITHDRAWN_BY_APPLICANT",
            "explanation": "该申请人已与用人单位和解，书面撤回申请。",
            "applicants": [AYGUL],
        },
    ),
    "legalaid.transfer.released.v1": _step(
        ("442000", "510521"),
        "2026-06-15T15:30:00+08:00",
        {"sequence": 3, "answers": _RECALL},
        {},
        {"applicants": [AYGUL]},
    ),
    "legalaid.case.stage_published.v1": sent(
        ("442000", "510521"),
        "2026-06-17T16:00:00+08:00",
        {"conversation": CASE, "sequence": 4},
        {
            "case": CASE,
            "tenure": 2,
            "number": 1,
            "stage": "granted",
            "occurred_on": "2026-06-17",
            "institution": "442000",
            "at": "2026-06-17T16:00:00+08:00",
        },
        {"basis": "LAL_43_1", "note": "已决定给予法律援助，三日内指派承办律师。"},
    ),
    "legalaid.case.holder_changed.v1": sent(
        ("442000", "510500"),
        "2026-06-15T10:06:00+08:00",
        {"conversation": CASE, "sequence": 1},
        {"case": CASE, "tenures": [FIRST_TENURE], "stage": RECEIVED, "at": "2026-06-15T10:06:00+08:00"},
        {"tenures": [FIRST_TENURE, SECOND_TENURE], "stage": {"stage": "aid_first", "tenure": 2, "number": 0}},
    ),
    "legalaid.case.term_overdue.v1": sent(
        ("510521", "510500"),
        "2026-06-23T02:00:00+08:00",
        {"conversation": CASE, "sequence": 1},
        {
            "case": CASE,
            "at": "2026-06-23T02:00:00+08:00",
            "rules": ["REVIEW"],
            "basics": BASICS_BRIEFLY | {"clocks": [CLOCK_BRIEFLY]},
            "stage": RECEIVED,
            "tenures": [FIRST_TENURE],
        },
        {"basics": BASICS_IN_FULL},
    ),
    "legalaid.case.matter_noticed.v1": sent(
        ("510521", "442000"),
        "2026-06-10T09:31:00+08:00",
        {"conversation": CASE, "sequence": 1},
        {
            "case": CASE,
            "at": "2026-06-10T09:31:00+08:00",
            "institution": "510521",
            "first_received_at": "2026-06-10T09:30:00+08:00",
            "first_received_by": "510521",
            "fingerprints": [_PRINT],
        },
        {"fingerprints": [_PRINT, f"2:{_PRINT[2:]}"]},
    ),
    "legalaid.case.same_matter_known.v1": sent(
        ("442000", "510521"),
        "2026-06-10T09:31:02+08:00",
        {"conversation": CASE, "sequence": 1, "answers": _NOTICE},
        {
            "case": CASE,
            "at": "2026-06-10T09:31:02+08:00",
            "known_case": EARLIER_CASE,
            "institution": "442000",
            "first_received_at": "2026-06-08T15:00:00+08:00",
            "first_received_by": "442000",
        },
        {},
    ),
    "legalaid.case.split.v1": sent(
        ("442000", "510521"),
        "2026-06-16T09:00:00+08:00",
        {"conversation": CASE, "sequence": 2},
        {
            "case": CASE,
            "at": "2026-06-16T09:00:00+08:00",
            "origin": CASE,
            "part": EARLIER_CASE,
            "applicants": [AYGUL],
            "basics": BASICS_BRIEFLY | {"split_into": [EARLIER_CASE]},
            "stage": {"stage": "under_review", "tenure": 2, "number": 1},
            "tenures": [FIRST_TENURE, SECOND_TENURE],
        },
        {"basics": BASICS_IN_FULL | {"split_from": TRANSFER, "split_into": [EARLIER_CASE]}},
    ),
    "legalaid.receipt.issued.v1": sent(
        ("442000", "510521"),
        "2026-06-13T10:00:02+08:00",
        {},
        {
            "receipts": [
                {
                    "message": "01975f64-d281-7000-8000-0000000a0000",
                    "digest": _OFFER,
                    "outcome": "applied",
                    "at": "2026-06-13T10:00:01+08:00",
                }
            ]
        },
        {
            "receipts": [
                {
                    "message": "01975f64-d281-7000-8000-0000000a0000",
                    "digest": _OFFER,
                    "outcome": "refused",
                    "at": "2026-06-13T10:00:01+08:00",
                    "refusal": {
                        "code": "SCHEMA_VIOLATED",
                        "hop": "recipient",
                        "detail": "legalaid.transfer.offered.v1.data.attempt: Field required",
                        "resend": True,
                    },
                },
                {
                    "message": "01975f64-d281-7000-8000-0000000a0001",
                    "outcome": "refused",
                    "at": "2026-06-13T10:00:01+08:00",
                    "refusal": {
                        "code": "CANNOT_OPEN",
                        "hop": "recipient",
                        "detail": "No key with this id is known here. (442000.seal.3f9a01bc)",
                        "resend": True,
                    },
                },
            ]
        },
    ),
}

EXAMPLES: Final[Mapping[str, Mapping[str, Json]]] = MappingProxyType(
    {
        name: MappingProxyType(
            {
                form: {"id": f"01975f64-d281-7000-8000-0000000a{place:03x}{which}", "type": name, **event}
                for which, (form, event) in enumerate(zip((MINIMAL, FULL), pair, strict=True))
            }
        )
        for place, (name, pair) in enumerate(
            (_PAIRS | EVIDENCE | ATTESTATIONS | ERASURES | LEDGER | RECONCILING | RECOVERY).items()
        )
    }
)
"""The examples by type and form."""
