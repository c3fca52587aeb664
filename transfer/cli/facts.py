"""What two regions must agree on about a case: holder, tenures, stages, states of transfers and evidence requests; and
how they differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from transfer.cli.output import local
from transfer.records import KnownCase


@dataclass(frozen=True, slots=True)
class Tenure:
    """Who held the case, from when on."""

    institution: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage that the holder published."""

    stage: str
    occurred_on: date


@dataclass(frozen=True, slots=True)
class Attempt:
    """A transfer or an evidence request, from whom to whom, and its state."""

    sender: str
    receiver: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A case as one region knows it, less what is that region's own."""

    holder: str
    stage: str
    tenures: Mapping[int, Tenure]
    stages: Mapping[tuple[int, int], Stage]
    transfers: Mapping[UUID, Attempt]
    requests: Mapping[UUID, Attempt]

    @classmethod
    def of(cls, known: KnownCase) -> Self:
        """From this node's own database."""
        case = known.case
        return cls(
            holder=case.holder.institution,
            stage=case.stage.stage.value,
            tenures={t.number: Tenure(t.institution, t.since) for t in case.tenures},
            stages={(s.tenure, s.number): Stage(s.stage.value, s.occurred_on) for s in known.stages},
            transfers={t.id: Attempt(t.sender, t.receiver, t.state.value) for t in case.transfers},
            requests={r.id: Attempt(r.requester, r.requested, r.state.value) for r in case.requests},
        )

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Self:
        """From the API's answer to GET /v1/cases/{case}."""
        return cls(
            holder=body["holder"]["institution"],
            stage=body["stage"]["stage"],
            tenures={
                t["number"]: Tenure(t["institution"], datetime.fromisoformat(t["since"])) for t in body["tenures"]
            },
            stages={
                (s["tenure"], s["number"]): Stage(s["stage"], date.fromisoformat(s["occurred_on"]))
                for s in body["stages"]
            },
            transfers={UUID(t["id"]): Attempt(t["sender"], t["receiver"], t["state"]) for t in body["transfers"]},
            requests={UUID(r["id"]): Attempt(r["requester"], r["requested"], r["state"]) for r in body["requests"]},
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """One fact beside the other region's; ``agree`` is None where only one of them took part."""

    fact: str
    here: str
    there: str
    agree: bool | None


def compare(here: Facts, there: Facts) -> Iterator[Comparison]:
    """Fact by fact. Transfers, requests and stages of which only one region was told are no disagreement."""
    yield _one("holder", here.holder, there.holder)
    for number in sorted(here.tenures.keys() | there.tenures.keys()):
        mine, theirs = here.tenures.get(number), there.tenures.get(number)
        yield Comparison(f"tenure {number}", _tenure(mine), _tenure(theirs), mine == theirs)
    for transfer in dict.fromkeys((*here.transfers, *there.transfers)):
        yield _shared("transfer", here.transfers.get(transfer), there.transfers.get(transfer))
    for request in dict.fromkeys((*here.requests, *there.requests)):
        yield _shared("request", here.requests.get(request), there.requests.get(request))
    yield _one("stage", here.stage, there.stage)
    for place in sorted(here.stages.keys() | there.stages.keys()):
        yield _shared(f"stage {place[0]}.{place[1]}", here.stages.get(place), there.stages.get(place))


def _one(fact: str, here: str, there: str) -> Comparison:
    return Comparison(fact, here, there, here == there)


def _shared(fact: str, here: Attempt | Stage | None, there: Attempt | Stage | None) -> Comparison:
    both = here is not None and there is not None
    return Comparison(fact, _said(here), _said(there), here == there if both else None)


def _tenure(tenure: Tenure | None) -> str:
    return f"{tenure.institution} since {local(tenure.since)}" if tenure else ""


def _said(one: Attempt | Stage | None) -> str:
    match one:
        case None:
            return ""
        case Attempt():
            return f"{one.sender} → {one.receiver} {one.state}"
        case Stage():
            return f"{one.stage} {one.occurred_on}"
