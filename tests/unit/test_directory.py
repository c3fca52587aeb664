"""The directory: what it refuses to say, and what it answers."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from transfer.crypto.directory import Directory, DirectoryInvalid, Draft, Region
from transfer.crypto.keys import KeyUse, PublicKey, SuiteName, key_id
from transfer.crypto.suites import suite
from transfer.messages.values import Frozen

NOW: Final = datetime(2026, 3, 2, tzinfo=UTC)
ZHONGSHAN: Final = "442000"
LUXIAN: Final = "510521"
STATION: Final = "510521-ZS"
LEFT: Final = "2026-06-01T00:00:00Z"


@cache
def a_key(region: str, *, use: KeyUse = KeyUse.SIGN) -> dict[str, Any]:
    return _listed(region, use, suite(SuiteName.JOSE).new_key(use).public)


def _listed(region: str, use: KeyUse, jwk: Any) -> dict[str, Any]:
    kid = key_id(region, use, jwk)
    key = PublicKey(
        kid=kid, suite=SuiteName.JOSE, use=use, jwk=jwk, not_before=NOW, not_after=NOW + timedelta(days=730)
    )
    return key.model_dump(mode="json", exclude_none=True)


def as_its_own(region: str, key: Mapping[str, Any]) -> dict[str, Any]:
    """The key of another region, under the name of this one."""
    jwk = PublicKey.model_validate_json(json.dumps(key)).jwk
    return _listed(region, KeyUse(key["use"]), jwk)


def a_region(code: str, *more: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    names = {"name_zh": "地区", "name_en": "Region"}
    return {"code": code, **names, "institutions": [{"code": code, **names}, *more], "suites": ["jose"]} | changes


def a_station(code: str = STATION, **changes: Any) -> dict[str, Any]:
    return {"code": code, "kind": "workstation", "parent": LUXIAN, "name_zh": "站", "name_en": "Station"} | changes


def an_agreement(*between: str, **changes: Any) -> dict[str, Any]:
    rest = {"answer_working_days": 10, "mutual_recognition": True, "since": "2026-03-01"}
    return {"between": between or [ZHONGSHAN, LUXIAN], **rest} | changes


def a_draft(*regions: Mapping[str, Any], agreements: Any = (), former: Any = ()) -> Draft:
    listed = regions or (a_region(ZHONGSHAN), a_region(LUXIAN, a_station()))
    return Draft.model_validate_json(json.dumps({"regions": listed, "agreements": agreements, "former": former}))


def test_two_regions_with_their_keys_and_what_they_agreed_are_a_directory() -> None:
    made = a_draft(
        a_region(ZHONGSHAN, keys=[a_key(ZHONGSHAN), a_key(ZHONGSHAN, use=KeyUse.SEAL)]),
        a_region(LUXIAN, a_station(), keys=[a_key(LUXIAN)]),
        agreements=[an_agreement()],
    )
    assert list(made.by_code) == [ZHONGSHAN, LUXIAN]
    assert made.by_code[LUXIAN].key(a_key(LUXIAN)["kid"]) is not None
    assert made.by_code[LUXIAN].key(a_key(ZHONGSHAN)["kid"]) is None
    assert made.deciding(STATION) == LUXIAN
    assert made.deciding(ZHONGSHAN) == ZHONGSHAN
    with pytest.raises(KeyError):
        made.deciding("440000")


def test_a_directory_without_those_that_left_reads_as_before_and_older_releases_read_past_them() -> None:
    before = a_draft(a_region(ZHONGSHAN))
    assert (before.former, list(before.known)) == ((), [ZHONGSHAN])
    newer = a_draft(a_region(ZHONGSHAN), former=[a_region(LUXIAN) | {"left_at": LEFT}])
    assert (list(newer.by_code), list(newer.institutions)) == ([ZHONGSHAN], [ZHONGSHAN])
    assert set(newer.known) == {ZHONGSHAN, LUXIAN}

    class Older(Frozen):
        """What a release that knows no former regions reads."""

        regions: tuple[Region, ...]

    assert Older.model_validate_json(newer.text).regions == newer.regions


REFUSED: Final[Mapping[str, tuple[Callable[[], object], str]]] = {
    "a region twice": (lambda: a_draft(a_region(ZHONGSHAN), a_region(ZHONGSHAN)), "a region stands twice"),
    "a region without an institution": (lambda: a_draft(a_region(ZHONGSHAN, institutions=[])), "institutions"),
    "a region without a suite": (lambda: a_draft(a_region(ZHONGSHAN, suites=[])), "suites"),
    "a suite that nobody knows": (lambda: a_draft(a_region(ZHONGSHAN, suites=["rot13"])), "suites"),
    "no region": (lambda: a_draft(a_region("12345")), "code"),
    "files over plain HTTP": (lambda: a_draft(a_region(ZHONGSHAN, attachments="http://a.example")), "attachments"),
    "two lines of maintenance": (lambda: a_draft(a_region(ZHONGSHAN, maintenance="a\nb")), "maintenance"),
    "an institution twice": (lambda: a_draft(a_region(LUXIAN, a_station(), a_station())), "institution stands twice"),
    "an institution of another region": (
        lambda: a_draft(a_region(LUXIAN, a_station("442000-ZS"))),
        "442000-ZS does not belong to region 510521",
    ),
    "a workstation without a parent": (
        lambda: a_draft(a_region(LUXIAN, a_station(parent=None))),
        "exactly the workstations have a parent",
    ),
    "an institution with a parent": (
        lambda: a_draft(a_region(LUXIAN, a_station(kind="institution"))),
        "exactly the workstations have a parent",
    ),
    "a parent that is not there": (lambda: a_draft(a_region(LUXIAN, a_station(parent="510000"))), "510000 is no inst"),
    "a parent that is a workstation": (
        lambda: a_draft(a_region(LUXIAN, a_station(), a_station("510521-GZ", parent=STATION))),
        f"{STATION} is no institution",
    ),
    "a key of another region": (
        lambda: a_draft(a_region(ZHONGSHAN, keys=[a_key(LUXIAN)])),
        "is not of region 442000",
    ),
    "a key twice": (
        lambda: a_draft(a_region(ZHONGSHAN, keys=[a_key(ZHONGSHAN), a_key(ZHONGSHAN)])),
        "a key of region 442000 stands twice",
    ),
    "another region's key as its own": (
        lambda: a_draft(
            a_region(ZHONGSHAN, keys=[a_key(ZHONGSHAN)]),
            a_region(LUXIAN, keys=[as_its_own(LUXIAN, a_key(ZHONGSHAN))]),
        ),
        "are the same key",
    ),
    "a region that left and is there": (
        lambda: a_draft(a_region(ZHONGSHAN), former=[a_region(ZHONGSHAN) | {"left_at": LEFT}]),
        "a region stands twice",
    ),
    "a key that goes on after its region left": (
        lambda: a_draft(former=[a_region(LUXIAN, keys=[a_key(LUXIAN)]) | {"left_at": LEFT}]),
        "must end by then",
    ),
    "another's key taken over from a region that left": (
        lambda: a_draft(
            a_region(ZHONGSHAN, keys=[as_its_own(ZHONGSHAN, a_key(LUXIAN))]),
            former=[a_region(LUXIAN, keys=[a_key(LUXIAN) | {"not_after": LEFT}]) | {"left_at": LEFT}],
        ),
        "are the same key",
    ),
    "an agreement with itself": (
        lambda: a_draft(agreements=[an_agreement(ZHONGSHAN, ZHONGSHAN)]),
        "not between two regions",
    ),
    "an agreement with a stranger": (
        lambda: a_draft(agreements=[an_agreement(ZHONGSHAN, "440000")]),
        "not between two regions",
    ),
    "two agreements of one pair": (
        lambda: a_draft(agreements=[an_agreement(ZHONGSHAN, LUXIAN), an_agreement(LUXIAN, ZHONGSHAN)]),
        "two agreements",
    ),
    "an agreement that ends before it begins": (
        lambda: a_draft(agreements=[an_agreement(until="2026-02-28")]),
        "until must not be earlier than since",
    ),
    "no days to answer in": (lambda: a_draft(agreements=[an_agreement(answer_working_days=0)]), "answer_working_days"),
    "an end before the beginning": (
        lambda: Directory(version=1, issued_at=NOW, expires_at=NOW),
        "expires_at must be later",
    ),
    "version 0": (lambda: Directory(version=0, issued_at=NOW, expires_at=NOW + timedelta(days=1)), "version"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_directory_refuses(name: str) -> None:
    make, said = REFUSED[name]
    with pytest.raises(ValueError, match=said):
        make()


def test_no_two_regions_can_have_a_key_of_one_id() -> None:
    """The id begins with the region, whose keys differ among themselves."""
    one, other = a_key(ZHONGSHAN), a_key(LUXIAN)
    with pytest.raises(ValueError, match="the key id does not fit"):
        a_draft(a_region(ZHONGSHAN, keys=[one]), a_region(LUXIAN, keys=[other | {"kid": one["kid"]}]))


@pytest.mark.parametrize(
    ("day", "in_force"),
    [("2026-02-28", False), ("2026-03-01", True), ("2026-06-30", True), ("2026-07-01", False)],
)
def test_an_agreement_is_in_force_from_its_first_day_to_its_last(day: str, *, in_force: bool) -> None:
    made = a_draft(agreements=[an_agreement(until="2026-06-30")])
    for pair in ((ZHONGSHAN, LUXIAN), (LUXIAN, ZHONGSHAN)):
        assert (made.agreement(*pair, on=date.fromisoformat(day)) is not None) is in_force


def test_an_agreement_without_an_end_goes_on_and_binds_its_pair_alone() -> None:
    made = a_draft(a_region(ZHONGSHAN), a_region(LUXIAN), a_region("510000"), agreements=[an_agreement()])
    found = made.agreement(LUXIAN, ZHONGSHAN, on=date(2099, 1, 1))
    assert found is not None
    assert (found.answer_working_days, found.mutual_recognition) == (10, True)
    assert made.agreement(LUXIAN, "510000", on=date(2099, 1, 1)) is None


def test_a_directory_has_expired_from_the_moment_that_it_names() -> None:
    made = Directory(version=1, issued_at=NOW, expires_at=NOW + timedelta(days=1))
    assert not made.expired(NOW + timedelta(hours=23, minutes=59))
    assert made.expired(NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "No such file"),
        ("", "JSON"),
        ('{"regions": [], "regoins": []}', "regoins"),
        ('{"agreements": [{}]}', "agreements"),
    ],
)
def test_a_draft_that_cannot_be_read_is_named_with_its_fault(tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "draft.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(DirectoryInvalid, match=said) as caught:
        Draft.load(file)
    assert str(file) in str(caught.value)
