"""``transfer audit``: the ledger, for auditors."""

import click

from transfer.cli.audit_check import check
from transfer.cli.audit_export import export, prove
from transfer.cli.audit_trace import trace


@click.group(short_help="The ledger, for auditors: histories, proofs, checks.")
def audit() -> None:
    """Ask the ledger what happened, and check what it shows."""


for _command in (trace, prove, export, check):
    audit.add_command(_command)
