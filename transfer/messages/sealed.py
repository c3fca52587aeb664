"""The sealed event: what the broker sees of a message, around the letter that only its recipient can open."""

import re
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, ValidationError

from transfer.messages.envelope import MAX_BYTES, Attributes, MessageType, Place, Unreadable, explain
from transfer.messages.values import Frozen, Moment, RegionCode

MAX_SEALED_BYTES: Final = 2 * MAX_BYTES
"""Signing and sealing write the content in base64 twice: 16/9 of it, and the heads."""

MEDIA_TYPE: Final = "application/jose"

KeyId = Annotated[
    str,
    Field(
        pattern=r"^[1-9][0-9]{5}\.(sign|seal)\.[0-9a-f]{8}$",
        description="region, use, and the first eight hex digits of the key's thumbprint",
        examples=["442000.sign.3f9a01bc"],
    ),
]
SuiteName = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9]{0,19}$", description="name of a suite of algorithms", examples=["jose", "sm"])
]


_TRACEPARENT: Final = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def _if_well_formed(given: Any) -> str | None:  # noqa: ANN401 - whatever a stranger wrote
    """W3C Trace Context has what cannot be read ignored: it is no reason to refuse a message."""
    return given if isinstance(given, str) and _TRACEPARENT.fullmatch(given) else None


class SealedEvent(Frozen):
    """A CloudEvents 1.0 event whose data is a signed and sealed letter. Its attributes are for the broker and its
    operator; what counts is the letter, which repeats them."""

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    type: MessageType
    source: RegionCode
    recipient: RegionCode
    time: Moment
    datacontenttype: Literal["application/jose"] = MEDIA_TYPE
    conversation: Annotated[UUID | None, Field(description="absent on receipts")] = None
    sequence: Annotated[Place | None, Field(description="absent on receipts")] = None
    traceparent: Annotated[
        str | None,
        BeforeValidator(_if_well_formed, json_schema_input_type=str | None),
        Field(description="in which trace it was sent (CloudEvents, distributed tracing); for operators, and unsigned"),
    ] = None
    suite: SuiteName
    signkey: Annotated[KeyId, Field(description="the source's key that signed the letter")]
    sealkey: Annotated[KeyId, Field(description="the recipient's key that the letter is sealed for")]
    data: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9_.-]+$", description="the letter: a compact JWE around a compact JWS")
    ]

    @classmethod
    def around(  # noqa: PLR0913 - one argument per attribute
        cls,
        attributes: Attributes,
        *,
        suite: str,
        signkey: str,
        sealkey: str,
        letter: str,
        traceparent: str | None = None,
    ) -> "SealedEvent":
        """The event that carries the letter of a message with these attributes."""
        shown = {name: getattr(attributes, name) for name in SHOWN}
        return cls(**shown, suite=suite, signkey=signkey, sealkey=sealkey, data=letter, traceparent=traceparent)

    def encode(self) -> bytes:
        """As the broker gets it: one JSON object, UTF-8."""
        return self.model_dump_json(exclude_none=True).encode()

    @classmethod
    def decode(cls, body: bytes) -> "SealedEvent":
        """Raises Unreadable."""
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            raise Unreadable(explain(error)) from error

    def differs_from(self, attributes: Attributes) -> str | None:
        """The first attribute that is not as in the letter."""
        return next((name for name in SHOWN if getattr(self, name) != getattr(attributes, name)), None)


SHOWN: Final = ("id", "type", "source", "recipient", "time", "conversation", "sequence")
"""The attributes that a sealed event repeats from its letter; which message it answers is not among them."""
