"""An evidence request told as a history: Fushun asks Lingwu for attendance sheets, month by month."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final, Protocol
from uuid import UUID, uuid4

from tests.federation.exchange import Exchange, an_application
from tests.handling import said_with
from transfer.actions.buttons import BUTTONS, EVIDENCE_BUTTONS, OWN_BUTTONS, draft_order, offer_order, stage_order
from transfer.actions.commands import Command, Offer, OpenCase, PublishStage
from transfer.actions.desk import Order
from transfer.actions.evidence_commands import DraftRequest, NewItem
from transfer.domain.case import Case
from transfer.domain.clocks import CHINA, legal_day
from transfer.domain.eligibility import NewFinding
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.evidence_table import RequestStep
from transfer.domain.lifecycle import Step
from transfer.messages.attachments import Attachment
from transfer.messages.case import Material
from transfer.messages.codes import Defect, HardshipGround, MaterialKind, Stage
from transfer.messages.codes_evidence import (
    CancelReason,
    CollectionMethod,
    CustodyAct,
    DeclineReason,
    EvidenceField,
    EvidenceKind,
    ItemResult,
    ProofForm,
)
from transfer.messages.evidence_items import Custody, ItemAnswer, Lawyer, Piece
from transfer.messages.transfer import SupplementAnswer, SupplementItem
from transfer.web.wording import kebab

FUSHUN: Final = "210402"
LINGWU: Final = "640181"
LAWYER: Final = Lawyer(name="周律师")
OTHER_LAWYER: Final = Lawyer(name="吴律师")
CLERK: Final = "王芳"
HEAD: Final = "王主任"
COLLECTOR: Final = "马丽"
THEIR_HEAD: Final = "马主任"

_BY: Final[Mapping[RequestStep, str]] = MappingProxyType(
    {
        RequestStep.APPROVE: HEAD,
        RequestStep.RECORD: COLLECTOR,
        RequestStep.SUPPLY: THEIR_HEAD,
        RequestStep.RETURN: THEIR_HEAD,
    }
)
_TYPED: Final[Mapping[RequestStep, Mapping[str, Any]]] = MappingProxyType(
    {
        RequestStep.ASK_CLARIFICATION: {"question": "哪个班组？"},
        RequestStep.CLARIFY: {"answer": "一班。"},
        RequestStep.UNDERTAKE: {"collector": COLLECTOR},
        RequestStep.ASSIGN: {"collector": "丁某"},
        RequestStep.RETURN: {"letter": "灵援协复字〔2026〕第1号"},
        RequestStep.DECLINE: {"reason": DeclineReason.OBJECTIVE_IMPOSSIBLE, "explanation": "厂房已毁。"},
        RequestStep.REFUSE_EXTENSION: {"reason": "即将开庭。"},
        RequestStep.CANCEL: {"reason": CancelReason.NOT_NEEDED},
        RequestStep.CHANGE_LAWYER: {"lawyer": OTHER_LAWYER},
    }
)
_REQUESTED_STEPS: Final = frozenset(
    step for step, button in EVIDENCE_BUTTONS.items() if button.side.value == "requested"
)


Tell = Callable[..., "Asking"]
"""Begins a story between regions, in memory or on nodes; the fixture ``tell``."""


def an_item(**changes: Any) -> NewItem:
    """Attendance sheets of one month."""
    given: dict[str, Any] = {
        "kind": EvidenceKind.DOCUMENT,
        "what": "考勤表",
        "fields": (EvidenceField.ATTENDANCE,),
        "period_from": date(2025, 8, 1),
        "period_to": date(2025, 8, 31),
        "form": ProofForm.COPY,
    }
    return NewItem(**(given | changes))


def a_piece(at: datetime, **changes: Any) -> Piece:
    collected = Custody(
        act=CustodyAct.COLLECTED,
        at=at,
        by=COLLECTOR,
        institution=LINGWU,
        where="宁东某煤制油厂",
        how=CollectionMethod.COPIED,
        source="人事部",
    )
    given: dict[str, Any] = {
        "id": uuid4(),
        "title": "考勤表",
        "form": ProofForm.COPY,
        "original_seen": True,
        "sent_by_post": "EMS 1",
        "custody": (collected,),
    }
    return Piece(**(given | changes))


class World(Protocol):
    """Where a story takes place: in memory, or on nodes."""

    now: datetime

    def open(self, region: str, command: OpenCase) -> UUID:
        """The case that this application makes there."""
        ...

    def carry_out(self, region: str, case: UUID, path: str, command: Command, order: Order) -> Case:
        """A command on the case, which the API takes at this path below the case; raises what forbids it."""
        ...

    def put(self, region: str, content: bytes, name: str) -> Attachment:
        """A file, put into that region's store."""
        ...

    def holds(self, region: str, file: Attachment) -> bytes | None:
        """What the region can show of a file that others named to it, once it has come."""
        ...

    def drain(self) -> None:
        """Let all that was sent arrive."""
        ...

    def case(self, region: str, case: UUID) -> Case:
        """The case as it is recorded there."""
        ...


@dataclass(slots=True, kw_only=True)
class Asking:
    """One case of Fushun, and the latest evidence request on it; in memory, unless a world is given."""

    regions: tuple[str, ...] = (FUSHUN, LINGWU)
    requester: str = FUSHUN
    requested: str = LINGWU
    persons: int = 1
    months: int = 1
    papers: tuple[MaterialKind, ...] = ()
    typed: Mapping[str, Any] = field(default_factory=dict)
    began: datetime = datetime(2026, 2, 11, 9, 0, tzinfo=CHINA)
    carried: bool = True
    application: OpenCase | None = None
    place: World | None = None
    world: World = field(init=False)
    exchange: Exchange = field(init=False)
    case: UUID = field(init=False)
    request: UUID = field(init=False)

    def __post_init__(self) -> None:
        if self.place is None:
            self.world = self.exchange = Exchange.of(*self.regions)
        else:
            self.world = self.place
        self.world.now = self.began
        materials = tuple(Material(kind=kind, title=kind.zh) for kind in self.papers)
        given = self.application or an_application(
            self.requester, persons=self.persons, materials=materials, **self.typed
        )
        self.case = self.world.open(self.requester, given)

    # What is known ------------------------------------------------------------------------------------------

    def known(self, region: str | None = None) -> Case:
        return self.world.case(region or self.requester, self.case)

    def record(self, region: str | None = None) -> EvidenceRequest:
        return self.known(region).request(self.request)

    @property
    def both(self) -> tuple[EvidenceRequest, EvidenceRequest]:
        return self.record(self.requester), self.record(self.requested)

    @property
    def applicants(self) -> tuple[UUID, ...]:
        return tuple(one.id for one in self.known().applicants)

    @property
    def today(self) -> date:
        return legal_day(self.world.now)

    # What people do -----------------------------------------------------------------------------------------

    def draft(self, *items: NewItem, **typed: Any) -> "Asking":
        about = self.applicants[:1]
        wanted = items or tuple(an_item(what=f"{month + 3}月考勤表", about=about) for month in range(self.months))
        fields: dict[str, Any] = {
            "by": CLERK,
            "institution": self.requester,
            "requested": self.requested,
            "letter": "抚援协字〔2026〕第1号",
            "purpose": "追索劳动报酬",
            "told": "申请人在该厂工作六个月，工资未付。",
            "lawyer": LAWYER,
            "items": wanted,
        }
        command = DraftRequest(**(fields | typed))
        order = draft_order(self.case, command)
        self.request = self._carry_out(self.requester, "requests", command, order).requests[-1].id
        return self

    def ask(self, *items: NewItem, **typed: Any) -> "Asking":
        """Drafted, approved and sent."""
        return self.draft(*items, **typed).press(RequestStep.APPROVE).press(RequestStep.SEND)

    def press(self, step: RequestStep, **typed: Any) -> "Asking":
        """Take a step as the side whose step it is; raises the rule that forbids it."""
        region = self.requested if step in _REQUESTED_STEPS else self.requester
        by = _BY.get(step, THEIR_HEAD if region == self.requested else CLERK)
        fields: dict[str, Any] = {"by": by, "institution": region, **_TYPED.get(step, {})}
        button = EVIDENCE_BUTTONS[step]
        command = button.command(**(fields | typed))
        order = button.order(self.case, self.request, command)
        self._carry_out(region, f"requests/{self.request}/{kebab(step)}", command, order)
        return self._carry()

    def signed(self) -> "Asking":
        return self.press(RequestStep.SIGN_FOR)

    def undertaken(self) -> "Asking":
        return self.signed().press(RequestStep.UNDERTAKE)

    def found(self, *results: ItemResult, **changes: Any) -> "Asking":
        """Recorded: these results for the items in their order."""
        items = self.record(self.requested).items
        answers = tuple(
            self.an_answer(item.id, result, **changes) for item, result in zip(items, results, strict=False)
        )
        return self.press(RequestStep.RECORD, answers=answers)

    def an_answer(self, item: UUID, result: ItemResult = ItemResult.OBTAINED, **changes: Any) -> ItemAnswer:
        given: dict[str, Any] = {"item": item, "result": result}
        if result in {ItemResult.OBTAINED, ItemResult.PARTLY}:
            given["pieces"] = (a_piece(self.world.now),)
        if result is not ItemResult.OBTAINED:
            given["statement"] = "厂方书面说明：该月未保存。"
        return ItemAnswer(**(given | changes))

    def reach(self, *stages: Stage, **typed: Any) -> "Asking":
        for stage in stages:
            told = said_with(stage, typed.get("occurred_on", self.today), self.known().stage.stage)
            fields = {**told, "institution": self.requester, "stage": stage, "occurred_on": self.today, **typed}
            command = PublishStage(**fields)
            self._carry_out(self.requester, "stages", command, stage_order(self.case, command))
        return self._carry()

    def offer(self, receiver: str, **typed: Any) -> "Asking":
        command = Offer(by=CLERK, institution=self.requester, receiver=receiver, letter="函", reason="由", **typed)
        self._carry_out(self.requester, "transfers", command, offer_order(self.case, command))
        return self

    def decide(self, region: str, step: Step, **typed: Any) -> "Asking":
        """Take a step on the case's last transfer."""
        button, transfer = BUTTONS[step], self.known(region).transfers[-1].id
        command = button.command(by="陈静", institution=region, **typed)
        order = button.order(self.case, transfer, command)
        self._carry_out(region, f"transfers/{transfer}/{kebab(step)}", command, order)
        return self._carry()

    def own(self, place: str, *, region: str | None = None, **typed: Any) -> "Asking":
        """Take a step on the requester's own case, or on that of another region."""
        button, region = OWN_BUTTONS[place], region or self.requester
        fields: dict[str, Any] = {"by": CLERK, "institution": region}
        if place == "events":
            fields |= said_with(typed["event"], typed["occurred_on"], self.known().stage.stage)
        command = button.command(**(fields | typed))
        self._carry_out(region, place, command, button.order(self.case, command))
        return self._carry()

    def find(self, ground: HardshipGround | None, *applicants: UUID, **typed: Any) -> "Asking":
        """The requester finds this of these applicants, or of all."""
        if ground is HardshipGround.COMMITMENT:
            typed = {"signed_on": self.today, **typed}
        given = {"ground": ground, "proof": "证明", **typed}
        persons = applicants or tuple(one.id for one in self.known().active)
        return self.own("eligibility", findings=tuple(NewFinding(applicant=one, **given) for one in persons))

    def attest(self, region: str, applicant: UUID, **typed: Any) -> UUID:
        """That region attests that the person is in economic hardship; gives the attestation's id."""
        given = {"in_hardship": True, "found_on": self.today, "until": date(2026, 12, 31), "basis": "本省标准"}
        self.own("attestations", region=region, applicant=applicant, **(given | typed))
        payload = self.known(region).attestations.issued[-1].token.split(".")[1]
        return UUID(json.loads(base64.urlsafe_b64decode(payload + "=="))["id"])

    def on(self, year: int, month: int, day: int, hour: int = 10) -> "Asking":
        """Time goes on until then."""
        self.world.now = datetime(year, month, day, hour, 0, tzinfo=CHINA)
        return self

    def part(self) -> "Asking":
        """From here on nobody hears of the other, until they meet."""
        self.carried = False
        return self

    def meet(self) -> "Asking":
        """All that was sent meanwhile arrives."""
        self.carried = True
        return self._carry()

    def _carry_out(self, region: str, path: str, command: Command, order: Order) -> Case:
        return self.world.carry_out(region, self.case, path, command, order)

    def _carry(self) -> "Asking":
        if self.carried:
            self.world.drain()
        return self


def knitters_answered(story: Asking) -> Asking:
    """Three signatures were to be witnessed and three identities checked: two persons are fine, the third is not."""
    kinds = (
        (EvidenceKind.SIGNING_WITNESS, EvidenceField.SIGNED_PAPER),
        (EvidenceKind.IDENTITY_CHECK, EvidenceField.IDENTITY_CONFIRMED),
    )
    items = [
        an_item(kind=kind, fields=(asked,), about=(one,), period_from=None, period_to=None)
        for one in story.applicants
        for kind, asked in kinds
    ]
    story.ask(*items).undertaken().found(*[ItemResult.OBTAINED] * 4).press(RequestStep.SUPPLY)
    unclear = tuple(
        story.an_answer(item.id, ItemResult.PARTLY, statement="照片无法辨认；表格缺签名。")
        for item in story.record(story.requested).items[4:]
    )
    return story.press(RequestStep.RECORD, answers=unclear).press(RequestStep.RETURN)


def defects_of(applicant: UUID) -> tuple[SupplementItem, ...]:
    """Of the third: a photo that cannot be read, and a form without a signature."""
    return (
        SupplementItem(defect=Defect.EVIDENCE_ILLEGIBLE, explanation="身份证照片模糊", applicant=applicant),
        SupplementItem(defect=Defect.FORM_UNSIGNED, explanation="申请表缺签名", applicant=applicant),
    )


def answers_of(applicant: UUID) -> tuple[SupplementAnswer, ...]:
    """Both are mended."""
    return tuple(
        SupplementAnswer(defect=one.defect, applicant=applicant, answer="已补") for one in defects_of(applicant)
    )
