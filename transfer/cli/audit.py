"""``transfer audit``: the ledger, for auditors."""

import click

from transfer.cli.audit_exports import history, log, ocel


@click.group()
def audit() -> None:
    """Look at the ledger, where all that happens is written down for good."""


for _command in (ocel, log, history):
    audit.add_command(_command)
