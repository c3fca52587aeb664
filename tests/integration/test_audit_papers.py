"""The history of a case as a paper, over the API: for auditors alone, noted before it is printed, masked by default."""

import asyncio

from tests.integration.test_audit import AUDITOR, Ground, ground
from tests.paper.reading import text_of
from transfer.ledger.entry import Kind

__all__ = ["ground"]


async def printed(ground: Ground, query: str = "") -> tuple[int, str]:
    """Status, and what a reader finds."""
    path = f"/v1/audit/cases/{ground.case}/history.pdf{query}"
    shown = {"Authorization": f"Bearer {ground.tokens[ground.here.region]}"}
    async with ground.here.session.get(path, headers=shown) as response:
        content = await response.read()
    if response.status != 200:
        return response.status, content.decode()
    file = ground.folder / "history.pdf"
    await asyncio.to_thread(file.write_bytes, content)
    return 200, await asyncio.to_thread(text_of, file)


async def test_an_auditor_gets_the_history_of_a_case_and_that_is_an_entry(ground: Ground) -> None:
    status, said = await printed(ground)
    assert (status, "签收" in said, "受理" in said, "王芳" in said) == (200, True, True, False)
    asked = (await ground.noted(Kind.AUDIT))[-1]
    assert (asked.facts["query"], asked.facts["about"], asked.facts["unmasked"]) == ("history", ground.case, False)
    assert asked.texts is not None
    assert asked.texts["by"] == AUDITOR


async def test_names_are_printed_for_a_reason_alone(ground: Ground) -> None:
    assert (await printed(ground, "?unmask=true"))[0] == 422
    status, said = await printed(ground, "?unmask=true&reason=投诉核查")
    assert (status, "王芳" in said) == (200, True)


async def test_without_the_token_of_an_auditor_nothing_is_printed(ground: Ground) -> None:
    path = f"/v1/audit/cases/{ground.case}/history.pdf"
    assert (await ground.here.get(path)).status == 401
