"""Styles, scripts and pictures: named by their digest, so that a browser keeps them for good."""

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from transfer.web.answers import Reply
from transfer.web.faults import NotFound
from transfer.web.route import Ask

FOLDER: Final = Path(__file__).parent.parent / "static"
STYLE: Final = "site.css"
_KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_IDLE: Final = re.compile(r"/\*.*?\*/|\s*([{};,])\s*|\s*\n\s*", re.DOTALL)
"""What stands in a style for people alone."""


@cache
def assets() -> Mapping[str, bytes]:
    """Each by its name; the parts of the style, in the order of their names, are one file."""
    found = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.suffix in _KINDS}
    parts = (path.read_text(encoding="utf-8") for path in sorted((FOLDER / "style").glob("*.css")))
    found[STYLE] = _IDLE.sub(r"\1", "".join(parts)).encode()
    return MappingProxyType(found)


@cache
def place(name: str) -> str:
    """The address of one; raises KeyError."""
    return f"/static/{hashlib.sha256(assets()[name]).hexdigest()[:16]}/{name}"


async def asset(ask: Ask) -> Reply:
    """One of them, under the digest that it has now."""
    name = ask.named["name"]
    if name not in assets() or ask.path != place(name):
        raise NotFound
    return Reply(
        body=assets()[name],
        media_type=_KINDS[Path(name).suffix],
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )
