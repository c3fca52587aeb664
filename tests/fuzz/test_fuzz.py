"""Every entry that takes bytes from others is fuzzed for a few seconds; `make fuzz` takes longer."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

pytest.importorskip("atheris", reason="the fuzzer has no wheel for this platform")

ROOT: Final = Path(__file__).parents[2]
SECONDS: Final = 3
LONGEST: Final = 120.0


def fuzz(target: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.fuzz", target, "--seconds", str(SECONDS), "--found", str(folder)]
    return subprocess.run(
        [*command, *options],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=LONGEST,
        check=False,
    )


@pytest.mark.parametrize("target", ["sealed", "wire", "content", "notes", "directory", "audit"])
def test_no_bytes_break_a_promise(target: str, tmp_path: Path) -> None:
    ended = fuzz(target, tmp_path, "-seed=1")
    assert ended.returncode == 0, ended.stderr[-4000:]
    assert "DONE" in ended.stderr
    assert not list((tmp_path / target).iterdir())


def test_a_planted_fault_is_found_and_kept_to_be_tried_again(tmp_path: Path) -> None:
    ended = fuzz("planted", tmp_path, "-seed=1", f"-max_total_time={LONGEST / 4:g}")
    assert ended.returncode != 0
    assert "Invalid base64-encoded string" in ended.stdout + ended.stderr
    [kept] = (tmp_path / "planted").iterdir()
    again = fuzz("planted", tmp_path, str(kept))
    assert again.returncode != 0
    assert "Invalid base64-encoded string" in again.stdout + again.stderr


def test_an_input_that_takes_too_long_is_found(tmp_path: Path) -> None:
    ended = fuzz("slow", tmp_path, "-timeout=1")
    assert ended.returncode != 0
    assert "timeout after" in ended.stderr
