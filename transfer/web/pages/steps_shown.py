"""The steps that stand open to a person, each as one button that leads to its form."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

from transfer.domain.evidence_table import RequestStep
from transfer.domain.lifecycle import Step
from transfer.domain.rights import (
    DUTY_RIGHTS,
    OWN_RIGHTS,
    REQUEST_RIGHTS,
    TRANSFER_RIGHTS,
    Person,
    Right,
)
from transfer.domain.turn import AT_WILL
from transfer.messages.codes import LegalBasis
from transfer.web.pages.citations import cited
from transfer.web.pages.languages import Language
from transfer.web.steps import DRAFT_REQUEST, PUBLISH_STAGE, StageOpen, StepOpen
from transfer.web.wording import Wording, kebab

_OF_TRANSFERS: Final = {kebab(step): right for step, right in TRANSFER_RIGHTS.items()}
_OF_REQUESTS: Final = {kebab(step): right for step, right in REQUEST_RIGHTS.items()}
_OF_THE_CASE: Final = {place.replace("/", "-"): right for place, right in OWN_RIGHTS.items()} | {
    kebab(Step.OFFER): TRANSFER_RIGHTS[Step.OFFER],
    DRAFT_REQUEST: REQUEST_RIGHTS[RequestStep.DRAFT],
}
_FILE: Final = Path(__file__).parent.parent / "languages" / "both" / "grounds.csv"
_SELDOM: Final = frozenset(map(kebab, AT_WILL)) | {
    kebab(Step.RECALL),
    DRAFT_REQUEST,
    *(place.replace("/", "-") for place in OWN_RIGHTS if not place.startswith(("notice", "eligibility", "completion"))),
}
"""Steps for which nobody waits: they stand apart, so that the next one is found at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A step with the page of its form; ``stage`` for the entry into one, ``letter`` the request that it is about."""

    step: str
    said: Wording
    href: str
    grounds: tuple[Wording, ...]
    stage: StageOpen | None = None
    request: UUID | None = None
    seldom: bool = False


def buttons(case: UUID, steps: tuple[StepOpen, ...], person: Person) -> tuple[Button, ...]:
    """Those of the open steps that this person may take."""
    return tuple(button for step in steps for button in _buttons(case, step, person))


def right_of(step: StepOpen) -> Right:
    """Whose right the step is; that of entering a stage depends on the stage."""
    if step.transfer is not None:
        return _OF_TRANSFERS[step.step]
    if step.request is not None:
        return _OF_REQUESTS[step.step]
    return _OF_THE_CASE.get(step.step, Right.READ_CASES)


def _buttons(case: UUID, step: StepOpen, person: Person) -> Iterator[Button]:
    if step.step == PUBLISH_STAGE:
        for stage in step.stages:
            if person.may(DUTY_RIGHTS[stage.duty] if stage.duty else Right.READ_CASES):
                yield Button(
                    step=step.step,
                    said=Wording(zh=stage.zh, en=stage.en),
                    href=f"/cases/{case}/steps/{step.step}?stage={stage.stage.value}",
                    grounds=tuple(Wording(zh=one.zh, en=one.en) for one in stage.grounds),
                    stage=stage,
                )
    elif person.may(right_of(step)):
        yield Button(
            step=step.step,
            said=Wording(zh=step.zh, en=step.en),
            href=_page_of(case, step),
            grounds=() if step.ground is None else (ground(step.ground),),
            request=step.request,
            seldom=step.step in _SELDOM,
        )


def ground(code: str) -> Wording:
    """An article as it is printed; what is no known article stands as it is."""
    return _grounds().get(code) or Wording(zh=code, en=code)


@cache
def _grounds() -> Mapping[str, Wording]:
    """Those of the Legal Aid Law that are codes of messages, and the others on which steps rest."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        others = {row["ground"]: row["zh"] for row in csv.DictReader(file)}
    known = {one.basis: one.zh for one in LegalBasis if one.name.startswith("LAL")} | others
    return {code: Wording(zh=zh, en=cited(zh, Language.EN)) for code, zh in known.items()}


def _page_of(case: UUID, step: StepOpen) -> str:
    below = f"/transfers/{step.transfer}" if step.transfer else f"/requests/{step.request}" if step.request else ""
    return f"/cases/{case}{below}/steps/{step.step}"
