"""How a duty is run, and how it ends."""

import asyncio

from transfer.workers.loop import Duty


async def test_a_round_that_is_under_way_is_finished_when_the_node_ends() -> None:
    begun, finished = asyncio.Event(), asyncio.Event()

    async def once() -> int:
        begun.set()
        for _ in range(3):
            await asyncio.sleep(0)
        finished.set()
        return 0

    duty = Duty(name="test", once=once, poll=60)
    task = asyncio.create_task(duty.run())
    await begun.wait()
    await duty.end(task)
    assert finished.is_set()
    assert task.cancelled()


async def test_a_duty_that_only_waits_ends_at_once() -> None:
    waiting = asyncio.Event()

    async def wait() -> None:
        waiting.set()
        await asyncio.Event().wait()

    async def once() -> int:
        raise AssertionError

    duty = Duty(name="test", once=once, wait=wait, poll=60)
    task = asyncio.create_task(duty.run())
    await waiting.wait()
    async with asyncio.timeout(1):
        await duty.end(task)
    assert task.cancelled()


async def test_a_fault_of_one_round_is_counted_and_the_next_round_follows() -> None:
    rounds = 0
    again = asyncio.Event()

    async def once() -> int:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise ConnectionError
        again.set()
        return 0

    duty = Duty(name="test", once=once, poll=60)
    task = asyncio.create_task(duty.run())
    async with asyncio.timeout(5):
        await again.wait()
    await duty.end(task)
    assert duty.failures == 0


async def test_a_cancellation_that_nobody_asked_for_does_not_end_a_duty() -> None:
    rounds = 0
    again = asyncio.Event()

    async def once() -> int:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise asyncio.CancelledError
        again.set()
        return 0

    duty = Duty(name="test", once=once, poll=60)
    task = asyncio.create_task(duty.run())
    async with asyncio.timeout(5):
        await again.wait()
    await duty.end(task)


async def test_a_duty_that_did_something_is_called_again_without_waiting() -> None:
    left = [3, 2, 1, 0]
    done = asyncio.Event()

    async def once() -> int:
        now = left.pop(0)
        if not left:
            done.set()
        return now

    duty = Duty(name="test", once=once, poll=60)
    task = asyncio.create_task(duty.run())
    async with asyncio.timeout(1):
        await done.wait()
    await duty.end(task)
