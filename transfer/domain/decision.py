"""What a step leads to: the new state, the messages that tell of it, and what the history says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from uuid import UUID

from transfer.domain.case import Case
from transfer.messages.case_progress import StagePublished
from transfer.messages.values import Digest, Frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message to be sent: the envelope is made when it is given its place in the conversation."""

    recipient: str
    data: Frozen
    answers: Digest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the history: what was done, to which transfer or evidence request; details hold codes and ids, no
    personal data."""

    name: str
    transfer: UUID | None = None
    request: UUID | None = None
    detail: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The outcome of a step; storage writes all of it in one transaction or nothing of it."""

    case: Case
    event: Event
    messages: tuple[Outgoing, ...] = ()
    stages: tuple[StagePublished, ...] = ()
    also: tuple["Decision", ...] = ()
    """What the same step leads to for cases that it makes."""
