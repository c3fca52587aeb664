"""The log never holds what variables or the texts of errors held."""

import subprocess
import sys

import pytest

NUMBER = "990000198504120019"
HEAD = """
import asyncio, logging, sys, threading
import structlog
from transfer.messages.case import IdentityDocument
from transfer.telemetry.logs import set_up_logs
set_up_logs(level="info", style=sys.argv[1])
number = "99000019850412" + "0019"
def fail():
    raise LookupError(f"nobody has {number}")
def fail_again():
    try:
        fail()
    except LookupError as error:
        raise RuntimeError(f"{number} again") from error
"""
WAYS = {
    "a validation": """
try:
    IdentityDocument.model_validate_json('{"kind":"RESIDENT_ID","number":"' + number + '"}')
except ValueError:
    structlog.get_logger().exception("failed")
""",
    "an error with its cause": """
try:
    fail_again()
except RuntimeError:
    structlog.get_logger().exception("failed")
""",
    "a library": """
try:
    fail()
except LookupError:
    logging.getLogger("a.library").exception("failed\\nwith %s", number)
""",
    "a task that nobody waited for": """
async def main():
    task = asyncio.create_task(asyncio.to_thread(fail))
    await asyncio.wait({task})
    del task
asyncio.run(main())
""",
    "a thread": """
thread = threading.Thread(target=fail)
thread.start()
thread.join()
""",
    "the end of the process": "fail_again()",
}
NAMED = {"a validation": "ValidationError", "an error with its cause": "RuntimeError"}


@pytest.mark.parametrize("style", ["json", "text"])
@pytest.mark.parametrize("way", WAYS)
def test_an_error_is_logged_by_name_and_place_and_never_by_what_it_says(way: str, style: str) -> None:
    done = subprocess.run([sys.executable, "-c", HEAD + WAYS[way], style], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert NAMED.get(way, "LookupError") in said
    if way != "a validation":
        assert " fail" in said, "the place is missing"
    assert NUMBER not in said
