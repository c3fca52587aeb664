"""What a file is, is seen from its content; what is two things, or half of one, is none."""

import io
import random

import pytest

from tests.samples import SAMPLES, a_box, a_jpeg, a_pdf, a_png, a_tag, a_wav, a_zip, an_mp3, an_mp4, an_ofd
from transfer.files.kinds import HEAD, LIMITS, kind_of, likely
from transfer.messages.codes import MediaType
from transfer.ports.files import KindUnknown


def seen(content: bytes) -> MediaType:
    return kind_of(io.BytesIO(content), len(content))


@pytest.mark.parametrize("kind", list(MediaType))
def test_every_kind_that_messages_name_is_known_by_its_content(kind: MediaType) -> None:
    assert seen(SAMPLES[kind]()) is kind


@pytest.mark.parametrize("kind", list(MediaType))
def test_every_kind_has_its_limit(kind: MediaType) -> None:
    assert 50 * 2**20 <= LIMITS[kind] <= 2 * 2**30


@pytest.mark.parametrize("kind", list(MediaType))
def test_a_file_that_is_cut_off_is_of_no_kind(kind: MediaType) -> None:
    content = SAMPLES[kind]()
    with pytest.raises(KindUnknown):
        seen(content[:14] if kind in (MediaType.MP3, MediaType.TIFF) else content[: len(content) * 2 // 3])


@pytest.mark.parametrize("kind", [one for one in MediaType if one is not MediaType.OFD])
def test_a_file_that_is_an_archive_as_well_is_of_no_kind(kind: MediaType) -> None:
    with pytest.raises(KindUnknown):
        seen(SAMPLES[kind]() + an_ofd())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"<html><script>alert(1)</script></html>",
        b"GIF89a" + bytes(100),
        b"\x7fELF" + bytes(100),
        b"MZ" + bytes(100),
        b"ID3",
        b"ID3\x03\0\0\0\0\0\x0a" + bytes(500),
        b"\xff\xfb\x90\x00" + b"no second frame follows here" * 40,
        a_zip("word/document.xml"),
        a_zip("Doc_0/OFD.xml"),
        a_zip("ofd.xml"),
        an_mp4(b"heic"),
        an_mp4(b"qt  "),
        a_box(b"ftyp", b"isom" + bytes(8)) + a_box(b"mdat", bytes(10)),
        an_mp4() + b"rest",
        b" " + a_pdf(),
        a_pdf() + b"x" * 4096,
        a_png() + b"x",
        a_wav() + b"xx",
    ],
)
def test_what_is_none_of_them_is_refused(content: bytes) -> None:
    with pytest.raises(KindUnknown):
        seen(content)


def test_an_archive_says_why_it_is_no_document() -> None:
    with pytest.raises(KindUnknown, match=r"OFD\.xml"):
        seen(a_zip("word/document.xml"))


def test_two_files_named_ofd_xml_are_one_too_many() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        content = a_zip("OFD.xml", "OFD.xml")
    with pytest.raises(KindUnknown):
        seen(content)


def test_a_list_of_contents_beyond_all_measure_is_not_read() -> None:
    content = bytearray(an_ofd())
    at = content.rfind(b"PK\x05\x06")
    content[at + 12 : at + 16] = (100 * 2**20).to_bytes(4, "little")
    with pytest.raises(KindUnknown, match="too long"):
        seen(bytes(content))


def test_sound_may_have_a_tag_before_it() -> None:
    assert seen(an_mp3(a_tag())) is MediaType.MP3


def test_pictures_of_cameras_may_have_notes_behind_their_end() -> None:
    assert seen(a_jpeg() + bytes(3000)) is MediaType.JPEG


@pytest.mark.parametrize("kind", list(MediaType))
def test_the_beginning_tells_what_a_file_may_be(kind: MediaType) -> None:
    assert likely(SAMPLES[kind]()[:HEAD]) is kind


def test_noise_is_of_no_kind_and_breaks_nothing() -> None:
    noise = random.Random(7)  # noqa: S311 - the same noise each time
    for sample in SAMPLES.values():
        for _ in range(200):
            content = bytearray(sample())
            for _ in range(8):
                content[noise.randrange(len(content))] = noise.randrange(256)
            try:
                seen(bytes(content[: noise.randrange(1, len(content) + 1)]))
            except KindUnknown:
                continue
