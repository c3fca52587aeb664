"""What decode takes and refuses, and what it says of what it refuses."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, Final

import pytest
from pydantic import ValidationError

from tests.builders import (
    a_batch_of_receipts,
    a_body,
    a_case_basics,
    a_case_file,
    a_material,
    a_receipt,
    a_resident_id,
    a_stage,
    a_tenure,
    an_applicant,
    an_envelope,
    an_offer,
    an_opponent,
    example_body,
)
from transfer.messages.case import IdentityDocument
from transfer.messages.codes import IdentityKind, ReceiptOutcome, Urgency
from transfer.messages.contract import CODE_LISTS
from transfer.messages.envelope import (
    MESSAGE_TYPES,
    Attributes,
    SchemaViolated,
    UnknownType,
    Unreadable,
    decode,
    digest_of,
    encode,
)
from transfer.messages.examples import EXAMPLES, FULL
from transfer.messages.numbers import credit_code_fault, resident_id_fault
from transfer.messages.transfer import Offered

Path = tuple[str | int, ...]

TYPES: Final = sorted(MESSAGE_TYPES)
CODES: Final = {member.value for one in CODE_LISTS.values() for member in one}
SECRET: Final = a_resident_id()
INVISIBLE: Final = ["\u0000", "\u001b", "\u007f", "\u00ad", "\u200b", "\u200e", "\u202e", "\u2028", "\u2066", "\ufeff"]


def places(value: object, at: Path = ()) -> Iterator[tuple[Path, object]]:
    """Every place within an event, from the outside in, with what stands there."""
    if at:
        yield at, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*at, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from places(inner, (*at, place))


def full_event(name: str) -> dict[str, Any]:
    return copy.deepcopy(dict(EXAMPLES[name][FULL]))


def with_value(name: str, at: Path, value: object) -> bytes:
    """The full example of a type with another value at a place."""
    event: Any = full_event(name)
    part = event
    for key in at[:-1]:
        part = part[key]
    part[at[-1]] = value
    return json.dumps(event, ensure_ascii=False).encode()


def coded_places(name: str) -> list[Path]:
    """Where codes stand in the content of a type's full example."""
    return [at for at, value in places(full_event(name)["data"]) if isinstance(value, str) and value in CODES]


def refusal_of(body: bytes) -> str | None:
    """What decode says of a body that it refuses, or None when it takes it."""
    try:
        decode(body)
    except (Unreadable, UnknownType, SchemaViolated) as refusal:
        return str(refusal)
    return None


@pytest.mark.parametrize("name", TYPES)
def test_unknown_fields_are_ignored_wherever_they_stand(name: str) -> None:
    event = full_event(name)
    objects = [value for _, value in places(event) if isinstance(value, dict)]
    for one in [event, *objects]:
        one["added_in_a_later_minor"] = {"anything": [1, None, "at all"]}
    assert decode(json.dumps(event).encode()) == decode(example_body(name, FULL))


@pytest.mark.parametrize("name", TYPES)
def test_an_unknown_code_is_refused_wherever_a_code_stands(name: str) -> None:
    for at in coded_places(name):
        with pytest.raises(SchemaViolated, match="Input should be"):
            decode(with_value(name, ("data", *at), "NO_SUCH_CODE"))


def test_codes_stand_in_most_types() -> None:
    assert len([name for name in TYPES if coded_places(name)]) >= len(TYPES) // 2


@pytest.mark.parametrize("value", [SECRET, f"李大山{SECRET}", [SECRET], {SECRET: SECRET}])
@pytest.mark.parametrize("name", TYPES)
def test_a_refusal_never_quotes_what_was_sent(name: str, value: object) -> None:
    said = [said for at, _ in places(full_event(name)) if (said := refusal_of(with_value(name, at, value)))]
    assert said
    assert [text for text in said if SECRET[:6] in text or "李" in text] == []


def test_a_refusal_names_the_place_and_counts_what_it_leaves_out() -> None:
    event = full_event("legalaid.transfer.offered.v1")
    for field in ("letter", "reason", "sender", "receiver", "attempt"):
        del event["data"][field]
    with pytest.raises(SchemaViolated, match=r"data\.sender: Field required; .*; and 2 more$"):
        decode(json.dumps(event).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b"{",
        a_body(a_stage())[:-1],
        a_body(a_stage()).decode().encode("utf-16"),
        a_body(a_stage(note="注")).replace("注".encode(), b"\xff"),
        a_body(a_stage(note="注")).replace("注".encode(), rb"\ud800"),
        b"[" * 100_000,
    ],
    ids=["nothing", "null", "list", "text", "empty", "open", "cut", "utf-16", "no-utf-8", "surrogate", "deep"],
)
def test_a_body_that_is_no_event_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        decode(body)


def test_a_known_type_under_another_major_version_is_unknown() -> None:
    body = a_body(a_stage()).replace(b"stage_published.v1", b"stage_published.v2")
    with pytest.raises(UnknownType, match=r"^legalaid\.case\.stage_published\.v2$"):
        decode(body)


def test_a_decoded_message_is_encoded_to_the_same_bytes_again() -> None:
    body = a_body(an_offer())
    assert encode(*decode(body)) == body


def test_the_digest_is_of_the_exact_bytes() -> None:
    body = a_body(a_stage())
    same_event = json.dumps(json.loads(body)).encode()
    assert decode(same_event) == decode(body)
    assert digest_of(body) == f"sha256:{sha256(body).hexdigest()}"
    assert digest_of(same_event) != digest_of(body)
    assert digest_of(body + b"\n") != digest_of(body)


def test_absent_values_are_not_written_and_null_is_read_as_absent() -> None:
    body = a_body(a_stage(note=None))
    assert b"null" not in body
    assert (
        decode(with_value("legalaid.case.stage_published.v1", ("data", "note"), None))[1].model_dump()["note"] is None
    )


@pytest.mark.parametrize(
    "name",
    [
        "李",
        "阿依古丽·买买提",
        "𠮷世明",
        "㛃\U00030edd",
        "私\ue863字\U000f0001",
        "葛\U000e0100城",
        "买买提吐尔逊阿卜杜拉艾合买提江玉素甫喀迪尔阿不都热合曼居马洪",
        "O’Neil-Müller, Ana",
        "名" * 100,
    ],
)
def test_a_name_is_taken_as_people_write_it(name: str) -> None:
    offer = an_offer(file=a_case_file(applicants=(an_applicant(name=name),)))
    _, data = decode(a_body(offer))
    assert isinstance(data, Offered)
    assert data.file.applicants[0].name == name


@pytest.mark.parametrize("character", INVISIBLE)
def test_a_character_that_cannot_be_shown_is_refused_and_named_by_its_number(character: str) -> None:
    with pytest.raises(ValidationError, match=f"U\\+{ord(character):04X}"):
        an_applicant(name=f"李{character}山")
    with pytest.raises(ValidationError, match=f"U\\+{ord(character):04X}"):
        a_stage(note=f"第一行\n{character}第二行")


@pytest.mark.parametrize("separator", ["\n", "\t"])
def test_a_name_is_one_line(separator: str) -> None:
    with pytest.raises(ValidationError, match="must be a single line"):
        an_applicant(name=f"李{separator}山")


def test_a_text_may_have_several_lines() -> None:
    assert a_stage(note="第一行\n\t第二行").note == "第一行\n\t第二行"


@pytest.mark.parametrize(("name", "length"), [("", 0), ("   ", 3), ("名" * 101, 101)])
def test_a_name_is_neither_empty_nor_longer_than_a_hundred_characters(name: str, length: int) -> None:
    assert len(name) == length
    with pytest.raises(ValidationError, match=r"at least 1 character|at most 100 characters"):
        an_applicant(name=name)


@pytest.mark.parametrize("region", ["442000", "441900", "510521", "460400", "659001", "810000"])
def test_a_region_is_taken_by_its_digits_also_when_it_has_no_counties(region: str) -> None:
    assert decode(a_body(a_stage(institution=region), source=region))[0].source == region


@pytest.mark.parametrize("region", ["44200", "4420000", "042000", "44200a", "４４２０００", "442000\n", " 442000", ""])
def test_what_is_not_six_digits_is_no_region(region: str) -> None:
    with pytest.raises(ValidationError, match="should match pattern"):
        an_envelope(source=region)


@pytest.mark.parametrize("institution", ["442000-", "442000-zs", "442000-ABCDEFGHIJKLM", "44200-ZS", "442000_ZS"])
def test_a_workstation_is_a_region_and_a_short_suffix_in_capitals(institution: str) -> None:
    with pytest.raises(ValidationError, match="should match pattern"):
        a_stage(institution=institution)


@pytest.mark.parametrize("day", [date(1899, 12, 31), date(2200, 1, 1), date(206, 6, 18), date(1, 1, 1)])
def test_an_absurd_day_is_refused(day: date) -> None:
    with pytest.raises(ValidationError, match="must lie between 1900-01-01 and 2199-12-31"):
        a_case_basics(limitation_on=day)


@pytest.mark.parametrize("year", [1970, 1999, 2200, 9999])
def test_an_absurd_moment_is_refused(year: int) -> None:
    with pytest.raises(ValidationError, match="must lie between 2000-01-01 and 2199-12-31"):
        a_stage(at=datetime(year, 6, 10, tzinfo=UTC))


@pytest.mark.parametrize("day", ["20260610", "20260610093000", "1999-12-31T23:59:59Z"])
def test_a_day_without_hyphens_is_not_taken_for_a_moment(day: str) -> None:
    with pytest.raises(SchemaViolated, match="must lie between 2000-01-01"):
        decode(with_value("legalaid.case.stage_published.v1", ("data", "at"), day))


def test_a_moment_without_its_offset_is_refused() -> None:
    with pytest.raises(SchemaViolated, match="timezone"):
        decode(with_value("legalaid.case.stage_published.v1", ("data", "at"), "2026-06-10T09:30:00"))


@pytest.mark.parametrize("value", ["1", 1.5, True, [1], None, 10**30])
def test_a_number_is_taken_only_as_a_number_within_its_bounds(value: object) -> None:
    with pytest.raises(SchemaViolated, match=r"data\.number: Input should be"):
        decode(with_value("legalaid.case.stage_published.v1", ("data", "number"), value))


@pytest.mark.parametrize("sequence", [0, -1, 2**31, 2**63])
def test_a_sequence_is_a_positive_integer_of_cloudevents(sequence: int) -> None:
    with pytest.raises(ValidationError, match="sequence"):
        an_envelope(sequence=sequence)


def test_the_last_digit_of_a_resident_number_is_checked() -> None:
    right = a_resident_id(born="19620101", order=4)
    faults = {digit: resident_id_fault(right[:-1] + digit) for digit in "0123456789X"}
    assert [digit for digit, fault in faults.items() if fault is None] == [right[-1]]
    assert {fault for fault in faults.values() if fault} == {"has a wrong check digit"}


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("", "must be 17 digits and a digit or X"),
        (SECRET[:-1], "must be 17 digits and a digit or X"),
        (SECRET + "\n", "must be 17 digits and a digit or X"),
        (SECRET[:-1] + "x", "must be 17 digits and a digit or X"),
        ("990000198502300010", "holds no day of birth in places 7 to 14"),
    ],
)
def test_a_resident_number_has_its_form(number: str, fault: str) -> None:
    assert resident_id_fault(number) == fault


def test_a_resident_number_may_end_in_x() -> None:
    number = next(n for order in range(1, 100) if (n := a_resident_id(order=order)).endswith("X"))
    assert resident_id_fault(number) is None


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("91990000MA0000001B", None),
        ("91990000MA0000001C", "has a wrong check character"),
        ("91990000MA000000IB", "must be 18 digits and capital letters without I, O, S, V, Z"),
        ("91990000MA000000", "must be 18 digits and capital letters without I, O, S, V, Z"),
    ],
)
def test_the_last_character_of_a_credit_code_is_checked(code: str, fault: str | None) -> None:
    assert credit_code_fault(code) == fault


def test_a_document_has_a_number_and_no_document_has_none() -> None:
    assert IdentityDocument(kind=IdentityKind.NONE).number == ""
    for kind, number in ((IdentityKind.NONE, "E12345678"), (IdentityKind.PASSPORT, "")):
        with pytest.raises(ValidationError, match="exactly when there is a document"):
            IdentityDocument(kind=kind, number=number)


def test_a_case_is_urgent_for_a_reason() -> None:
    with pytest.raises(ValidationError, match="an urgent case says why"):
        a_case_basics(urgency=Urgency.PRESERVATION)
    with pytest.raises(ValidationError, match="names the last day of the limitation"):
        a_case_basics(urgency=Urgency.LIMITATION_LT_7_DAYS, urgency_reason="时效将届满")
    assert a_case_basics(urgency=Urgency.GREEN_CHANNEL).urgency_reason is None


def test_a_file_names_only_its_own_applicants_and_each_once() -> None:
    applicant = an_applicant()
    with pytest.raises(ValidationError, match="two applicants have the same id"):
        a_case_file(applicants=(applicant, applicant))
    with pytest.raises(ValidationError, match="an applicant who is not in the case"):
        a_case_file(materials=(a_material(applicant=an_offer().transfer),))


def test_an_offer_comes_from_the_holder_with_all_its_holders_in_order() -> None:
    first, second = a_tenure(), a_tenure(number=2, institution="442000")
    with pytest.raises(ValidationError, match="the last tenure is not the sender's"):
        an_offer(tenures=(first, second))
    with pytest.raises(ValidationError, match="tenures must be numbered 1, 2, 3"):
        an_offer(tenures=(second, first))
    assert an_offer(tenures=(first, second), sender="442000").tenures[-1] == second


def test_a_receipt_says_why_exactly_when_it_refuses() -> None:
    with pytest.raises(ValidationError, match="exactly when the outcome is refused"):
        a_receipt(outcome=ReceiptOutcome.REFUSED)
    assert a_receipt(outcome=ReceiptOutcome.PARKED).refusal is None


def test_a_receipt_needs_no_place_in_a_conversation() -> None:
    attributes, _ = decode(a_body(a_batch_of_receipts()))
    assert (attributes.conversation, attributes.sequence) == (None, None)


def test_values_cannot_be_changed() -> None:
    for value in (an_offer(), an_envelope(), an_opponent()):
        with pytest.raises(ValidationError, match="frozen"):
            value.__setattr__(next(iter(type(value).model_fields)), "changed")


def test_attributes_hold_no_field_for_content() -> None:
    assert Attributes.model_fields.keys() == {
        "specversion",
        "id",
        "type",
        "source",
        "recipient",
        "time",
        "datacontenttype",
        "conversation",
        "sequence",
        "answers",
    }
