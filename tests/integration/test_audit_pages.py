"""The auditors' pages and the report: each look is in the ledger first, names come for a reason, figures agree."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from html import unescape
from typing import Final
from urllib.parse import quote

import pytest
import pytest_asyncio

from tests.forms import in_one_voice
from tests.integration.api_node import LUXIAN, ZHONGSHAN, Api, serving, today
from tests.integration.test_audit import receipted
from tests.noted import Noted, noted
from tests.placed import sign_head
from tests.staff import Signed, signed_in
from transfer.actions import auditing
from transfer.domain.rights import Role
from transfer.ledger.entry import Kind
from transfer.telemetry.clock import now

APPLICANT, CLERK, AUDITOR = "李大山", "王芳", "赵敏"
EVIL: Final = '"><script>alert(1)</script>'
READER: Final = f"{CLERK}<b>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A page that came."""

    status: int
    where: str
    html: str
    kind: str

    @property
    def text(self) -> str:
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.html)).split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    here: Api
    there: Api
    auditor: Signed
    case: str

    async def ask(self, path: str, form: dict[str, str] | None = None, *, language: str = "en") -> Shown:
        method = "GET" if form is None else "POST"
        headers = self.auditor.headers | {"Accept-Language": language}
        async with self.here.session.request(method, path, data=form, headers=headers, allow_redirects=False) as answer:
            raw = await answer.read()
            text = raw.decode(errors="replace")
            where = answer.headers.get("Location", "")
            return Shown(status=answer.status, where=where, html=text, kind=answer.content_type)

    async def noted(self, *kinds: Kind) -> list[Noted]:
        return await noted(self.here.node.store.engine, *kinds)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ground(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    folder = tmp_path_factory.mktemp("audit-pages")
    async with serving(folder, ZHONGSHAN) as here, serving(folder, LUXIAN) as there:
        case = await here.offered()
        await here.carry(there)
        await there.done(case, "sign-for", materials_counted=0)
        await there.done(case, "accept")
        await there.carry(here)
        await receipted(there, here)
        assert (await here.get(f"/v1/cases/{case['id']}", Actor=quote(READER))).status == 200
        refused = await here.post(f"/v1/cases/{case['id']}/stages", {"by": CLERK, "institution": ZHONGSHAN})
        assert refused.status == 422
        await sign_head(here.node.store.engine, ZHONGSHAN, LUXIAN)
        auditor = await signed_in(here, Role.AUDITOR, name=AUDITOR)
        yield Ground(here=here, there=there, auditor=auditor, case=case["id"])


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_trace_shows_the_holders_steps_messages_and_readings_without_names(ground: Ground) -> None:
    found = await ground.ask(f"/audit/cases/{ground.case}")
    assert found.status == 200
    for said in ("Application taken in", "Offered", "Accepted", "Zhongshan", "Luxian", "Personal data read", "Applied"):
        assert said in found.text, said
    for name in (APPLICANT, CLERK, "张伟"):
        assert name not in found.html
    assert "name hidden" in found.text
    names = re.findall(r'<text class="" [^>]*>(\d)\. ([^<]+?)  ', found.html)
    assert [number for number, _ in names] == ["1", "2"]


async def test_the_line_at_the_top_names_the_entry_under_which_the_look_is_noted(ground: Ground) -> None:
    before = await ground.noted(Kind.AUDIT)
    for path, query in (
        (f"/audit/cases/{ground.case}", "trace"),
        ("/audit/entries/0", "entry"),
    ):
        found = await ground.ask(path)
        named = re.search(
            r'class="notice" role="status">.*?href="/audit/entries/([0-9a-f-]{36})"', found.html, re.DOTALL
        )
        assert named is not None
        [*_, last] = await ground.noted(Kind.AUDIT)
        assert (str(last.entry.id), last.facts["query"], last.facts["unmasked"]) == (named[1], query, False)
        assert last.texts == {"by": AUDITOR}
        assert (await ground.ask(f"/audit/entries/{named[1]}")).status == 200
    assert len(await ground.noted(Kind.AUDIT)) == len(before) + 4


async def test_names_come_with_a_reason_that_the_ledger_keeps_and_not_without(ground: Ground) -> None:
    path = f"/audit/cases/{ground.case}"
    for wanting in ({}, {"reason": "  "}, {"reason": "x" * 2000}):
        refused = await ground.ask(path, wanting)
        assert (refused.status, CLERK in refused.html, "Say why" in refused.text) == (422, False, True)
    shown = await ground.ask(path, {"reason": "投诉核查 2026-3"})
    assert shown.status == 200
    assert CLERK in shown.text
    [*_, last] = await ground.noted(Kind.AUDIT)
    assert last.facts["unmasked"] is True
    assert last.texts == {"by": AUDITOR, "reason": "投诉核查 2026-3"}


async def test_what_was_typed_as_a_name_or_a_reason_is_shown_and_never_run(ground: Ground) -> None:
    shown = await ground.ask(f"/audit/cases/{ground.case}", {"reason": f"see {EVIL}"})
    assert READER in unescape(in_one_voice(shown.html))
    again = await ground.ask("/audit", {"about": EVIL, "person": EVIL})
    for found in (shown, again):
        assert "<script>alert" not in found.html
        assert "<b>" not in found.html


async def test_a_number_leads_to_what_has_it(ground: Ground) -> None:
    [sent, *_] = [one for one in await ground.noted(Kind.SENT) if str(one.entry.case) == ground.case]
    message = sent.facts["message"]
    for about, where in (
        (ground.case, f"/audit/cases/{ground.case}"),
        (ground.case.upper(), f"/audit/cases/{ground.case}"),
        (message, f"/audit/cases/{ground.case}#message-{message}"),
        ("0", "/audit/entries/0"),
        (f" {sent.entry.id} ", f"/audit/entries/{sent.entry.id}"),
    ):
        found = await ground.ask("/audit", {"about": about})
        assert (found.status, found.where) == (303, where), about
    for about in ("999999999", "11111111-1111-4111-8111-111111111111", "没有这个号", APPLICANT):
        found = await ground.ask("/audit", {"about": about})
        assert (found.status, "Nothing here has this number" in found.text) == (200, True), about
    [*_, last] = await ground.noted(Kind.AUDIT)
    assert last.texts == {"by": AUDITOR, "sought": APPLICANT}
    assert APPLICANT not in json.dumps(dict(last.facts), ensure_ascii=False)


async def test_who_acted_is_found_by_name_and_by_nobody_elses(ground: Ground) -> None:
    found = await ground.ask("/audit", {"person": READER})
    assert found.status == 200
    assert re.findall(r'data-label="Kind">([^<]+)<', found.html) == ["Personal data read"]
    assert "No entry" in (await ground.ask("/audit", {"person": READER[:-1]})).text
    assert "No entry" in (await ground.ask("/audit", {"person": READER, "until": today(days=-1)})).text
    [*_, last] = await ground.noted(Kind.AUDIT)
    assert last.texts == {"by": AUDITOR, "person": READER}


async def test_a_search_goes_on_where_it_stopped(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "MOST_FOUND", 3)
    monkeypatch.setattr(auditing, "MOST_READ", 4)
    for form in ({}, {"person": CLERK}):
        expected = [one for one in await ground.noted() if not form or (one.texts or {}).get("by") == CLERK]
        seen: list[str] = []
        given = dict(form)
        while True:
            found = await ground.ask("/audit", given)
            seen += re.findall(r'<th scope="row" data-label="Place"><a href="/audit/entries/([^"]+)"', found.html)
            onward = re.search(r'name="on_from" value="([^"]+)"', found.html)
            if onward is None:
                break
            given = {**form, "on_from": onward[1]}
        assert len(seen) == len(set(seen))
        assert len(seen) >= len(expected), form


async def test_fields_that_make_no_sense_are_named(ground: Ground) -> None:
    for form, field in (({"since": "gestern"}, "since"), ({"since": "2026-02-02", "until": "2026-02-01"}, "until")):
        found = await ground.ask("/audit", form)
        assert (found.status, f'<a href="#{field}">' in found.html) == (422, True)


async def test_an_entry_says_its_facts_in_words_and_its_proof_holds_elsewhere(ground: Ground) -> None:
    [step, *_] = await ground.noted(Kind.STEP)
    shown = await ground.ask(f"/audit/entries/{step.entry.id}")
    assert "institution that holds the case" in shown.text
    assert "承办机构" in (await ground.ask(f"/audit/entries/{step.entry.id}", language="zh")).text
    proof = await ground.ask(f"/audit/entries/{step.entry.id}/proof")
    assert (proof.status, proof.kind) == (200, "text/plain")
    assert proof.html.startswith("c2sp.org/tlog-proof@v1")
    assert (await ground.ask("/audit/entries/123456789")).status == 404
    assert (await ground.ask("/audit/entries/nothing")).status == 404


async def test_bundle_and_history_are_masked_without_a_reason_and_named_with_one(ground: Ground) -> None:
    for form, named in (({}, False), ({"reason": "投诉核查"}, True)):
        bundle = await ground.ask(f"/audit/cases/{ground.case}/bundle", form)
        assert (bundle.status, bundle.kind) == (200, "application/x-ndjson")
        assert (CLERK in bundle.html) is named
    [*_, last] = await ground.noted(Kind.EXPORT)
    assert last.facts["what"] == "bundle"
    ranged = await ground.ask("/audit/bundle", {"first": "0", "last": "2"})
    assert (ranged.status, len(ranged.html.splitlines()) > 3) == (200, True)
    wrong = await ground.ask("/audit/bundle", {"first": "2", "last": "x"})
    assert (wrong.status, wrong.kind) == (422, "text/html")


async def test_the_ledgers_page_shows_checkpoints_and_witnesses_and_names_nobody(ground: Ground) -> None:
    shown = await ground.ask("/audit/ledger")
    assert shown.status == 200
    [(head, cosigned), *_] = await ground.here.node.checkpoints.own(1)
    assert head.checkpoint.root.hex() in shown.html
    assert cosigned[0].region == LUXIAN
    assert "Luxian" in shown.text
    for name in (APPLICANT, CLERK):
        assert name not in shown.html
    assert "账本" in (await ground.ask("/audit/ledger", language="zh")).text


async def test_the_report_shows_what_the_api_says_as_table_and_drawing(ground: Ground) -> None:
    since = f"{now().year}-01-01"
    [pair] = (await ground.here.get(f"/v1/reports/pairs?since={since}")).body["pairs"]
    assert (pair["offers"]["sent"], pair["offers"]["accepted"]) == (1, 1)
    shown = await ground.ask("/reports")
    assert shown.status == 200
    figures = dict(re.findall(r'<tr><th scope="row">([^<]+)</th><td class="num">([^<]+)</td>', shown.html))
    captions = dict(re.findall(r'<text class="" [^>]*>([^<]+): ([^<:]+)</text>', shown.html))
    assert (figures["transfers sent"], figures["accepted"]) == ("1", "1")
    assert captions
    assert all(figures[name] == said for name, said in captions.items())
    assert APPLICANT not in shown.html
    empty = await ground.ask("/reports?since=2001-01-01&until=2001-12-31&peer=")
    assert "Nothing was sent" in empty.text
    assert (await ground.ask("/reports?since=2026-02-02&until=2026-02-01")).status == 422


async def test_the_report_leaves_as_a_file_once_the_ledger_says_so(ground: Ground) -> None:
    for name, begins in (("pairs.csv", b"\xef\xbb\xbf"), ("pairs.xlsx", b"PK"), ("pairs.pdf", b"%PDF")):
        before = len(await ground.noted(Kind.EXPORT))
        async with ground.here.session.get(f"/reports/{name}", headers=ground.auditor.headers) as answer:
            content = await answer.read()
        if name == "pairs.pdf" and answer.status == 503:
            continue  # no fonts on this machine
        assert (answer.status, content[: len(begins)]) == (200, begins)
        after = await ground.noted(Kind.EXPORT)
        assert (len(after), after[-1].facts["what"], after[-1].texts) == (before + 1, "pairs", {"by": AUDITOR})
        if name == "pairs.csv":
            [_, row] = csv.reader(io.StringIO(content.decode("utf-8-sig")))
            assert row[:4] == [ZHONGSHAN, LUXIAN, "1", "1"]
    assert (await ground.ask("/reports/other.exe")).status == 404
