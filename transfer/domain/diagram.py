"""The page docs/lifecycle.md, drawn from the lifecycle tables."""

from collections.abc import Iterable, Sequence
from typing import Final

from transfer.domain.duties import DUTIES, DutyRow
from transfer.domain.evidence_table import (
    CLOSED_REQUESTS,
    POSTED_ROWS,
    REQUEST_ROWS,
    RequestRow,
    RequestSide,
    RequestState,
    RequestStep,
)
from transfer.domain.lifecycle import (
    CLOSED,
    EVERY,
    OFFERABLE,
    REQUIRED_BASIS,
    STAGES,
    TOO_LATE,
    TRANSITIONS,
    Side,
    StageRow,
    State,
    Step,
    Transition,
)
from transfer.messages.codes import LegalBasis, Stage

_HEAD: Final = """\
# The lifecycle of a transfer, of an evidence request, and of a case

<!-- Made by transfer/domain/diagram.py from the tables beside it, lifecycle.py and evidence_table.py; a test
compares them. -->

One region holds a case: it alone may grant or refuse aid. A *transfer* is one attempt to hand the case to an
institution of another region. Each region keeps its own record of the transfer, and messages carry the steps from
record to record. For a while two records may differ; the tables below make them end alike, whatever crosses on the way.
"""

_WHO_DECIDES: Final = """\
## The sender asks, the receiver decides

The case changes hands at one place only: in the receiver's record, when it accepts. Until the sender hears of it, the
sender can only ask. A recall is therefore a request, not a decision. If it reaches the receiver before acceptance, the
receiver releases the case; if it crosses the acceptance on the way, it has come too late, and the sender's record
follows the receiver's. Were a recall binding by itself, a recall and an acceptance that cross would leave a case with
no holder or with two.
"""

_DISPUTES: Final = """\
## After a dispute only a designation opens acceptance

A receiver that finds another region competent says which and why; the sender remains the holder. The sender then
asks the superior, which names the competent region: the nearest superior that both have in common, or, between
provinces, both provincial regions with the same word. The receiver may not simply change its mind and accept: its
acceptance could cross a designation that names a third region, and two regions would have good reason to call
themselves the holder. When the designation names the receiver, it must accept and cannot dispute again. When it names
another region, the transfer ends there and the sender stays the holder, to make a new offer where the word points.
"""

_CROSSING: Final = """\
## Steps that cross on the way

A row marked *crossing* is never a choice of a person. It tells how the sender's record takes in a step of the receiver
or the superior that was taken before they heard of the recall, or after they heard of a designation that the sender has
not heard of yet.
"""

_TOO_LATE: Final = """\
## Steps that come too late

These steps may lawfully arrive after the transfer was closed. They are noted and change nothing. Any other step that
has no row is refused.
"""

_EVIDENCE: Final = """\
## The lifecycle of an evidence request

The holder of a case asks another region for evidence, item by item. The requester asks, confirms and takes back; the
requested region answers or declines. Steps in the records of one side only are its own work, of which the other hears
nothing. A cancellation and an answer may cross: then both records end as cancelled, and what came in stays with the
requester. How late an answer is decides nothing.
"""

_POSTED: Final = """\
A letter to an office without a link goes by post; the requester enters what comes back on paper:
"""

_STAGES: Final = """\
## The stages of a case

The holder publishes the stages of a case to every region that took part in it. While an offer is open the sender is
still the holder, but may only go on with aid that cannot wait (Legal Aid Law, art. 44); it can neither grant nor
refuse.
"""

_BASES: Final = """\
## Stages that name their ground in law
"""

_DUTIES: Final = """\
## Who enters a stage or an event, and what is said with it

A part in brackets may be left out. It stays with the region that enters it; followers hear the stage, its ground and
its note. Whoever entered a stage under *not by* does not enter this one; who reviews an objection is the person named
in the review.
"""


def lifecycle_page() -> str:
    """The text of docs/lifecycle.md."""
    parts = (
        _HEAD,
        _state_diagram(),
        _WHO_DECIDES,
        _DISPUTES,
        "## All rows\n",
        _transition_table(),
        _CROSSING,
        _TOO_LATE,
        _table(("state", "step"), ((state, step) for state in State for step in Step if (state, step) in TOO_LATE)),
        _EVIDENCE,
        _request_diagram(),
        _request_table(REQUEST_ROWS),
        _POSTED,
        _request_table(POSTED_ROWS),
        _STAGES,
        _stage_diagram(),
        _stage_table(),
        f"A case may be offered while it is {_either(_code(s) for s in Stage if s in OFFERABLE)}.\n",
        _BASES,
        _basis_table(),
        _DUTIES,
        _duty_table(),
    )
    return "\n".join(parts)


def _state_diagram() -> str:
    ways: dict[tuple[State, State], list[Transition]] = {}
    for row in TRANSITIONS:
        if not row.crossing:
            ways.setdefault((row.state, row.to), []).append(row)
    lines = [f"[*] --> {TRANSITIONS[0].state}"]
    lines += [f"{a} --> {b}: {', '.join(f'{r.step} ({r.by})' for r in rows)}" for (a, b), rows in ways.items()]
    lines += [f"{state} --> [*]" for state in State if state in CLOSED]
    return _mermaid(lines)


def _transition_table() -> str:
    return _table(
        ("state", "step", "next state", "taken by", "in the records of", "crossing"),
        ((r.state, r.step, r.to, r.by, _sides(r.seen_by), "crossing" if r.crossing else "") for r in TRANSITIONS),
    )


def _request_diagram() -> str:
    ways: dict[tuple[RequestState, RequestState], list[RequestRow]] = {}
    for row in REQUEST_ROWS:
        if not row.crossing and row.state is not row.to:
            ways.setdefault((row.state, row.to), []).append(row)
    lines = [f"[*] --> {RequestState.DRAFTED}: {RequestStep.DRAFT} ({RequestSide.REQUESTER})"]
    lines += [f"{a} --> {b}: {', '.join(f'{r.step} ({r.by})' for r in rows)}" for (a, b), rows in ways.items()]
    lines += [f"{state} --> [*]" for state in RequestState if state in CLOSED_REQUESTS]
    return _mermaid(lines)


def _request_table(rows: Iterable[RequestRow]) -> str:
    return _table(
        ("state", "step", "next state", "taken by", "in the records of", "crossing"),
        (
            (
                r.state,
                r.step,
                r.to,
                r.by,
                "both" if len(r.seen_by) == len(RequestSide) else next(iter(r.seen_by)),
                "crossing" if r.crossing else "",
            )
            for r in rows
        ),
    )


def _stage_diagram() -> str:
    lines = [f"[*] --> {STAGES[0].stage}"]
    lines += [f"{row.stage} --> {row.to}" + (": all withdrew" if row.once_withdrawn else "") for row in STAGES]
    lines += [f"{stage} --> [*]" for stage in Stage if stage not in {row.stage for row in STAGES}]
    return _mermaid(lines)


def _stage_table() -> str:
    return _table(
        ("stage", "申请进度", "may be followed by", "while an offer is open"),
        (
            (
                stage,
                stage.zh,
                ", ".join(_next(r) for r in STAGES if r.stage is stage),
                ", ".join(_code(r.to) for r in STAGES if r.stage is stage and r.while_offered),
            )
            for stage in Stage
        ),
    )


def _next(row: StageRow) -> str:
    return _code(row.to) + (" once all have withdrawn, and nothing else then" if row.once_withdrawn else "")


def _basis_table() -> str:
    return _table(
        ("stage", "one of"),
        ((stage, _either(_code(b) for b in LegalBasis if b in bases)) for stage, bases in REQUIRED_BASIS.items()),
    )


def _duty_table() -> str:
    return _table(
        ("stage or event", "whose duty", "职责", "part", "not by", "remedy told"),
        (
            (
                row.what,
                row.duty.en,
                row.duty.zh,
                _part(row),
                ", ".join(_code(stage) for stage in row.not_by),
                _code(row.remedy) if row.remedy else "",
            )
            for row in DUTIES
        ),
    )


def _part(row: DutyRow) -> str:
    if row.kind is None:
        return ""
    after = f" after {_code(row.after)} only" if row.after else ""
    return f"{_code(row.kind)}{after}" if row.needed else f"({_code(row.kind)})"


def _sides(sides: frozenset[Side]) -> str:
    return "all" if sides == EVERY else ", ".join(side for side in Side if side in sides)


def _code(name: str) -> str:
    return f"`{name}`"


def _either(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(str, cells))} |\n" for cells in lines)


def _mermaid(lines: Iterable[str]) -> str:
    return "".join(["```mermaid\nstateDiagram-v2\n", *(f"    {line}\n" for line in lines), "```\n"])
