"""A backtest scores orders, not packages; claims what it says; beats what it must on a planted history."""

from importlib.util import find_spec

import numpy as np
import polars as pl
import pytest

if not (find_spec("numba") and find_spec("sklearn")):
    pytest.skip("the online model needs numba and scikit-learn", allow_module_level=True)

from graph.lead_time import Journeys
from graph.lead_time.journeys import DAY_S
from graph.lead_time.online.parameters import OnlineParameters
from graph.model import NEVER
from replay.backtest import Backtest, History, backtest

START = 17_000 * DAY_S + 3 * 3600
DAYS = 260
SPAN = (START + 180 * DAY_S, START + 240 * DAY_S)
SMALL = OnlineParameters(
    base_minimum=1_000, lane_trees=40, seller_trees=20, refit_days=90.0, refit_growth=2.0
)


def history(rows: int = 8_000, seed: int = 5, shift: float = 0.4) -> History:
    """Return orders of one or two packages; from day 150 on everything is slower."""
    rng = np.random.default_rng(seed)
    purchased = np.sort(START + rng.integers(0, DAYS * DAY_S, rows))
    two = np.flatnonzero(rng.random(rows - 1) < 0.1)
    purchased[two + 1] = purchased[two]
    names = np.array([f"order-{row:05d}" for row in range(rows)])
    names[two + 1] = names[two]
    seller = rng.integers(0, 25, rows)
    origin, dest = seller % 2, rng.integers(0, 3, rows)
    log_days = 2.0 + 0.5 * (origin != dest) + rng.normal(0.0, 0.25, 25)[seller] + rng.normal(0.0, 0.3, rows)
    total = np.exp(log_days + shift * (purchased > START + 150 * DAY_S))
    total[two + 1] = total[two]  # an order has one delivery stamp
    ends = purchased[:, None] + (total[:, None] * np.array([0.05, 0.35, 1.0]) * DAY_S).astype(np.int64)
    journeys = Journeys.build(
        rows,
        purchased_s=purchased,
        approved_s=ends[:, 0],
        handed_s=ends[:, 1],
        delivered_s=ends[:, 2],
        promised_s=purchased + 25 * DAY_S,
        approval_days=0.05 * total,
        handling_days=0.3 * total,
        transit_days=0.65 * total,
        total_days=total,
        seller=seller,
        origin_region=origin,
        dest_region=dest,
        origin_state=origin,
        dest_state=dest,
        distance_km=np.where(origin == dest, 50.0, 900.0),
    )
    return History(journeys, pl.Series(names), rng.random(rows) < 0.01)


@pytest.fixture(scope="module")
def online() -> Backtest:
    return backtest(history(), SPAN, parameters=SMALL)


def test_one_row_an_order_with_rising_quantiles(online: Backtest) -> None:
    past = history()
    inside = pl.Series((past.journeys.purchased_s >= SPAN[0]) & (past.journeys.purchased_s < SPAN[1]))
    assert set(online.predictions["order_id"]) == set(past.orders.filter(inside))
    assert online.predictions["order_id"].is_unique().all()
    quantiles = online.predictions.select(pl.col("^q\\d\\d$")).to_numpy()
    assert online.predictions.columns[:6] == [
        "order_id",
        "from_instant",
        "mean_days",
        "var_days",
        "q05",
        "q10",
    ]
    assert online.predictions.columns[-4:] == ["q95", "q99", "basis", "n"]
    assert (np.diff(quantiles, axis=1) >= 0.0).all()
    assert online.predictions["from_instant"].dtype == pl.Datetime("us", "UTC")


def test_it_beats_the_simple_forecasters_after_a_shift(online: Backtest) -> None:
    scores = online.scores
    assert scores["claim"] == "online"
    assert set(scores["baselines"]) == {"climatology", "last_month", "state_pair", "frozen"}
    for name in ("climatology", "last_month", "state_pair"):
        other = scores["baselines"][name]
        assert scores["overall"]["crps"] < other["crps"]
        assert scores["overall"]["mae"] < other["mae"]
    assert sum(scores["pit"]) == pytest.approx(1.0)
    assert set(scores["groups"]) >= {"month 2017-01", "same state", "between states"}


def test_promises_and_late_warnings_are_scored(online: Backtest) -> None:
    promise, late = online.scores["promise"], online.scores["late"]
    assert promise["platform_days"] == pytest.approx(25.0)
    assert promise["model"]["days"] < promise["climatology"]["days"]
    assert late["with_promise"]["auc"] > 0.6
    assert late["with_promise"]["brier"] < late["brier_of_base_rate"]


def test_canceled_and_undelivered_orders_are_forecast_but_not_scored(online: Backtest) -> None:
    past = history()
    journeys = past.journeys
    inside = (journeys.purchased_s >= SPAN[0]) & (journeys.purchased_s < SPAN[1])
    orders = past.orders.filter(pl.Series(inside)).n_unique()
    assert online.predictions.height == orders
    assert online.scores["overall"]["n"] < orders


def test_a_frozen_backtest_says_so_and_misses_the_end_of_the_slow_time() -> None:
    past = history()
    span = (START + 145 * DAY_S, START + 200 * DAY_S)
    still = backtest(past, span, frozen=True, parameters=SMALL)
    moving = backtest(past, span, parameters=SMALL)
    assert still.scores["claim"] == "frozen"
    assert "frozen" not in still.scores["baselines"]
    assert moving.scores["overall"]["mae"] < still.scores["overall"]["mae"]
    assert moving.scores["baselines"]["frozen"]["mae"] == pytest.approx(still.scores["overall"]["mae"])


def test_in_calm_times_it_covers_what_it_says() -> None:
    calm = backtest(history(shift=0.0), SPAN, parameters=SMALL).scores["overall"]
    for p in (50, 80, 90, 95):
        assert calm[f"coverage_{p}"] == pytest.approx(p / 100.0, abs=0.04)


def test_from_the_approval_the_days_are_fewer() -> None:
    past = history()
    from_approval = backtest(past, SPAN, target="approved", parameters=SMALL)
    known = past.journeys.approved_s != NEVER
    assert from_approval.predictions.height <= int(known.sum())
    actual = (past.journeys.delivered_s - past.journeys.approved_s) / DAY_S
    inside = (past.journeys.approved_s >= SPAN[0]) & (past.journeys.approved_s < SPAN[1])
    assert from_approval.predictions["mean_days"].mean() == pytest.approx(actual[inside].mean(), rel=0.1)
