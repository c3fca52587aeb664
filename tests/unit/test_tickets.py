"""Tickets for files: bound to the file, to both regions and to a few minutes, and signed by who asks."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.trust import shared
from transfer.crypto import tickets as module
from transfer.crypto.keys import SuiteName
from transfer.crypto.letters import CannotSeal
from transfer.crypto.suites import suite
from transfer.crypto.tickets import (
    TicketBad,
    TicketExpired,
    TicketForAnotherFile,
    TicketForAnotherRegion,
    Tickets,
)
from transfer.messages.envelope import digest_of
from transfer.telemetry import clock

ZHONGSHAN, LUXIAN, SICHUAN = "442000", "510521", "510000"
DIGEST = digest_of(b"a file")


def of(region: str, *, later: timedelta = timedelta()) -> Tickets:
    return Tickets(wire=replace(shared().wire(region), clock=lambda: clock.now() + later))


def signed(content: Any, *, by: str = LUXIAN, life: int = 300) -> str:
    """A ticket that no honest node would make."""
    key = shared().store(by).signing(SuiteName.JOSE, clock.now())
    now = int(clock.now().timestamp())
    text = json.dumps(content).encode() if not isinstance(content, bytes) else content
    return suite(SuiteName.JOSE).sign(text, key, issued_at=now, expires_at=now + life).decode()


def said(**changes: Any) -> dict[str, Any]:
    return {"purpose": "file", "source": ZHONGSHAN, "recipient": LUXIAN, "digest": DIGEST} | changes


def test_a_ticket_lets_the_region_in_that_made_it() -> None:
    assert of(ZHONGSHAN).check(of(LUXIAN).issue(ZHONGSHAN, DIGEST), DIGEST) == LUXIAN


def test_a_ticket_is_for_one_file() -> None:
    with pytest.raises(TicketForAnotherFile):
        of(ZHONGSHAN).check(of(LUXIAN).issue(ZHONGSHAN, DIGEST), digest_of(b"another"))


def test_a_ticket_is_for_one_source() -> None:
    with pytest.raises(TicketForAnotherRegion):
        of(SICHUAN).check(of(LUXIAN).issue(ZHONGSHAN, DIGEST), DIGEST)


@pytest.mark.parametrize(("minutes", "fits"), [(-6, False), (-4, True), (9, True), (11, False)])
def test_a_ticket_lives_minutes_and_clocks_may_differ_by_some(minutes: int, fits: bool) -> None:  # noqa: FBT001 - a column of the table
    token = of(LUXIAN).issue(ZHONGSHAN, DIGEST)
    there = of(ZHONGSHAN, later=timedelta(minutes=minutes))
    if fits:
        assert there.check(token, DIGEST) == LUXIAN
    else:
        with pytest.raises(TicketExpired):
            there.check(token, DIGEST)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "ä.b.c",
        "x" * 5000,
        signed(said(recipient=SICHUAN)),
        signed(said(purpose="letter")),
        signed(said(more=1)),
        signed({"digest": DIGEST}),
        signed(b"no json"),
        signed(said(), life=86400),
    ],
    ids=range(11),
)
def test_what_is_no_sound_ticket_is_refused(token: str) -> None:
    with pytest.raises(TicketBad):
        of(ZHONGSHAN).check(token, DIGEST)


def test_a_ticket_that_was_altered_is_refused() -> None:
    head, content, signature = of(LUXIAN).issue(ZHONGSHAN, DIGEST).split(".")
    with pytest.raises(TicketBad):
        of(ZHONGSHAN).check(f"{head}.{content}.{signature[:-4]}AAAA", DIGEST)


def test_a_region_that_was_struck_off_has_no_ticket_that_counts() -> None:
    listed = tuple(one for one in shared().directory().regions if one.code != LUXIAN)
    here = Tickets(wire=shared().wire(ZHONGSHAN, shared().directory(listed)))
    with pytest.raises(TicketBad):
        here.check(of(LUXIAN).issue(ZHONGSHAN, DIGEST), DIGEST)


def test_a_revoked_key_makes_no_ticket_that_counts() -> None:
    directory = shared().directory()
    revoked = tuple(
        one.model_copy(
            update={"keys": tuple(k.model_copy(update={"revoked_at": k.not_before}) for k in one.keys)}
            if one.code == LUXIAN
            else {}
        )
        for one in directory.regions
    )
    here = Tickets(wire=shared().wire(ZHONGSHAN, directory.model_copy(update={"regions": revoked})))
    with pytest.raises(TicketBad):
        here.check(of(LUXIAN).issue(ZHONGSHAN, DIGEST), DIGEST)


def test_the_content_of_a_letter_is_no_ticket() -> None:
    with pytest.raises(TicketBad):
        of(ZHONGSHAN).check(signed(said(specversion="1.0")), DIGEST)


def test_nobody_makes_a_ticket_for_a_region_that_is_not_on_the_exchange() -> None:
    with pytest.raises(CannotSeal):
        of(LUXIAN).issue("999999", DIGEST)


def test_a_ticket_lives_five_minutes() -> None:
    assert timedelta(minutes=5) == module.LIFE
