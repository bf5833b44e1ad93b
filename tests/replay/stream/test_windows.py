"""Windows equal a batch over the source's own tables, worked out by Polars without any event."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from graph.days import start_of
from graph.model import NEVER, UNKNOWN
from graph.tables import SCHEMAS
from ingest.source import open_source
from replay.stream.panes import RECORDS
from replay.stream.reference import Reference
from replay.stream.source import Recorded, read_recorded
from replay.stream.state import Output
from replay.stream.stepper import Stepper
from replay.stream.windows import KEPT_DAYS, MEASURES, QUANTILES, SCOPES, WINDOWS, Windows
from tests.replay.stream.conftest import QUICK
from tests.replay.stream.raw import packages_of

HALF_YEAR = int(np.datetime64("2017-07-01", "D").astype(np.int64))
FORECAST = ("expected_n", "expected_sum_s", "real_sum_s")


Played = tuple[Stepper, list[Output]]


def play(recorded: Recorded, until_s: int | None = None) -> Played:
    outputs: list[Output] = []
    stepper = Stepper.resume(recorded.log, recorded.reference, parameters=QUICK)
    stepper.run(until_s, watch=outputs.append)
    return stepper, outputs


@pytest.fixture(scope="module")
def played(recorded: Recorded) -> Played:
    """Play the first half year: opening stock, then everything that a marketplace does."""
    return play(recorded, start_of(HALF_YEAR))


def quantile(values: list[int], p: float) -> int | None:
    return sorted(values)[math.ceil(p * len(values)) - 1] if values else None


def batch(packages: pl.DataFrame, scope: str, span_s: tuple[int, int]) -> dict[str, dict[str, Any]]:
    """Return a window's rows by key, from the packages of the raw tables."""
    key = pl.lit("all") if scope == "all" else pl.col(scope).fill_null("")
    keyed = packages.with_columns(key=key)

    def within(stamp: str) -> pl.DataFrame:
        return keyed.filter(pl.col(stamp).is_between(*span_s, closed="left"))

    bought = within("purchased_s")
    handed, delivered = (within(stamp).drop_nulls("seller") for stamp in ("handed_s", "delivered_s"))
    told = delivered.filter(pl.col("promised_s").is_not_null())
    slack = pl.col("promised_s") - pl.col("delivered_s")
    parts = [
        bought.group_by("key").agg(
            orders=pl.col("order_id").n_unique(), packages=pl.col("seller").is_not_null().sum()
        ),
        handed.group_by("key").agg(handed=pl.len(), handling=pl.col("handling_s").drop_nulls().sort()),
        delivered.group_by("key").agg(delivered=pl.len(), transit=pl.col("transit_s").drop_nulls().sort()),
        told.group_by("key").agg(promised=pl.len(), late=(slack < 0).sum(), slack_sum_s=slack.sum()),
    ]
    rows: dict[str, dict[str, Any]] = {}
    for part in parts:
        for row in part.iter_rows(named=True):
            rows.setdefault(row["key"], {}).update(row)
    return {key: spread(row) for key, row in sorted(rows.items())}


def spread(row: dict[str, Any]) -> dict[str, Any]:
    found = {name: row.get(name, 0) for name in MEASURES if "_" not in name or name == "slack_sum_s"}
    for stage in ("handling", "transit"):
        values = row.get(stage, [])
        found |= {f"{stage}_n": len(values), f"{stage}_sum_s": sum(values)}
        found |= {f"{stage}_{name}_s": quantile(values, p) for name, p in QUANTILES.items()}
    return found


def by_key(rows: dict[str, list[Any]]) -> dict[str, dict[str, Any]]:
    return {
        key: {name: rows[name][place] for name in MEASURES if name not in FORECAST}
        for place, key in enumerate(rows["key"])
    }


def assert_agree(outputs: list[Output], packages: pl.DataFrame, least: int) -> None:
    compared = 0
    for output in outputs:
        if output.kind == "window":
            told = output.data
            assert by_key(told["rows"]) == batch(packages, told["scope"], (told["from_s"], told["to_s"]))
            compared += len(told["rows"]["key"]) > 0
    assert compared >= least


def test_windows_agree_with_the_raw_tables(played: Played, market_dir: Path) -> None:
    windows = [one for one in played[1] if one.kind == "window"]
    assert {(one.data["window"], one.data["scope"]) for one in windows} == {
        (one.name, scope) for one in WINDOWS for scope in one.scopes
    }
    some = [one for place, one in enumerate(windows) if place % 11 == 0]
    assert_agree(some, packages_of(market_dir), 50)


@pytest.mark.campaign
def test_windows_of_the_real_history_agree_with_its_tables(olist_dir: Path) -> None:
    _, outputs = play(read_recorded(open_source(olist_dir)))
    windows = [one for one in outputs if one.kind == "window"]
    packages = packages_of(olist_dir)
    assert_agree(windows[::11] + windows[-20:], packages, 200)


def test_any_stretch_can_be_read_at_any_tick(played: Played, market_dir: Path) -> None:
    stepper, until = played[0], HALF_YEAR
    packages = packages_of(market_dir)
    for scope in SCOPES:
        for days in (1, 5, KEPT_DAYS):
            rows = stepper.state.windows.read(scope, days, until)
            assert by_key(rows) == batch(packages, scope, (start_of(until - days), start_of(until)))


def test_a_day_is_told_with_what_the_model_expected(played: Played) -> None:
    stepper, outputs = played
    told, journeys = stepper.state.learner.told, stepper.state.learner.journeys
    known = ~np.isnan(told["expected_days"]) & ~np.isnan(journeys["total_days"])
    days = [one.data for one in outputs if one.kind == "day"]
    weight = np.array([one["delivered"] for one in days if one["expected_mean_days"] is not None])
    mean = np.array([one["expected_mean_days"] for one in days if one["expected_mean_days"] is not None])
    assert weight @ mean / weight.sum() == pytest.approx(told["expected_days"][known].mean(), rel=1e-3)
    assert np.nanmin(told["p_late"]) >= 0
    assert np.nanmax(told["p_late"]) <= 1


def test_nothing_happened() -> None:
    empty = {name: dict.fromkeys(columns, np.zeros(0, np.int64)) for name, columns in RECORDS.items()}
    windows = Windows(names())
    closed = windows.close(4, empty)  # the Monday after the first Thursday of the epoch is day 4
    assert {one["window"] for one in closed} == {"day"}
    assert all(not values for one in closed for values in one["rows"].values())
    assert {one["window"] for one in windows.close(10, empty)} == {"day", "week", "30 days"}


def test_seconds_that_are_not_known_count_nowhere() -> None:
    one, unknown = np.full(1, UNKNOWN), ("handling_s", "transit_s", "total_s", "expected_s", "slack_s")
    records = {
        name: {column: np.full(1, NEVER) if column in unknown else one for column in columns}
        for name, columns in RECORDS.items()
    }
    windows = Windows(names())
    windows.close(0, records)
    rows = windows.read("all", 1, 1)
    assert (rows["handed"], rows["delivered"]) == ([1], [1])
    assert [rows[name] for name in ("promised", "late", "handling_n", "transit_n", "expected_n")] == [[0]] * 5
    assert [rows[name] for name in ("handling_p50_s", "transit_p95_s")] == [[None]] * 2


def names() -> Reference:
    return Reference.of({name: schema.empty() for name, schema in SCHEMAS.items()})
