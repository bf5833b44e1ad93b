"""A made-up marketplace as a log, as packages, and as plain rows of its tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from ingest.source import open_source
from replay.insight.expected import with_expected
from replay.insight.packages import Log
from tests.replay.insight.raw import NINE, Row, read_rows


@pytest.fixture(scope="session")
def nine_dir(market_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of the nine tables of Olist alone: no shipments, so an order has one set of stamps."""
    folder = tmp_path_factory.mktemp("nine")
    for name in NINE:
        shutil.copy(market_dir / f"{name}.csv", folder)
    return folder


@pytest.fixture(scope="session")
def log(nine_dir: Path) -> Log:
    return Log.of_source(open_source(nine_dir))


@pytest.fixture(scope="session")
def packages(log: Log) -> pl.DataFrame:
    return with_expected(log.packages())


@pytest.fixture(scope="session")
def rows(nine_dir: Path, log: Log) -> list[Row]:
    return read_rows(nine_dir, log.as_of_s)
