"""The lifecycle of an evidence request as a table; see ``machine`` for what a row says."""

from enum import StrEnum
from typing import Final

from transfer.domain.machine import Machine, Row


class RequestState(StrEnum):
    """Where one evidence request stands."""

    DRAFTED = "drafted"
    APPROVED = "approved"
    REQUESTED = "requested"
    SIGNED_FOR = "signed_for"
    CLARIFICATION_ASKED = "clarification_asked"
    CLARIFIED = "clarified"
    UNDERTAKEN = "undertaken"
    PARTLY_SUPPLIED = "partly_supplied"
    RETURNED = "returned"
    REWORK_ASKED = "rework_asked"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class RequestStep(StrEnum):
    """What a party can do to an evidence request."""

    DRAFT = "draft"
    AMEND = "amend"
    APPROVE = "approve"
    SEND = "send"
    SIGN_FOR = "sign_for"
    ASK_CLARIFICATION = "ask_clarification"
    CLARIFY = "clarify"
    UNDERTAKE = "undertake"
    ASSIGN = "assign"
    RECORD = "record"
    SUPPLY = "supply"
    RETURN = "return"
    CONFIRM = "confirm"
    ASK_REWORK = "ask_rework"
    DECLINE = "decline"
    ASK_EXTENSION = "ask_extension"
    GRANT_EXTENSION = "grant_extension"
    REFUSE_EXTENSION = "refuse_extension"
    CANCEL = "cancel"
    CHANGE_LAWYER = "change_lawyer"
    HAND_ON = "hand_on"
    ENTER_REPLY = "enter_reply"
    ENTER_DECLINE = "enter_decline"


class RequestSide(StrEnum):
    """The part that a region plays in an evidence request."""

    REQUESTER = "requester"
    REQUESTED = "requested"


_S, _P, _R, _D = RequestState, RequestStep, RequestSide.REQUESTER, RequestSide.REQUESTED
_BOTH: Final = frozenset(RequestSide)

RequestRow = Row[RequestState, RequestStep, RequestSide]


def _row(state: RequestState, step: RequestStep, to: RequestState, by: RequestSide) -> RequestRow:
    return Row(state=state, step=step, to=to, by=by, seen_by=_BOTH)


def _internal(state: RequestState, step: RequestStep, to: RequestState, by: RequestSide) -> RequestRow:
    """A step of which the other side hears nothing."""
    return Row(state=state, step=step, to=to, by=by, seen_by=frozenset({by}))


def _late(state: RequestState, step: RequestStep, by: RequestSide) -> RequestRow:
    """A step of the other side that was on its way; it is noted, and the state stays."""
    return Row(state=state, step=step, to=state, by=by, seen_by=_BOTH - {by}, crossing=True)


AT_WORK: Final = (_S.UNDERTAKEN, _S.PARTLY_SUPPLIED, _S.REWORK_ASKED)
"""The requested region collects."""
TAKEN: Final = (_S.SIGNED_FOR, _S.CLARIFICATION_ASKED, _S.CLARIFIED, *AT_WORK)
"""A person at the requested region has it, and it is not answered in full."""
UNANSWERED: Final = frozenset({_S.REQUESTED, *TAKEN})
"""The letter is out, and not answered in full."""
CLOSED_REQUESTS: Final = frozenset({_S.CONFIRMED, _S.DECLINED, _S.CANCELLED})

REQUEST_ROWS: Final[tuple[RequestRow, ...]] = (
    _internal(_S.DRAFTED, _P.AMEND, _S.DRAFTED, _R),
    _internal(_S.DRAFTED, _P.APPROVE, _S.APPROVED, _R),
    _internal(_S.APPROVED, _P.AMEND, _S.DRAFTED, _R),
    _internal(_S.DRAFTED, _P.CANCEL, _S.CANCELLED, _R),
    _internal(_S.APPROVED, _P.CANCEL, _S.CANCELLED, _R),
    _row(_S.APPROVED, _P.SEND, _S.REQUESTED, _R),
    _row(_S.REQUESTED, _P.SIGN_FOR, _S.SIGNED_FOR, _D),
    _row(_S.SIGNED_FOR, _P.ASK_CLARIFICATION, _S.CLARIFICATION_ASKED, _D),
    _row(_S.CLARIFIED, _P.ASK_CLARIFICATION, _S.CLARIFICATION_ASKED, _D),
    _row(_S.CLARIFICATION_ASKED, _P.CLARIFY, _S.CLARIFIED, _R),
    _row(_S.SIGNED_FOR, _P.UNDERTAKE, _S.UNDERTAKEN, _D),
    _row(_S.CLARIFIED, _P.UNDERTAKE, _S.UNDERTAKEN, _D),
    *(_row(state, _P.DECLINE, _S.DECLINED, _D) for state in (_S.SIGNED_FOR, _S.CLARIFIED, _S.UNDERTAKEN)),
    *(_internal(state, _P.ASSIGN, state, _D) for state in AT_WORK),
    *(_internal(state, _P.RECORD, state, _D) for state in AT_WORK),
    *(_row(state, _P.SUPPLY, _S.PARTLY_SUPPLIED, _D) for state in AT_WORK),
    *(_row(state, _P.RETURN, _S.RETURNED, _D) for state in AT_WORK),
    _row(_S.RETURNED, _P.CONFIRM, _S.CONFIRMED, _R),
    _row(_S.RETURNED, _P.ASK_REWORK, _S.REWORK_ASKED, _R),
    *(_row(state, _P.ASK_EXTENSION, state, _D) for state in TAKEN),
    *(_row(state, _P.GRANT_EXTENSION, state, _R) for state in (*TAKEN, _S.RETURNED)),
    *(_row(state, _P.REFUSE_EXTENSION, state, _R) for state in (*TAKEN, _S.RETURNED)),
    *(_row(state, _P.CANCEL, _S.CANCELLED, _R) for state in (_S.REQUESTED, *TAKEN)),
    *(_row(state, _P.CHANGE_LAWYER, state, _R) for state in (_S.REQUESTED, *TAKEN, _S.RETURNED)),
    *(_internal(state, _P.CHANGE_LAWYER, state, _R) for state in (_S.DRAFTED, _S.APPROVED, _S.CONFIRMED)),
    *(_internal(state, _P.HAND_ON, state, _R) for state in (_S.PARTLY_SUPPLIED, _S.RETURNED, _S.CONFIRMED)),
    # The requester has cancelled, and what the other did before it knew still comes in.
    *(
        _late(_S.CANCELLED, step, _D)
        for step in (
            _P.SIGN_FOR,
            _P.ASK_CLARIFICATION,
            _P.UNDERTAKE,
            _P.DECLINE,
            _P.SUPPLY,
            _P.RETURN,
            _P.ASK_EXTENSION,
        )
    ),
    # The requested region had answered or declined before it heard.
    Row(state=_S.RETURNED, step=_P.CANCEL, to=_S.CANCELLED, by=_R, seen_by=frozenset({_D}), crossing=True),
    Row(state=_S.DECLINED, step=_P.CANCEL, to=_S.CANCELLED, by=_R, seen_by=frozenset({_D}), crossing=True),
    *(_late(_S.DECLINED, step, _R) for step in (_P.GRANT_EXTENSION, _P.REFUSE_EXTENSION, _P.CHANGE_LAWYER)),
)

REQUESTS: Final = Machine(REQUEST_ROWS)

POSTED_ROWS: Final[tuple[RequestRow, ...]] = (
    _internal(_S.DRAFTED, _P.AMEND, _S.DRAFTED, _R),
    _internal(_S.DRAFTED, _P.APPROVE, _S.APPROVED, _R),
    _internal(_S.APPROVED, _P.AMEND, _S.DRAFTED, _R),
    _internal(_S.APPROVED, _P.SEND, _S.REQUESTED, _R),
    _internal(_S.REQUESTED, _P.ENTER_REPLY, _S.RETURNED, _R),
    _internal(_S.REQUESTED, _P.ENTER_DECLINE, _S.DECLINED, _R),
    _internal(_S.RETURNED, _P.CONFIRM, _S.CONFIRMED, _R),
    _internal(_S.RETURNED, _P.ASK_REWORK, _S.REWORK_ASKED, _R),
    _internal(_S.REWORK_ASKED, _P.ENTER_REPLY, _S.RETURNED, _R),
    *(
        _internal(state, _P.CANCEL, _S.CANCELLED, _R)
        for state in (_S.DRAFTED, _S.APPROVED, _S.REQUESTED, _S.REWORK_ASKED)
    ),
    *(
        _internal(state, _P.CHANGE_LAWYER, state, _R)
        for state in (_S.DRAFTED, _S.APPROVED, _S.REQUESTED, _S.RETURNED, _S.REWORK_ASKED, _S.CONFIRMED)
    ),
    *(_internal(state, _P.HAND_ON, state, _R) for state in (_S.RETURNED, _S.CONFIRMED)),
)
"""A letter to an office without a link: the requester enters what came back on paper."""

POSTED: Final = Machine(POSTED_ROWS)
