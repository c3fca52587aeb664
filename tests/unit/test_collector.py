"""The settings of the garbage collector that a node runs with."""

import gc
from collections.abc import Iterator

import pytest

from transfer.node import tune_collector


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("collector")
def test_what_lives_as_long_as_the_process_is_not_looked_at_again() -> None:
    tune_collector()
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold()[0] > 700
