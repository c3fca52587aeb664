"""Files of every kind that is taken: small, whole, and true to their formats."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Final

from transfer.messages.codes import MediaType


def a_pdf(size: int = 400, filled: bytes = b"%") -> bytes:
    """Of that many bytes, at least about a hundred; the same words over and over."""
    head, tail = b"%PDF-1.7\n1 0 obj<<>>endobj\n", b"\ntrailer<<>>\nstartxref\n9\n%%EOF\n"
    room = size - len(head) - len(tail)
    return head + (filled * (room // len(filled) + 1))[:room] + tail


def a_zip(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return made.getvalue()


def an_ofd() -> bytes:
    return a_zip("OFD.xml", "Doc_0/Document.xml")


def a_jpeg() -> bytes:
    return b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + bytes(64) + b"\xff\xd9"


def a_png() -> bytes:
    def piece(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + piece(b"IHDR", header) + piece(b"IDAT", zlib.compress(b"\0\0")) + piece(b"IEND", b"")


def a_tiff() -> bytes:
    entry = struct.pack("<HHII", 256, 3, 1, 1)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)


def a_wav(sound: int = 800) -> bytes:
    """With so many bytes of silence."""
    form = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    body = b"WAVE" + form + b"data" + struct.pack("<I", sound) + b"\x80" * sound
    return b"RIFF" + struct.pack("<I", len(body)) + body


def an_mp3(tag: bytes = b"") -> bytes:
    """Two frames of silence, 128 kbit/s at 44.1 kHz."""
    frame = b"\xff\xfb\x90\x00" + bytes(413)
    return tag + frame + frame


def a_tag() -> bytes:
    return b"ID3\x03\0\0\0\0\0\x0a" + bytes(10)


def a_box(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", 8 + len(data)) + name + data


def an_mp4(brand: bytes = b"isom") -> bytes:
    return a_box(b"ftyp", brand + bytes(4) + brand) + a_box(b"mdat", bytes(100)) + a_box(b"moov", bytes(20))


SAMPLES: Final[Mapping[MediaType, Callable[[], bytes]]] = {
    MediaType.PDF: a_pdf,
    MediaType.OFD: an_ofd,
    MediaType.JPEG: a_jpeg,
    MediaType.PNG: a_png,
    MediaType.TIFF: a_tiff,
    MediaType.MP3: an_mp3,
    MediaType.WAV: a_wav,
    MediaType.MP4: an_mp4,
}
