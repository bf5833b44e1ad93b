"""Open, close and exchange rows of a plan of shared demand while that helps, the likeliest change first.

The prices of the best transport from the open rows say what each row costs net of what it earns. By duality
no plan from other rows costs less than these nets say (the same sum as in
:mod:`optimizer.placement.lagrangian`, which for the rows now open is the cost of the plan), so only changes
that promise something are shipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from optimizer.placement.core import Core
from optimizer.placement.record import Record
from optimizer.placement.shipping import ship, shipped
from optimizer.placement.site_prices import price_sites
from optimizer.words import Bools, Floats, Ints

OUTERMOST: Final = 20
"""Rows that may open, and that may close, weighed against each other: those with the best nets."""

SMALL: Final = 1e-6
"""Of the cost: a change that promises less is not worth a transport."""


def exchange(core: Core, record: Record, start: Bools, worth: Floats, patience: int) -> Floats | None:
    """Offer the plan of the rows open at the ``start``, then better ones, until ``patience`` changes fail.

    Return what each demand pays in the last plan (J,), a good price for the bound; None without a plan.
    ``worth`` (R,) are prices of capacity to start from; :func:`optimizer.placement.shipping.suits` must hold.
    """
    value, failed, paid = np.inf, 0, None
    changes = iter([start])
    while failed < patience and record.goes_on() and (tried := next(changes, None)) is not None:
        flows = ship(core, worth, tried, record.goes_on)
        found = np.inf if flows is None else _cost(core, tried, flows[1], flows[2], flows[3])
        if flows is None or found >= value - SMALL * abs(found):
            failed += 1
            continue
        value, worth, failed = found, flows[0], 0
        record.offer(shipped(core, record.problem, tried, flows))
        paid = _paid(core, tried, worth)
        changes = _changes(core, tried, paid, value)
    return paid


def _cost(core: Core, is_open: Bools, row: Ints, demand: Ints, share: Floats) -> float:
    return float(core.fixed[is_open].sum() + core.cost[row, demand] @ share)


def _paid(core: Core, is_open: Bools, worth: Floats) -> Floats:
    """Return what serving each demand costs with capacity priced in: (J,)."""
    paid = np.full(core.demands, np.inf)
    for row in np.flatnonzero(is_open):
        np.minimum(paid, core.cost[row] + core.use[0] * worth[row], out=paid)
    return paid


def _changes(core: Core, is_open: Bools, paid: Floats, value: float) -> Iterator[Bools]:
    """Yield the open rows after each change that may save something, the most promising first."""
    net = core.fixed - price_sites(core.cost, core.use, core.capacity, False, paid)[0]
    into = np.flatnonzero(~is_open)
    into = into[np.argsort(net[into], kind="stable")[:OUTERMOST]]
    out = np.flatnonzero(is_open & ~core.forced)
    out = out[np.argsort(-net[out], kind="stable")[:OUTERMOST]]
    promise = np.zeros((len(into) + 1, len(out) + 1))  # the last of each: none
    promise[:-1] += net[into, None]
    promise[:, :-1] -= net[out]
    for choice in np.argsort(promise, axis=None, kind="stable"):
        opened, closed = divmod(int(choice), len(out) + 1)
        if promise[opened, closed] >= -SMALL * abs(value):
            return
        changed = is_open.copy()
        changed[into[opened : opened + 1]] = True
        changed[out[closed : closed + 1]] = False
        if core.least <= changed.sum() <= core.most:
            yield changed
