"""The fonts of letters are all there, or the first letter says what to install."""

from pathlib import Path

import pytest

from deploy.local.errors import NotInstalled
from deploy.local.papers import FONTS, READERS, font_files, reader_programs
from transfer.paper.errors import FontMissing
from transfer.paper.fonts import FOLDERS, PACKAGES, Families, find_fonts


def test_without_fonts_it_says_which_are_missing_and_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(FontMissing) as missing:
        find_fonts((tmp_path,))
    for words in (*Families().body, *Families().heading, str(tmp_path), "apt-get install", *PACKAGES):
        assert words in missing.value.message


def test_with_one_package_of_two_only_the_other_fonts_are_missing() -> None:
    with pytest.raises(FontMissing) as missing:
        find_fonts(FOLDERS[:1])
    assert missing.value.detail.startswith("HanaMinA, HanaMinB not in")


def test_a_house_may_name_its_own_fonts() -> None:
    kept = Families(body=("Noto Sans CJK SC",), heading=("Noto Sans CJK SC",))
    assert find_fonts(FOLDERS[:1], kept).families == kept


def test_the_local_stack_installs_the_packages_that_letters_need() -> None:
    assert tuple(FONTS) == PACKAGES
    for package in FONTS:
        assert {file.parent for file in font_files(package)} <= set(FOLDERS)


def test_a_program_that_is_missing_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for package, programs in READERS.items():
        with pytest.raises(NotInstalled, match=programs[0]) as missing:
            reader_programs(package)
        assert "--readers" in str(missing.value)
