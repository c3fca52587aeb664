"""Says what of the local stack is on this machine, and how the rest can be had."""

import subprocess
from collections.abc import Callable, Iterable, Mapping

from deploy.local.errors import StackError
from deploy.local.external import AMQP_URL, MANAGEMENT_URL, ExternalBroker
from deploy.local.papers import FONTS, READERS, font_files, reader_programs
from deploy.local.programs import (
    CHROMIUM_PACKAGE,
    chromium_program,
    installed_rabbitmq,
    postgres_programs,
    rabbitmq_version,
)
from deploy.local.rabbitmq4 import MAJOR, make_sure_of_namespaces, unpacked_folder


def check(environment: Mapping[str, str]) -> bool:
    """Prints one line for each part; gives whether a broker and a database can be started or reached."""
    broker = _external(environment[AMQP_URL], environment) if environment.get(AMQP_URL) else _installed()
    _unpacked()
    _packages("Fonts", FONTS, font_files)
    _packages("Readers", READERS, reader_programs)
    _packages("Chromium", (CHROMIUM_PACKAGE,), lambda _: chromium_program(), use="tests of the pages")
    return _postgres() and broker


def _external(url: str, environment: Mapping[str, str]) -> bool:
    try:
        broker = ExternalBroker(url, environment.get(MANAGEMENT_URL))
        with broker:
            _say("RabbitMQ", f"{broker.version}, named by {AMQP_URL}")
    except StackError as error:
        _say("RabbitMQ", str(error))
        return False
    return True


def _installed() -> bool:
    try:
        installed_rabbitmq()
    except StackError as error:
        _say("RabbitMQ", str(error))
        return False
    _say("RabbitMQ", f"{rabbitmq_version()}, installed")
    return True


def _unpacked() -> None:
    if (rabbitmq_version() or "").startswith(f"{MAJOR}."):
        return
    try:
        make_sure_of_namespaces()
    except StackError as error:
        _say(f"RabbitMQ {MAJOR}", f"{error} (optional)")
        return
    folder = unpacked_folder()
    get = f"not unpacked yet; `python -m deploy.local install --broker-version {MAJOR}` (optional)"
    _say(f"RabbitMQ {MAJOR}", f"unpacked in {folder}" if folder else get)


def _postgres() -> bool:
    try:
        folder = postgres_programs()
    except StackError as error:
        _say("PostgreSQL", str(error))
        return False
    told = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    _say("PostgreSQL", f"{told.stdout.strip().removeprefix('postgres (PostgreSQL) ')}, in {folder}")
    return True


def _packages(
    part: str, packages: Iterable[str], find: Callable[[str], object], *, use: str = "formal letters"
) -> None:
    try:
        for package in packages:
            find(package)
    except StackError as error:
        _say(part, f"{error} (for {use})")
        return
    _say(part, f"{', '.join(packages)}, installed")


def _say(part: str, state: str) -> None:
    print(f"{part + ':':12} {state}")
