"""QR codes: of the line by which a letter is checked, and of what a person takes home."""

import io
from typing import Final

import segno

from transfer.messages.check_line import CheckLine, RootLine

QUIET: Final = 4
"""Empty modules around the code (ISO/IEC 18004)."""


def picture(line: CheckLine | RootLine) -> str:
    """The QR code as SVG: error correction M (15 % may be damaged), one unit to a module, quiet zone included."""
    return drawn(line.text)


def drawn(text: str) -> str:
    """Any text likewise."""
    image = io.BytesIO()
    code = segno.make_qr(text, error="m", mode="byte", boost_error=False)
    code.save(image, kind="svg", border=QUIET, xmldecl=False, svgns=True, omitsize=True, nl=False)
    return image.getvalue().decode("ascii")


def modules(line: CheckLine | RootLine) -> int:
    """How many modules wide the code is, without its quiet zone."""
    width, _ = segno.make_qr(line.text, error="m", mode="byte", boost_error=False).symbol_size(border=0)
    return int(width)
