"""The key of whoever signs the directory: one file, its secret part sealed with a passphrase."""

from pathlib import Path
from typing import Final, Self

from pydantic import SecretStr, ValidationError

from transfer.crypto.errors import KeysUnusable
from transfer.crypto.keyfiles import lock_text, unlock_text, write_private
from transfer.crypto.notes import Signer
from transfer.messages.envelope import explain
from transfer.messages.values import Frozen

_KIND: Final = "signed-note-key"


class OperatorKey(Frozen):
    """What the file holds: the verifier key for all to know, and the signer key for none."""

    verifier: str
    signer: str

    @classmethod
    def new(cls, name: str, passphrase: SecretStr) -> Self:
        """A fresh key of that name, ``legalaid.example/directory`` for instance; raises NoteMalformed."""
        signer = Signer.new(name)
        verifier = signer.verifier.text
        return cls(verifier=verifier, signer=lock_text(signer.text, passphrase, name=verifier, kind=_KIND))

    def write(self, file: Path) -> None:
        """A new file that only its owner can read; raises KeyExists."""
        write_private(file, self.model_dump_json(indent=2) + "\n", new=True)

    @classmethod
    def read(cls, file: Path) -> Self:
        """Raises KeysUnusable."""
        try:
            return cls.model_validate_json(file.read_bytes())
        except OSError as error:
            raise KeysUnusable(f"{file}: {error.strerror}") from error
        except ValidationError as error:
            raise KeysUnusable(f"{file}: {explain(error)}") from error

    def unlocked(self, passphrase: SecretStr) -> Signer:
        """The key with its secret part; raises PassphraseWrong."""
        return Signer.parse(unlock_text(self.signer, passphrase, name=self.verifier, kind=_KIND))
