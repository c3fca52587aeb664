"""The people of the story at their nodes: what they press, what they see, and how long they wait for it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from deploy.demo.nodes import NodeProcess
from deploy.demo.people import STATION, ZHONGSHAN, further_application, offer
from deploy.demo.picture import Picture, at_ease
from deploy.demo.scene import Scene
from transfer.cli.exits import CommandFailed, NotThere
from transfer.cli.facts import Facts, compare
from transfer.cli.known import facts_there, history_there, messages_there
from transfer.cli.remote import Answer, Api
from transfer.domain.clocks import legal_day
from transfer.domain.rights import Role
from transfer.telemetry import clock

_PATIENCE: Final = 20.0
_LOOK_AGAIN: Final = 0.05
_BREATH: Final = 0.6


class StoryFailed(CommandFailed):
    """The story did not go as it must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Everything goes over the public API of the nodes, with the token of whoever acts."""

    nodes: Mapping[str, NodeProcess]
    scene: Scene
    picture: Picture

    @property
    def case(self) -> UUID:
        if self.scene.case is None:
            raise StoryFailed("the case is not open yet")
        return self.scene.case

    def api(self, region: str) -> Api:
        return self.nodes[region].api

    def today(self) -> date:
        return legal_day(clock.now())

    # What they press ----------------------------------------------------------------------------------------

    def post(self, region: str, path: str, body: Mapping[str, Any]) -> None:
        """Change the case, as it is now in that region."""
        api = self.nodes[region].api_of(body["by"])
        api.post(f"/v1/cases/{self.case}/{path}", body, etag=self.api(region).get(f"/v1/cases/{self.case}").etag)
        self.look()

    def step(self, region: str, step: str, body: Mapping[str, Any]) -> None:
        """Take a step on the transfer that the region knew last."""
        transfer = list(facts_there(self.api(region), self.case).transfers)[-1]
        self.post(region, f"transfers/{transfer}/{step}", body)

    def record(self, region: str) -> Any:  # noqa: ANN401 - the body of the API
        """The case as that region's API shows it."""
        return self.api(region).get(f"/v1/cases/{self.case}").body

    def open(self, region: str, body: Mapping[str, Any]) -> Answer:
        """A case is taken in; gives it."""
        return self.nodes[region].api_of(body["by"]).post("/v1/cases", body)

    def further(self, number: int) -> UUID:
        """Open one more case in Zhongshan and offer it to the workstation."""
        opened = self.open(ZHONGSHAN, further_application(number))
        case = UUID(opened.body["id"])
        letter = offer(STATION, 100 + number, "用工地点在泸县，请贵站受理")
        self.nodes[ZHONGSHAN].api_of(letter["by"]).post(f"/v1/cases/{case}/transfers", letter, etag=opened.etag)
        return case

    # What they see ------------------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """The next sentence, with time to read it."""
        at_ease(_BREATH)
        self.picture.say(text)

    def look(self) -> None:
        self.scene.look()
        self.picture.update()

    def until(self, true: Callable[[], bool], what: str) -> None:
        """Look again and again; raises StoryFailed when it does not come true."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            self.look()
            if true():
                return
            if time.monotonic() > deadline:
                raise StoryFailed(f"this did not come true in {_PATIENCE:g} s: {what}")
            time.sleep(_LOOK_AGAIN)

    def until_everywhere(self, true: Callable[[Facts], bool], what: str) -> None:
        """Until it is true of the case in every region."""
        for region in self.nodes:
            self.until(lambda region=region: self._is(region, true), f"{region} {what}")  # type: ignore[misc]

    def until_in(self, region: str, true: Callable[[Facts], bool], what: str) -> None:
        """Until it is true of the case in that region."""
        self.until(lambda: self._is(region, true), what)

    def until_state(self, region: str, state: str, what: str) -> None:
        """Until the region's last transfer has that state."""
        self.until_in(region, lambda facts: [t.state for t in facts.transfers.values()][-1:] == [state], what)

    def until_request(self, region: str, state: str, what: str) -> None:
        """Until the region's last evidence request has that state."""
        self.until_in(region, lambda facts: [r.state for r in facts.requests.values()][-1:] == [state], what)

    def _is(self, region: str, true: Callable[[Facts], bool]) -> bool:
        facts = self.scene.facts(region)
        return facts is not None and true(facts)

    def agree(self, here: str, there: str) -> None:
        """Raises StoryFailed with the facts in which the two regions differ."""
        mine, theirs = (facts_there(self.api(region), self.case) for region in (here, there))
        if differing := [one.fact for one in compare(mine, theirs) if one.agree is False]:
            raise StoryFailed(f"{here} and {there} differ in {', '.join(differing)}")

    def applied_once(self, region: str, case: UUID) -> bool:
        """Whether the region received one message on the case and applied it once."""
        try:
            received = [line.id for line in messages_there(self.api(region), case)]
            applied = [line.message for line in history_there(self.api(region), case)]
        except NotThere:
            return False
        return applied == received and len(received) == 1

    def known_cases(self, region: str) -> int:
        """How many cases the region knows, counted as far as one page goes."""
        return len(self.api(region).get("/v1/cases?limit=200").body["items"])

    def metric(self, region: str, name: str) -> float:
        """A counter of that node, 0 when it has not counted yet."""
        for line in self.nodes[region].api_of(Role.SYSTEM_ADMINISTRATOR).text("/metrics").splitlines():
            if line.startswith(f"{name} "):
                return float(line.rpartition(" ")[2])
        return 0.0
