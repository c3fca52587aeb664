"""A case told as a history: each press is carried over the wire to everyone before the next one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from tests.builders import GUANGDONG, LUXIAN, SICHUAN, ZHONGSHAN
from tests.federation.exchange import Exchange, Move
from tests.handling import said_with
from transfer.actions.buttons import BUTTONS
from transfer.actions.commands import Offer, PublishStage
from transfer.actions.handling_commands import TellApplicants
from transfer.domain.case import Case, Transfer
from transfer.domain.clocks import legal_day
from transfer.domain.lifecycle import Step
from transfer.messages.attachments import attachments_of
from transfer.messages.case import Material
from transfer.messages.codes import Defect, DisputeGround, RecallReason, Stage
from transfer.messages.transfer import SupplementAnswer, SupplementItem

PROVINCES: Final = (LUXIAN, ZHONGSHAN, SICHUAN, GUANGDONG)
MISSING: Final = SupplementItem(defect=Defect.FACTS_UNCLEAR, explanation="请说明")
CLEARED: Final = SupplementAnswer(defect=Defect.FACTS_UNCLEAR, answer="已说明")

_TYPED: Final[Mapping[Step, Mapping[str, Any]]] = MappingProxyType(
    {
        Step.SIGN_FOR: {"materials_counted": 0},
        Step.SUPPLEMENT: {"answers": (CLEARED,)},
        Step.DISPUTE: {
            "ground": DisputeGround.COMPETENCE_CAUSE_ELSEWHERE,
            "proposed_region": LUXIAN,
            "explanation": "由",
        },
        Step.ESCALATE: {"explanation": "请指定"},
        Step.DESIGNATE: {"reason": "由"},
        Step.RECALL: {"reason": RecallReason.SENT_IN_ERROR},
    }
)


@dataclass(slots=True, kw_only=True)
class Story:
    """One case of Luxian, known by its id, and the regions that may come to know it."""

    regions: tuple[str, ...] = PROVINCES
    persons: int = 2
    carried: bool = True
    exchange: Exchange = field(init=False)
    case: UUID = field(init=False)

    def __post_init__(self) -> None:
        self.exchange = Exchange.of(*self.regions)
        self.case = self.exchange.take_in(LUXIAN, persons=self.persons)

    def known(self, region: str = LUXIAN) -> Case:
        """The case as the region records it."""
        return self.exchange.rooms[region].content.cases[self.case]

    def latest(self, region: str = LUXIAN) -> Transfer:
        """The region's record of the latest transfer."""
        return self.known(region).transfers[-1]

    def offer(self, receiver: str = ZHONGSHAN, *, by: str = LUXIAN, **typed: Any) -> "Story":
        fields = {"by": "王芳", "institution": by, "receiver": receiver, "letter": "函", "reason": "由", **typed}
        return self._send(Move(region=by, case=self.case, command=Offer(**fields)))

    def reach(self, stage: Stage, *, by: str = LUXIAN, **typed: Any) -> "Story":
        told = said_with(stage, self.today, self.known(by).stage.stage)
        fields = {**told, "institution": by, "stage": stage, "occurred_on": self.today, **typed}
        return self._send(Move(region=by, case=self.case, command=PublishStage(**fields)))

    def press(self, step: Step, by: str, *, transfer: UUID | None = None, **typed: Any) -> "Story":
        """Take a step on the latest transfer unless another is named; raises the rule that forbids it."""
        fields: dict[str, Any] = {"by": "陈静", "institution": by, **_TYPED.get(step, {})}
        if step is Step.REQUIRE_SUPPLEMENT:
            fields |= {"items": (MISSING,), "due_on": self.today + timedelta(days=5)}
        if step is Step.DESIGNATE:
            fields |= {"decided_on": self.today}
        command = BUTTONS[step].command(**(fields | typed))
        chosen = transfer or self.latest(by).id
        return self._send(Move(region=by, case=self.case, command=command, step=step, transfer=chosen))

    def tell(self, *, by: str = LUXIAN, **typed: Any) -> "Story":
        """Enter that the applicants were told of the notice today."""
        fields = {"by": "王芳", "institution": by, "written_on": self.today, "phoned_on": self.today, **typed}
        return self._send(Move(region=by, case=self.case, command=TellApplicants(**fields)))

    def _send(self, move: Move) -> "Story":
        self.exchange.press(move)
        if self.carried:
            self.exchange.drain()
        return self

    def put(self, by: str, *papers: Material) -> "Story":
        """The files of these papers are kept in that region."""
        self.exchange.keep(by, *attachments_of(papers))
        return self

    def lose(self, by: str, *papers: Material) -> "Story":
        """The files of these papers, which messages named, will not come to that region."""
        self.exchange.give_up(by, *attachments_of(papers))
        return self

    def part(self) -> "Story":
        """From here on nobody hears of the others, until they meet."""
        self.carried = False
        return self

    def meet(self) -> "Story":
        """All that was sent meanwhile arrives."""
        self.carried = True
        self.exchange.drain()
        return self

    def wait(self, days: int) -> "Story":
        self.exchange.now += timedelta(days=days)
        return self

    @property
    def today(self) -> date:
        return legal_day(self.exchange.now)


def signed(**made: Any) -> Story:
    """Luxian offered the case to Zhongshan, where someone took charge of it."""
    return Story(**made).offer().press(Step.SIGN_FOR, ZHONGSHAN)


def disputed(**made: Any) -> Story:
    """Zhongshan said that another region is competent."""
    return signed(**made).press(Step.DISPUTE, ZHONGSHAN)


def escalated(**made: Any) -> Story:
    """Luxian asked both provinces."""
    return disputed(**made).press(Step.ESCALATE, LUXIAN)
