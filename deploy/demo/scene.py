"""What is seen of the story at a moment: the case in each region, and the messages between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from deploy.demo.nodes import NodeProcess
from transfer.cli.exits import NotThere, Unreachable
from transfer.cli.facts import Facts
from transfer.cli.known import facts_there, messages_there
from transfer.records import MessageLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A case in one region; nothing when it is not known there, or the node is down."""

    up: bool
    facts: Facts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Travelled:
    """A message as its two ends know it."""

    source: str
    recipient: str
    line: MessageLine
    arrived: bool

    @property
    def kind(self) -> str:
        """``transfer.offered`` of ``legalaid.transfer.offered.v1``."""
        return ".".join(self.line.type.split(".")[1:3])


@dataclass(slots=True)
class Scene:
    """Looks at all nodes through their APIs and keeps what it saw last."""

    nodes: Mapping[str, NodeProcess]
    case: UUID | None = None
    regions: dict[str, Seen] = field(default_factory=dict)
    messages: dict[tuple[str, UUID], MessageLine] = field(default_factory=dict)
    received: set[tuple[str, UUID]] = field(default_factory=set)

    def look(self) -> None:
        """Ask every node that runs."""
        for region, node in self.nodes.items():
            self.regions[region] = self._look_at(region, node)

    def _look_at(self, region: str, node: NodeProcess) -> Seen:
        if not node.running:
            return Seen(up=False)
        if self.case is None:
            return Seen(up=True)
        try:
            facts = facts_there(node.api, self.case)
            for line in messages_there(node.api, self.case):
                if line.direction == "out":
                    self.messages[region, line.id] = line
                else:
                    self.received.add((region, line.id))
        except NotThere:
            return Seen(up=True)
        except Unreachable:
            return Seen(up=False)
        return Seen(up=True, facts=facts)

    def travelled(self) -> Sequence[Travelled]:
        """All messages on the case so far, oldest first."""
        found = [
            Travelled(source=source, recipient=line.peer, line=line, arrived=(line.peer, line.id) in self.received)
            for (source, _), line in self.messages.items()
        ]
        return sorted(found, key=lambda one: (one.line.at, one.line.id))

    def facts(self, region: str) -> Facts | None:
        """The case as that region knew it when last asked."""
        seen = self.regions.get(region)
        return seen.facts if seen else None

    def settled(self, source: str, recipient: str) -> bool:
        """Whether every message of this direction has its final receipt."""
        lines = [line for (sender, _), line in self.messages.items() if (sender, line.peer) == (source, recipient)]
        return all(line.settled_at is not None for line in lines)

    def received_by(self, region: str) -> int:
        """How many messages on the case the region has in its inbox."""
        return sum(recipient == region for recipient, _ in self.received)
