"""Nothing from the future: a snapshot as of T does not depend on what the source says of later."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from graph import Network
from graph.lead_time import OnlineParameters
from graph.lead_time.model import PAUSED
from ingest.source import open_source
from replay.build import build
from tests.ingest.history import InMemory, as_exported_at

FEW_TREES = OnlineParameters(lane_trees=8, seller_trees=4)
INSTANTS = [
    datetime(2017, 3, 10, 12, tzinfo=UTC),
    datetime(2017, 10, 15, 3, 30, tzinfo=UTC),  # the night in which the clocks of São Paulo moved forward
    datetime(2017, 11, 25, 2, tzinfo=UTC),  # in the rush of Black Friday
    datetime(2018, 3, 1, 3, tzinfo=UTC),
    datetime(2018, 5, 20, 17, 45, 13, tzinfo=UTC),
]


@pytest.mark.parametrize("as_of", INSTANTS, ids=lambda t: f"{t:%Y-%m-%dT%H%M}")
def test_whole_history_and_cut_history_give_the_same_snapshot(
    olist_dir: Path, tmp_path: Path, as_of: datetime
) -> None:
    then = InMemory(as_exported_at(_tables(olist_dir), _local(as_of)))
    whole = build(open_source(olist_dir), as_of, tmp_path / "whole", settings=FEW_TREES)
    cut = build(then, as_of, tmp_path / "then", settings=FEW_TREES)

    assert whole.snapshot_id == cut.snapshot_id
    assert whole.tables["orders"].later_than_as_of > 0
    assert cut.tables["orders"].later_than_as_of == 0
    folders = [tmp_path / name / whole.snapshot_id for name in ("whole", "then")]
    _assert_same_network(*folders)
    for file in ("events.parquet", "demand.parquet"):
        assert_frame_equal(*(pl.read_parquet(folder / file) for folder in folders))


def test_no_event_in_the_log_is_stamped_at_or_after_the_instant(olist_dir: Path, tmp_path: Path) -> None:
    as_of = INSTANTS[3]
    report = build(open_source(olist_dir), as_of, tmp_path, settings=FEW_TREES)
    events = pl.read_parquet(tmp_path / report.snapshot_id / "events.parquet")
    assert events["time_s"].max() < as_of.timestamp()  # type: ignore[operator]
    assert events["time_s"].is_sorted()
    assert events.height == report.events


def _tables(folder: Path) -> dict[str, pl.DataFrame]:
    return {path.stem: pl.read_csv(path, infer_schema=False) for path in folder.glob("*.csv")}


def _local(instant: datetime) -> str:
    return instant.astimezone(ZoneInfo("America/Sao_Paulo")).strftime("%Y-%m-%d %H:%M:%S")


def _assert_same_network(one: Path, other: Path) -> None:
    first, second = Network.open(one), Network.open(other)
    for name, table in first.tables.items():
        assert_frame_equal(table, second.tables[name], rel_tol=0, abs_tol=1e-9)
    for field in ("state", "carrier", "seller", "handling_level"):
        np.testing.assert_allclose(
            getattr(first.lead_times, field), getattr(second.lead_times, field), rtol=0, atol=1e-9
        )
    for file in ("online.npz", PAUSED):
        assert (one / "lead_time" / file).read_bytes() == (other / "lead_time" / file).read_bytes()
