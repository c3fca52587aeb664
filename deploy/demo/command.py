"""``python -m deploy.demo``: puts up three nodes beside a broker, plays the story, shows the trace, takes all down."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, Never
from urllib.parse import quote, urlsplit
from uuid import UUID

import click
from rich.console import Console

from deploy.demo.cast import Cast
from deploy.demo.nodes import NodeProcess, started
from deploy.demo.people import LUXIAN, SICHUAN, ZHONGSHAN
from deploy.demo.picture import shown
from deploy.demo.scene import Scene
from deploy.demo.story import Story
from deploy.demo.trust import DemoTrust
from transfer.broker.address import Address
from transfer.cli.exits import Misconfigured
from transfer.cli.explained import Explained
from transfer.cli.facts import compare
from transfer.cli.known import trace_there
from transfer.cli.output import console
from transfer.cli.trace import print_beside, print_trace
from transfer.crypto.directory import Directory, Draft
from transfer.crypto.pki import Authority, save
from transfer.crypto.tls import ClientTls
from transfer.telemetry import clock
from transfer.telemetry.logs import set_up_logs

REGIONS: Final = (ZHONGSHAN, LUXIAN, SICHUAN)
_HUB: Final = "AMQPS_URL"
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_QUICK: Final = {
    "test_identities": "true",
    # A killed node's work is taken up again as soon as its lease has run out.
    "lease": "2",
    # Ready means here: the broker has been reached.
    "broker_lost_after": "0",
    "poll": "0.5",
    "resend_first": "5",
    "silence": "5",
    "resend_grace": "2",
    "log_format": "text",
}


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
    """Play the transfer of one case between three regions, before your eyes.

    `make demo` sets up all that this needs: AMQPS_URL names the broker, into which the definitions of `transfer
    topology` have been loaded, and the authority is one of `transfer pki`. Three nodes are started as processes of
    their own, each with a certificate of its own, and the story goes over their public API: a dispute, a recall, a
    transfer with a supplement, a message that comes twice, a node that is killed. Ctrl-C ends it; everything that it
    started ends with it.
    """
    set_up_logs(level="error", style="text")
    draft = Draft.load(directory)
    authority, urls = Authority.load(ca), _amqp_urls(vhost)
    with _signals_as_interrupts(), _folder(data) as folder:
        shutil.copyfile(ca / "ca.pem", folder / "ca.pem")
        trust = DemoTrust.lay_out(folder, draft)
        listed = trust.directory
        tls = {region: _certified(authority, region, folder) for region in REGIONS}
        nodes = {
            region: NodeProcess(
                region,
                settings={
                    **_QUICK,
                    "amqp_url": urls[region],
                    "tls_ca": str(tls[region].ca),
                    "tls_cert": str(tls[region].cert),
                    "tls_key": str(tls[region].key),
                    **trust.settings(region),
                },
                folder=folder,
            )
            for region in REGIONS
        }
        addresses = {region: Address.parse(urls[region], tls=tls[region]) for region in REGIONS}
        out = console()
        out.print("starting three nodes, a few seconds")
        with started(nodes):
            case = _play(nodes, listed, addresses, trust)
            _show_trace(out, nodes, case)
            _show_addresses(out, nodes, listed)
            if not once:
                _stay(out)


def _play(
    nodes: Mapping[str, NodeProcess], listed: Directory, addresses: Mapping[str, Address], trust: DemoTrust
) -> UUID:
    begun = time.monotonic()
    scene = Scene(nodes)
    with shown(scene, listed) as picture:
        cast = Cast(nodes=nodes, scene=scene, picture=picture)
        case = Story(cast=cast, addresses=addresses, trust=trust).play()
        picture.say(f"The story has ended well after {time.monotonic() - begun:.0f} s")
    return case


def _show_trace(out: Console, nodes: Mapping[str, NodeProcess], case: UUID) -> None:
    here, *others = (trace_there(nodes[region].api, case) for region in REGIONS)
    out.print()
    print_trace(out, here)
    for there in others:
        out.rule(f"{here.region} beside {there.region}")
        print_beside(out, here, there, list(compare(here.facts, there.facts)))


def _show_addresses(out: Console, nodes: Mapping[str, NodeProcess], listed: Directory) -> None:
    out.rule("to look at")
    for region, node in nodes.items():
        out.print(f"{region} {listed.by_code[region].name_zh:4} {node.api.url}/docs   worklist {node.api.url}/v1/cases")


def _stay(out: Console) -> None:
    try:
        out.print("Ctrl-C ends it all")
        while True:
            # signal.pause() would sleep for ever when the signal comes just before it.
            time.sleep(1)
    except KeyboardInterrupt:
        out.print("ending")


def _amqp_urls(vhost: str) -> Mapping[str, str]:
    """How each region calls the broker that the environment names; raises Misconfigured."""
    given = os.environ.get(_HUB)
    if not given:
        raise Misconfigured(f"{_HUB} names no broker; `make demo` starts one and sets it")
    place = urlsplit(given).netloc.rpartition("@")[2]
    return {region: f"amqps://{region}@{place}/{quote(vhost, safe='')}" for region in REGIONS}


def _certified(authority: Authority, region: str, folder: Path) -> ClientTls:
    """A new certificate of the region."""
    cert, key = save(authority.region(region, now=clock.now()), folder, region, replace=True)
    return ClientTls(region=region, ca=folder / "ca.pem", cert=cert, key=key)


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
        click.echo(f"databases and logs of the nodes: {fresh}", err=True)
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
