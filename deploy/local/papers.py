"""What formal letters need of this machine: fonts to print them, and programs by which tests read them again."""

import shutil
from pathlib import Path
from typing import Final

from deploy.local.errors import NotInstalled
from deploy.local.programs import how_to_get

FONTS: Final = {
    "fonts-noto-cjk": (
        Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc"),
        Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc"),
        Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    ),
    "fonts-hanazono": (
        Path("/usr/share/fonts/truetype/hanazono/HanaMinA.ttf"),
        Path("/usr/share/fonts/truetype/hanazono/HanaMinB.ttf"),
    ),
}
READERS: Final = {
    "poppler-utils": ("pdffonts", "pdfinfo", "pdftocairo", "pdftoppm", "pdftotext"),
    "zbar-tools": ("zbarimg",),
}


def font_files(package: str) -> tuple[Path, ...]:
    """The fonts of this package. Raises NotInstalled when one is missing."""
    for file in FONTS[package]:
        if not file.is_file():
            raise NotInstalled(f"{file} is missing. {how_to_get(package, '--fonts')}")
    return FONTS[package]


def reader_programs(package: str) -> tuple[str, ...]:
    """The programs of this package, looked for on PATH. Raises NotInstalled when one is missing."""
    for name in READERS[package]:
        if shutil.which(name) is None:
            raise NotInstalled(f"{name} is missing. {how_to_get(package, '--readers')}")
    return READERS[package]
