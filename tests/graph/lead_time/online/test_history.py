"""Playing a history: nothing leaks from the future, shifts are followed, a frozen model learns nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from graph.days import DAY_S
from graph.lead_time import Journeys, LeadTimeBatch, LeadTimes, RouteQuery
from graph.lead_time.online.history import Played, play, spread_of_days
from graph.lead_time.online.parameters import OnlineParameters
from graph.model import NEVER

START = 17_000 * DAY_S + 3 * 3600  # a midnight in Brasilia
DAYS = 300
AS_OF = START + DAYS * DAY_S
SMALL = OnlineParameters(
    base_minimum=1_000, lane_trees=40, seller_trees=20, refit_days=90.0, refit_growth=2.0
)
STAMPS = ("approved_s", "handed_s", "delivered_s")


def history(rows: int = 9_000, seed: int = 1, shift: float = 0.0, seller_sd: float = 0.3) -> Journeys:
    """Return a whole history, later stamps too; from day 200 on everything takes e^shift times as long."""
    rng = np.random.default_rng(seed)
    seller = rng.integers(0, 30, rows)
    effect = rng.normal(0.0, seller_sd, 30)
    origin, dest = seller % 2, rng.integers(0, 3, rows)
    purchased = np.sort(START + rng.integers(0, DAYS * DAY_S, rows))
    distance = np.where(origin == dest, 100.0, 800.0) * rng.uniform(0.5, 1.5, rows)
    log_days = 0.8 + 0.25 * np.log(distance) + effect[seller] + rng.normal(0.0, 0.3, rows)
    log_days += shift * (purchased >= START + 200 * DAY_S)
    total = np.exp(log_days)
    approval, handling = 0.05 * total, 0.3 * total
    ends = np.column_stack([approval, approval + handling, total])
    stamps = purchased[:, None] + (ends * DAY_S).astype(np.int64)
    return Journeys.build(
        rows,
        purchased_s=purchased,
        **{name: stamps[:, column] for column, name in enumerate(STAMPS)},
        approval_days=approval,
        handling_days=handling,
        transit_days=total - approval - handling,
        total_days=total,
        seller=seller,
        origin_region=origin * 10,
        dest_region=dest * 10,
        origin_state=origin,
        dest_state=dest,
        distance_km=distance,
        weight_g=500.0,
        volume_cm3=3_000.0,
        price_cents=10_000.0,
        payment_type=1,
    )


def forecasts(played: Played, rows: np.ndarray) -> LeadTimeBatch:
    spread, place = spread_of_days(played, rows)
    none = np.zeros(rows.shape[0], np.int64)
    return LeadTimeBatch(played.issued.location[rows], place, spread, none.astype(np.int8), none)


def bought(journeys: Journeys, first_day: int, last_day: int) -> np.ndarray:
    day = (journeys.purchased_s - START) // DAY_S
    return np.flatnonzero((day >= first_day) & (day < last_day))


def changed(journeys: Journeys, at_s: int, how: str) -> Journeys:
    """Return the history with everything after ``at_s`` moved, emptied or removed."""
    if how == "removed":
        keep = journeys.purchased_s < at_s
        return Journeys(**{name: getattr(journeys, name)[keep] for name in Journeys.__slots__})
    columns = {}
    for name in STAMPS:
        stamps = getattr(journeys, name)
        late = stamps >= at_s
        columns[name] = np.where(late, NEVER if how == "emptied" else stamps + 5 * DAY_S, stamps)
    late = journeys.delivered_s >= at_s
    columns["total_days"] = np.where(
        late, np.nan if how == "emptied" else journeys.total_days + 5.0, journeys.total_days
    )
    columns["transit_days"] = np.where(late, np.nan if how == "emptied" else 9.0, journeys.transit_days)
    return replace(journeys, **columns)


@pytest.mark.parametrize("how", ["moved", "emptied", "removed"])
def test_no_forecast_before_an_instant_depends_on_what_comes_after(how: str) -> None:
    whole = history()
    at_s = START + 220 * DAY_S + 5_000
    one = play(whole, AS_OF, SMALL)
    two = play(changed(whole, at_s, how), AS_OF, SMALL)
    rows = np.flatnonzero(whole.purchased_s < at_s)
    assert len(one.engine.bases) >= 2
    assert one.issued.location[rows].tobytes() == two.issued.location[rows].tobytes()
    first, second = forecasts(one, rows), forecasts(two, rows)
    for p in (0.1, 0.5, 0.95):
        assert first.quantile(p).tobytes() == second.quantile(p).tobytes()


def test_without_information_nothing_is_predicted() -> None:
    """Stage triples permuted among the delivered: what is left is no better than chance."""
    whole = history()
    order = np.random.default_rng(8).permutation(len(whole))
    days = {
        name: getattr(whole, name)[order]
        for name in ("approval_days", "handling_days", "transit_days", "total_days")
    }
    ends = {
        "approved_s": days["approval_days"],
        "handed_s": days["approval_days"] + days["handling_days"],
        "delivered_s": days["total_days"],
    }
    stamps = {name: whole.purchased_s + (end * DAY_S).astype(np.int64) for name, end in ends.items()}
    shuffled = replace(whole, **days, **stamps)
    rows = bought(shuffled, 150, 290)
    read = forecasts(play(shuffled, AS_OF, SMALL), rows)
    actual = shuffled.total_days[rows]
    r2 = 1.0 - ((actual - read.mean_days) ** 2).sum() / ((actual - actual.mean()) ** 2).sum()
    assert r2 < 0.01


def test_forecasts_are_good_and_calibrated() -> None:
    whole = history()
    rows = bought(whole, 150, 280)
    read = forecasts(play(whole, AS_OF, SMALL), rows)
    actual = whole.total_days[rows]
    for p in (0.5, 0.8, 0.95):
        assert np.mean(actual <= read.quantile(p)) == pytest.approx(p, abs=0.03)
    spread = np.log(actual) - np.log(read.quantile(0.5))
    assert spread.std() < 0.33  # the noise is 0.30
    assert read.mean_days.mean() == pytest.approx(actual.mean(), rel=0.03)


@pytest.mark.parametrize("shift", [0.5, -0.5])
def test_a_shift_is_followed_online_and_not_frozen(shift: float) -> None:
    whole = history(shift=shift, seller_sd=1e-6)
    rows = bought(whole, 225, 280)
    online = play(whole, AS_OF, SMALL)
    frozen = play(whole, AS_OF, SMALL, frozen_from_s=START + 200 * DAY_S)
    wrong = {
        name: float(np.median(np.log(whole.total_days[rows]) - played.issued.location[rows]))
        for name, played in (("online", online), ("frozen", frozen))
    }
    assert abs(wrong["online"]) < 0.1
    assert wrong["frozen"] == pytest.approx(shift, abs=0.15)
    # A step in the level is no effect of any lane or seller.
    assert np.abs(online.engine.signals.seller.values()).max() < 0.1


def test_a_frozen_model_learns_nothing_after_its_instant() -> None:
    whole = history()
    at_s = START + 200 * DAY_S
    one = play(whole, AS_OF, SMALL, frozen_from_s=at_s)
    other = play(changed(whole, at_s, "emptied"), AS_OF, SMALL, frozen_from_s=at_s)
    assert one.issued.location.tobytes() == other.issued.location.tobytes()
    assert one.levels[200:].tolist() == [one.levels[200]] * (DAYS - 200)
    assert (one.cdf[200:] == one.cdf[200]).all()


def test_bases_of_an_earlier_run_save_the_fits_and_change_nothing() -> None:
    whole = history()
    first = play(whole, AS_OF, SMALL)
    again = play(whole, AS_OF, SMALL, bases=first.engine.bases)
    assert again.engine.bases == first.engine.bases  # the very same objects: nothing was fitted
    assert again.issued.location.tobytes() == first.issued.location.tobytes()


def as_known(journeys: Journeys, at_s: int) -> Journeys:
    cut = changed(changed(journeys, at_s, "removed"), at_s, "emptied")
    blank = np.isnan
    return replace(
        cut,
        approval_days=np.where(cut.approved_s == NEVER, np.nan, cut.approval_days),
        handling_days=np.where(cut.handed_s == NEVER, np.nan, cut.handling_days),
        transit_days=np.where(blank(cut.total_days), np.nan, cut.transit_days),
    )


def test_a_snapshot_reads_like_the_forecast_of_that_day(tmp_path: Path) -> None:
    whole = history()
    at_s = START + 250 * DAY_S
    model = LeadTimes.online(as_known(whole, at_s), at_s, SMALL)
    played = play(whole, at_s + DAY_S, SMALL)
    rows = bought(whole, 250, 251)[:20]
    names = (
        "seller",
        "origin_region",
        "dest_region",
        "origin_state",
        "dest_state",
        "distance_km",
        "weight_g",
    )
    names += ("volume_cm3", "price_cents", "payment_type")
    for row in rows:
        columns = {name: getattr(whole, name)[row] for name in names}
        one = model.read(RouteQuery.build(1, at_s=int(whole.purchased_s[row]), **columns))
        issued = forecasts(played, np.array([row]))
        assert one.quantile(0.9)[0] == pytest.approx(issued.quantile(0.9)[0], rel=1e-9)
        assert sum(stage.mean_days for stage in one[0].stages) == pytest.approx(one.mean_days[0])
    model.save(tmp_path)
    again = LeadTimes.load(tmp_path)
    query = RouteQuery.build(
        5, seller=np.arange(5), origin_state=0, dest_state=1, dest_region=10, distance_km=300.0
    )
    assert again.read(query).mean_days.tobytes() == model.read(query).mean_days.tobytes()
    assert again.sellers(31).effect_log.tobytes() == model.sellers(31).effect_log.tobytes()


def test_a_sellers_source_takes_the_lanes_time_scaled_by_its_effect() -> None:
    model = LeadTimes.online(as_known(history(), AS_OF), AS_OF, SMALL)
    sellers = model.sellers(30)
    lane = {"origin_state": 0, "dest_state": 1, "dest_region": 10, "distance_km": 700.0}
    reference = model.read(RouteQuery.build(1, **lane))
    every = model.read(RouteQuery.build(30, seller=np.arange(30), **lane))
    assert every.mean_days == pytest.approx(reference.mean_days[0] * np.exp(sellers.effect_log))
    assert every.sd_days == pytest.approx(reference.sd_days[0] * np.exp(sellers.effect_log))
    site = model.read(RouteQuery.build(1, seller=3, site_handling_days=0.5, **lane))
    assert site.stage("handling").mean_days[0] == pytest.approx(0.5)


def test_named_carriers_move_the_whole_lead_time() -> None:
    """Three carriers, the last e^0.6 times as slow as the first."""
    whole = history()
    carrier = np.random.default_rng(2).integers(0, 3, len(whole))
    factor = np.exp(0.3 * (carrier - 1.0))
    slower = {
        name: getattr(whole, name) * factor for name in ("approval_days", "handling_days", "transit_days")
    }
    total = whole.total_days * factor
    ends = {
        "approved_s": slower["approval_days"],
        "handed_s": slower["approval_days"] + slower["handling_days"],
        "delivered_s": total,
    }
    stamps = {name: whole.purchased_s + (end * DAY_S).astype(np.int64) for name, end in ends.items()}
    mixed = replace(whole, **slower, **stamps, total_days=total, carrier=carrier.astype(np.int32))
    model = LeadTimes.online(as_known(mixed, AS_OF), AS_OF, SMALL)
    lane = {"origin_state": 0, "dest_state": 1, "origin_region": 0, "dest_region": 10, "distance_km": 700.0}
    read = model.read(RouteQuery.build(4, carrier=np.array([0, 1, 2, -1]), **lane))
    medians = np.log(read.quantile(0.5))
    assert medians[:3] - medians[3] == pytest.approx([-0.3, 0.0, 0.3], abs=0.06)


def test_an_empty_history_can_be_played_and_read() -> None:
    model = LeadTimes.online(Journeys.build(0), AS_OF)
    assert np.isfinite(model.read(RouteQuery.build(3)).mean_days).all()
