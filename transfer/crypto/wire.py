"""Signs and seals what goes to other regions, opens and verifies what comes from them; see ports.Wire."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from transfer.crypto import compact
from transfer.crypto.book import RegionNotListed
from transfer.crypto.directory import Directory, Region
from transfer.crypto.errors import (
    AlgorithmNotAllowed,
    BadSignature,
    CannotBeOpened,
    CryptoError,
    KeyNotValid,
    SuiteNotInstalled,
    TooLarge,
    UnknownKey,
    UnknownSuite,
)
from transfer.crypto.keys import KeyState, KeyUse, PrivateKey, PublicKey, SuiteName, newest
from transfer.crypto.keystore import Keystore
from transfer.crypto.letters import CannotSeal, Letter, NotOpened
from transfer.crypto.signed import Signed
from transfer.crypto.suites import suite, verify
from transfer.messages.codes import RefusalCode
from transfer.messages.envelope import Attributes, Unreadable, decode_attributes
from transfer.messages.sealed import MAX_SEALED_BYTES, SealedEvent

LETTER_LIFE: Final = timedelta(days=30)
"""How long a letter may be on its way. It is signed anew whenever it is sent again."""

SKEW: Final = timedelta(minutes=5)
"""How far the clocks of two regions may be apart."""

_FAR: Final = 2**33


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """The letters of one region. The directory and the keys are asked for each time, so changes count at once."""

    region: str
    directory: Callable[[], Directory]
    keys: Callable[[], Keystore]
    clock: Callable[[], datetime]

    def close(self, content: bytes, *, traceparent: str | None = None) -> bytes:
        """The sealed event for the recipient that the content names; raises CannotSeal or NoExchange."""
        attributes = decode_attributes(content)
        (known, own), now = self._listed(), self.clock()
        recipient = known.get(attributes.recipient)
        if recipient is None:
            raise CannotSeal(self.directory().absent(attributes.recipient))
        if recipient.maintenance is not None:
            raise CannotSeal(f"region {recipient.code} takes no messages now: {recipient.maintenance}")
        if (why := self.directory().behind(recipient)) is not None:
            raise CannotSeal(f"{why}; they wait for its upgrade")
        if (major := _major(attributes.type)) not in recipient.versions:
            raise CannotSeal(f"region {recipient.code} does not understand version {major} of messages yet")
        chosen = self._suite_for(own, recipient)
        try:
            signer = self.signing(chosen)
            sealer = newest(recipient.keys, chosen, KeyUse.SEAL, now)
            with_ = suite(chosen)
            issued = int(now.timestamp())
            expires = issued + int(LETTER_LIFE.total_seconds())
            letter = with_.seal(with_.sign(content, signer, issued_at=issued, expires_at=expires), sealer)
        except CryptoError as error:
            raise CannotSeal(f"{type(error).__name__}: {error}") from error
        keys = {"suite": chosen, "signkey": signer.kid, "sealkey": sealer.kid}
        return SealedEvent.around(attributes, **keys, letter=letter, traceparent=traceparent).encode()

    def signing(self, chosen: SuiteName) -> PrivateKey:
        """The key that this region signs with now: one that it holds and that the directory lists.

        Raises NoKeyNow or NoExchange.
        """
        (_, own), held, now = self._listed(), self.keys(), self.clock()
        listed = {key.kid for key in own.keys if key.state(now) is KeyState.CURRENT}
        usable = [key for key in held.public if key.kid in listed]
        return held.keys[newest(usable, chosen, KeyUse.SIGN, now).kid]

    def opening(self, chosen: SuiteName) -> PrivateKey:
        """The key that others seal to now; raises NoKeyNow, NoExchange, or UnknownKey when it is not held here."""
        (_, own), now = self._listed(), self.clock()
        return self.keys().opening(newest(own.keys, chosen, KeyUse.SEAL, now).kid, now)

    def _listed(self) -> tuple[Mapping[str, Region], Region]:
        """All regions by their codes, and this one; raises NoExchange."""
        directory = self.directory()
        if self.region not in directory.by_code:
            raise RegionNotListed(f"the directory, version {directory.version}, does not list region {self.region}")
        return directory.by_code, directory.by_code[self.region]

    def _suite_for(self, own: Region, recipient: Region) -> SuiteName:
        """The recipient's most preferred suite that this region has, too."""
        for name in recipient.suites:
            if name in own.suites:
                return name
        raise CannotSeal(f"{own.code} and {recipient.code} have no suite of algorithms in common")

    def is_own(self, content: bytes, signature: str) -> bool:
        """Whether this region has signed that content, by a key that it had listed; the signature is that of a
        Letter. Raises NoExchange."""
        head, _, mark = signature.partition("..")
        token = b".".join((head.encode(), compact.encode(content), mark.encode()))
        _, own = self._listed()
        known = {key.kid: key for key in own.keys}
        try:
            verify(token, own.suites, known.__getitem__)
        except (CryptoError, KeyError):
            return False
        return True

    def open(self, body: bytes) -> Letter:
        """The letter in a sealed event, from the source that it names, for us; raises NotOpened or NoExchange."""
        if len(body) > MAX_SEALED_BYTES:
            raise NotOpened(RefusalCode.TOO_LARGE, f"{len(body)} bytes; at most {MAX_SEALED_BYTES} are taken")
        try:
            event = SealedEvent.decode(body)
        except Unreadable as error:
            raise NotOpened(RefusalCode.UNREADABLE, error) from error
        try:
            return self._opened(event)
        except NotOpened as why:
            raise NotOpened(why.code, why, claims=event) from why
        except CryptoError as error:
            raise NotOpened(_code_of(error), error, claims=event) from error

    def _opened(self, event: SealedEvent) -> Letter:
        source = self._source(event)
        token, signed, key = self._verified(event, source)
        _check_times(signed, key, self.clock())
        attributes = _attributes(signed.content)
        if (name := event.differs_from(attributes)) is not None:
            raise NotOpened(RefusalCode.ATTRIBUTES_DIFFER, f"{name} is not as it was signed")
        head, _, signature = token.decode().split(".")
        return Letter(source=source.code, content=signed.content, signature=f"{head}..{signature}")

    def _source(self, event: SealedEvent) -> Region:
        """The region that the event names, when it may write to this one in this suite."""
        known, own = self._listed()
        if event.source not in known:
            raise NotOpened(RefusalCode.UNKNOWN_REGION, self.directory().absent(event.source))
        if event.recipient != self.region:
            raise NotOpened(RefusalCode.WRONG_RECIPIENT, f"recipient {event.recipient}")
        if event.suite not in own.suites:
            raise NotOpened(RefusalCode.UNKNOWN_SUITE, f"{event.suite}; this region takes {', '.join(own.suites)}")
        return known[event.source]

    def _verified(self, event: SealedEvent, source: Region) -> tuple[bytes, Signed, PublicKey]:
        """The signed token in the letter, what it says, and the key of the source that signed it."""

        def signer(kid: str) -> PublicKey:
            key = source.key(kid)
            if key is None or kid != event.signkey:
                raise NotOpened(RefusalCode.UNKNOWN_SIGNER, f"the directory lists no key {kid} of {source.code}")
            if key.revoked_at is not None:
                raise NotOpened(RefusalCode.REVOKED_SIGNER, f"{kid} was revoked at {key.revoked_at:%Y-%m-%d %H:%M}")
            return key

        algorithms, now = suite(event.suite), self.clock()
        try:
            token = algorithms.open(event.data, lambda kid: self.keys().opening(kid, now))
        except (UnknownKey, KeyNotValid, CannotBeOpened) as error:
            raise NotOpened(RefusalCode.CANNOT_OPEN, error) from error
        signed = algorithms.verify(token, signer)
        return token, signed, signer(signed.kid)


def _check_times(signed: Signed, key: PublicKey, now: datetime) -> None:
    issued = datetime.fromtimestamp(min(signed.issued_at, _FAR), UTC)
    ends = min(datetime.fromtimestamp(min(signed.expires_at, _FAR), UTC), issued + LETTER_LIFE)
    if issued > now + SKEW:
        code, fault = RefusalCode.NOT_YET_VALID, ""
    elif ends + SKEW < now:
        code, fault = RefusalCode.EXPIRED, ""
    elif not key.not_before - SKEW <= issued <= key.not_after + SKEW:
        code, fault = RefusalCode.UNKNOWN_SIGNER, f"{key.kid} was not valid then: "
    else:
        return
    said = f"signed at {issued:%Y-%m-%d %H:%M} UTC, here it is {now.astimezone(UTC):%Y-%m-%d %H:%M}"
    raise NotOpened(code, fault + said)


def _major(message_type: str) -> int:
    return int(message_type.rpartition(".v")[2])


def _attributes(content: bytes) -> Attributes:
    try:
        return decode_attributes(content)
    except Unreadable as error:
        raise NotOpened(RefusalCode.UNREADABLE, error) from error


def _code_of(error: CryptoError) -> RefusalCode:
    match error:
        case BadSignature():
            return RefusalCode.BAD_SIGNATURE
        case UnknownSuite() | SuiteNotInstalled() | AlgorithmNotAllowed():
            return RefusalCode.UNKNOWN_SUITE
        case TooLarge():
            return RefusalCode.TOO_LARGE
        case _:
            return RefusalCode.UNREADABLE
