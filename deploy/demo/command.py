"""``python -m deploy.demo``: puts up nodes beside a broker, plays two stories, shows what is left, takes all down."""

import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, Never
from uuid import UUID

import click
from rich.console import Console

from deploy.demo.cast import Cast
from deploy.demo.nodes import NodeProcess, started
from deploy.demo.picture import shown
from deploy.demo.scene import Scene
from deploy.demo.stage import Stage
from deploy.demo.story import Story
from deploy.demo.tour import show_tour
from deploy.demo.winter import WinterStory
from deploy.demo.winter_people import FUSHUN
from transfer.cli.explained import Explained
from transfer.cli.facts import compare
from transfer.cli.known import trace_there
from transfer.cli.output import console
from transfer.cli.trace import print_beside, print_trace
from transfer.crypto.directory import Draft
from transfer.telemetry.logs import set_up_logs

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(cls=Explained, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--once", is_flag=True, help="End when the story has ended, instead of staying up to be explored.")
@click.option("--ca", type=_FOLDER, required=True, help="Folder of the authority that the broker trusts.")
@click.option("--vhost", default="legalaid", show_default=True, help="The virtual host that holds the topology.")
@click.option(
    "--directory", type=_FILE, default="deploy/local/directory.json", show_default=True, help="File with the regions."
)
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Keep databases and logs in this folder."
)
def demo(*, once: bool, ca: Path, vhost: str, directory: Path, data: Path | None) -> None:
    """Play the transfer of one case between three regions, and one cooperation letter between two, before your eyes.

    `make demo` sets up all that this needs: AMQPS_URL names the broker, into which the definitions of `transfer
    topology` have been loaded, and the authority is one of `transfer pki`. The nodes are processes of their own, each
    with a certificate of its own, and the stories go over their public API. First a transfer: a dispute, a recall, a
    supplement, a message that comes twice, a node that is killed. Then a letter that asks for evidence across the
    Spring Festival of 2026, by nodes whose clocks stand at its dates, with files. Ctrl-C ends it; everything that it
    started ends with it.
    """
    set_up_logs(level="error", style="text")
    draft, out = Draft.load(directory), console()
    with _signals_as_interrupts(), _folder(data) as folder, ExitStack() as stack:
        stage = Stage.laid_out(folder, ca=ca, vhost=vhost, draft=draft)
        out.print("starting three nodes, a few seconds")
        stack.enter_context(_staffed(stage, stage.transfer))
        _show_trace(out, stage.transfer, _play_transfer(stage))
        out.print("starting two more nodes, a few seconds; their clocks stand at 11 February 2026")
        stack.enter_context(_staffed(stage, stage.winter))
        _play_winter(out, stage, folder)
        show_tour(out, {**stage.transfer, **stage.winter}, stage.trust.directory, stage.accounts)
        if not once:
            _stay(out)


@contextmanager
def _staffed(stage: Stage, nodes: Mapping[str, NodeProcess]) -> Iterator[None]:
    with started(nodes):
        for node in nodes.values():
            stage.accounts.ready(node)
        yield


def _play_transfer(stage: Stage) -> UUID:
    with _shown(stage, stage.transfer) as cast:
        return Story(cast=cast, addresses=stage.addresses, trust=stage.trust, auditor=stage.auditor).play()


def _play_winter(out: Console, stage: Stage, folder: Path) -> None:
    with _shown(stage, stage.winter) as cast:
        story = WinterStory(cast=cast, clock=stage.clock, folder=folder)
        case = story.play()
    out.print()
    out.print(stage.winter[FUSHUN].command("evidence", "show", str(case)), markup=False, highlight=False)
    for what, where in story.papers.items():
        out.print(f"{what:14} {where}", soft_wrap=True)


@contextmanager
def _shown(stage: Stage, nodes: Mapping[str, NodeProcess]) -> Iterator[Cast]:
    """A story before everybody's eyes."""
    begun, scene = time.monotonic(), Scene(nodes)
    with shown(scene, stage.trust.directory) as picture:
        yield Cast(nodes=nodes, scene=scene, picture=picture)
        picture.say(f"The story has ended well after {time.monotonic() - begun:.0f} s")


def _show_trace(out: Console, nodes: Mapping[str, NodeProcess], case: UUID) -> None:
    here, *others = (trace_there(node.api, case) for node in nodes.values())
    out.print()
    print_trace(out, here)
    for there in others:
        out.rule(f"{here.region} beside {there.region}")
        print_beside(out, here, there, list(compare(here.facts, there.facts)))


def _stay(out: Console) -> None:
    try:
        out.print("Ctrl-C ends it all")
        while True:
            # signal.pause() would sleep for ever when the signal comes just before it.
            time.sleep(1)
    except KeyboardInterrupt:
        out.print("ending")


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    """Where databases and logs lie: the given folder, or a fresh one that stays only when something fails."""
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        yield data.absolute()
        return
    stack = Path(".stack").absolute()
    stack.mkdir(exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="demo-", dir=stack))
    try:
        yield fresh
    except Exception:
        if any(fresh.iterdir()):
            click.echo(f"databases and logs of the nodes: {fresh}", err=True)
        else:
            fresh.rmdir()
        raise
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    shutil.rmtree(fresh, ignore_errors=True)


@contextmanager
def _signals_as_interrupts() -> Iterator[None]:
    """SIGTERM and SIGHUP end the demo as Ctrl-C does, so that nothing is left behind; so does SIGINT where a shell
    has started it in the background, which ignores that signal."""

    def interrupt(_number: int, _frame: FrameType | None) -> Never:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
