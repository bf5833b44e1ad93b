"""What a bound and a known plan rule out: rows that cannot open or close, pairs that cannot serve.

The bound says what any choice against its own adds at least; where that passes the most that a better plan
may cost, the choice is settled (reduced-cost fixing). A pair whose share may be a fraction may serve a
little at a small part of that price, so there only its own ``x <= y`` is left out: the model stays exact.
"""

from __future__ import annotations

import numpy as np

from optimizer.placement.core import Core
from optimizer.placement.lagrangian import Duals
from optimizer.placement.model import SLACK, Question
from optimizer.words import Bools, Floats


def settle(core: Core, duals: Duals, most: float) -> Question:
    """Return what remains in question for plans that cost at most ``most``, such plans all included."""
    into, out = penalties(core, duals)
    room = most - duals.bound + SLACK * abs(most)
    may_open = duals.is_open | (into <= room)
    must_open = core.forced | (duals.is_open & (out > room))
    use = core.use * duals.worth[:, None]
    extra = core.cost - duals.price + use - duals.lost[:, None]
    np.maximum(extra, 0.0, out=extra)
    extra += np.where(duals.is_open, 0.0, into)[:, None]
    near = (extra <= room) & (core.cost < core.forbidden) & may_open[:, None]
    if core.split:
        pairs = (core.cost < core.forbidden) & may_open[:, None]
        return Question(may_open, must_open, pairs, near | np.isinf(core.capacity)[:, None])
    return Question(may_open, must_open, near, near)


def penalties(core: Core, duals: Duals) -> tuple[Floats, Floats]:
    """Return what opening each closed row, and closing each open one, adds to the bound: (R,) each.

    At the limit on the number of rows a row comes in for the worst one in, and goes out for the best one out.
    """
    net, is_open = duals.net, duals.is_open
    spare = is_open & ~core.forced
    worst = float(net[spare].max(initial=-np.inf))
    best = float(net[~is_open].min(initial=np.inf))
    count = int(is_open.sum())
    into = net - (worst if count >= core.most else max(worst, 0.0))
    out = (best if count <= core.least else min(best, 0.0)) - net
    return np.maximum(into, 0.0), np.maximum(out, 0.0)


def excess(core: Core, duals: Duals, now: Bools, shares: Floats) -> Floats:
    """Return what each row adds to a plan's cost beyond the bound: (R,), none negative.

    The plan opens the rows ``now`` (R,), which serve ``shares`` (R, J). Where no limit on the number of open
    rows binds, the sum is what the plan costs more than the bound.
    """
    into, out = penalties(core, duals)
    served = core.fixed + (shares * (core.cost - duals.price)).sum(axis=1) - duals.net
    served += np.where(duals.is_open, 0.0, into)
    return np.where(now, np.maximum(served, 0.0), np.where(duals.is_open, out, 0.0))
