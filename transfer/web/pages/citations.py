"""Provisions of law as they are cited in each language. What binds is the Chinese text; a law of one place has no
English name, and is cited as it stands."""

import re
from typing import Final

from transfer.web.pages.languages import Language

_LAWS: Final = {
    "法律援助法": "Legal Aid Law",
    "劳动争议调解仲裁法": "Labour Dispute Mediation and Arbitration Law",
    "个人信息保护法": "Personal Information Protection Law",
    "行政复议法": "Administrative Reconsideration Law",
    "网络安全法": "Cybersecurity Law",
    "档案法实施条例": "Regulations for Implementing the Archives Law",
    "保障农民工工资支付条例": "Regulations on Ensuring Wage Payment to Migrant Workers",
    "工伤保险条例": "Regulations on Work-Related Injury Insurance",
    "办理法律援助案件程序规定": "Provisions on the Procedures for Handling Legal Aid Cases",
    "最高人民法院关于审理劳动争议案件适用法律问题的解释（一）": (
        "Supreme People's Court, Interpretation (I) on the Law Applicable to Labour Disputes"
    ),
}
_STATE: Final = "中华人民共和国"
_OPEN: Final = "（条文待核）"
_NUMBER: Final = "([零一二三四五六七八九十百]+)"
_PLACE: Final = re.compile(f"第{_NUMBER}条(?:第{_NUMBER}款)?(?:第{_NUMBER}项)?")
_DIGITS: Final = "零一二三四五六七八九"


def cited(text: str, language: Language) -> str:
    """A law with its articles, as ``Source.printed`` gives it; as it is where not all of it is known here."""
    if language is Language.ZH:
        return text
    plain = text.removeprefix(_STATE)
    for zh, en in _LAWS.items():
        rest = plain.removeprefix(zh)
        if rest == plain:
            continue
        if rest in {"", _OPEN}:
            return f"{en} (article to be confirmed)" if rest else en
        places = [_PLACE.fullmatch(one) for one in rest.split("、")]
        if None not in places:
            return f"{en}, art. {', '.join(_place(one) for one in places if one)}"
    return text


def _place(found: re.Match[str]) -> str:
    article, *parts = (_number(one) for one in found.groups() if one)
    return f"{article}{''.join(f'({one})' for one in parts)}"


def _number(zh: str) -> int:
    total = digit = 0
    for sign in zh:
        if sign in _DIGITS:
            digit = _DIGITS.index(sign)
        else:
            total, digit = total + (digit or 1) * {"十": 10, "百": 100}[sign], 0
    return total + digit
