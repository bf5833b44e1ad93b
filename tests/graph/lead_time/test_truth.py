"""The online model on a small marketplace whose law is known: the figures of ``lead_time_truth``, held."""

from importlib.util import find_spec

import pytest

if not (find_spec("numba") and find_spec("sklearn")):
    pytest.skip("the online model needs numba and scikit-learn", allow_module_level=True)

from benchmarks.lead_time_truth import Market, carriers, coverage, coverage_of_routes, lanes, market
from graph.lead_time.online.history import Played, play
from graph.lead_time.online.parameters import OnlineParameters

SMALL = OnlineParameters(base_minimum=1_500, lane_trees=50, seller_trees=20, refit_growth=2.0)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Market:
    return market(tmp_path_factory.mktemp("truth") / "market", orders=12_000, regions=30, seed=5)


@pytest.fixture(scope="module")
def played(small: Market) -> Played:
    return play(small.journeys, small.as_of_s, SMALL)


def test_quantiles_hold_as_often_as_they_say(small: Market, played: Played) -> None:
    found = coverage(small, played)
    assert found["calm"]["orders"] > 11_000
    for level in (50, 80, 90, 95):
        assert found["calm"][f"q{level}"] == pytest.approx(level / 100, abs=0.02)
    # Nothing stamped before a strike tells of it: who says otherwise has looked ahead.
    assert found["shock"]["q80"] < 0.75


def test_they_hold_for_a_told_carrier_too(small: Market, played: Played) -> None:
    found = coverage_of_routes(small, played)
    for level in (50, 80, 90, 95):
        assert found[f"q{level}"] == pytest.approx(level / 100, abs=0.02)


def test_the_effects_of_lanes_are_found(small: Market, played: Played) -> None:
    found = lanes(small, played)
    assert found["lanes"] >= 50
    assert found["correlation"] >= 0.9
    assert 0.6 < found["slope"] < 1.1


def test_the_effects_of_carriers_are_found(small: Market, played: Played) -> None:
    found = carriers(small, played, sample=1_000)
    assert len(found["effects"]) == 4
    for effect in found["effects"].values():
        assert effect["found"] == pytest.approx(effect["true"], abs=0.08)
    assert found["parcel_correlation"] > 0.8
