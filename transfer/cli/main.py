"""Puts the commands together."""

import click

from transfer.cli.audit import audit
from transfer.cli.backup import backup, restore
from transfer.cli.case import case
from transfer.cli.clock import clock
from transfer.cli.config import config
from transfer.cli.directory import directory
from transfer.cli.doctor import doctor
from transfer.cli.eligibility import eligibility
from transfer.cli.erase import erase
from transfer.cli.evidence import evidence
from transfer.cli.exits import MEANINGS
from transfer.cli.explained import Commands
from transfer.cli.files import files
from transfer.cli.group import group
from transfer.cli.keys import keys
from transfer.cli.migrate import migrate
from transfer.cli.pki import pki
from transfer.cli.quarantine import quarantine
from transfer.cli.reconcile import reconcile
from transfer.cli.report import report
from transfer.cli.rules import rules
from transfer.cli.schemas import schemas
from transfer.cli.serve import serve
from transfer.cli.status import status
from transfer.cli.token import token
from transfer.cli.topology import topology
from transfer.cli.trace import trace
from transfer.cli.user import user

_EPILOG = "\b\nExit codes:\n" + "\n".join(f"  {code:>2}  {meaning}" for code, meaning in MEANINGS.items())


@click.group(cls=Commands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="legalaid-transfer", prog_name="transfer")
def main() -> None:
    """Cross-region transfer of legal aid cases: runs the node of a region and looks after it.

    A node is set up by environment variables that begin with TRANSFER_ (docs/settings.md), which the option
    --env-file of most commands reads from a file.
    """


for _command in (
    serve,
    migrate,
    directory,
    keys,
    pki,
    topology,
    status,
    case,
    group,
    evidence,
    clock,
    rules,
    eligibility,
    erase,
    trace,
    audit,
    backup,
    restore,
    doctor,
    reconcile,
    report,
    quarantine,
    files,
    user,
    token,
    config,
    schemas,
):
    main.add_command(_command)
