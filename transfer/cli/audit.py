"""``transfer audit``: the ledger, for those who do not take anybody's word."""

import click

from transfer.cli.audit_check import check
from transfer.cli.audit_checkpoints import accept, checkpoints
from transfer.cli.audit_export import export, prove
from transfer.cli.audit_exports import history, log, ocel
from transfer.cli.audit_trace import trace
from transfer.cli.audit_verify import verify


@click.group(short_help="The ledger, for auditors: histories, proofs, checks.")
def audit() -> None:
    """Ask the ledger what happened, and check what it shows."""


for _command in (trace, verify, prove, export, check, checkpoints, accept, history, log, ocel):
    audit.add_command(_command)
