"""The kinds of paths that commands take."""

from pathlib import Path
from typing import Final

import click

FILE: Final = click.Path(dir_okay=False, path_type=Path)
"""That may not be there yet, or is looked for by the command itself."""
FILE_THERE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
FILE_TO_WRITE: Final = click.Path(dir_okay=False, writable=True, path_type=Path)
FOLDER: Final = click.Path(file_okay=False, path_type=Path)
FOLDER_THERE: Final = click.Path(exists=True, file_okay=False, path_type=Path)
