"""Builds a node from its settings: the one place that knows every room."""

import asyncio
import gc
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from transfer.actions.auditing import Audit
from transfer.actions.desk import Desk
from transfer.actions.door import Door
from transfer.actions.notebook import Notebook
from transfer.actions.roll import Roll
from transfer.broker.address import Address
from transfer.broker.consumer import Consumer
from transfer.broker.publisher import Publisher
from transfer.broker.topology import DIRECTORY
from transfer.crypto.book import Book
from transfer.crypto.filekey import HeldFileKey
from transfer.crypto.keystore import Keystore
from transfer.crypto.ledger_keys import ledger_signer
from transfer.crypto.notes import Verifier
from transfer.crypto.passphrase import find_passphrase
from transfer.crypto.second_factor import AccountsKey
from transfer.crypto.statements import sign_statement
from transfer.crypto.tickets import Tickets
from transfer.crypto.tls import ClientTls
from transfer.crypto.wire import Wire
from transfer.domain.rights import Role as StaffRole
from transfer.files.parts import FETCHERS, SWEEP_SECONDS, FileParts, build_files
from transfer.law.book import RuleBook, built_in
from transfer.paper.printer import PdfPrinter
from transfer.ports.traffic import Carrier
from transfer.ports.views import Linked
from transfer.ports.work import Context, StorageUnavailable
from transfer.settings import Role, Settings, SettingsInvalid
from transfer.sheets.files import SheetFiles
from transfer.sms.gateway import HttpGateway
from transfer.storage.accounts import SqlAccounts
from transfer.storage.checkpoints import SqlCheckpoints
from transfer.storage.drafts import SqlDrafts
from transfer.storage.engine import open_engine
from transfer.storage.files import SqlFiles
from transfer.storage.ledger_reading import SqlLedgerReading
from transfer.storage.listening import Listener
from transfer.storage.mailbox import SqlMailbox
from transfer.storage.migrate import form
from transfer.storage.outbox import SqlOutbox
from transfer.storage.quarantine import SqlQuarantine
from transfer.storage.receipts import SqlReceiptsDue
from transfer.storage.reconciling import SqlReconciling
from transfer.storage.recovery import SqlRecovery
from transfer.storage.rule_sets import SqlRuleSets
from transfer.storage.sequencing import SqlSequencer
from transfer.storage.shelf import SqlShelf
from transfer.storage.store import Store
from transfer.storage.texts import SqlTexts
from transfer.storage.views import SqlViews
from transfer.telemetry import calendar
from transfer.telemetry import clock as system_clock
from transfer.web.limits import Limits
from transfer.web.monitor_site import serve_monitor
from transfer.web.oidc import provider_of
from transfer.web.parts import Parts
from transfer.web.region_site import serve_regions
from transfer.web.server import serve
from transfer.workers.checkpoints import CheckpointKeeper
from transfer.workers.head_file import HeadFile
from transfer.workers.inbound import Inbound
from transfer.workers.loop import Duty
from transfer.workers.pauses import Pauses
from transfer.workers.receipts import ReceiptTeller
from transfer.workers.reconcile import Reconciler
from transfer.workers.recover import Recoverer
from transfer.workers.relay import Relay
from transfer.workers.rules import RuleKeeper
from transfer.workers.sealing import SealedCarrier
from transfer.workers.texts import Texter
from transfer.workers.trust import TrustKeeper
from transfer.workers.watch import Watcher

FORGET_SECONDS: Final = 3600.0
SEQUENCE_SECONDS: Final = 1.0
CURE_SECONDS: Final = 60.0
CHECKPOINT_SECONDS: Final = 60.0
"""So often is looked whether a checkpoint is due, or an answer asks for another proof."""


class NotMigrated(Exception):
    """The database has a version that this release cannot run on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node whose parts have been put together; ``run`` brings it to life."""

    settings: Settings
    book: Book
    trust: TrustKeeper
    rules: RuleKeeper
    wire: Wire
    store: Store
    desk: Desk
    publisher: Publisher | None
    consumer: Consumer | None
    relay: Relay | None
    keeper: CheckpointKeeper | None
    reconciler: Reconciler
    recoverer: Recoverer
    duties: Sequence[Duty]
    context: Callable[[], Context]
    notebook: Notebook
    views: SqlViews
    quarantine: SqlQuarantine
    checkpoints: SqlCheckpoints
    files: FileParts | None
    web: Parts

    async def ready(self) -> None:
        """Look for the directory and the rules for the first time; raises DirectoryMissing, RegionNotListed,
        RulesInvalid. Rules that the database cannot give yet are asked for again soon; nothing is decided before."""
        await self.trust.ready(self.settings.region)
        with suppress(StorageUnavailable):
            await self.rules.look_once()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str | None]:
        """Connect, do the duties until the block ends, then let go of everything in good order.

        Gives the address of the API, or None where this process has not that role. Raises DirectoryMissing,
        RegionNotListed, RulesInvalid, HeadsDisagree, and CryptoError for what is wrong with the keys.
        """
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.store.engine.dispose)
            await self.ready()
            await asyncio.to_thread(lambda: self.trust.keys)
            if self.keeper is not None:
                # What the database cannot say yet is asked before anything is signed.
                with suppress(StorageUnavailable):
                    await self.keeper.check()
            if self.files is not None:
                await asyncio.to_thread(self.files.key)
                stack.callback(self.files.uploads.close)
            for part in (self.publisher, self.consumer):
                if part is not None:
                    await stack.enter_async_context(part)
            await stack.enter_async_context(serve_monitor(self.web))
            tasks = [asyncio.create_task(duty.run(), name=duty.name) for duty in self.duties]
            try:
                if Role.API in self.settings.roles:
                    async with serve_regions(self.web), serve(self.web) as address:
                        yield address
                else:
                    yield None
            finally:
                await self.desk.drain()
                await self.notebook.drain()
                await asyncio.gather(*(duty.end(task) for duty, task in zip(self.duties, tasks, strict=True)))
                if self.relay is not None:
                    # A relay that dies without this is succeeded when its lease runs out.
                    with suppress(Exception):
                        await self.relay.hand_over()


def tune_collector() -> None:
    """Once per process, when the program is loaded: what lives as long as the process is not looked at again, and
    collections come less often, since a node makes many short-lived objects and few cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 10)


def build(  # noqa: PLR0915 - the parts of a node, one after the other
    settings: Settings,
    *,
    clock: Callable[[], datetime] = system_clock.now,
    new_id: Callable[[], UUID] = system_clock.new_id,
) -> Node:
    """A node for these settings, without its directory and keys yet. Raises NoteMalformed for a verifier key,
    DatabaseUrlInvalid, AddressInvalid, SettingsInvalid."""
    verifiers = [Verifier.parse(key) for key in settings.directory_keys]
    book = Book(verifiers=verifiers, grace=settings.seconds("directory_grace"), clock=clock)
    wire = Wire(region=settings.region, directory=lambda: book.current, keys=lambda: trust.keys, clock=clock)

    def load_keys() -> Keystore:
        return Keystore.load(settings.keys, find_passphrase(settings.passphrase_file, os.environ))

    def context() -> Context:
        return Context(
            region=settings.region,
            directory=book.latest,
            now=clock(),
            new_id=new_id,
            rules=rules.book,
            fingerprints=trust.fingerprints,
            sign=partial(sign_statement, wire),
            signer=partial(ledger_signer, wire),
        )

    store = Store(
        engine=open_engine(settings.database_url, pool_size=settings.database_pool),
        region=settings.region,
        clock=clock,
        new_id=new_id,
        tells=Role.RELAY in settings.roles,
    )
    desk, views = Desk(room=store, context=context), SqlViews(store=store)
    quarantine, mailbox = SqlQuarantine(store=store), SqlMailbox(store=store)
    notebook, drafts = Notebook(room=store), SqlDrafts(store=store)
    door = _door(settings, SqlAccounts(store=store), notebook, clock)
    roll = Roll(accounts=door.accounts, door=door, context=context)
    trust = TrustKeeper(book=book, shelf=SqlShelf(store=store), file=settings.directory, load_keys=load_keys)
    rules = RuleKeeper(sets=SqlRuleSets(store=store), known_years=calendar.is_worked, clock=clock)
    reconciler = Reconciler(
        records=SqlReconciling(store=store), context=context, every=settings.seconds("reconcile_every")
    )
    records = SqlRecovery(store=store)
    recoverer = Recoverer(records=records, context=context, is_own=wire.is_own)
    once_recovered = partial(_once_recovered, records)
    address = hub_address(settings)
    duties = [
        Duty(name="trust", once=trust.look_once, poll=settings.trust_poll),
        Duty(name="rules", once=rules.look_once, poll=settings.trust_poll),
    ]
    publisher = consumer = relay = keeper = None
    checkpoints, reading = SqlCheckpoints(store=store), SqlLedgerReading(store=store)
    if Role.RELAY in settings.roles:
        publisher = Publisher(address, region=settings.region, clock=clock, timeout_seconds=settings.publish_timeout)
        sealed = SealedCarrier(carrier=publisher, wire=wire)
        relay, sending = _sending(settings, store, sealed, clock, new_id)
        duties += sending
        keeper = CheckpointKeeper(
            room=store,
            checkpoints=checkpoints,
            reading=reading,
            file=HeadFile(folder=settings.state),
            context=context,
            every=settings.seconds("checkpoint_every"),
        )
        often = min(CHECKPOINT_SECONDS, settings.checkpoint_every)
        duties.append(Duty(name="checkpoints", once=once_recovered(keeper.publish_once), poll=often))
    if Role.INBOUND in settings.roles:
        consumer = Consumer(address, region=settings.region, clock=clock, prefetch=settings.prefetch)
        inbound = Inbound(
            room=store,
            inlet=consumer,
            context=context,
            wire=wire,
            operator=DIRECTORY,
            take_directory=trust.take_message,
            prefetch=settings.prefetch,
        )
        duties.append(Duty(name="inbound", wait=inbound.wait, once=inbound.receive_once, poll=settings.poll))
        watcher = Watcher(desk=desk, views=views, context=context)
        duties.append(Duty(name="watch", once=once_recovered(watcher.watch_once), poll=settings.watch_poll))
        sequencer = SqlSequencer(store=store, clock=clock)
        duties.append(Duty(name="sequence", once=sequencer.place_batch, poll=SEQUENCE_SECONDS))
        duties += [
            Duty(name="reconcile", once=once_recovered(reconciler.reconcile_once), poll=settings.reconcile_poll),
            Duty(name="recovery", once=recoverer.recover_once, poll=settings.reconcile_poll),
        ]
    if Role.API in settings.roles:
        duties += [
            Duty(name="forgetting", once=store.forget_answered, poll=FORGET_SECONDS),
            Duty(name="drafts", once=drafts.forget_old, poll=FORGET_SECONDS),
            Duty(name="sessions", once=door.forget_once, poll=FORGET_SECONDS),
            Duty(name="curing", once=store.note_cured, poll=CURE_SECONDS),
            Duty(name="mailbox", once=mailbox.forget_once, poll=FORGET_SECONDS),
        ]
    if not store.is_sqlite and Role.RELAY in settings.roles:
        listener = Listener(store=store)
        duties.append(Duty(name="listener", wait=listener.listen, once=listener.report_loss, poll=settings.poll))
    duties += _text_duties(settings, store, views, context)
    tickets = Tickets(wire=wire)
    files = _files(settings, store, tickets, clock, new_id)
    if files is not None:
        duties += _file_duties(settings, files)
    links: dict[str, Linked] = {}
    if publisher is not None:
        links[Role.RELAY.value] = publisher
    if consumer is not None:
        links[Role.INBOUND.value] = consumer
    return Node(
        settings=settings,
        book=book,
        trust=trust,
        rules=rules,
        wire=wire,
        store=store,
        desk=desk,
        publisher=publisher,
        consumer=consumer,
        relay=relay,
        keeper=keeper,
        reconciler=reconciler,
        recoverer=recoverer,
        duties=duties,
        context=context,
        notebook=notebook,
        views=views,
        quarantine=quarantine,
        checkpoints=checkpoints,
        files=files,
        web=Parts(
            settings=settings,
            book=book,
            desk=desk,
            views=views,
            quarantine=quarantine,
            context=context,
            clock=clock,
            links=links,
            wire=wire,
            duties=duties,
            files=files.room if files is not None else None,
            uploads=files.uploads if files is not None else None,
            drafts=drafts,
            printer=PdfPrinter(clock=clock),
            sheets=SheetFiles(),
            tickets=tickets,
            checkpoints=checkpoints,
            ledger=notebook,
            door=door,
            roll=roll,
            audit=Audit(
                region=settings.region,
                ledger=notebook,
                reading=reading,
                checkpoints=checkpoints,
                book=book,
                clock=clock,
            ),
            limits=Limits(clock=clock),
            provider=provider_of(settings, clock),
            mailbox=mailbox,
            texts=SqlTexts(store=store),
            recovery=records,
        ),
    )


def rule_book() -> RuleBook:
    """The rules that this release brings along, and the calendar that it knows."""
    return RuleBook(rules=built_in(), known_years=calendar.is_worked)


def hub_address(settings: Settings) -> Address:
    """Where the hub is, and with which certificate to call it; raises AddressInvalid."""
    ca, cert, key = settings.tls_ca, settings.tls_cert, settings.tls_key
    secret = settings.tls_key_passphrase_file
    tls = None
    if ca and cert and key:
        tls = ClientTls(region=settings.region, ca=ca, cert=cert, key=key, passphrase_file=secret)
    return Address.parse(settings.amqp_url.get_secret_value(), tls=tls)


def _once_recovered(records: SqlRecovery, once: Callable[[], Awaitable[int]]) -> Callable[[], Awaitable[int]]:
    """What decides, or speaks for the ledger, waits while the node asks for what it has forgotten."""

    async def unless_recovering() -> int:
        return 0 if await records.open() is not None else await once()

    return unless_recovering


def _door(settings: Settings, accounts: SqlAccounts, notebook: Notebook, clock: Callable[[], datetime]) -> Door:
    try:
        second_factor = frozenset(StaffRole(one) for one in settings.second_factor)
    except ValueError as error:
        raise SettingsInvalid(f"TRANSFER_SECOND_FACTOR: {error}") from error
    return Door(
        accounts=accounts,
        ledger=notebook,
        clock=clock,
        key=AccountsKey(settings.keys, lambda: find_passphrase(settings.passphrase_file, os.environ)),
        idle=settings.seconds("session_idle"),
        longest=settings.seconds("session_longest"),
        second_factor=second_factor,
        factor_elsewhere=bool(settings.oidc_acr),
        first_password=settings.seconds("first_password"),
    )


def _sending(
    settings: Settings,
    store: Store,
    publisher: Carrier,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
) -> tuple[Relay, list[Duty]]:
    backoff = Pauses(first=settings.seconds("backoff_first"), longest=settings.seconds("backoff_longest"))
    relay = Relay(
        outbox=SqlOutbox(
            store=store,
            silence=settings.seconds("silence"),
            grace=settings.seconds("resend_grace"),
            longest_rest=settings.seconds("backoff_longest"),
        ),
        carrier=publisher,
        clock=clock,
        owner=f"{socket.gethostname()[:32]}:{os.getpid()}:{new_id().hex[-8:]}",
        lease=settings.seconds("lease"),
        resend=Pauses(first=settings.seconds("resend_first"), longest=settings.seconds("resend_longest")),
        backoff=backoff,
    )
    teller = ReceiptTeller(
        receipts=SqlReceiptsDue(store=store),
        carrier=publisher,
        region=settings.region,
        clock=clock,
        new_id=new_id,
        backoff=backoff,
    )
    return relay, [
        Duty(name="relay", once=relay.relay_once, poll=settings.poll, woken=store.outbox_filled),
        Duty(name="resend", once=relay.resend_once, poll=settings.poll),
        Duty(name="receipts", once=teller.tell_once, poll=settings.poll, woken=store.receipts_owed),
    ]


def _files(
    settings: Settings,
    store: Store,
    tickets: Tickets,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
) -> FileParts | None:
    if settings.files is None:
        return None
    pauses = Pauses(first=settings.seconds("fetch_first"), longest=settings.seconds("fetch_longest"))
    return build_files(
        settings,
        settings.files,
        records=SqlFiles(store=store),
        tickets=tickets,
        key=HeldFileKey(settings.keys, lambda: find_passphrase(settings.passphrase_file, os.environ)),
        clock=clock,
        new_id=new_id,
        pause=pauses.after,
    )


def _text_duties(settings: Settings, store: Store, views: SqlViews, context: Callable[[], Context]) -> list[Duty]:
    if settings.sms_url is None or settings.sms_secret_file is None or Role.RELAY not in settings.roles:
        return []
    texter = Texter(
        texts=SqlTexts(store=store),
        views=views,
        gateway=HttpGateway(
            url=settings.sms_url, secret_file=settings.sms_secret_file, sign=settings.sms_sign, clock=store.clock
        ),
        context=context,
        pauses=Pauses(first=settings.seconds("fetch_first"), longest=settings.seconds("fetch_longest")),
    )
    return [
        Duty(
            name="notices", once=_once_recovered(SqlRecovery(store=store), texter.notice_once), poll=settings.watch_poll
        ),
        Duty(name="texts", once=texter.send_once, poll=settings.watch_poll),
    ]


def _file_duties(settings: Settings, files: FileParts) -> list[Duty]:
    sweep = Duty(name="sweep", once=files.sweeper.sweep_once, poll=SWEEP_SECONDS)
    if Role.INBOUND not in settings.roles:
        return [sweep]
    fetch = files.fetcher.fetch_once
    return [sweep, *(Duty(name=f"fetch {n + 1}", once=fetch, poll=settings.poll) for n in range(FETCHERS))]


async def check_ready(node: Node) -> None:
    """The database has the version of this release or a newer one that serves it, a directory is in force that lists
    the region, the rules are read.

    Raises NotMigrated, DirectoryMissing, RegionNotListed, RulesInvalid, StorageUnavailable.
    """
    found = await form(node.store.engine)
    if not found.fits:
        raise NotMigrated(f"{found}: {found.cure}")
    await node.ready()
