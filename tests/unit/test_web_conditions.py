"""Headers and cursors: what is taken, what is refused, and that they come back as they went."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer.records import TimeKey, WorkKey
from transfer.web.answers import Reply, to_json
from transfer.web.conditions import etag_of, is_known, key_in, version_in
from transfer.web.cursors import row_cursor, row_key, time_cursor, time_key, work_cursor, work_place
from transfer.web.faults import Fault, InvalidQuery, KeyInvalid, KeyMissing, VersionInvalid, VersionMissing
from transfer.web.health import Alive

MOMENTS = st.datetimes(min_value=datetime(2000, 1, 2), max_value=datetime(2199, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - bounds take none


@pytest.mark.parametrize("key", ["8e03978e-40d5-43e8-bc93-6894a57f9324", "a" * 8, "a" * 200, "order/7:x=1"])
def test_a_key_is_taken_with_and_without_quotes(key: str) -> None:
    assert key_in(key) == key_in(f'"{key}"') == key_in(f"  {key} ") == key


@pytest.mark.parametrize("key", ["", "a" * 7, "a" * 201, 'a"bbbbbbbbb', "äääääääää", "a b c d e f", '"aaaaaaaaa'])
def test_another_key_is_refused(key: str) -> None:
    with pytest.raises(KeyInvalid):
        key_in(key)


def test_without_a_key_the_refusal_says_how_to_make_one() -> None:
    with pytest.raises(KeyMissing) as refused:
        key_in(None)
    assert "uuidgen" in (refused.value.detail or "")


def test_a_version_comes_back_from_its_etag_and_a_star_is_any() -> None:
    assert version_in(etag_of(7)) == 7
    assert version_in("*") is None
    with pytest.raises(VersionMissing):
        version_in(None)


@pytest.mark.parametrize("tag", ["7", 'W/"7"', '"0"', '"07"', '"7", "8"', "", '"x"', '"1234567890"'])
def test_another_tag_is_refused(tag: str) -> None:
    with pytest.raises(VersionInvalid):
        version_in(tag)


def test_what_is_known_is_compared_weakly() -> None:
    assert is_known('"1", W/"7"', '"7"')
    assert is_known("*", '"7"')
    assert not is_known(None, '"7"')
    assert not is_known('"77"', '"7"')


@given(st.integers(0, 9), st.none() | st.dates(date(1900, 1, 1), date(2199, 12, 31)), MOMENTS, st.uuids())
def test_a_place_in_the_worklist_comes_back(place: int, act_by: date | None, at: datetime, id_: UUID) -> None:
    key = WorkKey(place=place, act_by=act_by, since=at, id=id_)
    assert work_place(work_cursor(key)) == key


@given(MOMENTS, st.uuids(), st.integers(0, 2**53))
def test_a_place_in_time_and_a_row_come_back(at: datetime, id_: UUID, row: int) -> None:
    key = TimeKey(at=at, id=id_)
    assert time_key(time_cursor(key)) == key
    assert row_key(row_cursor(row)) == row


@given(st.text(max_size=80))
def test_no_other_text_breaks_a_cursor(text: str) -> None:
    for read in (work_place, time_key, row_key):
        try:
            read(text)
        except Fault as refused:
            assert isinstance(refused, InvalidQuery)  # noqa: PT017 - nothing else may be raised


def test_no_cursor_is_the_beginning() -> None:
    assert [work_place(None), time_key(None), row_key(None)] == [None, None, None]


def test_answers_are_compact_and_readable() -> None:
    assert to_json(Alive()) == b'{"alive":true}'
    assert Reply().status == 200
