"""A made-up marketplace as a log, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.lead_time import OnlineParameters
from ingest.source import open_source
from replay.stream.source import Recorded, read_recorded

QUICK = OnlineParameters(lane_trees=4, seller_trees=2, base_minimum=150, leaf_minimum=20)


@pytest.fixture(scope="session")
def recorded(market_dir: Path) -> Recorded:
    return read_recorded(open_source(market_dir))
