"""What kind a file is, seen from its content alone, and how large files of each kind may be."""

import struct
import zipfile
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import IO, Final

from transfer.messages.codes import MediaType
from transfer.ports.files import KindUnknown

_DOCUMENT: Final = 200 * 2**20
_IMAGE: Final = 50 * 2**20
_RECORDING: Final = 2 * 2**30

LIMITS: Final[Mapping[MediaType, int]] = MappingProxyType(
    {
        MediaType.PDF: _DOCUMENT,
        MediaType.OFD: _DOCUMENT,
        MediaType.JPEG: _IMAGE,
        MediaType.PNG: _IMAGE,
        MediaType.TIFF: _IMAGE,
        MediaType.MP3: _RECORDING,
        MediaType.WAV: _RECORDING,
        MediaType.MP4: _RECORDING,
    }
)
"""Bytes of content at most."""

HEAD: Final = 64
"""So many first bytes tell what a file may be."""

_END_OF_ZIP: Final = b"PK\x05\x06"
_LONGEST_END: Final = 22 + 0xFFFF
_MOST_NAMES: Final = 20_000
_MOST_OF_NAMES: Final = 8 * 2**20
_MOST_BOXES: Final = 10_000
_BRANDS: Final = frozenset(
    (b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"M4V ", b"MSNV")
)
"""Of MPEG-4 files (ISO/IEC 14496-12 and -14). Others with the same frame are QuickTime, HEIC, or sound alone."""
_LAYER3_KBITS: Final = MappingProxyType(
    {
        True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
        False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    }
)
"""Bit rates of MPEG 1 layer III, and of MPEG 2 and 2.5 (ISO/IEC 11172-3, 13818-3)."""
_RATES: Final = (44_100, 48_000, 32_000)

Whole = IO[bytes]


def likely(head: bytes) -> MediaType:
    """What the first HEAD bytes, or all when there are fewer, can be the beginning of; raises KindUnknown."""
    for kind, begins in _BEGINNINGS.items():
        if begins(head):
            return kind
    raise KindUnknown


def kind_of(content: Whole, size: int) -> MediaType:
    """The kind of a whole file, with its end and its inner order looked at where that is cheap, so that no file is of
    two kinds. Raises KindUnknown, which says what is wrong with it."""
    content.seek(0)
    kind = likely(content.read(HEAD))
    try:
        fault = _WHOLES[kind](content, size)
    except (struct.error, zipfile.BadZipFile, ValueError, NotImplementedError):
        fault = "is cut off or damaged"
    if fault is None and kind is not MediaType.OFD and _zip_end(content, size) is not None:
        fault = "is an archive as well"
    if fault is not None:
        raise KindUnknown(kind=kind, fault=fault)
    return kind


def _mp3_length(header: bytes) -> int:
    """Bytes of the frame of layer III that begins with this header; 0 when none does."""
    word = int.from_bytes(header[:4])
    version, layer, rate, frequency = word >> 19 & 3, word >> 17 & 3, word >> 12 & 15, word >> 10 & 3
    if len(header) < 4 or word >> 21 != 0x7FF or version == 1 or layer != 1 or rate in (0, 15) or frequency == 3:  # noqa: PLR2004 - fields of the header
        return 0
    first = version == 3  # noqa: PLR2004 - MPEG 1
    halved = {3: 1, 2: 2, 0: 4}[version]
    kbits = _LAYER3_KBITS[first][rate]
    return (144 if first else 72) * kbits * 1000 * halved // _RATES[frequency] + (word >> 9 & 1)


def _begins_mp3(head: bytes) -> bool:
    return (head[:3] == b"ID3" and head[3:4] in b"\x02\x03\x04" and len(head) >= 10) or _mp3_length(head) > 0  # noqa: PLR2004 - an ID3 header


_BEGINNINGS: Final[Mapping[MediaType, Callable[[bytes], bool]]] = MappingProxyType(
    {
        MediaType.PDF: lambda head: head.startswith(b"%PDF-"),
        MediaType.OFD: lambda head: head.startswith(b"PK\x03\x04"),
        MediaType.JPEG: lambda head: head.startswith(b"\xff\xd8\xff"),
        MediaType.PNG: lambda head: head.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        MediaType.TIFF: lambda head: head[:4] in (b"II*\0", b"MM\0*"),
        MediaType.WAV: lambda head: head[:4] == b"RIFF" and head[8:12] == b"WAVE",
        MediaType.MP4: lambda head: head[4:8] == b"ftyp" and head[8:12] in _BRANDS,
        MediaType.MP3: _begins_mp3,
    }
)


def _pdf(content: Whole, size: int) -> str | None:
    return None if b"%%EOF" in _tail(content, size, 2048) else "does not end as PDF does"


def _ofd(content: Whole, size: int) -> str | None:
    """A zip file with OFD.xml at its root (GB/T 33190, 7)."""
    end = _zip_end(content, size)
    if end is None:
        return "is no whole archive"
    count, names_size, names_at = end
    if count > _MOST_NAMES or names_size > _MOST_OF_NAMES:
        return "has too long a list of contents"
    # Where the list of contents is not what the end says, bytes stand before the archive or within it.
    if names_at + names_size > size:
        return "is cut off or damaged"
    with zipfile.ZipFile(content) as archive:
        names = [one.filename for one in archive.infolist()]
    if names.count("OFD.xml") != 1:
        return "is an archive, but no OFD document: it has not one OFD.xml at its root"
    return None


def _jpeg(content: Whole, size: int) -> str | None:
    # Cameras write further pictures and notes behind the first end.
    return None if b"\xff\xd9" in _tail(content, size, 2**20) else "does not end as JPEG does"


def _png(content: Whole, size: int) -> str | None:
    return None if _tail(content, size, 12) == b"\0\0\0\0IEND\xaeB`\x82" else "does not end as PNG does"


def _tiff(content: Whole, size: int) -> str | None:
    content.seek(0)
    order = "<" if content.read(2) == b"II" else ">"
    content.seek(4)
    (first,) = struct.unpack(f"{order}I", content.read(4))
    if not 8 <= first <= size - 2:  # noqa: PLR2004 - behind the header
        return "has no picture"
    content.seek(first)
    (entries,) = struct.unpack(f"{order}H", content.read(2))
    return None if entries > 0 and first + 2 + 12 * entries <= size else "is cut off or damaged"


def _wav(content: Whole, size: int) -> str | None:
    content.seek(4)
    (length,) = struct.unpack("<I", content.read(4))
    return None if length + 8 in (size, size - 1) else "is not as long as it says"


def _mp3(content: Whole, size: int) -> str | None:
    at = 0
    content.seek(0)
    head = content.read(10)
    if head[:3] == b"ID3":
        at = 10 + sum((byte & 0x7F) << 7 * (3 - n) for n, byte in enumerate(head[6:10])) + (10 if head[5] & 0x10 else 0)
    for _ in range(2):
        content.seek(at)
        length = _mp3_length(content.read(4))
        if not length:
            return "holds no sound of layer III"
        at += length
        if at > size:
            return "is cut off or damaged"
        if at == size:
            break
    return None


def _mp4(content: Whole, size: int) -> str | None:
    """Its outermost boxes fill it (ISO/IEC 14496-12, 4.2), and one tells how to play it."""
    at, found = 0, False
    for _ in range(_MOST_BOXES):
        if at == size:
            break
        content.seek(at)
        length, name = struct.unpack(">I4s", content.read(8))
        if length == 1:
            (length,) = struct.unpack(">Q", content.read(8))
        elif length == 0:
            length = size - at
        if length < 8 or at + length > size:  # noqa: PLR2004 - its own header
            return "is cut off or damaged"
        found = found or name == b"moov"
        at += length
    return None if at == size and found else "has nothing that tells how to play it"


_WHOLES: Final[Mapping[MediaType, Callable[[Whole, int], str | None]]] = MappingProxyType(
    {
        MediaType.PDF: _pdf,
        MediaType.OFD: _ofd,
        MediaType.JPEG: _jpeg,
        MediaType.PNG: _png,
        MediaType.TIFF: _tiff,
        MediaType.WAV: _wav,
        MediaType.MP4: _mp4,
        MediaType.MP3: _mp3,
    }
)


def _tail(content: Whole, size: int, length: int) -> bytes:
    content.seek(max(0, size - length))
    return content.read(length)


def _zip_end(content: Whole, size: int) -> tuple[int, int, int] | None:
    """What the end of a zip archive says of its list of contents: how many names, its bytes, where it begins."""
    tail = _tail(content, size, _LONGEST_END)
    at = tail.rfind(_END_OF_ZIP)
    if at < 0 or len(tail) - at < 22:  # noqa: PLR2004 - the shortest end
        return None
    _, _, _, _, count, names_size, names_at, comment = struct.unpack("<4s4H2IH", tail[at : at + 22])
    return (count, names_size, names_at) if at + 22 + comment == len(tail) else None
