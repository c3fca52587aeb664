"""Promise 3, nothing forged: what a hostile operator of the broker, a hostile region and a man in the middle try, over
real connections, and that it fails."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import pytest
from aiormq.exceptions import ChannelAccessRefused, ChannelPreconditionFailed

from tests.builders import a_body, a_recall, a_stage
from tests.federation.checks import Expected, View
from tests.federation.ground import LUXIAN, OFFERED, SICHUAN, STAGE, ZHONGSHAN, Ground
from tests.federation.processes import NodeProcess, until
from tests.pki import HOST, Pki
from tests.trust import letter, shared
from transfer.broker.publisher import CONTENT_TYPE
from transfer.crypto.keys import SuiteName
from transfer.messages.codes import Hop, ReceiptOutcome, RefusalCode
from transfer.messages.envelope import RECEIPT_TYPE, Attributes, digest_of, encode
from transfer.messages.receipts import Receipt, ReceiptIssued, Refusal
from transfer.telemetry import clock

pytestmark = [pytest.mark.federation, pytest.mark.broker]

OPERATOR = "mallory"


async def two(ground: Ground) -> tuple[NodeProcess, NodeProcess]:
    return await ground.node(ZHONGSHAN), await ground.node(LUXIAN)


async def followed(ground: Ground, zhongshan: NodeProcess) -> str:
    """A case of Zhongshan that Luxian follows."""
    [case] = await zhongshan.do("open")
    await zhongshan.do("offer", cases=[case], to=LUXIAN)
    await ground.knows(LUXIAN, [case])
    await zhongshan.do("recall", cases=[case])
    await ground.knows(ZHONGSHAN, [case], state="released")
    await ground.agree()
    return str(case)


@asynccontextmanager
async def operator(ground: Ground) -> AsyncIterator[Callable[..., Any]]:
    """Who runs the broker may do all that a broker can: publish as any user to any exchange."""
    broker = ground.broker
    broker.manage("PUT", f"users/{OPERATOR}", {"password": OPERATOR, "tags": "administrator,impersonator"})
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    broker.manage("PUT", f"permissions/{ground.vhost}/{OPERATOR}", everything)
    url = f"amqp://{OPERATOR}:{OPERATOR}@{HOST}:{broker.ports.amqp}/{ground.vhost}"
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:

        async def publish(source: str, recipient: str, *bodies: bytes) -> None:
            exchange = await channel.get_exchange(f"out.{source}", ensure=False)
            for body in bodies:
                message = aio_pika.Message(body, content_type=CONTENT_TYPE, user_id=source, message_id=str(uuid4()))
                await exchange.publish(message, recipient, mandatory=True)

        yield publish
    broker.manage("DELETE", f"users/{OPERATOR}")


def next_stage(case: str, *, source: str = ZHONGSHAN, sequence: int = 3) -> bytes:
    return a_body(a_stage(case=UUID(case), tenure=1), id=uuid4(), source=source, recipient=LUXIAN, sequence=sequence)


async def refuses(ground: Ground, region: str, *codes: str) -> View:
    """Returns when the region has kept refused messages of these codes; its history has not changed meanwhile."""
    return await ground.shows(
        region,
        lambda view: sorted(row.code for row in view.quarantine) == sorted(codes),
        what=f"refuses {', '.join(codes)}",
    )


# The operator of the broker ---------------------------------------------------------------------------------


async def test_the_operator_cannot_make_up_a_message(ground: Ground) -> None:
    zhongshan, luxian = await two(ground)
    case = await followed(ground, zhongshan)
    before = await ground.see(LUXIAN)
    content = next_stage(case)
    async with operator(ground) as publish:
        await publish(ZHONGSHAN, LUXIAN, content)
        await publish(ZHONGSHAN, LUXIAN, letter(content, signed_by=SICHUAN))
        zhongshan_key = shared().store(ZHONGSHAN).signing(SuiteName.JOSE, clock.now()).kid
        await publish(ZHONGSHAN, LUXIAN, letter(content, signed_by=SICHUAN, claims={"signkey": zhongshan_key}))
    view = await refuses(ground, LUXIAN, "UNREADABLE", "UNKNOWN_SIGNER")
    assert (view.history, view.inbox) == (before.history, before.inbox)
    assert {line["code"] for line in luxian.log("message_refused")} == {"UNREADABLE", "UNKNOWN_SIGNER"}


async def test_the_operator_cannot_change_a_message_on_its_way(ground: Ground) -> None:
    zhongshan, luxian = await two(ground)
    case = await followed(ground, zhongshan)
    tap = await ground.tap(ZHONGSHAN, LUXIAN, instead=True)
    await zhongshan.do("stage", cases=[case])
    heard: list[bytes] = []

    async def one() -> bool:
        heard.extend(await tap.bodies())
        return bool(heard)

    await until(one, what="the operator has the message")
    event = json.loads(heard[0])
    changes: list[dict[str, object]] = [
        {"sequence": event["sequence"] + 1},
        {"type": OFFERED},
        {"id": str(uuid4())},
        {"conversation": str(uuid4())},
        {"time": "2026-01-01T00:00:00+08:00"},
        {"source": SICHUAN},
        {"data": event["data"][:-4] + "AAAA"},
    ]
    await zhongshan.stop()
    ground.bind(ZHONGSHAN, LUXIAN)
    await tap.close()
    async with operator(ground) as publish:
        await publish(ZHONGSHAN, LUXIAN, *(json.dumps(event | change).encode() for change in changes))
    # Of those under one id and for one reason, the first is kept.
    expected = ["ATTRIBUTES_DIFFER"] * 2 + ["UNKNOWN_SIGNER", "CANNOT_OPEN"]
    await until(lambda: len(luxian.log("message_refused")) == len(changes), what="each is refused")
    view = await refuses(ground, LUXIAN, *expected)
    assert not [row for row in view.inbox if row.type == STAGE], "none of them was taken"
    await ground.node(ZHONGSHAN)
    await ground.node(SICHUAN)  # in whose name one of them came, so it is told
    views = await ground.agree(expected=Expected(quarantined={LUXIAN: len(expected)}))
    assert [row.outcome for row in views[LUXIAN].inbox if row.type == STAGE] == ["applied"], "the true one was"


async def test_what_the_operator_plays_again_changes_nothing_and_is_answered_the_same(ground: Ground) -> None:
    zhongshan, _ = await two(ground)
    there, back = await ground.tap(ZHONGSHAN, LUXIAN), await ground.tap(LUXIAN, ZHONGSHAN)
    await followed(ground, zhongshan)
    heard, answers = await there.bodies(), await back.bodies()
    await there.close()
    await back.close()
    before = await ground.agree()
    async with operator(ground) as publish:
        await publish(ZHONGSHAN, LUXIAN, *heard, *heard)
        await publish(LUXIAN, ZHONGSHAN, *answers, *answers)
    after = await ground.agree()
    assert {region: view.history for region, view in after.items()} == {r: v.history for r, v in before.items()}
    assert [row.outcome for row in after[ZHONGSHAN].outbox] == ["applied"] * len(after[ZHONGSHAN].outbox)


async def test_a_letter_that_the_operator_leads_to_another_region_is_not_opened_there(ground: Ground) -> None:
    zhongshan, _ = await two(ground)
    sichuan = await ground.node(SICHUAN)
    path = f"bindings/{ground.vhost}/e/out.{ZHONGSHAN}/q/inbox.{SICHUAN}"
    ground.broker.manage("POST", path, {"routing_key": LUXIAN, "arguments": {}})
    cases = await zhongshan.do("open")
    await zhongshan.do("offer", cases=cases, to=LUXIAN)
    await ground.knows(LUXIAN, cases)
    assert {line["code"] for line in await sichuan.logs("message_refused")} == {"WRONG_RECIPIENT"}
    view = await ground.see(SICHUAN)
    assert (view.cases, view.inbox) == ({}, [])


async def test_an_unsigned_refusal_changes_nothing_at_the_sender(ground: Ground) -> None:
    zhongshan = await ground.node(ZHONGSHAN)
    [case] = await zhongshan.do("open")
    await zhongshan.do("offer", cases=[case], to=LUXIAN)
    view = await ground.shows(ZHONGSHAN, lambda view: view.outbox[0].published_at is not None, what="it is sent")
    sent = view.outbox[0]
    said = Refusal(code=RefusalCode.ILLEGAL_STEP, hop=Hop.RECIPIENT, detail="no", resend=False)
    receipt = Receipt(
        message=sent.message, digest=sent.digest, outcome=ReceiptOutcome.REFUSED, at=clock.now(), refusal=said
    )
    head = Attributes(id=uuid4(), type=RECEIPT_TYPE, source=LUXIAN, recipient=ZHONGSHAN, time=clock.now())
    content = encode(head, ReceiptIssued(receipts=(receipt,)))
    async with operator(ground) as publish:
        await publish(LUXIAN, ZHONGSHAN, content)
        await publish(LUXIAN, ZHONGSHAN, letter(content, signed_by=SICHUAN))
    view = await refuses(ground, ZHONGSHAN, "UNREADABLE", "UNKNOWN_SIGNER")
    assert (view.outbox[0].outcome, view.outbox[0].settled_at) == (None, None)
    await ground.node(LUXIAN)
    await ground.knows(LUXIAN, [case])
    await ground.agree(expected=Expected(quarantined={ZHONGSHAN: 2}))


async def test_what_the_operator_takes_away_comes_again(ground: Ground) -> None:
    zhongshan = await ground.node(ZHONGSHAN)
    cases = await zhongshan.do("open", count=5)
    await zhongshan.do("offer", cases=cases, to=LUXIAN)

    async def there() -> bool:
        return await ground.depth(f"inbox.{LUXIAN}") >= len(cases)

    await until(there, what="the messages lie in the inbox")
    ground.broker.manage("DELETE", f"queues/{ground.vhost}/inbox.{LUXIAN}/contents")
    await ground.node(LUXIAN)
    await ground.knows(LUXIAN, cases)
    await ground.agree()


async def test_a_directory_of_the_operator_of_the_broker_is_not_taken(ground: Ground) -> None:
    luxian = await ground.node(LUXIAN)
    trust = shared()
    text = trust.directory(version=9).model_dump_json(exclude_none=True) + "\n"
    stranger = trust.note(trust.directory(version=9)).replace(trust.operator.name, "mallory.example/directory")
    async with ground.channel() as channel:
        exchange = await channel.get_exchange("directory", ensure=False)
        for note in (text, stranger):
            await exchange.publish(aio_pika.Message(note.encode()), "directory", mandatory=True)
    refused = await luxian.logs("directory_refused")
    await until(lambda: len(luxian.log("directory_refused")) == 2, what="both are refused")
    assert {line["came_by"] for line in refused} == {"broker"}


# A hostile region -------------------------------------------------------------------------------------------


async def test_a_region_cannot_write_where_another_writes(ground: Ground) -> None:
    async with ground.channel(SICHUAN) as channel:
        exchange = await channel.get_exchange(f"out.{ZHONGSHAN}", ensure=False)
        with pytest.raises(ChannelAccessRefused):
            await exchange.publish(aio_pika.Message(b"x"), LUXIAN)


async def test_a_region_cannot_take_anothers_name_at_the_broker(ground: Ground) -> None:
    async with ground.channel(SICHUAN) as channel:
        exchange = await channel.get_exchange(f"out.{SICHUAN}", ensure=False)
        with pytest.raises(ChannelPreconditionFailed, match="user_id"):
            await exchange.publish(aio_pika.Message(b"x", user_id=ZHONGSHAN), LUXIAN)


@pytest.mark.parametrize("queue", [f"inbox.{LUXIAN}", f"dead.{LUXIAN}"])
async def test_a_region_cannot_read_what_is_anothers(ground: Ground, queue: str) -> None:
    async with ground.channel(SICHUAN) as channel:
        listed = await channel.get_queue(queue, ensure=False)
        with pytest.raises(ChannelAccessRefused):
            await listed.get()


async def test_a_region_cannot_make_a_road_of_its_own(ground: Ground) -> None:
    async with ground.channel(SICHUAN) as channel:
        with pytest.raises(ChannelAccessRefused):
            await channel.declare_queue("mine")
    async with ground.channel(SICHUAN) as channel:
        own = await channel.get_queue(f"inbox.{SICHUAN}", ensure=False)
        with pytest.raises(ChannelAccessRefused):
            await own.bind(f"out.{ZHONGSHAN}", LUXIAN)
    async with ground.channel(SICHUAN) as channel:
        with pytest.raises(ChannelAccessRefused):
            await (await channel.get_queue(f"inbox.{LUXIAN}", ensure=False)).purge()


async def test_a_region_that_signs_in_anothers_name_is_refused_on_its_own_road(ground: Ground) -> None:
    zhongshan, luxian = await two(ground)
    case = await followed(ground, zhongshan)
    before = await ground.see(LUXIAN)
    content = next_stage(case)
    as_itself = next_stage(case, source=SICHUAN, sequence=1)
    await ground.inject_raw(SICHUAN, LUXIAN, letter(content, signed_by=SICHUAN))
    # Its own name, its own key: but it never held this case.
    await ground.inject_raw(SICHUAN, LUXIAN, letter(as_itself, signed_by=SICHUAN))
    view = await refuses(ground, LUXIAN, "UNKNOWN_SIGNER", "ILLEGAL_STEP")
    assert view.history == before.history
    assert await luxian.logs("message_refused")


async def test_a_letter_that_a_region_was_sent_cannot_be_handed_on_as_anothers(ground: Ground) -> None:
    zhongshan, _ = await two(ground)
    case = await followed(ground, zhongshan)
    tap = await ground.tap(ZHONGSHAN, LUXIAN)
    await zhongshan.do("stage", cases=[case])
    await ground.agree()
    [raw, *_] = await tap.bodies()
    await tap.close()
    # Sichuan got hold of a letter, and sends it by its own road.
    await ground.inject_raw(SICHUAN, LUXIAN, raw)
    await refuses(ground, LUXIAN, "SENDER_MISMATCH")


async def test_a_region_cannot_take_a_step_of_the_other_side(ground: Ground) -> None:
    zhongshan, luxian = await two(ground)
    [case] = await zhongshan.do("open")
    await zhongshan.do("offer", cases=[case], to=LUXIAN)
    view = await ground.knows(LUXIAN, [case])
    transfer = view.transfers[case][-1].id
    # The sender alone may recall; here the receiver's road brings a recall.
    recall = a_body(
        a_recall(case=UUID(case), transfer=transfer),
        id=uuid4(),
        source=LUXIAN,
        recipient=ZHONGSHAN,
        sequence=1,
        answers=digest_of(b"nothing"),
    )
    await ground.inject(LUXIAN, ZHONGSHAN, recall)
    await ground.shows(ZHONGSHAN, lambda view: len(view.quarantine) == 1, what="it is refused")
    kept = (await ground.see(ZHONGSHAN)).quarantine
    assert [row.code for row in kept] == ["ILLEGAL_STEP"]
    assert (await ground.see(ZHONGSHAN)).transfers[case][-1].state == "offered"
    assert luxian.alive


@pytest.mark.parametrize("spoil", ["future", "past"])
async def test_a_letter_from_another_time_is_refused_and_its_sender_told(ground: Ground, spoil: str) -> None:
    ahead = timedelta(days=2) if spoil == "future" else timedelta(days=-40)
    ground.pki.renew(ZHONGSHAN, now=clock.now() - timedelta(days=60))  # its login is not what this is about
    zhongshan = await ground.node(ZHONGSHAN, plan={"ahead": ahead.total_seconds()})
    luxian = await ground.node(LUXIAN)
    [case] = await zhongshan.do("open")
    await zhongshan.do("offer", cases=[case], to=LUXIAN)
    code = "NOT_YET_VALID" if spoil == "future" else "EXPIRED"
    [refused, *_] = await luxian.logs("message_refused")
    assert refused["code"] == code
    view = await ground.see(LUXIAN)
    assert view.cases == {}
    await zhongshan.do("set_clock", ahead=0.0)
    await ground.knows(LUXIAN, [case], seconds=60)


# A man in the middle ----------------------------------------------------------------------------------------


async def test_a_hub_that_cannot_show_a_certificate_of_the_authority_gets_nothing(
    ground: Ground, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Someone answers in the hub's place, at the hub's address, with a certificate of an authority of his own."""
    theirs = Pki(tmp_path_factory.mktemp("theirs"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(theirs.server.cert, theirs.server.key)
    heard: list[bytes] = []

    async def listen(reader: Any, writer: Any) -> None:
        heard.append(await reader.read(100))
        writer.close()

    server = await asyncio.start_server(listen, HOST, 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        zhongshan = await ground.node(ZHONGSHAN, connect=False, broker_port=port)
        [case] = await zhongshan.do("open")
        await zhongshan.do("offer", cases=[case], to=LUXIAN)

        async def told() -> bool:
            return any("certificate" in str(line).lower() for line in zhongshan.log())

        await until(told, what="the node says that the certificate is not trusted")
    assert heard == []
    view = await ground.see(ZHONGSHAN)
    assert [row.published_at for row in view.outbox] == [None]
