"""The error that lanes have of their own."""

from __future__ import annotations

import numpy as np
import pytest

from replay.comparison.lanes import Check, Moves, between, lane_variance

RNG = np.random.default_rng(4)


@pytest.mark.parametrize("planted", [0.0, 0.5, 2.0])
def test_the_variance_between_groups_is_found(planted: float) -> None:
    group = RNG.integers(0, 400, 6_000)
    value = RNG.normal(0.0, planted, 400)[group] + RNG.normal(0.0, 1.0, 6_000)
    assert between(value, group) == pytest.approx(planted**2, rel=0.2, abs=0.03)


def test_without_groups_to_compare_there_is_nothing_to_find() -> None:
    assert between(np.arange(5.0), np.arange(5)) == 0.0
    assert between(np.arange(5.0), np.zeros(5, int)) == 0.0


def test_only_gained_lanes_that_no_kept_order_has_shown_count() -> None:
    lane = np.repeat(np.arange(20), 10)
    error = RNG.normal(0.0, 2.0, 20)[lane] + RNG.normal(0.0, 1.0, 200)
    check = Check(error, np.ones(200), relative=False)
    ended, moved = np.ones(200, bool), np.arange(200) % 2 == 0

    def left(picked: np.ndarray) -> float:
        moves = Moves(moved, ended, picked, lane)
        return lane_variance(check, np.ones(200), moves, (ended, moved, ~moved), 200)

    assert left(lane) == pytest.approx(0.0, abs=1e-12)
    crowded = left(np.where(moved, 20, lane))
    spread = left(np.where(moved, 20 + lane, lane))
    # One lane for all 100 moved orders is one draw for half of the mean; twenty share it out.
    assert crowded == pytest.approx(between(error, lane) * (0.25 + 20 * 0.025**2))
    assert spread == pytest.approx(between(error, lane) * 2 * 20 * 0.025**2)
