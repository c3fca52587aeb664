"""A route as data: the router, the OpenAPI document and the page for readers are all made from it."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel

from transfer.actions.door import Came, Known
from transfer.domain.rights import NOBODY, Admits, Person
from transfer.messages.values import Digest
from transfer.web.answers import JSON, Reply
from transfer.web.faults import NotFound
from transfer.web.parts import Parts

NOWHERE: Final = Came(address="")
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Tag(StrEnum):
    """A group of routes on the page for readers."""

    CASES = "cases"
    TRANSFERS = "transfers"
    EVIDENCE = "evidence"
    MESSAGES = "messages"
    FILES = "files"
    QUARANTINE = "quarantine"
    AUDIT = "audit"
    NODE = "node"
    PAGES = "pages"
    """For people; not part of the API."""


class Change(Enum):
    """What a request changes, and so which headers it must carry."""

    NOTHING = auto()
    ADDS = auto()
    """Needs Idempotency-Key."""
    CASE = auto()
    """Needs Idempotency-Key and If-Match."""


class Shows(StrEnum):
    """What an answer shows of persons; the ledger says who read it."""

    NOTHING = "nothing"
    """Neither names nor what a case is about."""
    AUDITED = "audited"
    """What an auditor asks, which is noted as such before it is answered."""
    CASE = "case"
    CASES = "cases"
    CLOCKS = "clocks"
    COMPETENCE = "competence"
    ELIGIBILITY = "eligibility"
    FILE = "file"
    HISTORY = "history"
    MAILBOX = "mailbox"
    PAPER = "paper"
    QUARANTINE = "quarantine"
    REQUESTS = "requests"
    TRANSFERS = "transfers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request that has been read: what it names, its query, its body and its conditions, all checked for form. The
    content of a file is not read yet: the handler takes it as it comes."""

    parts: Parts
    routes: "Sequence[Route]"
    path: str
    named: Mapping[str, str]
    query: Any = None
    parameters: Sequence[tuple[str, str]] = ()
    body: Any = None
    key: str = ""
    digest: Digest = ""
    version: int | None = None
    if_none_match: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    who: Person = NOBODY
    client: str = ""
    """The address that the request came from, for limits."""
    form: Mapping[str, str] = field(default_factory=dict)
    """What a form sent; of several fields of one name the last. ``fields`` has them all, in their order."""
    fields: Sequence[tuple[str, str]] = ()
    cookies: Mapping[str, str] = field(default_factory=dict)
    known: Known | None = None
    """Whose session it is, where it is one."""
    came: Came = NOWHERE
    content: AsyncIterator[bytes] | None = None

    @property
    def origin(self) -> str:
        """Where this node is for the browser that asks: its public address, or on this machine the one it used."""
        return self.parts.settings.public_url or f"http://{self.headers.get('Host', '')}"

    def id(self, name: str) -> UUID:
        """An id in the path; raises NotFound for what is no id, since nothing has it."""
        if _UUID.fullmatch(self.named[name]) is None:
            raise NotFound(f"{{{name}}} is a UUID.")
        return UUID(self.named[name])


Handler = Callable[[Ask], Awaitable[Reply]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method at one path: what serves it, what it takes and gives, and what it is for."""

    method: str
    path: str
    right: Admits
    handler: Handler
    zh: str
    en: str
    tag: Tag
    gives: type[BaseModel] | None
    shows: Shows | None = None
    """Due of every GET, and of a page that answers a search; what any other POST changes is noted with who did it."""
    media_type: str = JSON
    status: int = 200
    takes: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    change: Change = Change.NOTHING
    may_be_known: bool = False
    takes_file: bool = False
    """The body is a file, of any size, in one of the kinds that are taken."""
    takes_form: bool = False
    """The body is what a form of a page sends."""
    takes_files: int = 0
    """How many bytes a form has at most that may carry files; 0 where none does."""
    before: Callable[[Ask], Awaitable[Reply | None]] | None = None
    """Asked when who asks is known and nothing of the body is read; what it answers is the answer."""
    part: bool = False
    """The answer is a file, or the part of it that Range asks for."""
    problems: Sequence[type[Exception]] = field(default=())

    def __post_init__(self) -> None:
        may_read = self.method == "GET" or self.is_page
        if (self.method == "GET" and self.shows is None) or (self.shows is not None and not may_read):
            raise ValueError(f"{self.method} {self.path}: a route that reads says what it shows, and no other does")

    @property
    def names_actor(self) -> bool:
        """Whether the body says who acts, and for which institution."""
        return self.takes is not None and {"by", "institution"} <= self.takes.model_fields.keys()

    @property
    def is_page(self) -> bool:
        """Whether people look at it; its faults are pages too."""
        return self.tag is Tag.PAGES

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the path."""
        return tuple(re.findall(r"\{([a-z_]+)\}", self.path))

    @property
    def key(self) -> str:
        """A name for the route that stays the same, for the OpenAPI document and the metrics."""
        words = [word for word in re.split(r"[^a-z0-9]+", self.path) if word not in ("", "v1")]
        return "_".join([self.method.lower(), *words])
