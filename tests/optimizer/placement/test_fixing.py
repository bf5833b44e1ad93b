"""What a plan costs beyond the bound, row by row, adds up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.placement.core import Core
from optimizer.placement.fixing import excess
from optimizer.placement.lagrangian import Lagrangian
from tests.optimizer.placement.placements import facility


@pytest.mark.parametrize("seed", range(10))
def test_the_rows_share_what_a_plan_costs_beyond_the_bound(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = facility(
        rng.integers(0, 99, (6, 12)),
        rng.integers(0, 200, 6),
        units=rng.integers(1, 9, 12).astype(float),
        capacity=np.full(6, 40.0),
        single_source=True,
    )
    core = replace(Core.of(problem), least=0)
    duals = Lagrangian(core)
    duals.improve(100, np.inf)
    now = np.ones(core.rows, np.bool_)
    shares = np.zeros((core.rows, core.demands))
    shares[rng.integers(0, core.rows, core.demands), np.arange(core.demands)] = 1.0
    assert (shares @ core.use[0] <= core.capacity).all()
    cost = float(core.fixed[now].sum() + (shares * core.cost).sum())
    beyond = excess(core, duals.best, now, shares)
    assert (beyond >= 0).all()
    assert beyond.sum() == pytest.approx(cost - duals.bound)
