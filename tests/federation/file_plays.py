"""What goes wrong with files on a stage."""

import asyncio
import socket
from pathlib import Path
from typing import Any, Final

from tests.federation.ground import LUXIAN, ZHONGSHAN
from tests.federation.markers import TEXT
from tests.federation.serving import Served
from tests.federation.stage import Stage, seen
from tests.integration.file_nodes import PDF
from transfer.crypto.chunks import SEALED_CHUNK

REFUSED: Final = "SCANREFUSES"
SCAN: Final = f"sh -c '! tee /dev/stderr | grep -aq {REFUSED}'"
"""A scanner that quotes what it is shown, and does not pass that word."""
SLOW: Final = 400_000
"""Bytes per second of a link, so that something can happen amid a file of a few times as many."""


async def files_that_do_not_come(stage: Stage, zhongshan: Served, luxian: Served) -> None:
    """The scan refuses one, messages are wrong about two, one was altered, and amid one its source goes away; what has
    come of that one stays in the spool."""
    await asyncio.to_thread(_files_refused, stage, zhongshan, luxian)
    link = stage.links[ZHONGSHAN]
    link.bandwidth = SLOW
    broken = await asyncio.to_thread(stage.put, zhongshan, size=5 * SLOW)
    await asyncio.to_thread(name_it, stage, zhongshan, broken)
    await asyncio.to_thread(on_its_way, stage, luxian, 5 * SEALED_CHUNK)
    link.down()
    await asyncio.to_thread(stage.not_fetched, luxian, broken, "source-away")
    assert max(stage.spooled(LUXIAN)) > 5 * SEALED_CHUNK


def _files_refused(stage: Stage, zhongshan: Served, luxian: Served) -> None:
    unwelcome, longer, other, altered = stage.put(zhongshan, note=REFUSED), *(stage.put(zhongshan) for _ in range(3))
    alter(stage.files(ZHONGSHAN), altered)
    longer["size"] += 1
    other["media_type"] = "image/png"
    for file in (unwelcome, longer, other, altered):
        name_it(stage, zhongshan, file)
    stage.not_fetched(luxian, unwelcome, "scan-refused")
    stage.not_fetched(luxian, longer, "size-differs")
    stage.not_fetched(luxian, other, "kind-differs")
    stage.not_fetched(luxian, altered, "cut-short", "source-away", "source-fault")


def alter(folder: Path, file: dict[str, Any]) -> None:
    """One bit of it in the store."""
    [place] = folder.joinpath("objects").rglob(f"{file['digest'].partition(':')[2]}.*")
    content = bytearray(place.read_bytes())
    content[len(content) // 2] ^= 1
    place.write_bytes(content)


def name_it(stage: Stage, node: Served, file: dict[str, Any]) -> None:
    """To Luxian, in a case that is offered."""
    stage.offer(node, stage.open(node, materials=[{"file": file}]), LUXIAN)


def on_its_way(stage: Stage, node: Served, size: int, *, files: int = 1) -> None:
    """Returns when so many files are, each with so many bytes at rest."""
    region = node.settings["region"]

    def enough(sizes: list[int]) -> bool:
        return len([one for one in sizes if one >= size]) >= files

    seen(lambda: stage.spooled(region), enough, by=node, seconds=60)


def half_a_file(stage: Stage, node: Served) -> socket.socket:
    """Somebody puts a file and stops in the middle of it; gives the connection."""
    region, content = node.settings["region"], stage.marker.text().encode() * 20_000
    head = [f"POST /v1/files?name={TEXT} HTTP/1.1", "Host: localhost", f"Content-Type: {PDF}"]
    connection = node.connection()
    connection.sendall("\r\n".join([*head, f"Content-Length: {2 * len(content)}", "", "%PDF-1.7\n"]).encode() + content)
    seen(lambda: stage.spooled(region), lambda sizes: any(one > 2 * SEALED_CHUNK for one in sizes), by=node)
    return connection
