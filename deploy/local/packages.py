"""Installs Debian packages that are missing, and only those."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial

from deploy.local.errors import InstallFailed, NotInstalled
from deploy.local.papers import FONTS, READERS, font_files, reader_programs
from deploy.local.programs import (
    CHROMIUM_PACKAGE,
    CURL_PACKAGE,
    POSTGRES_PACKAGE,
    PROMETHEUS_PACKAGE,
    PROXY_PACKAGE,
    RABBITMQ_PACKAGE,
    chromium_program,
    curl_program,
    installed_rabbitmq,
    postgres_programs,
    prometheus_tool,
    proxy_program,
)

_INSTALL = ["apt-get", "install", "-y", "--no-install-recommends"]
_UNUSED_SERVICE = ", whose service this stack does not use"


def make_sure_of_rabbitmq() -> None:
    """Raises NotInstalled for an ordinary user, InstallFailed when it cannot be had."""
    _make_sure(installed_rabbitmq, RABBITMQ_PACKAGE, note=_UNUSED_SERVICE)


def make_sure_of_postgres() -> None:
    """Raises NotInstalled for an ordinary user, InstallFailed when it cannot be had."""
    _make_sure(postgres_programs, POSTGRES_PACKAGE, note=_UNUSED_SERVICE)


def make_sure_of_curl() -> None:
    """Raises NotInstalled for an ordinary user, InstallFailed when it cannot be had."""
    _make_sure(curl_program, CURL_PACKAGE)


def make_sure_of_chromium() -> None:
    """Raises NotInstalled for an ordinary user, InstallFailed when it cannot be had."""
    _make_sure(chromium_program, CHROMIUM_PACKAGE)


def make_sure_of_fonts() -> None:
    """What letters are printed with. Raises NotInstalled for an ordinary user, InstallFailed when it cannot be had."""
    for package in FONTS:
        _make_sure(partial(font_files, package), package)


def make_sure_of_readers() -> None:
    """What tests read letters with. Raises NotInstalled for an ordinary user, InstallFailed when it cannot be had."""
    for package in READERS:
        _make_sure(partial(reader_programs, package), package)


def make_sure_of_checkers() -> None:
    """What checks files of deploy/. Raises NotInstalled for an ordinary user, InstallFailed when it cannot be had."""
    _make_sure(prometheus_tool, PROMETHEUS_PACKAGE, note=_UNUSED_SERVICE)
    _make_sure(proxy_program, PROXY_PACKAGE, note=_UNUSED_SERVICE)


def _make_sure(find: Callable[[], object], package: str, *, note: str = "") -> None:
    try:
        find()
    except NotInstalled:
        if os.geteuid() != 0:
            raise
        _install(package, note)
        find()


def _install(package: str, note: str) -> None:
    if shutil.which("apt-get") is None:
        raise InstallFailed(f"there is no apt-get here; install {package} by other means")
    print(f"installing the package {package}{note}", file=sys.stderr)
    tried = _apt([*_INSTALL, package])
    if tried.returncode:
        # The package lists may be missing or old.
        _apt(["apt-get", "update"])
        tried = _apt([*_INSTALL, package])
    if tried.returncode:
        lines = tried.stderr.strip().splitlines()
        raise InstallFailed(f"`apt-get install {package}`: {lines[-1] if lines else 'no reason given'}")


def _apt(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
