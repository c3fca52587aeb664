"""docs/screens.md lists a picture of every page that there is; make screenshots takes them."""

from tests.browser.screenshots import DOCS, FOLDER, MAX_BYTES, PICTURED, file_of, listing, shots_of


def test_every_page_has_its_pictures_and_no_picture_has_lost_its_page() -> None:
    assert (DOCS / "screens.md").read_text() == listing(PICTURED)
    assert {file.name for file in FOLDER.iterdir()} == {
        file_of(route, shot) for route in PICTURED for shot in shots_of(route)
    }


def test_pictures_are_small() -> None:
    assert [file.name for file in FOLDER.iterdir() if file.stat().st_size > MAX_BYTES] == []
