"""The fonts that letters are printed with: where they are found, and that all of them are there.

Debian's package ``fonts-noto-cjk`` has Song and Hei, ``fonts-hanazono`` the rare characters of names that Song lacks
(GB 18030, extension B and beyond). They are looked for in folders and not through fontconfig, whose answer depends
on what else a machine has: the same letter is the same bytes on every machine with these packages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typst

from transfer.paper.errors import FontMissing

FOLDERS: Final = (Path("/usr/share/fonts/opentype/noto"), Path("/usr/share/fonts/truetype/hanazono"))
PACKAGES: Final = ("fonts-noto-cjk", "fonts-hanazono")

_RARE: Final = ("HanaMinA", "HanaMinB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Families:
    """Names of font families, each list by preference: the first that has a character prints it."""

    body: tuple[str, ...] = ("Noto Serif CJK SC", *_RARE)
    heading: tuple[str, ...] = ("Noto Sans CJK SC", "Noto Serif CJK SC", *_RARE)

    def all(self) -> frozenset[str]:
        """Every family that is named."""
        return frozenset(self.body) | frozenset(self.heading)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fonts:
    """Fonts that were found; they can be shared by all letters of a process."""

    found: typst.Fonts
    families: Families


def find_fonts(folders: Sequence[Path] = FOLDERS, families: Families | None = None) -> Fonts:
    """Looks through the folders and those inside them. Raises FontMissing, which names what to install."""
    wanted = families or Families()
    found = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder) for folder in folders]
    )
    missing = sorted(wanted.all() - set(found.families()))
    if missing:
        looked = ", ".join(map(str, folders))
        raise FontMissing(
            f"{', '.join(missing)} not in {looked}; `apt-get install --no-install-recommends {' '.join(PACKAGES)}`"
        )
    return Fonts(found=found, families=wanted)
