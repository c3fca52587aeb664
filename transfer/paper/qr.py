"""The QR code of the line by which a letter is checked."""

import io
from typing import Final

import segno

from transfer.messages.check_line import CheckLine, RootLine

QUIET: Final = 4
"""Empty modules around the code (ISO/IEC 18004)."""


def picture(line: CheckLine | RootLine) -> str:
    """The QR code as SVG: error correction M (15 % may be damaged), one unit to a module, quiet zone included."""
    drawn = io.BytesIO()
    code = segno.make_qr(line.text, error="m", mode="byte", boost_error=False)
    code.save(drawn, kind="svg", border=QUIET, xmldecl=False, svgns=True, nl=False)
    return drawn.getvalue().decode("ascii")


def modules(line: CheckLine | RootLine) -> int:
    """How many modules wide the code is, without its quiet zone."""
    width, _ = segno.make_qr(line.text, error="m", mode="byte", boost_error=False).symbol_size(border=0)
    return int(width)
