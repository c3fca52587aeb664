"""Law in English where it is known, and as it stands where it is not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import transfer.law
from transfer.messages.codes import LegalBasis
from transfer.web.own_steps import OWN_STEPS
from transfer.web.pages.citations import cited, together
from transfer.web.pages.languages import Language
from transfer.web.pages.steps_shown import ground
from transfer.web.wording import EVIDENCE_WORDING, WORDING


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        ("中华人民共和国法律援助法第四十三条第一款", "Legal Aid Law, art. 43(1)"),
        ("中华人民共和国法律援助法第三十二条第四项", "Legal Aid Law, art. 32(4)"),
        (
            "中华人民共和国劳动争议调解仲裁法第四十八条、第五十条",
            "Labour Dispute Mediation and Arbitration Law, art. 48, 50",
        ),
        ("工伤保险条例第十七条", "Regulations on Work-Related Injury Insurance, art. 17"),
        ("工伤保险条例第一百零三条第二款第十项", "Regulations on Work-Related Injury Insurance, art. 103(2)(10)"),
        (
            "办理法律援助案件程序规定（条文待核）",
            "Provisions on the Procedures for Handling Legal Aid Cases (article to be confirmed)",
        ),
        ("杭州市2017年规定", "杭州市2017年规定"),
        ("工伤保险条例第十七条的说明", "工伤保险条例第十七条的说明"),
    ],
)
def test_a_provision_is_cited_in_both_languages(zh: str, en: str) -> None:
    assert cited(zh, Language.EN) == en
    assert cited(zh, Language.ZH) == zh


def _sources(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if "law" in part:
            yield part
        for one in part.values():
            yield from _sources(one)
    elif isinstance(part, list):
        for one in part:
            yield from _sources(one)


def test_every_law_of_the_whole_country_in_the_rules_has_its_english_name() -> None:
    rules = json.loads((Path(transfer.law.__file__).parent / "rules.json").read_text())
    printed = {f"{one['law']}{one.get('article') or ''}" for one in _sources(rules)}
    left = {one for one in printed if cited(one, Language.EN) == one}
    assert len(left) < len(printed)
    assert {one for one in left if "市" not in one and "省" not in one and "协议" not in one} == {"广西2004年规定"}


def test_a_law_that_follows_itself_is_named_once() -> None:
    aid_first = [LegalBasis.LAL_44_1, LegalBasis.LAL_44_2, LegalBasis.O148_24, LegalBasis.AID_FIRST_NOT_COMPLETED]
    assert together([one.en for one in aid_first], Language.EN) == (
        "Legal Aid Law, art. 44(1), 44(2); Order 148, art. 24; "
        "Formalities not completed in time after aid was given first"
    )
    assert together([one.zh for one in aid_first], Language.ZH) == (
        "法律援助法第四十四条第一项、第四十四条第二项；办理法律援助案件程序规定第二十四条；先行提供援助后未按期补办手续"
    )


def test_every_ground_of_a_step_is_printed_in_both_languages() -> None:
    worded = [*WORDING.values(), *EVIDENCE_WORDING.values(), *(one.wording for one in OWN_STEPS.values())]
    codes = {one.ground for one in worded if one.ground}
    assert {"LAL 43(2)", "PIPL 47", "O148"} <= codes
    bare = {code for code in codes if ground(code).zh == code or ground(code).en in {code, ground(code).zh}}
    assert bare == set()
    assert ground("LDMAL 7").en == "Labour Dispute Mediation and Arbitration Law, art. 7"
