"""What a step leads to: the new state, the messages that tell of it, and what the history says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from uuid import UUID

from transfer.domain.case import Case
from transfer.messages.case_progress import StagePublished
from transfer.messages.codes_erasure import ErasureBasis
from transfer.messages.eligibility import Token
from transfer.messages.values import Digest, Frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message to be sent: the envelope is made when it is given its place in the conversation, which is that of the
    decision's case where no other is named."""

    recipient: str
    data: Frozen
    answers: Digest | None = None
    conversation: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the history: what was done, to which transfer or evidence request; details hold codes and ids, no
    personal data."""

    name: str
    transfer: UUID | None = None
    request: UUID | None = None
    detail: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasing:
    """What the decision destroys besides what its case shows: keys, bodies of messages, names in the history, uses of
    files; of one applicant, or of the whole case. What another region ``ordered`` was archived there."""

    applicant: UUID | None
    basis: ErasureBasis
    receipt: Token
    institution: str
    ordered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The outcome of a step; storage writes all of it in one transaction or nothing of it. By its ``fingerprints`` the
    case's matter is known again; they stay as they were where none are given."""

    case: Case
    event: Event
    messages: tuple[Outgoing, ...] = ()
    stages: tuple[StagePublished, ...] = ()
    fingerprints: tuple[str, ...] = ()
    erasing: tuple[Erasing, ...] = ()
    also: tuple["Decision", ...] = ()
    """What the same step leads to for other cases: those that it makes, or that were split off."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A message was taken in, and changes no case here."""
