"""The networks of the growth run: repeatable, feasible, and shaped as said."""

from __future__ import annotations

import numpy as np

from benchmarks.placement_growth import network
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


def test_a_small_one_is_placed_within_one_percent() -> None:
    problem = network(5, regions=8, groups=2)
    answer = place(problem, limits=PlaceLimits(seconds=60, gap=0.01))
    referee(problem, answer)
    assert answer.gap <= 0.01
