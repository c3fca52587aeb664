"""How a command ends: one table from an error to the exit code, and to the sentence that says what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from transfer.actions.proven import LedgerAltered
from transfer.actions.roll import NotForSystems, TokenTooWide, UnknownAccount, UnknownToken
from transfer.broker.address import AddressInvalid
from transfer.broker.topology import TopologyInvalid
from transfer.cli.exits import CONFIGURATION, FAULT, OK, UNAVAILABLE, USAGE, CommandFailed
from transfer.crypto.book import RegionNotListed
from transfer.crypto.directory import DirectoryInvalid
from transfer.crypto.errors import CryptoError, KeysUnusable, PassphraseUnusable, PassphraseWrong, SuiteNotInstalled
from transfer.crypto.pki import PkiRefused
from transfer.crypto.tls import TlsFilesInvalid
from transfer.domain.accounts import NameTaken, RolesExclude
from transfer.domain.errors import TransferError
from transfer.files.store import StoreInvalid
from transfer.law.book import RulesInvalid
from transfer.law.kept import AlreadyLoaded
from transfer.ledger.checkpoint import CheckpointMalformed
from transfer.node import NotMigrated
from transfer.ports.files import FilesUnavailable
from transfer.ports.ledger import HeadsDisagree
from transfer.ports.work import StorageRefused, StorageUnavailable
from transfer.settings import SettingsInvalid
from transfer.storage.engine import DatabaseUrlInvalid
from transfer.storage.migrate import NewerDatabase


@dataclass(frozen=True, slots=True)
class Exit:
    """How a command ends."""

    code: int
    cure: str = ""


EXITS: Final[Mapping[type[Exception], Exit]] = MappingProxyType(
    {
        SettingsInvalid: Exit(CONFIGURATION, "docs/settings.md lists them all; --env-file reads them from a file."),
        DirectoryInvalid: Exit(CONFIGURATION, "TRANSFER_DIRECTORY names it; `transfer directory verify` looks at it."),
        RegionNotListed: Exit(CONFIGURATION, "TRANSFER_REGION and TRANSFER_DIRECTORY must fit together."),
        DatabaseUrlInvalid: Exit(CONFIGURATION, "TRANSFER_DATABASE_URL holds it."),
        AddressInvalid: Exit(CONFIGURATION, "TRANSFER_AMQP_URL holds it."),
        TlsFilesInvalid: Exit(CONFIGURATION, "docs/pki.md says what each TLS file must hold."),
        PkiRefused: Exit(FAULT),
        NotMigrated: Exit(CONFIGURATION),
        NewerDatabase: Exit(CONFIGURATION),
        HeadsDisagree: Exit(FAULT, "Change nothing; docs/ledger.md says what to do when a node refuses to start."),
        KeysUnusable: Exit(CONFIGURATION, "TRANSFER_KEYS names the folder; `transfer keys new` makes keys in it."),
        PassphraseUnusable: Exit(CONFIGURATION),
        PassphraseWrong: Exit(CONFIGURATION, "All keys of a folder have the same passphrase."),
        SuiteNotInstalled: Exit(CONFIGURATION),
        CryptoError: Exit(FAULT),
        CheckpointMalformed: Exit(USAGE),
        TopologyInvalid: Exit(USAGE, "Give regions of the directory."),
        StoreInvalid: Exit(CONFIGURATION, "TRANSFER_FILES holds it."),
        FilesUnavailable: Exit(UNAVAILABLE, "TRANSFER_FILES and TRANSFER_FILES_SPOOL name the places."),
        LedgerAltered: Exit(FAULT, "Nothing was written. `transfer audit verify` says all that is false."),
        AlreadyLoaded: Exit(OK, "Nothing was changed."),
        RulesInvalid: Exit(FAULT, "Correct it there; docs/law.md shows the form, `transfer rules check` looks again."),
        StorageUnavailable: Exit(UNAVAILABLE, "`transfer config check` says what is wrong with the database."),
        StorageRefused: Exit(FAULT),
        TransferError: Exit(FAULT),
        UnknownAccount: Exit(FAULT, "`transfer user list` shows all."),
        UnknownToken: Exit(FAULT, "`transfer token list` shows all."),
        TokenTooWide: Exit(
            USAGE, "`transfer user list` shows the roles of the account, docs/rights.md what each role opens."
        ),
        NotForSystems: Exit(USAGE),
        RolesExclude: Exit(USAGE),
        NameTaken: Exit(FAULT, "`transfer user list` shows all. Take another login; to a name put a number behind."),
    }
)


def exit_of(error: Exception) -> Exit | None:
    """The row for this error or the nearest of its classes; None when the error was not expected."""
    if isinstance(error, CommandFailed):
        return Exit(error.code)
    return next((EXITS[kind] for kind in type(error).__mro__ if kind in EXITS), None)
