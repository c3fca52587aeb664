"""What can be chosen in the form of a step: persons and papers of the case, institutions of the directory."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final

from transfer.actions.commands import OWN_EVENTS
from transfer.actions.urgency_commands import STATED
from transfer.domain.case import Case
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.lifecycle import REQUIRED_BASIS
from transfer.domain.recognition import own_attestations
from transfer.messages.codes import ApplicantStatus, Code, LegalBasis, Stage
from transfer.messages.codes_clocks import CaseEvent
from transfer.messages.codes_evidence import DeclineReason
from transfer.messages.values import region_of
from transfer.ports.work import Context
from transfer.web.pages.controls import Choices, Option
from transfer.web.pages.filled import Tree
from transfer.web.pages.labels import Said
from transfer.web.pages.languages import Language, said

PROPOSED: Final = ("listed", "")
"""Stands among proposals beside which anything may be typed."""
_LEFT: Final = (ApplicantStatus.WITHDRAWN, ApplicantStatus.DEEMED_WITHDRAWN)
_NO_GROUND: Final = {"RECIPIENT_NOT_ELIGIBLE", "NOT_SPECIFIC_ENOUGH"}
PARTS: Final[Mapping[str, Said]] = {
    "decision": Said("决定", "Decision"),
    "assignment": Said("指派", "Assignment"),
    "no_agreement": Said("暂不能签订协议的原因", "Why there is no agreement yet"),
    "termination": Said("终止援助", "Termination"),
    "objection": Said("异议", "Objection"),
    "review": Said("异议审查", "Review"),
    "conclusion": Said("结案", "Conclusion"),
    "closing_file": Said("结案材料", "Closing file"),
    "archive": Said("归档", "Archive"),
    "service": Said("送达", "Service"),
    "replacement_asked": Said("申请更换承办人", "Replacement asked for"),
    "replacement": Said("更换承办人的决定", "Decision on the replacement"),
}
"""What is said with a stage or an event, by its kind."""


def general_choices(context: Context, language: Language) -> dict[str, list[Option]]:
    """Those that depend on no case."""
    regions = list(context.directory.by_code.values())
    names = {
        one.code: f"{said(Said(one.name_zh, one.name_en), language)} ({one.code})"
        for one in chain.from_iterable(region.institutions for region in regions)
    }
    others = [(code, name) for code, name in names.items() if region_of(code) != context.region]
    known = [(one.code, f"{said(Said(one.name_zh, one.name_en), language)} ({one.code})") for one in regions]
    places = [PROPOSED, *known]
    return {
        "Command.institution": [(code, name) for code, name in names.items() if region_of(code) == context.region],
        "institution": [PROPOSED, *names.items()],
        "receiver": others,
        "requested": [PROPOSED, *others],
        "region": known,
        "proposed_region": [one for one in known if one[0] != context.region],
        "household_region": places,
        **{f"place_of_{one}": places for one in ("cause", "performance", "employer", "organ", "dispute_organ")},
        "ClosingDay.event": _codes(CaseEvent, language),
        "event": _codes(sorted(OWN_EVENTS), language),
        "StateUrgency.urgency": _codes(sorted(STATED), language),
        "ApplicantLeft.status": _codes(_LEFT, language),
        "Decline.reason": _codes((one for one in DeclineReason if one not in _NO_GROUND), language),
        "part": [(kind, said(name, language)) for kind, name in PARTS.items()],
    }


def case_choices(
    case: Case, tree: Tree, context: Context, language: Language, request: EvidenceRequest | None = None
) -> Choices:
    """Those of a case, and of one of its evidence requests; persons that the form itself adds can be chosen too."""
    persons = [(str(one.id), one.name) for one in case.active]
    stage = tree.get("stage")
    grounds = REQUIRED_BASIS.get(Stage(stage), frozenset()) if stage in set(Stage) else frozenset[LegalBasis]()
    found: dict[str, list[Option]] = {
        **general_choices(context, language),
        "applicants": persons,
        "applicant": persons,
        "representatives": persons,
        "about": [*persons, *_added(tree, "persons")],
        "Material.applicant": [*persons, *_added(tree, "applicants")],
        "surviving_case": [(str(one.case), str(one.case)) for one in case.same_matter],
        "attestation": [
            (str(one.id), f"{_name(case, one.applicant)}, {language.day(one.found_on)} – {language.day(one.until)}")
            for one in own_attestations(case, context.region, context.read)
        ],
        "PublishStage.basis": _codes(sorted(grounds), language),
    }
    if request is not None:
        items = [(str(one.id), f"{number}. {one.what[:60]}") for number, one in enumerate(request.items, 1)]
        found |= {
            "item": items,
            "AskClarification.items": items,
            "about": [*((str(one.id), one.name) for one in request.persons), *found["about"]],
            "piece": [(str(piece.id), piece.title) for answer in request.answers for piece in answer.pieces],
        }
        found["about"] = list(dict(found["about"]).items())
    return found


def _added(tree: Mapping[str, Any], rows: str) -> Iterator[Option]:
    """Persons whom the form adds, by the ids that their rows have."""
    for row in tree.get(rows) or ():
        if isinstance(row, dict) and row.get("id") and row.get("name"):
            yield str(row["id"]), str(row["name"])


def _name(case: Case, applicant: object) -> str:
    return next((one.name for one in case.applicants if one.id == applicant), str(applicant))


def _codes(codes: Iterable[Code], language: Language) -> list[Option]:
    return [(code.value, said(code, language)) for code in codes]
