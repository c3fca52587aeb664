"""What a restored region is told comes in as many answers as it needs: everything once, in order."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import update

from tests.integration.api_node import LUXIAN, ZHONGSHAN, serving
from transfer.messages.codes import ReceiptOutcome
from transfer.messages.recovery import CONTENT_CHARACTERS, Kept
from transfer.storage.recovery import SqlRecovery
from transfer.storage.tables import outbox

CASES = 3


@pytest.mark.parametrize("at_once", [1, 2, 3, 2 * CASES, 500])
async def test_answers_hold_so_many_messages_and_the_next_goes_on_behind_them(tmp_path: Path, at_once: int) -> None:
    async with serving(tmp_path, ZHONGSHAN) as here, serving(tmp_path, LUXIAN) as there:
        for _ in range(CASES):
            case = await here.offered()
            await here.carry(there)
            await there.done(case, "sign-for", materials_counted=0)
            await there.carry(here)
        store = here.node.store
        settled = {"settled_at": store.clock(), "outcome": ReceiptOutcome.APPLIED.value}
        async with store.writing() as connection:
            await connection.execute(update(outbox).values(**settled))
        records, since = SqlRecovery(store=store, at_once=at_once), store.clock() - timedelta(hours=1)
        sent: list[Kept] = []
        received: list[Kept] = []
        after: UUID | None = None
        while True:
            told = await records.told(LUXIAN, since, after)
            assert len(told.sent) + len(told.received) <= at_once
            sent += told.sent
            received += told.received
            assert after is None or told.through is None or told.through > after
            after = told.through
            if after is None:
                break
    assert len(sent) == len(received) == CASES
    for some in (sent, received):
        assert [one.message for one in some] == sorted({one.message for one in some})
        assert all(one.content and len(one.content) < CONTENT_CHARACTERS for one in some)
    assert all(one.signature for one in received)
