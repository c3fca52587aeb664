"""The story of one cooperation letter: Fushun asks Lingwu for attendance sheets, across the Spring Festival of 2026.

Both nodes stand at the dates of the story, which are those of its rules: ten working days, the public holiday left out
and the worked weekends counted (notice of the State Council for 2026).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from deploy.demo import winter_people as people
from deploy.demo.cast import Cast, StoryFailed
from deploy.demo.dated import set_clock
from deploy.demo.sheets import attendance_sheets
from deploy.demo.winter_people import FUSHUN, LINGWU
from transfer.domain.clocks import CHINA
from transfer.domain.evidence_table import RequestState
from transfer.messages.codes import MediaType

BEGINS: Final = datetime(2026, 2, 11, 9, 0, tzinfo=CHINA)
DUE: Final = date(2026, 3, 3)
MONTHS: Final = tuple(date(2025, month, 1) for month in range(3, 9))
_KEPT: Final = 5
"""The plant has the sheets of so many months."""


@dataclass(slots=True, kw_only=True)
class WinterStory:
    """Plays it in order; raises StoryFailed when something does not come true in time."""

    cast: Cast
    clock: Path
    folder: Path
    _now: datetime = BEGINS
    _request: UUID = field(init=False)

    def play(self) -> UUID:
        """The whole story; gives the case."""
        self._asked()
        self._clarified()
        self._supplied()
        self._returned()
        self._confirmed()
        return self.cast.case

    def _asked(self) -> None:
        cast = self.cast
        cast.say("Wed 2026-02-11: a worker in Fushun 抚顺 claims six months of pay for work at a plant in Lingwu 灵武")
        opened = cast.open(FUSHUN, people.application())
        cast.scene.case = UUID(opened.body["id"])
        worker = opened.body["applicants"][0]["id"]
        cast.say(
            "A clerk drafts a cooperation letter 协作函 with six items, the head of the centre approves it, it goes out"
        )
        cast.post(FUSHUN, "requests", people.cooperation_letter(worker, MONTHS))
        [request] = cast.record(FUSHUN)["requests"]
        self._request = UUID(request["id"])
        self._take(FUSHUN, "approve", people.by_head(FUSHUN))
        self._take(FUSHUN, "send", people.by_clerk(FUSHUN))
        cast.until_request(LINGWU, RequestState.REQUESTED, "the letter arrives in Lingwu")
        for region in (FUSHUN, LINGWU):
            if (due := cast.record(region)["requests"][0]["due_on"]) != DUE.isoformat():
                raise StoryFailed(f"{region} says that the answer is due on {due}, not on {DUE}")
        cast.say("Due on Tue 2026-03-03: ten working days, 15 to 23 February left out, 14 and 28 February worked")

    def _clarified(self) -> None:
        cast = self.cast
        self._on(
            2026, 2, 12, "Thu 2026-02-12: Lingwu signs for it and asks which shifts are meant, and does not decline"
        )
        self._take(LINGWU, "sign-for", people.by_clerk(LINGWU))
        self._take(LINGWU, "ask-clarification", people.question())
        cast.until_request(FUSHUN, RequestState.CLARIFICATION_ASKED, "the question arrives in Fushun")
        self._take(FUSHUN, "clarify", people.clarification())
        cast.until_request(LINGWU, RequestState.CLARIFIED, "the answer arrives in Lingwu")
        self._take(LINGWU, "undertake", people.undertaking())

    def _supplied(self) -> None:
        cast = self.cast
        self._on(
            2026,
            2,
            27,
            "Fri 2026-02-27: the plant hands over the sheets of five months; they are kept in Lingwu's store",
        )
        sheets = attendance_sheets(self.folder, people.WORKER, MONTHS[:_KEPT])
        files = [self._put(sheet) for sheet in sheets]
        items = cast.record(LINGWU)["requests"][0]["items"]
        answers = [people.found(item["id"], file, self._now) for item, file in zip(items, files, strict=False)]
        self._take(LINGWU, "record", people.recorded(*answers))
        cast.say("Another person approves them; the message names each by its digest, and Fushun fetches them over TLS")
        self._take(LINGWU, "supply", people.by_head(LINGWU))
        cast.until_request(FUSHUN, RequestState.PARTLY_SUPPLIED, "the first answers arrive in Fushun")
        cast.until(lambda: self._fetched() == ["kept"] * _KEPT, "Fushun has all files")
        self._same(sheets, files)
        cast.say(
            f"All {_KEPT} files are in Fushun unchanged, each with who collected it, when, where, how and from whom"
        )

    def _put(self, sheet: Path) -> Mapping[str, Any]:
        """The file as messages name it."""
        path = f"/v1/files?name={quote(sheet.name)}"
        body: Mapping[str, Any] = (
            self.cast.nodes[LINGWU]
            .api_of(people.CLERK[LINGWU])
            .upload(path, sheet.read_bytes(), MediaType.PDF.value)
            .body
        )
        return body

    def _fetched(self) -> list[str]:
        return [one["state"] for one in self.cast.api(FUSHUN).get("/v1/fetches").body["items"]]

    def _same(self, sheets: Sequence[Path], files: Sequence[Mapping[str, Any]]) -> None:
        for sheet, file in zip(sheets, files, strict=True):
            if self.cast.api(FUSHUN).content(f"/v1/files/{file['digest']}") != sheet.read_bytes():
                raise StoryFailed(f"{sheet.name} is another file in Fushun than in Lingwu")

    def _returned(self) -> None:
        cast = self.cast
        self._on(
            2026, 3, 2, "Mon 2026-03-02: the sixth month was not kept; the plant says so in writing, Lingwu replies"
        )
        missing = cast.record(LINGWU)["requests"][0]["items"][_KEPT]["id"]
        self._take(LINGWU, "record", people.recorded(people.not_kept(missing)))
        self._take(LINGWU, "return", people.reply())
        cast.until_request(FUSHUN, RequestState.RETURNED, "the reply arrives in Fushun")

    def _confirmed(self) -> None:
        cast = self.cast
        [request] = cast.record(FUSHUN)["requests"]
        results = [answer["result"] for answer in request["answers"]]
        if results != ["obtained"] * _KEPT + ["does_not_exist"]:
            raise StoryFailed(f"the items came out as {results}")
        piece = request["answers"][0]["pieces"][0]["id"]
        cast.say(
            "Five items obtained, one does not exist. Fushun hands the first sheet to the arbitration and confirms"
        )
        self._take(FUSHUN, "hand-on", people.handed_on(piece))
        self._take(FUSHUN, "confirm", people.by_clerk(FUSHUN))
        cast.until_request(LINGWU, RequestState.CONFIRMED, "Lingwu hears that it is done")
        path = f"/v1/cases/{cast.case}/requests/{self._request}/papers/letter"
        if cast.api(FUSHUN).content(path) != cast.api(LINGWU).content(path):
            raise StoryFailed("the two regions print the letter differently")
        cast.agree(FUSHUN, LINGWU)
        cast.say("Both regions print the same letter, byte for byte, and agree on every fact")

    @property
    def papers(self) -> Mapping[str, str]:
        """Where the letters of this story can be looked at, by what they are."""
        where = f"{self.cast.api(FUSHUN).url}/v1/cases/{self.cast.case}/requests/{self._request}"
        [first, *_] = self.cast.record(FUSHUN)["requests"][0]["answers"][0]["pieces"]
        return {
            "letter 协作函": f"{where}/papers/letter",
            "reply 复函": f"{where}/papers/reply",
            "custody 流转记录": f"{where}/pieces/{first['id']}/custody",
        }

    def _on(self, year: int, month: int, day: int, text: str) -> None:
        self._now = datetime(year, month, day, 10, 0, tzinfo=CHINA)
        set_clock(self.clock, self._now)
        self.cast.say(text)

    def _take(self, region: str, step: str, body: Mapping[str, Any]) -> None:
        self.cast.post(region, f"requests/{self._request}/{step}", body)
