"""A backtest scores orders, not packages; claims what it says; beats what it must on a planted history."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from graph.days import DAY_S
from graph.errors import BadInput
from graph.lead_time import Journeys
from graph.lead_time.journeys import STAGES, FloatArray, IntArray
from graph.lead_time.online.history import play
from graph.lead_time.online.parameters import OnlineParameters
from graph.model import NEVER
from ingest.source import open_source
from replay.backtest import Backtest, Target, backtest
from replay.forecasts import forecast
from replay.metrics import roc_auc
from replay.past import History, read_history

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
        carrier=rng.integers(0, 2, rows),
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


def test_mean_and_quantiles_belong_to_the_same_order(online: Backtest) -> None:
    quantiles = online.predictions.select(pl.col("^q[0-9]5$")).to_numpy()
    middle = quantiles.mean(axis=1)  # q05, q15, ..., q95: ten equal shares of the distribution
    assert online.predictions["mean_days"].to_numpy() == pytest.approx(middle, rel=0.1)


def test_it_beats_the_simple_forecasters_after_a_shift(online: Backtest) -> None:
    scores = online.scores
    assert scores["claim"] == "online"
    assert set(scores["baselines"]) == {"climatology", "last_month", "state_pair", "frozen", "promise"}
    for name in ("climatology", "last_month", "state_pair"):
        other = scores["baselines"][name]
        assert scores["overall"]["crps"] < other["crps"]
        assert scores["overall"]["mae"] < other["mae"]
    assert sum(scores["pit"]) == pytest.approx(1.0)
    assert set(scores["groups"]) >= {"month 2017-01", "same state", "between states"}


def test_promises_and_late_warnings_are_scored(online: Backtest) -> None:
    promise, late = online.scores["promise"], online.scores["late"]
    assert promise["platform_days"] == pytest.approx(25.0)
    equal = promise["at_equal_rate"]
    assert equal["model"]["days"] < equal["climatology"]["days"]
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


def test_from_the_approval_the_days_are_fewer_and_the_orders_those_purchased_in_the_span() -> None:
    past = history()
    journeys = past.journeys
    from_approval = backtest(past, SPAN, target="approved", parameters=SMALL)
    inside = (journeys.purchased_s >= SPAN[0]) & (journeys.purchased_s < SPAN[1])
    approved = inside & (journeys.approved_s != NEVER)
    assert set(from_approval.predictions["order_id"]) == set(past.orders.filter(pl.Series(approved)))
    last = int(journeys.approved_s[approved].max())
    assert from_approval.predictions["from_instant"].dt.epoch("s").max() == last >= SPAN[1]
    actual = (journeys.delivered_s - journeys.approved_s) / DAY_S
    assert from_approval.predictions["mean_days"].mean() == pytest.approx(actual[inside].mean(), rel=0.1)


@pytest.mark.parametrize("base_rows", [SMALL.base_rows, 1_500])
def test_a_delivery_stamped_before_its_approval_teaches_nothing_and_is_not_scored(base_rows: int) -> None:
    past = history()
    journeys, odd = past.journeys, past.orders.is_in(past.orders.unique(maintain_order=True)[::50].to_list())
    approved_s = np.where(odd, journeys.delivered_s + 600, journeys.approved_s)
    late = History(replace(journeys, approved_s=approved_s), past.orders, past.canceled)
    parameters = replace(SMALL, base_rows=base_rows)
    told = backtest(late, SPAN, target="approved", parameters=parameters)
    assert told.predictions.select(pl.col(pl.Float64).is_finite().all()).row(0) == (True,) * 22
    inside = (journeys.purchased_s >= SPAN[0]) & (journeys.purchased_s < SPAN[1])
    assert told.predictions.height == past.orders.filter(pl.Series(inside)).n_unique()
    scored = past.orders.filter(pl.Series(inside & ~past.canceled) & ~odd)
    assert told.scores["overall"]["n"] <= scored.n_unique()
    calm = backtest(past, SPAN, target="approved", parameters=parameters).scores["overall"]
    assert told.scores["overall"]["crps"] == pytest.approx(calm["crps"], rel=0.05)


def test_the_median_is_scored_by_mae_and_what_is_scored_is_what_is_published(online: Backtest) -> None:
    past = history()
    actual = pl.DataFrame({"order_id": past.orders, "days": past.journeys.total_days, "off": past.canceled})
    told = online.predictions.join(actual.group_by("order_id").max(), on="order_id").filter(~pl.col("off"))
    overall = online.scores["overall"]
    assert online.scores["scored_point"]["mae"] == "median"
    assert overall["n"] == told.height
    assert overall["mae"] == pytest.approx((told["q50"] - told["days"]).abs().mean(), rel=1e-12)
    assert overall["mae_of_mean"] == pytest.approx((told["mean_days"] - told["days"]).abs().mean(), rel=1e-12)
    assert overall["coverage_95"] == pytest.approx((told["days"] <= told["q95"]).mean(), rel=1e-12)


@pytest.mark.parametrize(
    ("span", "said"),
    [
        ((SPAN[1], SPAN[0]), "must lie before"),
        ((SPAN[0], SPAN[0]), "must lie before"),
        ((START - 9 * DAY_S, START), "No order was purchased"),
        ((START + 900 * DAY_S, START + 901 * DAY_S), "No order was purchased"),
    ],
)
def test_a_span_without_orders_is_refused(span: tuple[int, int], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        backtest(history(), span, parameters=SMALL)


def test_a_span_without_deliveries_is_refused() -> None:
    past = cut_at(history(), SPAN[0], "emptied")
    with pytest.raises(BadInput, match=r"None of the .* was delivered"):
        backtest(past, SPAN, parameters=SMALL)


def test_a_span_without_approvals_is_refused_for_that_target() -> None:
    past = history()
    never = replace(past.journeys, approved_s=np.full(len(past.journeys), NEVER))
    with pytest.raises(BadInput, match="None of the orders of this time was approved"):
        backtest(History(never, past.orders, past.canceled), SPAN, target="approved", parameters=SMALL)


def cut_at(past: History, at_s: int, how: str) -> History:
    """Return a history whose stamps from ``at_s`` on are moved or emptied, or whose later orders are gone."""
    journeys = past.journeys
    if how == "removed":
        return past.taken(np.flatnonzero(journeys.purchased_s < at_s))
    changed: dict[str, IntArray | FloatArray] = {}
    ends = {"approved_s": "approval_days", "handed_s": "handling_days", "delivered_s": "transit_days"}
    for stamp, stage in ends.items():
        later = getattr(journeys, stamp) >= at_s
        moved = how == "moved"
        changed[stamp] = np.where(
            later, getattr(journeys, stamp) + 7 * DAY_S if moved else NEVER, getattr(journeys, stamp)
        )
        days = getattr(journeys, stage)
        changed[stage] = np.where(later, days + 7.0 if moved else np.nan, days)
        if stamp == "delivered_s":
            total = journeys.total_days
            changed["total_days"] = np.where(later, total + 7.0 if moved else np.nan, total)
    # A carrier is known at the hand-over: what is handed over later has none yet.
    carrier = np.where(journeys.handed_s >= at_s, -1, journeys.carrier)
    changed["carrier"] = carrier if how == "emptied" else journeys.carrier
    return History(replace(journeys, **changed), past.orders, past.canceled)


def untouched(past: History, at_s: int, target: Target = "purchased") -> None:
    """Assert that no prediction issued before ``at_s`` moves, whatever is done to what is stamped later."""
    before = pl.col("from_instant").dt.epoch("s") < at_s
    issued = backtest(past, SPAN, target=target, parameters=SMALL).predictions.filter(before)
    assert issued.height > 500
    for how in ("moved", "emptied", "removed"):
        again = backtest(cut_at(past, at_s, how), SPAN, target=target, parameters=SMALL)
        assert again.predictions.filter(before).equals(issued), how


@pytest.mark.parametrize("target", ["purchased", "approved"])
def test_no_prediction_knows_what_is_stamped_after_its_order(target: Target) -> None:
    untouched(history(), SPAN[0] + 31 * DAY_S + 40_000, target)


def test_a_forecast_does_not_depend_on_which_others_are_asked_for() -> None:
    past = history()
    played = play(past.journeys, SPAN[1], SMALL)
    row = np.flatnonzero((past.journeys.purchased_s >= SPAN[0]) & (past.journeys.purchased_s < SPAN[1]))
    whole = forecast(past, played, row).frame()
    for days in range(1, 60, 2):
        first = row[past.journeys.purchased_s[row] < SPAN[0] + days * DAY_S]
        some = forecast(past, played, first).frame()
        assert some.equals(whole.head(some.height)), days


def permuted(past: History, seed: int) -> History:
    """Return the history with the stage triples of delivered orders shuffled among them."""
    journeys = past.journeys
    done = np.flatnonzero((journeys.delivered_s != NEVER) & np.isfinite(journeys.total_days))
    taken = np.random.default_rng(seed).permutation(done)
    changed = {
        name: getattr(journeys, name).copy() for name in (f"{part}_days" for part in ("total", *STAGES))
    }
    for days in changed.values():
        days[done] = days[taken]
    for name in ("approved_s", "handed_s", "delivered_s"):
        stamps: IntArray = getattr(journeys, name)
        since = stamps[taken] - journeys.purchased_s[taken]
        changed[name] = stamps.copy()
        changed[name][done] = np.where(stamps[taken] == NEVER, NEVER, journeys.purchased_s[done] + since)
    return History(replace(journeys, **changed), past.orders, past.canceled)


def nothing_to_know(past: History, span: tuple[int, int], parameters: OnlineParameters | None) -> None:
    told = backtest(past, span, parameters=parameters)
    actual = pl.DataFrame({"order_id": past.orders, "days": past.journeys.total_days, "off": past.canceled})
    scored = told.predictions.join(actual.group_by("order_id").max(), on="order_id").filter(
        ~pl.col("off") & pl.col("days").is_not_nan()
    )
    long: NDArray[np.bool_] = (scored["days"] > 14.0).to_numpy()
    assert told.scores["overall"]["r2"] <= 0.01
    assert 0.48 <= roc_auc(long, scored["q80"].to_numpy()) <= 0.52


def test_where_nothing_can_be_known_nothing_is_claimed() -> None:
    nothing_to_know(permuted(history(20_000), 3), (START + 120 * DAY_S, START + 230 * DAY_S), SMALL)


@pytest.mark.campaign
def test_on_the_real_history_neither(olist_dir: Path) -> None:
    past = read_history(open_source(olist_dir))
    span = (1_501_556_400, 1_519_873_200)  # August 2017 to February 2018
    nothing_to_know(permuted(past, 5), span, None)


@pytest.mark.campaign
def test_on_the_real_history_no_prediction_knows_what_is_stamped_later(olist_dir: Path) -> None:
    past = read_history(open_source(olist_dir))
    span, at_s = (1_517_450_400, 1_519_873_200), 1_518_264_000  # February 2018, and the 10th at noon
    before = pl.col("from_instant").dt.epoch("s") < at_s
    issued = backtest(past, span).predictions.filter(before)
    for how in ("moved", "emptied", "removed"):
        assert backtest(cut_at(past, at_s, how), span).predictions.filter(before).equals(issued), how
