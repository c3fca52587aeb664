"""The story of one case: what people press in which region, and what must have happened before they go on."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from deploy.demo import people
from deploy.demo.auditor import Auditor
from deploy.demo.cast import Cast, StoryFailed
from deploy.demo.faults import publish_again, waiting
from deploy.demo.people import LUXIAN, SICHUAN, STATION, ZHONGSHAN
from deploy.demo.trust import DemoTrust
from transfer.broker.address import Address
from transfer.cli.known import history_there
from transfer.domain.lifecycle import State
from transfer.domain.rights import Role
from transfer.messages.codes import ReceiptOutcome, Stage

FURTHER: Final = 40
"""So many more cases travel while the node in Luxian is killed."""
_AT_ONCE: Final = 4
_DUPLICATES: Final = 'transfer_messages_received_total{verdict="duplicate"}'
_RECEIPTS: Final = "transfer_receipts_sent_total"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Plays the chapters in order; raises StoryFailed when something does not come true in time."""

    cast: Cast
    addresses: Mapping[str, Address]
    trust: DemoTrust
    auditor: Auditor

    def play(self) -> UUID:
        """The whole story; gives the case."""
        self._opened()
        self._offered_to_the_province()
        self._offered_to_the_workstation()
        self._told_twice()
        missing = self._signed_for()
        self._killed(missing)
        self._accepted()
        self._handled()
        self._agreed()
        self._audited()
        return self.cast.case

    def _opened(self) -> None:
        cast = self.cast
        cast.say("Two workers apply in Zhongshan 中山: an employer owes them their pay for work in Luxian 泸县")
        answer = cast.open(ZHONGSHAN, people.application(cast.today()))
        cast.scene.case = UUID(answer.body["id"])
        cast.until_in(ZHONGSHAN, lambda facts: facts.holder == ZHONGSHAN, "Zhongshan holds the case")

    def _offered_to_the_province(self) -> None:
        cast = self.cast
        cast.say("Zhongshan offers the case to the province of Sichuan 四川, where the cause arose")
        letter = people.offer(SICHUAN, 31, "用工地点在四川省，请贵中心受理", despite="未能确定由哪一县级机构受理")
        cast.post(ZHONGSHAN, "transfers", letter)
        cast.until_state(SICHUAN, State.OFFERED, "the offer arrives in Sichuan")
        cast.say("Sichuan signs for it and disputes its competence: Luxian is competent (Legal Aid Law 38)")
        cast.step(SICHUAN, "sign-for", people.signature(people.CLERK_SICHUAN, SICHUAN))
        cast.step(SICHUAN, "dispute", people.dispute())
        cast.until_state(ZHONGSHAN, State.COMPETENCE_DISPUTED, "Zhongshan hears of the dispute")
        cast.say("Zhongshan, still the holder, recalls the offer, and Sichuan's node releases it")
        cast.step(ZHONGSHAN, "recall", people.recall())
        cast.until_state(ZHONGSHAN, State.RELEASED, "the offer is released")

    def _offered_to_the_workstation(self) -> None:
        cast = self.cast
        cast.say("Zhongshan offers the case to Luxian's workstation in Zhongshan 泸县驻中山工作站")
        cast.post(ZHONGSHAN, "transfers", people.offer(STATION, 32, "用工地点在泸县，请贵站受理"))
        cast.until_state(LUXIAN, State.OFFERED, "the offer arrives in Luxian")

    def _told_twice(self) -> None:
        cast, scene = self.cast, self.cast.scene
        cast.until(lambda: scene.settled(ZHONGSHAN, LUXIAN), "the receipt of the offer is in")
        [offer] = [one.line.id for one in scene.travelled() if (one.source, one.recipient) == (ZHONGSHAN, LUXIAN)]
        before, told = scene.received_by(LUXIAN), cast.metric(LUXIAN, _RECEIPTS)
        repeated = cast.metric(LUXIAN, _DUPLICATES)
        cast.say("The same message is published once more, the same id and content")
        publish_again(
            offer,
            wire=self.trust.wire(ZHONGSHAN),
            recipient=LUXIAN,
            address=self.addresses[ZHONGSHAN],
            database=cast.nodes[LUXIAN].database,
        )
        cast.until(lambda: cast.metric(LUXIAN, _DUPLICATES) > repeated, "Luxian takes the repeated message")
        cast.until(lambda: cast.metric(LUXIAN, _RECEIPTS) > told, "Luxian sends the same receipt again")
        if scene.received_by(LUXIAN) != before:
            raise StoryFailed("a repeated message was taken for a new one")
        cast.say(f"Luxian's inbox holds {before} message on the case as before, and Zhongshan got the receipt again")

    def _signed_for(self) -> UUID:
        """Gives the applicant whose paper is missing."""
        cast = self.cast
        cast.say("A person in Luxian signs for it, and asks once for all that is missing: one identity paper")
        cast.step(LUXIAN, "sign-for", people.signature(people.CLERK_STATION, STATION))
        missing = UUID(cast.api(LUXIAN).get(f"/v1/cases/{cast.case}").body["applicants"][1]["id"])
        cast.step(LUXIAN, "require-supplement", people.notice(missing, cast.today()))
        cast.until_state(ZHONGSHAN, State.SUPPLEMENT_REQUIRED, "the notice arrives in Zhongshan")
        return missing

    def _killed(self, missing: UUID) -> None:
        cast, luxian = self.cast, self.cast.nodes[LUXIAN]
        cast.say(f"{FURTHER} more cases go to Luxian, and amid them Luxian's node is killed (SIGKILL)")
        with ThreadPoolExecutor(_AT_ONCE) as many:
            offered = [many.submit(cast.further, number) for number in range(1, FURTHER // 2 + 1)]
            cast.until(lambda: cast.known_cases(LUXIAN) > 1, "the first of them arrive in Luxian")
            offered += [many.submit(cast.further, number) for number in range(FURTHER // 2 + 1, FURTHER + 1)]
            luxian.kill()
            cast.look()
            cases = [one.result() for one in offered]
        cast.say("Zhongshan supplements the paper while nobody listens in Luxian")
        cast.step(ZHONGSHAN, "supplement", people.supplement(missing))
        unsent = "/v1/messages?direction=out&state=waiting&limit=1"
        operator = cast.nodes[ZHONGSHAN].api_of(Role.SYSTEM_ADMINISTRATOR)
        cast.until(lambda: not operator.get(unsent).body["items"], "the broker has all messages for Luxian")
        held = waiting(LUXIAN, self.addresses[LUXIAN])
        if not held:
            raise StoryFailed("no message waits for Luxian, though its node is dead")
        cast.say(f"{held} messages wait at the broker for Luxian; its node is started again")
        luxian.launch()
        luxian.ready()
        cast.until_state(LUXIAN, State.SUPPLEMENTED, "the supplement arrives in Luxian")
        for case in cases:
            cast.until(lambda case=case: cast.applied_once(LUXIAN, case), "a further case arrives, once")  # type: ignore[misc]
        cast.say(f"The supplement and all {FURTHER} further cases have arrived, each exactly once")

    def _accepted(self) -> None:
        cast = self.cast
        cast.say("Luxian accepts: from this moment on it holds the case")
        cast.step(LUXIAN, "accept", people.acceptance(cast.today()))
        cast.until_everywhere(lambda facts: facts.holder == LUXIAN, "names Luxian as the holder")

    def _handled(self) -> None:
        cast = self.cast
        for name in people.STAGES:
            cast.say(f"Luxian: {Stage(name).en.lower()} {Stage(name).zh}")
            cast.post(LUXIAN, "stages", people.stage(name, cast.today()))
        cast.until_everywhere(lambda facts: facts.stage == Stage.CONCLUDED, "sees that the case is concluded")

    def _agreed(self) -> None:
        """One holder, nothing lost, nothing twice: looked up in every region's own record."""
        cast, scene = self.cast, self.cast.scene
        cast.until(lambda: all(scene.settled(r, s) for r in cast.nodes for s in cast.nodes), "every receipt is in")
        for region in (LUXIAN, SICHUAN):
            cast.agree(ZHONGSHAN, region)
        applied = {r: [line.message for line in history_there(cast.api(r), cast.case)] for r in cast.nodes}
        travelled = scene.travelled()
        for one in travelled:
            times = applied[one.recipient].count(one.line.id)
            if times != 1 or one.line.outcome is not ReceiptOutcome.APPLIED:
                raise StoryFailed(f"{one.kind} #{one.line.sequence} was applied {times} times in {one.recipient}")
        cast.say(f"All {len(travelled)} messages on the case were applied exactly once, and all three regions agree")

    def _audited(self) -> None:
        """By files alone: no node, database or settings, and no trust in who made them."""
        cast, nodes = self.cast, {region: self.cast.nodes[region] for region in (ZHONGSHAN, LUXIAN)}
        cast.say("An auditor has both ledgers export the case, and checks the two files in an empty folder")
        shown: list[str] = []

        def alike() -> bool:
            shown[:] = self.auditor.compared(cast.case, nodes)
            return any("alike" in one for one in shown)

        cast.until(alike, "what both ledgers tell stands under signed checkpoints")
        for one in shown:
            cast.say(one)
