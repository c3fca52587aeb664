"""Entries of the ledger: what happened at this node, as the bytes that are hashed into the tree.

An entry holds facts that are no personal data: codes, ids, times, digests. Names and free texts stand outside, under a
key of the person or the case that they are about; the entry holds the digest over them and a salt, so that they can be
erased while the entry stays provable, and nobody can guess them from it.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any, Final, Self
from uuid import UUID

VERSION: Final = 1
SALT_SIZE: Final = 16


class Kind(StrEnum):
    """What an entry tells of."""

    SENT = "sent"
    """A message was written to be sent."""
    RECEIVED = "received"
    """A message came, and what became of it."""
    SETTLED = "settled"
    """What the recipient says became of a message of this node."""
    SET_ASIDE = "set_aside"
    """Something came that cannot count as a message; it lies in quarantine."""
    STEP = "step"
    """A decision on a case, by a person or through a message."""
    ATTEMPT = "attempt"
    """A step that was asked for and refused."""
    READ = "read"
    """Somebody read personal data."""
    FILE = "file"
    """A file came, was handed out, or was refused."""
    EXPORT = "export"
    """Data left the node in a file."""
    AUDIT = "audit"
    """An auditor asked."""
    ERASED = "erased"
    """The key of somebody's texts was destroyed."""
    DIRECTORY = "directory"
    """Another directory is in force."""
    RULES = "rules"
    """Another set of rules is in force."""
    KEYS = "keys"
    """This node's own keys changed."""
    WITNESSED = "witnessed"
    """A checkpoint of another region was seen: cosigned, or refused as a fork."""
    SIGN_IN = "sign_in"
    """Somebody signed in or out, or tried to."""
    ACCOUNT = "account"
    """An account, its roles or its tokens changed."""
    RECONCILED = "reconciled"
    """Two regions compared what one sent and the other received."""
    MAIL = "mail"
    """What a person without an account sent, after which notice, and what became of it."""
    REPLAYED = "replayed"
    """Somebody had a message of the quarantine taken in again, or put it away."""
    RESTORED = "restored"
    """This node came back from a backup, and has asked the others for what it had forgotten."""


class EntryMalformed(ValueError):
    """The bytes are no entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened. ``facts`` are values of JSON without floats; ``texts`` is the digest of what stands
    outside, None where nothing does; ``subject`` says under whose key that stands."""

    id: UUID
    at: datetime
    kind: Kind
    case: UUID | None = None
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    subject: UUID | None = None
    texts: str | None = None

    @property
    def person(self) -> UUID | None:
        """The applicant whom it is about. Where there is no case the subject is one of the staff, whose id follows from
        the name."""
        return self.subject if self.case is not None and self.subject != self.case else None

    @property
    def body(self) -> bytes:
        """The bytes that are hashed: JSON in its one form (see canonical)."""
        return canonical(
            {
                "v": VERSION,
                "id": str(self.id),
                "at": moment(self.at),
                "kind": self.kind.value,
                "case": str(self.case) if self.case else None,
                "facts": dict(self.facts),
                "subject": str(self.subject) if self.subject else None,
                "texts": self.texts,
            }
        )

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """From the bytes of an entry; raises EntryMalformed, which names the field."""
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            raise EntryMalformed("not JSON") from None
        if not isinstance(found, dict) or found.keys() != _FIELDS:
            raise EntryMalformed(f"an entry has the fields {', '.join(sorted(_FIELDS))}")
        if found["v"] != VERSION:
            raise EntryMalformed(f"v: this reads entries of version {VERSION}")
        try:
            made = cls(
                id=_uuid(found, "id"),
                at=_moment(found["at"]),
                kind=_kind(found["kind"]),
                case=_uuid(found, "case") if found["case"] is not None else None,
                facts=_facts(found["facts"]),
                subject=_uuid(found, "subject") if found["subject"] is not None else None,
                texts=_digest(found["texts"]) if found["texts"] is not None else None,
            )
        except (TypeError, AttributeError) as error:
            raise EntryMalformed(str(error)) from None
        if not _same(made, body):
            raise EntryMalformed("not in its one form")
        return made


@dataclass(frozen=True, slots=True)
class Opened:
    """An entry that is read, with its place, None until it has one, and its texts, None where they are not shown."""

    entry: Entry
    place: int | None
    texts: Mapping[str, Any] | None = None


_FIELDS: Final = {"v", "id", "at", "kind", "case", "facts", "subject", "texts"}


def canonical(value: object, plain: Callable[[Any], str] | None = None) -> bytes:
    """JSON in one form (RFC 8785 for what is used here: no floats, names in ASCII): sorted, no spaces, UTF-8. ``plain``
    makes a text of what JSON does not know."""
    return _encoder(plain).encode(value).encode()


@cache
def _encoder(plain: Callable[[Any], str] | None) -> json.JSONEncoder:
    return json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=plain)


def moment(at: datetime) -> str:
    """A time as entries have it: RFC 3339, UTC, microseconds."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def texts_of(texts: Mapping[str, Any], salt: bytes) -> bytes:
    """What stands outside an entry, with its salt, as the bytes that its digest is of."""
    return canonical({"salt": salt.hex(), **texts})


def texts_digest(texts: bytes) -> str:
    """The digest by which an entry holds its texts."""
    return f"sha256:{hashlib.sha256(texts).hexdigest()}"


def _same(entry: Entry, body: bytes) -> bool:
    try:
        return entry.body == body
    except (ValueError, OverflowError, RecursionError):  # a surrogate, a NaN, a time before the year 1, too deep
        return False


def _uuid(found: Mapping[str, Any], name: str) -> UUID:
    try:
        return UUID(found[name])
    except (ValueError, AttributeError, TypeError):
        raise EntryMalformed(f"{name}: a UUID is due") from None


def _moment(given: str) -> datetime:
    try:
        return datetime.strptime(given, "%Y-%m-%dT%H:%M:%S.%f%z")
    except (ValueError, TypeError):
        raise EntryMalformed("at: a time in UTC with microseconds is due") from None


def _kind(given: str) -> Kind:
    try:
        return Kind(given)
    except ValueError:
        raise EntryMalformed("kind: not one of those that there are") from None


def _facts(given: object) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise EntryMalformed("facts: an object is due")
    return given


def _digest(given: str) -> str:
    if not given.startswith("sha256:") or len(given) != len("sha256:") + 64:
        raise EntryMalformed("texts: a digest is due")
    return given
