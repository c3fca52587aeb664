"""Values for tests, each whole and valid, with the fields that a test is about changed by keyword."""

import json
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeVar
from uuid import UUID

from transfer.crypto.letters import CannotSeal
from transfer.law.book import RuleBook
from transfer.messages.case import (
    Applicant,
    CaseBasics,
    CaseFile,
    Designation,
    Material,
    Opponent,
    StageReached,
    Tenure,
)
from transfer.messages.case_progress import HolderChanged, StagePublished, TermOverdue
from transfer.messages.codes import Stage
from transfer.messages.eligibility import Statement
from transfer.messages.envelope import TYPE_NAMES, Attributes, decode, encode
from transfer.messages.examples import EXAMPLES, MINIMAL
from transfer.messages.examples_case import BASICS_IN_FULL, CASE, DESIGNATION, FIRST_TENURE, IOU, TRANSFER
from transfer.messages.ledger import LedgerMessage
from transfer.messages.receipts import Receipt, ReceiptIssued
from transfer.messages.transfer import (
    Accepted,
    CompetenceDisputed,
    Designated,
    Escalated,
    LinkedAsDuplicate,
    Offered,
    RecallRequested,
    Released,
    SignedFor,
    Supplemented,
    SupplementRequired,
)
from transfer.messages.values import BetweenRegions, Frozen
from transfer.node import rule_book

LUXIAN: Final = "510521"
ZHONGSHAN: Final = "442000"
SICHUAN: Final = "510000"
GUANGDONG: Final = "440000"
STATION: Final = "510521-ZS"
CASE_ID: Final = UUID(CASE)
TRANSFER_ID: Final = UUID(TRANSFER)

Model = TypeVar("Model", bound=Frozen)


def changed(value: Model, /, **changes: object) -> Model:
    """The value with some fields changed, validated again. A name that is no field is a mistake of the test."""
    unknown = changes.keys() - type(value).model_fields.keys()
    if unknown:
        raise TypeError(f"{type(value).__name__} has no {sorted(unknown)}")
    return type(value).model_validate(dict(value) | changes)


def a_message(model: type[Model], form: str = MINIMAL, /, **changes: object) -> Model:
    """The example of that message, the smallest unless ``form`` says otherwise."""
    _, data = decode(example_body(TYPE_NAMES[model], form))
    if not isinstance(data, model):
        raise TypeError(type(data))
    return changed(data, **changes)


def example_body(name: str, form: str = MINIMAL) -> bytes:
    """The bytes of an example."""
    return json.dumps(EXAMPLES[name][form], ensure_ascii=False).encode()


def an_envelope(model: type[Frozen] = Offered, /, **changes: object) -> Attributes:
    """The attributes of that message's example."""
    head, _ = decode(example_body(TYPE_NAMES[model]))
    attributes = Attributes.model_validate({name: getattr(head, name) for name in Attributes.model_fields})
    return changed(attributes, **changes)


def a_body(data: Frozen, /, **changes: object) -> bytes:
    """The bytes of a message with that content, in the conversation of its case or ledger; ``changes`` are to its
    attributes."""
    place: dict[str, object] = {}
    if isinstance(data, LedgerMessage):
        place = {"conversation": data.conversation}
    elif not isinstance(data, BetweenRegions):
        place = {"conversation": dict(data)["case"]}
    return encode(an_envelope(type(data), **(place | changes)), data)


def an_offer(**changes: object) -> Offered:
    return a_message(Offered, **changes)


def a_signature(**changes: object) -> SignedFor:
    return a_message(SignedFor, **changes)


def a_notice(**changes: object) -> SupplementRequired:
    return a_message(SupplementRequired, **changes)


def a_supplement(**changes: object) -> Supplemented:
    return a_message(Supplemented, **changes)


def an_acceptance(*, tenure: int = 2, **changes: object) -> Accepted:
    return a_message(Accepted, **({"tenure": tenure, "stage": taken_over(tenure)} | changes))


def taken_over(tenure: int) -> StageReached:
    """The stage that a new holder finds."""
    return StageReached(stage=Stage.RECEIVED, tenure=tenure, number=0)


def a_dispute(**changes: object) -> CompetenceDisputed:
    return a_message(CompetenceDisputed, **changes)


def an_escalation(**changes: object) -> Escalated:
    return a_message(Escalated, **changes)


def a_word_of_the_superior(**changes: object) -> Designated:
    return a_message(Designated, **changes)


def a_link(**changes: object) -> LinkedAsDuplicate:
    return a_message(LinkedAsDuplicate, **changes)


def a_recall(**changes: object) -> RecallRequested:
    return a_message(RecallRequested, **changes)


def a_release(**changes: object) -> Released:
    return a_message(Released, **changes)


def a_stage(**changes: object) -> StagePublished:
    return a_message(StagePublished, **changes)


def a_change_of_holder(*, tenures: tuple[Tenure, ...] = (), **changes: object) -> HolderChanged:
    given = {"tenures": tenures, "stage": taken_over(len(tenures))} if tenures else {}
    return a_message(HolderChanged, **(given | changes))


def a_late_term(**changes: object) -> TermOverdue:
    return a_message(TermOverdue, MINIMAL, **changes)


def a_batch_of_receipts(*receipts: Receipt) -> ReceiptIssued:
    return a_message(ReceiptIssued, **({"receipts": receipts} if receipts else {}))


def a_receipt(**changes: object) -> Receipt:
    return changed(a_batch_of_receipts().receipts[0], **changes)


def a_case_file(**changes: object) -> CaseFile:
    return changed(an_offer().file, **changes)


def a_case_basics(**changes: object) -> CaseBasics:
    return changed(an_offer().file.basics, **changes)


def an_applicant(**changes: object) -> Applicant:
    return changed(an_offer().file.applicants[0], **changes)


def an_opponent(**changes: object) -> Opponent:
    return _of(Opponent, BASICS_IN_FULL["opponents"][0], changes)


def a_material(**changes: object) -> Material:
    return _of(Material, IOU, changes)


def a_tenure(**changes: object) -> Tenure:
    return _of(Tenure, FIRST_TENURE, changes)


def a_designation(**changes: object) -> Designation:
    return _of(Designation, DESIGNATION, changes)


def _of(model: type[Model], example: dict[str, Any], changes: dict[str, object]) -> Model:
    return changed(model.model_validate_json(json.dumps(example)), **changes)


def a_resident_id(*, born: str = "19850412", order: int = 1) -> str:
    """A number of nobody: its first six digits, 990000, are no region; the check digit is right."""
    digits = f"990000{born}{order:03d}"
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(digits))
    return digits + "10X98765432"[total % 11]


def nobody_signs(_statement: Statement, _expires: datetime) -> str:
    """Of a region that holds no keys."""
    raise CannotSeal("no keys")


@cache
def the_rules() -> RuleBook:
    """The rules that a release brings along, and the calendar that it knows."""
    return rule_book()
