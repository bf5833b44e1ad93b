"""Effects of carriers and lanes: found, shrunk by what was learned of their size, and never stale drift."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.lead_time.online.forgetful import ForgetfulMeans, KeyedMeans
from graph.lead_time.online.parameters import OnlineParameters
from graph.lead_time.online.routes import RouteEffects

P = OnlineParameters()
CARRIERS = 4  # three and the unknown
SELLERS = 6


def learned(
    lane_sd: float,
    carrier_log: np.ndarray,
    days: int = 200,
    step: float = 0.0,
    a_day: int = 60,
    seed: int = 1,
) -> tuple[RouteEffects, np.ndarray]:
    """Learn from a planted world of 40 region pairs; on day 100 everything takes e^step times as long."""
    rng = np.random.default_rng(seed)
    routes = RouteEffects.empty(SELLERS, CARRIERS, P)
    planted = rng.normal(0.0, lane_sd, (40, CARRIERS))
    for day in range(days):
        pair, carrier = rng.integers(0, 40, a_day), rng.integers(1, CARRIERS, a_day)
        left = planted[pair, carrier] + carrier_log[carrier] + rng.normal(0.0, 0.3, a_day)
        routes.handed(1 + carrier % (SELLERS - 1), carrier)
        routes.learn(left + step * (day >= 100), pair, carrier)
        routes.forget(1.0)
    return routes, planted


CARRIER_LOG = np.array([0.0, -0.3, 0.0, 0.3])


def test_planted_carriers_and_lanes_are_found() -> None:
    routes, planted = learned(0.2, CARRIER_LOG)
    assert routes.of_carriers() == pytest.approx(CARRIER_LOG, abs=0.06)
    pair, carrier = np.repeat(np.arange(40), 3), np.tile(np.arange(1, CARRIERS), 40)
    whole = routes.named(pair, carrier)
    assert np.corrcoef(whole, (planted + CARRIER_LOG)[pair, carrier])[0, 1] > 0.97
    assert 1.5 < routes.lane.means.k < 5.0  # sigma^2 / tau^2 = 2.25; the start pulls it up a little


def test_where_lanes_do_not_differ_none_is_believed() -> None:
    routes, _ = learned(0.0, np.zeros(CARRIERS))
    pair, carrier = np.repeat(np.arange(40), 3), np.tile(np.arange(1, CARRIERS), 40)
    assert routes.lane.means.k > 30.0
    assert np.abs(routes.named(pair, carrier)).max() < 0.15


def test_a_step_in_the_level_is_no_effect_of_any_lane_or_carrier() -> None:
    calm, _ = learned(0.1, CARRIER_LOG)
    shifted, _ = learned(0.1, CARRIER_LOG, step=0.6)
    pair, carrier = np.repeat(np.arange(40), 3), np.tile(np.arange(1, CARRIERS), 40)
    moved = shifted.named(pair, carrier) - calm.named(pair, carrier)
    # What a lane saw while the drift caught up is a trifle of the step, and the same for all.
    assert abs(moved.mean()) < 0.1
    assert moved.std() < 0.03


def test_before_the_hand_over_a_forecast_mixes_over_the_sellers_carriers() -> None:
    routes = RouteEffects.empty(SELLERS, CARRIERS, P)
    routes.carrier.total[0], routes.carrier.weight[0] = (
        np.array([0.0, -300, 0, 300]),
        np.array([0.0, 1e3, 1e3, 1e3]),
    )
    routes.handed(np.full(200, 2), np.repeat([1, 2], 100))
    pair = np.zeros(3, np.int64)
    effect = routes.of_carriers()
    mixed = routes.mixed(pair, np.array([2, 4, 0]))
    assert mixed[0] == pytest.approx((effect[1] + effect[2]) / 2, abs=0.005)
    assert mixed[1:] == pytest.approx([0.0, 0.0], abs=1e-12)  # nobody knows their carriers: the average one
    told = routes.of(pair, np.array([2, 2, 4]), np.array([0, 3, 1]))
    assert told == pytest.approx([mixed[0], effect[3], effect[1]])


def test_one_carrier_has_no_effect_of_its_own() -> None:
    routes = RouteEffects.empty(SELLERS, 2, P)
    for _ in range(50):
        routes.learn(np.full(20, 0.7), np.zeros(20, np.int64), np.ones(20, np.int64))
        routes.handed(np.ones(20, np.int64), np.ones(20, np.int64))
        routes.forget(1.0)
    assert routes.of_carriers() == pytest.approx([0.0, 0.0], abs=1e-12)
    pair, one = np.zeros(1, np.int64), np.ones(1, np.int64)
    assert routes.named(pair, one) == pytest.approx(routes.mixed(pair, one))


def test_what_has_no_carrier_teaches_nothing() -> None:
    routes = RouteEffects.empty(SELLERS, CARRIERS, P)
    routes.learn(np.ones(5), np.arange(5), np.zeros(5, np.int64))
    routes.handed(np.arange(5), np.zeros(5, np.int64))
    assert routes.lane.keys.shape[0] == 1
    assert not routes.used.weight.any()


@given(
    days=st.lists(
        st.lists(st.tuples(st.integers(0, 9), st.floats(-2.0, 2.0)), max_size=8), min_size=1, max_size=8
    )
)
def test_keyed_means_are_the_dense_ones(days: list[list[tuple[int, float]]]) -> None:
    dense, keyed = ForgetfulMeans.empty(1, 10, 5.0, 3.0), KeyedMeans.empty(5.0, 3.0)
    for day in days:
        key = np.array([key for key, _ in day], np.int64)
        value = np.array([value for _, value in day])
        dense.add(0, key, value)
        keyed.add(1_000_000_007 * key, value)
        dense.forget(1.0)
        keyed.means.forget(1.0)
    every = np.arange(10)
    assert keyed.at(1_000_000_007 * every) == pytest.approx(dense.at(0, every))
    assert (np.diff(keyed.keys) > 0).all()
    assert keyed.at(np.array([-5, 17])).tolist() == [0.0, 0.0]


def test_forgetting_for_centuries_keeps_its_numbers_small() -> None:
    means = ForgetfulMeans.empty(1, 2, half_life_days=1.0, k=1.0)
    for _ in range(3_000):
        means.add(0, np.array([1]), np.array([2.0]))
        means.forget(1.0)
    assert means.at(0, np.array([1])) == pytest.approx([2.0 / 2.0])  # weights 1/2 + 1/4 + ... = 1 = k
    assert np.isfinite(means.total).all()
    assert means.rows(np.array([0, 1])) == pytest.approx(means.values().T)
