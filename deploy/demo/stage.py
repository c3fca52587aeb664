"""Puts up the nodes of the stories: keys, certificates and a signed directory of their own, in the demo's folder."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote, urlsplit

from deploy.demo.accounts import Accounts
from deploy.demo.auditor import Auditor
from deploy.demo.dated import set_clock
from deploy.demo.nodes import NodeProcess
from deploy.demo.people import LUXIAN, SICHUAN, ZHONGSHAN
from deploy.demo.trust import SINCE, DemoTrust
from deploy.demo.winter import BEGINS
from deploy.demo.winter_people import FUSHUN, LINGWU
from deploy.local.ports import LOOPBACK, free_ports
from transfer.broker.address import Address
from transfer.cli.exits import Misconfigured
from transfer.crypto.directory import Draft
from transfer.crypto.pki import CA, SERVER, Authority, save
from transfer.crypto.tls import ClientTls
from transfer.telemetry import clock

TRANSFER: Final = (ZHONGSHAN, LUXIAN, SICHUAN)
WINTER: Final = (FUSHUN, LINGWU)
_HUB: Final = "AMQPS_URL"
_LASTS: Final = 30
"""Days from today on."""
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
    "fetch_first": "1",
    "checkpoint_every": "3",
    "log_format": "text",
    # A newcomer has no app for codes at hand.
    "second_factor": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The nodes of both stories, not started yet, and what stands behind them."""

    trust: DemoTrust
    auditor: Auditor
    accounts: Accounts
    clock: Path
    addresses: Mapping[str, Address]
    transfer: Mapping[str, NodeProcess]
    winter: Mapping[str, NodeProcess]

    @classmethod
    def laid_out(cls, folder: Path, *, ca: Path, vhost: str, draft: Draft) -> Self:
        """The nodes call the broker that the environment names. Raises Misconfigured."""
        urls, authority = _amqp_urls(vhost), Authority.load(ca)
        shutil.copyfile(ca / f"{CA}.pem", folder / f"{CA}.pem")
        cert, key = save(authority.server([LOOPBACK], now=SINCE, days=_days()), folder, SERVER, replace=True)
        ports = dict(zip(WINTER, free_ports(len(WINTER)), strict=True))
        trust = DemoTrust.lay_out(folder, _with_files(draft, ports))
        tls = {region: _certified(authority, region, folder) for region in urls}
        time_file = folder / "clock"
        set_clock(time_file, BEGINS)

        def node(region: str) -> NodeProcess:
            settings = {
                **_QUICK,
                "amqp_url": urls[region],
                "tls_ca": str(tls[region].ca),
                "tls_cert": str(tls[region].cert),
                "tls_key": str(tls[region].key),
                "files": str(folder / f"files-{region}"),
                **trust.settings(region),
            }
            if region not in ports:
                return NodeProcess(region, settings=settings, folder=folder)
            site = {"files_port": str(ports[region]), "files_cert": str(cert), "files_key": str(key)}
            return NodeProcess(region, settings=settings | site, folder=folder, clock=time_file)

        return cls(
            trust=trust,
            auditor=Auditor(folder=folder, verifier=trust.verifier),
            accounts=Accounts.new(),
            clock=time_file,
            addresses={region: Address.parse(urls[region], tls=tls[region]) for region in urls},
            transfer={region: node(region) for region in TRANSFER},
            winter={region: node(region) for region in WINTER},
        )


def _with_files(draft: Draft, ports: Mapping[str, int]) -> Draft:
    """With the addresses where these regions give files to others."""
    regions = tuple(
        one.model_copy(update={"attachments": f"https://{LOOPBACK}:{ports[one.code]}"}) if one.code in ports else one
        for one in draft.regions
    )
    return draft.model_copy(update={"regions": regions})


def _amqp_urls(vhost: str) -> Mapping[str, str]:
    """How each region calls the broker that the environment names; raises Misconfigured."""
    given = os.environ.get(_HUB)
    if not given:
        raise Misconfigured(f"{_HUB} names no broker; `make demo` starts one and sets it")
    place = urlsplit(given).netloc.rpartition("@")[2]
    return {region: f"amqps://{region}@{place}/{quote(vhost, safe='')}" for region in (*TRANSFER, *WINTER)}


def _days() -> int:
    """How long a certificate lasts that is good by the calendar of today and of the stories."""
    return (clock.now() - SINCE).days + _LASTS


def _certified(authority: Authority, region: str, folder: Path) -> ClientTls:
    """A new certificate of the region."""
    cert, key = save(authority.region(region, now=SINCE, days=_days()), folder, region, replace=True)
    return ClientTls(region=region, ca=folder / f"{CA}.pem", cert=cert, key=key)
