"""Who takes part in the bench."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from deploy.local.management import ManagedBroker
from tests.bench import product
from tests.bench.role import Place, Side
from tests.bench.topology import lay_out

LayOut = Callable[[ManagedBroker, str], Mapping[Side, str]]
Stock = Callable[[Mapping[Side, Place], int], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """Something that carries messages from one database to another.

    ``module`` is run once per side, see tests/bench/role.py. ``lay_out`` makes the topology in an empty vhost
    and gives the address of each side. ``stock`` fills both databases with so many messages that are over
    and done with, while neither side runs; without it the measure that needs a full store cannot be taken.
    """

    name: str
    module: str
    lay_out: LayOut = lay_out
    stock: Stock | None = None


BARE: Final = Contender(name="bare", module="tests.bench.bare")
FASTSTREAM: Final = Contender(name="faststream", module="tests.bench.faststream_app")

PRODUCT: Final = Contender(name="product", module="tests.bench.product", lay_out=product.lay_out, stock=product.stock)

UNNOTED: Final = Contender(name="unnoted", module="tests.bench.unnoted", lay_out=product.lay_out)

CONTENDERS: Final[Mapping[str, Contender]] = {
    contender.name: contender for contender in (BARE, PRODUCT, UNNOTED, FASTSTREAM)
}
