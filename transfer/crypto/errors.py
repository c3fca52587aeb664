"""What can be wrong with a token, a key or a note; the docstring of an error is its message."""


class CryptoError(ValueError):
    """What was signed, sealed or kept cannot be used."""

    def __init__(self, detail: str = "") -> None:
        """``detail`` is a name that was never secret: a key id, a file, a limit; neither content nor a key."""
        self.detail = detail
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The sentence for a person, with the detail."""
        text = (type(self).__doc__ or type(self).__name__).strip()
        return f"{text} ({self.detail})" if self.detail else text


class UnknownSuite(CryptoError):
    """No suite of algorithms has this name."""


class SuiteNotInstalled(CryptoError):
    """This suite needs a package that is not installed here."""


class Malformed(CryptoError):
    """The token does not have the form that the exchange uses."""


class TooLarge(CryptoError):
    """The content or the token is larger than the exchange allows."""


class AlgorithmNotAllowed(CryptoError):
    """The token names an algorithm that its suite does not use."""


class UnknownKey(CryptoError):
    """No key with this id is known here."""


class KeyUnfit(CryptoError):
    """The key belongs to another use or suite, or is no sound key of it."""


class BadSignature(CryptoError):
    """The signature does not fit the content and the key."""


class OfAnotherRegion(CryptoError):
    """The key that signed belongs to another region than the one that it speaks for."""


class CannotBeOpened(CryptoError):
    """The sealed token was altered, or was sealed to another key."""


class NoKeyNow(CryptoError):
    """No key for this use is valid at this time."""


class KeyNotValid(CryptoError):
    """The key is not valid at this time, or was revoked."""


class KeyExists(CryptoError):
    """A key with this id is already kept here."""


class KeysUnusable(CryptoError):
    """The folder of keys cannot be used."""


class PassphraseWrong(CryptoError):
    """The passphrase does not open this key."""


class PassphraseUnusable(CryptoError):
    """The passphrase that protects the keys is missing or cannot be used."""


class NoteMalformed(CryptoError):
    """The text is no signed note, or names a key wrongly."""


class NoteUnverified(CryptoError):
    """No known key has signed the note."""
