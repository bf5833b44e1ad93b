"""The online model behind ``LeadTimes`` on histories that are short, or have many carriers; stages; site."""

import numpy as np
import pytest

from graph.days import DAY_S
from graph.lead_time import Journeys, LeadTimes, Remaining, RouteQuery
from graph.lead_time.journeys import STAGES
from graph.model import BASES, NEVER, Basis

START = 17_000 * DAY_S + 3 * 3600
LANE = {"origin_state": 0, "dest_state": 1, "origin_region": 0, "dest_region": 10, "distance_km": 700.0}


def journeys(rows: int, median_days: float, days: int = 60, carriers: int = 1, seed: int = 1) -> Journeys:
    """Return parcels of one lane as known after ``days``; carrier c takes e^(0.02 c) times as long."""
    rng = np.random.default_rng(seed)
    purchased = np.sort(START + rng.integers(0, days * DAY_S, rows))
    carrier = rng.integers(0, carriers, rows)
    total = median_days * np.exp(0.02 * carrier + rng.normal(0.0, 0.2, rows))
    parts = total[:, None] * np.array([0.05, 0.25, 0.7])
    stamps = purchased[:, None] + (np.cumsum(parts, axis=1) * DAY_S).astype(np.int64)
    known = stamps < START + days * DAY_S
    stamps[~known] = NEVER
    approval, handling, transit = np.where(known, parts, np.nan).T
    return Journeys.build(
        rows,
        purchased_s=purchased,
        approved_s=stamps[:, 0],
        handed_s=stamps[:, 1],
        delivered_s=stamps[:, 2],
        approval_days=approval,
        handling_days=handling,
        transit_days=transit,
        total_days=np.where(known[:, 2], total, np.nan),
        seller=np.arange(rows) % 3,
        carrier=np.where(known[:, 1], carrier, -1),
        **LANE,
    )


def online(seen: Journeys, days: int = 60) -> LeadTimes:
    return LeadTimes.online(seen, START + days * DAY_S)


@pytest.mark.parametrize("rows", [1, 5, 40, 400])
@pytest.mark.parametrize("median_days", [3.0, 30.0])
def test_the_more_was_seen_the_nearer_it_comes(rows: int, median_days: float) -> None:
    """A handful of orders hardly moves the first guess of ten days; hundreds leave nothing of it."""
    read = online(journeys(rows, median_days, days=150), days=150).read(RouteQuery.build(1, **LANE))
    off = abs(float(np.log(read.quantile(0.5)[0] / median_days)))
    assert off < abs(np.log(10.0 / median_days)) + 0.1
    if rows == 400:
        assert off < 0.35
    assert read.sd_days[0] > 0.0


def test_a_first_order_under_way_teaches_without_a_delivery() -> None:
    read = online(journeys(1, 500.0)).read(RouteQuery.build(2, seller=np.array([0, 77]), **LANE))
    assert np.isfinite(read.mean_days).all()
    assert read.n.tolist() == [0, 0]
    assert BASES[read.basis[0]] is Basis.GLOBAL


def test_many_carriers_come_out_in_their_order() -> None:
    seen = journeys(6_000, 8.0, days=200, carriers=25)
    model = online(seen, days=200)
    every = model.read(RouteQuery.build(26, carrier=np.arange(26) - 1, **LANE))
    medians = np.log(every.quantile(0.5))
    assert np.corrcoef(medians[1:], np.arange(25))[0, 1] > 0.9
    assert medians[1] < medians[0] < medians[25]  # carrier not told: in between
    unseen = model.read(RouteQuery.build(1, carrier=99, **LANE))
    assert np.isfinite(unseen.mean_days).all()


@pytest.mark.parametrize("site", [None, np.array([np.nan, 0.5, 6.0])])
def test_stages_explain_the_total_and_a_site_moves_it_by_its_handling(site: np.ndarray | None) -> None:
    model = online(journeys(800, 8.0, carriers=3))
    lane = RouteQuery.build(3, carrier=np.array([0, 1, 2]), site_handling_days=site, **LANE)
    read = model.read(lane)
    assert sum(read.stage(name).mean_days for name in STAGES) == pytest.approx(read.mean_days)
    assert all((read.stage(name).mean_days > 0.0).all() for name in STAGES)
    if site is not None:
        plain = model.read(RouteQuery.build(3, carrier=np.array([0, 1, 2]), **LANE))
        assert read.stage("handling").mean_days[1:] == pytest.approx(site[1:])
        moved = site[1:] - plain.stage("handling").mean_days[1:]
        assert (read.mean_days - plain.mean_days)[1:] == pytest.approx(moved)
        assert read.mean_days[0] == pytest.approx(plain.mean_days[0])


def test_what_remains_after_approval_and_after_the_hand_over_comes_from_the_same_state() -> None:
    """True remaining times of planted parcels, against the law given the age of the whole, and of transit."""
    read = online(journeys(4_000, 8.0, days=150), days=150).read(RouteQuery.build(1, **LANE))
    later = journeys(20_000, 8.0, days=150, seed=9)
    total, transit = later.total_days, later.transit_days
    total, transit = total[np.isfinite(total)], transit[np.isfinite(transit)]
    for law, actual, age in ((read, total, 6.0), (read.stage("transit"), transit, 4.0)):
        rest = Remaining(law, age)
        left = actual[actual > age] - age
        for p in (0.5, 0.9):
            assert np.mean(left <= rest.quantile(p)) == pytest.approx(p, abs=0.1)
        assert rest.mean_days[0] == pytest.approx(left.mean(), rel=0.25)


def test_with_a_named_carrier_a_source_is_the_edge_times_its_sellers_effect() -> None:
    """What lets Cypher rank sources: an edge, read without seller, and each seller's ``effect_log``."""
    model = online(journeys(3_000, 8.0, days=150, carriers=3), days=150)
    seller, carrier = (part.ravel() for part in np.meshgrid(np.arange(-1, 5), np.arange(3)))
    edge = model.read(RouteQuery.build(18, carrier=carrier, **LANE))
    source = model.read(RouteQuery.build(18, carrier=carrier, seller=seller, **LANE))
    factor = np.exp(np.append(model.sellers(5).effect_log, 0.0)[seller])
    assert len(set(factor.tolist())) >= 4
    assert source.mean_days == pytest.approx(edge.mean_days * factor, rel=1e-12)
    assert source.sd_days == pytest.approx(edge.sd_days * factor, rel=1e-12)


def test_a_line_of_many_units_is_read_as_so_many_lines() -> None:
    """In the history every unit is a line of its own."""
    model = online(journeys(3_000, 8.0, days=150), days=150)
    units = model.read(RouteQuery.build(1, quantity=4, **LANE))
    lines = model.read(RouteQuery.build(1, n_lines=4, **LANE))
    assert units.mean_days.tobytes() == lines.mean_days.tobytes()
