"""A build from tables to a snapshot folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from graph import Network
from graph.errors import BadInput
from graph.lead_time import OnlineParameters
from graph.lead_time.model import PAUSED
from graph.lead_time.online.learning import Paused
from ingest.checks import check
from ingest.facts import gather, gather_nodes
from ingest.source import open_source
from replay.build import build, write_events


def test_a_snapshot_folder_is_laid_out_as_designed(small_snapshot: Path) -> None:
    current = (small_snapshot / "CURRENT").read_text().strip()
    folder = small_snapshot / current
    assert {path.name for path in folder.iterdir()} == {
        "network",
        "lead_time",
        "freight.npz",
        "demand.parquet",
        "events.parquet",
    }
    told = json.loads((small_snapshot / f"{current}.build" / "build.json").read_text())
    assert told["snapshot_id"] == current
    for table in told["tables"].values():
        assert table["read"] == table["used"] + table["set_aside"] + table["later_than_as_of"]
    network = Network.open(small_snapshot)
    assert told["lanes"] == network.counts()["lanes"]
    assert told["events"] == pl.read_parquet(folder / "events.parquet").height


def test_two_runs_and_two_hash_seeds_give_the_same_bytes(market_dir: Path, tmp_path: Path) -> None:
    for seed in ("1", "2"):
        command = [
            sys.executable,
            "-m",
            "api",
            "build",
            "--source",
            str(market_dir),
            "--out",
            str(tmp_path / seed),
        ]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True)
    one, two = (
        {
            str(path.relative_to(tmp_path / seed)): path.read_bytes()
            for path in sorted((tmp_path / seed).rglob("*"))
            if path.is_file() and path.name != "build.json"
        }
        for seed in ("1", "2")
    )
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


def test_row_order_means_nothing(market_dir: Path, tmp_path: Path, small_snapshot: Path) -> None:
    shuffled = tmp_path / "shuffled"
    shuffled.mkdir()
    for path in sorted(market_dir.glob("*.csv")):
        table = pl.read_csv(path, infer_schema=False)
        table.sample(fraction=1.0, shuffle=True, seed=3).write_csv(shuffled / path.name)
    report = build(open_source(shuffled), None, tmp_path / "snapshots")
    assert report.snapshot_id == (small_snapshot / "CURRENT").read_text().strip()


def test_a_failed_build_leaves_the_old_snapshot_in_force(small_snapshot: Path, tmp_path: Path) -> None:
    before = (small_snapshot / "CURRENT").read_text()
    with pytest.raises(BadInput):
        build(open_source(tmp_path), None, small_snapshot)
    assert (small_snapshot / "CURRENT").read_text() == before
    assert Network.open(small_snapshot).meta.snapshot_id == before.strip()


def test_a_log_too_long_for_memory_is_written_in_stretches(
    market_dir: Path, tmp_path: Path, small_snapshot: Path
) -> None:
    checked = check(open_source(market_dir))
    facts = gather(checked, gather_nodes(checked))
    rows = write_events(tmp_path, checked, facts, at_a_time=300)
    assert [path.name for path in tmp_path.iterdir()] == ["events.parquet"]
    whole = pl.read_parquet(
        small_snapshot / (small_snapshot / "CURRENT").read_text().strip() / "events.parquet"
    )
    assert rows == whole.height
    assert pl.read_parquet(tmp_path / "events.parquet").equals(whole)


def test_progress_names_every_step(market_dir: Path, tmp_path: Path) -> None:
    told: list[str] = []
    build(open_source(market_dir), None, tmp_path, told.append)
    steps = [step for step in told if "%" not in step]
    assert steps[-3:] == ["Gathering facts", "Learning lead times and freight", "Writing the snapshot"]
    shares = [step for step in told if "%" in step]
    assert shares[-1] == "Learning lead times and freight: 100 % of the history"
    assert len(set(shares)) == len(shares) <= 100


def test_fits_of_the_base_are_timed_apart_and_named_by_their_settings(
    market_dir: Path, tmp_path: Path, small_snapshot: Path
) -> None:
    plain = json.loads(next(small_snapshot.glob("*.build/build.json")).read_text())
    assert plain["fit_seconds"] == 0.0  # too few deliveries for trees
    eager = OnlineParameters(base_minimum=400, lane_trees=10, seller_trees=5)
    report = build(open_source(market_dir), None, tmp_path, settings=eager)
    assert 0.0 < report.fit_seconds < report.seconds
    assert report.snapshot_id != plain["snapshot_id"]
    lead_times = Network.open(tmp_path).lead_times
    assert lead_times.total is not None
    assert lead_times.total.base.lane_forest is not None


def test_a_snapshot_holds_where_its_log_ended(small_snapshot: Path) -> None:
    folder = small_snapshot / (small_snapshot / "CURRENT").read_text().strip()
    paused = Paused.load(folder / "lead_time" / PAUSED)
    as_of = Network.open(small_snapshot).meta.as_of
    assert paused.day == (as_of - timedelta(hours=3)).timestamp() // 86_400
    assert 0 < paused.row.shape[0] <= paused.played


def test_lanes_are_read_from_the_model_and_carry_their_evidence(small_snapshot: Path) -> None:
    lanes = Network.open(small_snapshot).lanes()
    assert lanes["mean_days"].is_between(0.1, 120).all()
    assert (lanes["p50_days"] <= lanes["p80_days"]).all()
    assert (lanes["p80_days"] <= lanes["p95_days"]).all()
    assert (lanes["transit_mean_days"] < lanes["mean_days"]).all()
    assert set(lanes["basis"]) <= {"lane", "region", "state", "global"}
    assert lanes["n"].sum() > 1_500
