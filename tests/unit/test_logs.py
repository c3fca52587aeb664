"""The log never holds what variables held."""

import subprocess
import sys

import pytest

FAILING = """
import sys
import structlog
from transfer.messages.case import IdentityDocument
from transfer.telemetry.logs import set_up_logs
set_up_logs(level="info", style=sys.argv[1])
try:
    number = "99000019850412" + "0019"
    IdentityDocument.model_validate_json('{"kind":"RESIDENT_ID","number":"' + number + '"}')
except ValueError:
    structlog.get_logger().exception("failed")
"""


@pytest.mark.parametrize("style", ["json", "text"])
def test_a_traceback_shows_no_values(style: str) -> None:
    done = subprocess.run([sys.executable, "-c", FAILING, style], capture_output=True, text=True, check=True)
    assert "failed" in done.stderr
    assert "ValidationError" in done.stderr
    assert "990000198504120019" not in done.stderr + done.stdout
