"""``transfer schemas`` finds every generated file that is missing, differs or is left over."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from transfer.cli.main import main
from transfer.cli.settings_page import settings_page
from transfer.settings import PREFIX, Settings


def schemas(root: Path, *words: str) -> tuple[int, Any]:
    ended = CliRunner().invoke(main, ["schemas", "--root", str(root), "--json", *words])
    return ended.exit_code, json.loads(ended.stdout)


def test_what_is_written_is_then_as_the_code_has_it(tmp_path: Path) -> None:
    assert schemas(tmp_path, "--check")[0] == 1
    assert schemas(tmp_path, "--write")[0] == 0
    code, said = schemas(tmp_path, "--check")
    assert (code, said["differences"]) == (0, {})


def test_a_missing_a_changed_and_a_left_over_file_are_named(tmp_path: Path) -> None:
    schemas(tmp_path, "--write")
    (tmp_path / "docs/settings.md").unlink()
    (tmp_path / "schemas/asyncapi.json").write_text("{}")
    stray = tmp_path / "schemas/examples/legalaid.case.gone.v1/full.json"
    stray.parent.mkdir()
    stray.write_text("{}")
    code, said = schemas(tmp_path, "--check")
    assert code == 1
    assert said["differences"] == {
        "docs/settings.md": "missing",
        "schemas/asyncapi.json": "differs",
        "schemas/examples/legalaid.case.gone.v1/full.json": "left over",
    }
    schemas(tmp_path, "--write")
    assert not stray.exists()


def test_what_was_published_is_never_touched(tmp_path: Path) -> None:
    schemas(tmp_path, "--write")
    published = tmp_path / "schemas/published/legalaid.case.old.v1.schema.json"
    published.parent.mkdir()
    published.write_text("{}")
    assert schemas(tmp_path, "--check")[0] == 0


def test_a_message_that_breaks_what_was_published_is_named_and_stays_so(tmp_path: Path) -> None:
    schemas(tmp_path, "--write")
    name = "legalaid.transfer.recall_requested.v1.schema.json"
    text = (tmp_path / "schemas/messages" / name).read_text()
    published = tmp_path / "schemas/published" / name
    published.parent.mkdir()
    published.write_text(text)
    assert schemas(tmp_path, "--check")[0] == 0
    asked = json.loads(text)
    asked["properties"]["phone"] = {"type": "string"}
    published.write_text(json.dumps(asked))
    for way in ("--write", "--check"):
        code, said = schemas(tmp_path, way)
        assert (code, said["differences"]) == (
            1,
            {f"schemas/published/{name}": "broken: event.phone: removed"},
        )


def test_exactly_one_of_check_and_write_is_asked_for() -> None:
    assert CliRunner().invoke(main, ["schemas"]).exit_code == 2
    assert CliRunner().invoke(main, ["schemas", "--check", "--write"]).exit_code == 2


def test_the_page_of_settings_has_a_full_row_for_each() -> None:
    rows = [line.strip("|").split("|") for line in settings_page().splitlines() if line.startswith("| `")]
    assert [row[0].strip(" `") for row in rows] == [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    assert all(cell.strip() for row in rows for cell in row)
