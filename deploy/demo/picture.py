"""The picture of the story: drawn anew all the time on a terminal, told line by line elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from deploy.demo.scene import Scene, Travelled
from transfer.cli.output import console
from transfer.crypto.directory import Directory
from transfer.messages.codes import Stage

_SHOWN_MESSAGES: Final = 12
_SHOWN_LINES: Final = 6
_EACH_SECOND: Final = 12


class Picture(Protocol):
    """What the story tells its spectators."""

    def say(self, text: str) -> None:
        """The next sentence of the story."""
        ...

    def update(self) -> None:
        """The scene has been looked at again."""
        ...


@dataclass(slots=True)
class Plain:
    """One line per sentence, message and receipt, for pipes and logs."""

    scene: Scene
    out: Console
    _told: set[tuple[str, str, int, str]] = field(default_factory=set)

    def say(self, text: str) -> None:
        self.out.print(f"* {text}", markup=False)

    def update(self) -> None:
        for one in self.scene.travelled():
            key = (one.source, one.recipient, one.line.sequence, one.line.state.value)
            if key not in self._told:
                self._told.add(key)
                self.out.print(f"    {describe(one)}", markup=False)


@dataclass(slots=True)
class Moving:
    """Columns of regions above, what travels between them below."""

    scene: Scene
    directory: Directory
    live: Live
    said: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.said.append(text)
        self.update()

    def update(self) -> None:
        self.live.update(self._drawn())

    def _drawn(self) -> RenderableType:
        return Group(self._regions(), self._messages(), self._lines())

    def _regions(self) -> RenderableType:
        grid = Table.grid(expand=True, padding=(0, 1))
        panels = []
        for region in self.scene.nodes:
            grid.add_column(ratio=1)
            seen = self.scene.regions.get(region)
            name = f"{region} {self.directory.by_code[region].name_zh}"
            if seen is None or not seen.up:
                panels.append(Panel(Text("the node is down", style="bold red"), title=name, border_style="red"))
                continue
            holds = seen.facts is not None and seen.facts.holder.startswith(region)
            panels.append(Panel(self._case(region), title=name, border_style="green" if holds else "dim"))
        grid.add_row(*panels)
        return grid

    def _case(self, region: str) -> RenderableType:
        facts = self.scene.facts(region)
        rows = Table.grid(padding=(0, 1))
        if facts is None:
            rows.add_row(Text("knows nothing of the case", style="dim"), "")
            return rows
        institution = self.directory.institutions.get(facts.holder)
        named = f"{facts.holder} {institution.name_zh if institution else ''}"
        rows.add_row("holder", Text(named, style="bold"))
        for attempt in facts.transfers.values():
            rows.add_row("transfer", Text(f"{attempt.sender} → {attempt.receiver}"))
            rows.add_row("", Text(attempt.state, style="cyan"))
        for request in facts.requests.values():
            rows.add_row("request", Text(f"{request.sender} → {request.receiver}"))
            rows.add_row("", Text(request.state, style="cyan"))
        stage = Stage(facts.stage)
        rows.add_row("stage", Text(f"{stage.value} {stage.zh}", style="magenta"))
        return rows

    def _messages(self) -> RenderableType:
        rows = Table(box=box.SIMPLE_HEAD, expand=True)
        for head, ratio in (("from → to", 3), ("no.", 1), ("message", 4), ("broker", 2), ("receipt", 3)):
            rows.add_column(head, ratio=ratio, no_wrap=True)
        for one in self.scene.travelled()[-_SHOWN_MESSAGES:]:
            rows.add_row(
                f"{one.source} → {one.recipient}",
                f"#{one.line.sequence}",
                one.kind,
                Text("✓", style="green") if one.line.published_at else Text("…", style="yellow"),
                _receipt(one),
            )
        return rows

    def _lines(self) -> RenderableType:
        return Group(
            *(Text(f"• {text}", style="bold" if text is self.said[-1] else "dim") for text in self.said[-_SHOWN_LINES:])
        )


def _receipt(one: Travelled) -> Text:
    if one.line.outcome is None:
        return Text("arrived, receipt on its way" if one.arrived else "…", style="yellow")
    return Text(f"✓ {one.line.outcome.value} {one.line.outcome.zh}", style="green")


def describe(one: Travelled) -> str:
    """A message and its fate in one line."""
    said = one.line.state.value if one.line.outcome is None else f"receipt: {one.line.outcome.value}"
    return f"{one.source} → {one.recipient}  #{one.line.sequence:<2} {one.kind:30} {said}"


@contextmanager
def shown(scene: Scene, directory: Directory) -> Iterator[Picture]:
    """The picture that suits standard output, for as long as the block lasts."""
    out = console()
    if not sys.stdout.isatty():
        yield Plain(scene, out)
        return
    with Live(console=out, refresh_per_second=_EACH_SECOND, transient=False) as live:
        yield Moving(scene, directory, live)


def at_ease(seconds: float) -> None:
    """A pause for eyes to follow, where there are eyes."""
    if sys.stdout.isatty():
        time.sleep(seconds)
