"""The networks of the growth run: repeatable, feasible, and shaped as said."""

from __future__ import annotations

import numpy as np

from benchmarks.placement_growth import network, with_seasons
from optimizer.placement.check import referee
from optimizer.placement.record import PlaceLimits
from optimizer.placement.solve import place


def test_a_network_repeats_and_has_room_for_its_demand() -> None:
    first, second = (network(6, regions=12, groups=3) for _ in range(2))
    assert first.cost.shape == (6, 36)
    assert (first.cost == second.cost).all()
    assert np.isfinite(first.cost).all()
    assert first.capacity.sum() >= 2 * first.units.sum()
    assert not (network(6, regions=12, groups=3, seed=2).cost == first.cost).all()


def test_every_group_has_a_season_of_its_own() -> None:
    problem = network(5, regions=8, groups=2)
    seasonal = with_seasons(problem, 3, groups=2)
    assert seasonal.parts is not None
    assert np.allclose(seasonal.parts.sum(axis=0), 1.0)
    assert (seasonal.parts[:, 0] == seasonal.parts[:, 2]).all()  # the same group in the next region
    assert not np.allclose(seasonal.parts[:, 0], seasonal.parts[:, 1])
    answer = place(seasonal, limits=PlaceLimits(seconds=60, gap=0.01))
    referee(seasonal, answer)
    assert answer.gap <= 0.01


def test_a_small_one_is_placed_within_one_percent() -> None:
    problem = network(5, regions=8, groups=2)
    answer = place(problem, limits=PlaceLimits(seconds=60, gap=0.01))
    referee(problem, answer)
    assert answer.gap <= 0.01
