"""Whatever a message holds, it is the same message on the other side."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Final
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from transfer.messages.case import StageReached
from transfer.messages.case_progress import StagePublished
from transfer.messages.codes import Defect, LegalBasis, RecallReason, Stage
from transfer.messages.contract import schema_of
from transfer.messages.envelope import TYPE_NAMES, Attributes, decode, encode
from transfer.messages.transfer import Accepted, RecallRequested, SupplementItem, SupplementRequired
from transfer.messages.values import Frozen

UNSHOWN: Final[tuple[Any, ...]] = ("Cc", "Cf", "Cs", "Zl", "Zp")
shown = st.characters(exclude_categories=UNSHOWN)


def lines(length: int) -> st.SearchStrategy[str]:
    return st.text(shown, min_size=1, max_size=length).filter(lambda text: text.strip() == text)


texts = st.text(shown | st.sampled_from("\n\t"), min_size=1, max_size=200).filter(lambda text: text.strip() == text)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(2000, 1, 2), datetime(2199, 12, 30), timezones=zones | st.just(UTC))  # noqa: DTZ001
days = st.dates(date(1900, 1, 1), date(2199, 12, 31))
regions = st.from_regex(r"[1-9][0-9]{5}", fullmatch=True)
institutions = st.from_regex(r"[1-9][0-9]{5}(-[A-Z0-9]{1,12})?", fullmatch=True)
digests = st.binary(min_size=32, max_size=32).map(lambda content: f"sha256:{content.hex()}")
ids: st.SearchStrategy[UUID] = st.uuids()
place = {"transfer": ids, "case": ids, "at": moments}

stages = st.builds(
    StagePublished,
    case=ids,
    tenure=st.integers(1, 1000),
    number=st.integers(1, 10_000),
    stage=st.sampled_from(Stage),
    occurred_on=days,
    basis=st.none() | st.sampled_from(LegalBasis),
    note=st.none() | texts,
    institution=institutions,
    at=moments,
)
acceptances = st.integers(2, 1000).flatmap(
    lambda tenure: st.builds(
        Accepted,
        **place,
        tenure=st.just(tenure),
        institution=institutions,
        number=st.none() | lines(200),
        accepted_by=lines(100),
        stage=st.builds(StageReached, stage=st.sampled_from(Stage), tenure=st.just(tenure), number=st.just(0)),
        applicants=st.lists(ids, min_size=1, max_size=5).map(tuple),
    )
)
notices = st.builds(
    SupplementRequired,
    **place,
    items=st.lists(
        st.builds(
            SupplementItem,
            applicant=st.none() | ids,
            defect=st.sampled_from(Defect),
            explanation=texts,
            paper=st.none() | lines(200),
        ),
        min_size=1,
        max_size=4,
    ).map(tuple),
    due_on=days,
)
recalls = st.builds(
    RecallRequested,
    **place,
    reason=st.sampled_from(RecallReason),
    explanation=st.none() | texts,
    applicants=st.lists(ids, max_size=5).map(tuple),
)
messages: st.SearchStrategy[Frozen] = st.one_of(stages, acceptances, notices, recalls)
VALIDATORS: Final[dict[type[Frozen], Draft202012Validator]] = {
    model: Draft202012Validator(schema_of(TYPE_NAMES[model]), format_checker=Draft202012Validator.FORMAT_CHECKER)
    for model in (StagePublished, Accepted, SupplementRequired, RecallRequested)
}


@st.composite
def envelopes(draw: st.DrawFn, data: Frozen) -> Attributes:
    return Attributes(
        id=draw(ids),
        type=TYPE_NAMES[type(data)],
        source=draw(regions),
        recipient=draw(regions),
        time=draw(moments),
        conversation=draw(ids),
        sequence=draw(st.integers(1, 2**31 - 1)),
        answers=draw(digests),
    )


@given(messages, st.data())
def test_what_is_encoded_is_decoded_to_the_same(data: Frozen, draw: st.DataObject) -> None:
    attributes = draw.draw(envelopes(data))
    event, arrived = decode(encode(attributes, data))
    assert arrived == data
    assert {name: getattr(event, name) for name in Attributes.model_fields} == dict(attributes)


@given(messages, st.data())
def test_what_is_decoded_is_encoded_to_the_same_bytes(data: Frozen, draw: st.DataObject) -> None:
    body = encode(draw.draw(envelopes(data)), data)
    assert encode(*decode(body)) == body


@given(messages, st.data())
def test_what_is_encoded_fits_the_published_schema(data: Frozen, draw: st.DataObject) -> None:
    VALIDATORS[type(data)].validate(json.loads(encode(draw.draw(envelopes(data)), data)))


@given(stages, st.characters(categories=UNSHOWN))
def test_no_character_that_cannot_be_shown_comes_through(data: StagePublished, character: str) -> None:
    body = encode(
        Attributes.model_validate(
            {
                "id": data.case,
                "type": TYPE_NAMES[StagePublished],
                "source": "442000",
                "recipient": "510521",
                "time": data.at,
                "conversation": data.case,
                "sequence": 1,
            }
        ),
        data.model_copy(update={"note": "前后"}),
    )
    escaped = json.dumps(f"前{character}后")[1:-1]
    try:
        _, arrived = decode(body.replace("前后".encode(), escaped.encode()))
    except ValueError:
        return
    assert isinstance(arrived, StagePublished)
    assert arrived.note == f"前{character}后"
    assert character in "\n\t"
