"""The command line: run a command beside private servers, check the machine, install what is missing."""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.local.broker import Broker
from deploy.local.check import check
from deploy.local.command import NOT_EXECUTABLE, NOT_FOUND, run_command
from deploy.local.errors import (
    FolderInUse,
    FolderRefused,
    InstallFailed,
    ManagementRefused,
    NotAvailable,
    NotInstalled,
    StackError,
    UnusableDefinitions,
    UnusableTls,
    UnusableUrl,
)
from deploy.local.external import AMQP_URL, AMQPS_URL, MANAGEMENT_URL, ExternalBroker, broker_for
from deploy.local.node import ServerTls
from deploy.local.packages import (
    make_sure_of_checkers,
    make_sure_of_chromium,
    make_sure_of_curl,
    make_sure_of_fonts,
    make_sure_of_postgres,
    make_sure_of_rabbitmq,
    make_sure_of_readers,
)
from deploy.local.postgres import Postgres
from deploy.local.rabbitmq4 import MAJOR, rabbitmq_programs

POSTGRES_URL = "POSTGRES_URL"

BAD_DEFINITIONS = 65
UNAVAILABLE = 69
FAILED = 70
NO_FOLDER = 73
BAD_SETTING = 78
INTERRUPTED = 130

_EXIT_CODES: dict[type[StackError], int] = {
    UnusableDefinitions: BAD_DEFINITIONS,
    UnusableTls: BAD_DEFINITIONS,
    NotInstalled: UNAVAILABLE,
    NotAvailable: UNAVAILABLE,
    InstallFailed: UNAVAILABLE,
    FolderInUse: NO_FOLDER,
    FolderRefused: NO_FOLDER,
    UnusableUrl: BAD_SETTING,
}

_EPILOGUE = f"""exit codes:
    the command's own, or 128 and the number of the signal that ended it
    2    wrong usage
  {BAD_DEFINITIONS:>4}   the definitions or TLS files cannot be read, or the broker refuses them
  {UNAVAILABLE:>4}   not available on this machine: not installed, or cannot be had
  {FAILED:>4}   a server did not start, or failed
  {NO_FOLDER:>4}   a data folder cannot be used
  {BAD_SETTING:>4}   {AMQP_URL} or {MANAGEMENT_URL} cannot be used
  {NOT_EXECUTABLE:>4}   the command cannot be executed
  {NOT_FOUND:>4}   the command is not found
  {INTERRUPTED:>4}   interrupted

environment:
  {AMQP_URL}  a broker that runs already, with an administrator's name and password; used instead of a node
  {AMQPS_URL}  its TLS listener, needed with --tls
  {MANAGEMENT_URL}  its management interface (default: port 15672 of the same host)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code; errors are one line on standard error."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    command: list[str] = []
    if "--" in words:
        command = words[words.index("--") + 1 :]
        words = words[: words.index("--")]
    asked = parser.parse_args(words)
    if asked.task == "run" and not command:
        parser.error("a command is missing after --")
    if asked.task != "run" and command:
        parser.error(f"{asked.task} takes no command")
    if asked.task != "check" and not (_wants_broker(asked) or asked.postgres or _wants_programs(asked)):
        also = "" if asked.task == "run" else ", --fonts, --readers, --checkers, --chromium or --curl"
        parser.error(f"nothing is asked for: give --broker, --postgres or both{also}")
    try:
        return _do(asked, command)
    except StackError as error:
        print(f"deploy.local: {error}", file=sys.stderr)
        return _EXIT_CODES.get(type(error), FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED


def _do(asked: argparse.Namespace, command: Sequence[str]) -> int:
    if asked.task == "check":
        return 0 if check(os.environ) else UNAVAILABLE
    if asked.task == "install" or asked.install:
        _install(asked)
    return _run(asked, command) if asked.task == "run" else 0


def _install(asked: argparse.Namespace) -> None:
    if asked.broker_version == MAJOR:
        rabbitmq_programs(MAJOR)
    elif _wants_broker(asked):
        make_sure_of_rabbitmq()
    if asked.postgres:
        make_sure_of_postgres()
    if getattr(asked, "fonts", False):
        make_sure_of_fonts()
    if getattr(asked, "readers", False):
        make_sure_of_readers()
    if getattr(asked, "chromium", False):
        make_sure_of_chromium()
    if getattr(asked, "checkers", False):
        make_sure_of_checkers()
    if getattr(asked, "curl", False):
        make_sure_of_curl()


def _run(asked: argparse.Namespace, command: Sequence[str]) -> int:
    environment = dict(os.environ)
    # Read before anything is started: a wrong name costs no waiting.
    definitions = _definitions(asked.definitions) if asked.definitions else None
    tls = ServerTls.in_folder(asked.tls) if asked.tls else None
    data: Path | None = asked.data
    with contextlib.ExitStack() as servers:
        if asked.postgres:
            postgres = servers.enter_context(Postgres(data and data / "postgres", keep=asked.keep))
            environment[POSTGRES_URL] = postgres.url
            _say(f"PostgreSQL listens on port {postgres.port}; its data is in {postgres.data}")
        if _wants_broker(asked):
            nodes = data and data / "rabbitmq"
            broker = broker_for(os.environ, data=nodes, major=asked.broker_version, keep=asked.keep, tls=tls)
            servers.enter_context(broker)
            environment[AMQP_URL] = broker.amqp_url
            environment[MANAGEMENT_URL] = broker.management_url
            if tls and isinstance(broker, Broker):
                environment[AMQPS_URL] = broker.amqps_url
            _say_where(broker)
            if definitions is not None:
                _load(broker, definitions, asked.definitions)
        try:
            return run_command(command, environment)
        except OSError as error:
            _say(f"{command[0]}: {error.strerror}")
            return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE


def _wants_broker(asked: argparse.Namespace) -> bool:
    return bool(
        asked.broker or asked.broker_version or getattr(asked, "definitions", None) or getattr(asked, "tls", None)
    )


def _wants_programs(asked: argparse.Namespace) -> bool:
    return any(getattr(asked, name, False) for name in ("fonts", "readers", "checkers", "chromium", "curl"))


def _definitions(file: Path) -> dict[str, Any]:
    try:
        definitions = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnusableDefinitions(f"{file}: {error.strerror}") from error
    except ValueError as error:
        raise UnusableDefinitions(f"{file}: {error}") from error
    if not isinstance(definitions, dict):
        raise UnusableDefinitions(f"{file}: not a JSON object")
    return definitions


def _load(broker: Broker | ExternalBroker, definitions: dict[str, Any], file: Path) -> None:
    try:
        broker.load_definitions(definitions)
    except ManagementRefused as error:
        raise UnusableDefinitions(f"{file}: {error}") from error


def _say_where(broker: Broker | ExternalBroker) -> None:
    if isinstance(broker, Broker):
        _say(f"RabbitMQ {broker.version} listens on port {broker.ports.amqp}; its data is in {broker.data}")
    else:
        _say(f"RabbitMQ {broker.version} is the one named by {AMQP_URL}")


def _say(text: str) -> None:
    print(f"deploy.local: {text}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.local",
        description=__doc__,
        epilog=_EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    run = tasks.add_parser(
        "run",
        help="start servers, run a command, stop the servers",
        description=f"Starts what is asked for, tells the command where it is by {AMQP_URL}, {AMQPS_URL}, "
        f"{MANAGEMENT_URL} and {POSTGRES_URL}, passes signals on, stops everything and exits with the command's code.",
        usage="%(prog)s [options] -- COMMAND ...",
    )
    _add_choices(run)
    run.add_argument("--definitions", type=Path, metavar="FILE", help="load these into the broker (JSON)")
    run.add_argument(
        "--tls",
        type=Path,
        metavar="FOLDER",
        help=f"the broker listens for TLS too, as {AMQPS_URL} tells; ca.pem, server.pem and server.key lie there",
    )
    run.add_argument("--data", type=Path, metavar="FOLDER", help="keep the data here and use it again")
    run.add_argument("--keep", action="store_true", help="do not remove the fresh data folder under .stack")
    run.add_argument("--install", action="store_true", help="first install what is missing")
    install = tasks.add_parser(
        "install",
        help="install what is missing",
        description="Installs missing packages (as root, by apt-get) and fetches RabbitMQ 4 (as anyone); does "
        "nothing where all is there.",
    )
    _add_choices(install)
    install.add_argument("--fonts", action="store_true", help="fonts that formal letters are printed with")
    install.add_argument("--readers", action="store_true", help="programs by which tests read printed letters")
    install.add_argument("--checkers", action="store_true", help="programs that check the files of deploy/")
    install.add_argument("--chromium", action="store_true", help="the browser in which tests look at pages")
    install.add_argument(
        "--curl", action="store_true", help="curl, which the bench holds the fetching of files against"
    )
    install.set_defaults(install=True)
    tasks.add_parser(
        "check",
        help="say what is there and how to get the rest",
        description=f"Says what is there and how to get the rest; exits with {UNAVAILABLE} if something is missing.",
    )
    return parser


def _add_choices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--broker", action="store_true", help="RabbitMQ, the installed version")
    parser.add_argument(
        "--broker-version",
        type=int,
        choices=(3, MAJOR),
        help=f"RabbitMQ of this version; {MAJOR} is unpacked into .stack when another is installed",
    )
    parser.add_argument("--postgres", action="store_true", help="PostgreSQL")
