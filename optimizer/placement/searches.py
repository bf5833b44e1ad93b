"""How plans are searched for, by kind of problem, around what the bound opens."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np

from optimizer.mathopt import Solver
from optimizer.placement import local_search, whole_search
from optimizer.placement.core import Core
from optimizer.placement.exact import run, transport
from optimizer.placement.exchange import exchange
from optimizer.placement.fixing import settle
from optimizer.placement.kicks import improve_by_kicks
from optimizer.placement.lagrangian import Lagrangian, evaluate
from optimizer.placement.neighbourhood import PROVABLE, Neighbourhoods
from optimizer.placement.record import Record
from optimizer.placement.shipping import suits
from optimizer.words import Bools, Floats

KICKS: Final = 200
TRIES: Final = 3
MOST_TRIES: Final = 100
"""Changes of open rows without a better plan after which to stop: between steps of the bound, and later."""

LARGEST: Final = 4_000_000
"""Pairs beyond which HiGHS is not asked about a few rows at a time: the rest of its model is too large."""

CP_SAT_SHARE: Final = 0.2
"""Of the time left; its two workers do not repeat, so it is left out where ``work`` is limited."""

SEARCH_WORK: Final = 5e7
PORTIONS: Final = 100
KICK_WORK: Final = 2e8
KICK_ROUNDS: Final = (250, 4_000)
"""Portions of kicks, pairs of demands weighed in one, about, and its fewest and most kicks."""

IDLE: Final = 6
LONG_IDLE: Final = 40
"""Portions without a better plan after which to stop; the second where a proof is far away anyway and there
are no sites to choose, of which questions to HiGHS change more."""

POLISH_WORK: Final = 4e9
"""Costs looked at while polishing, about: a few seconds."""


class Searcher(Protocol):
    """Looks for plans: ``search`` between steps of the bound, ``polish`` once it has settled."""

    def search(self, tried: Bools, duals: Lagrangian, /) -> None:
        """Try the rows that were open last."""

    def polish(self, duals: Lagrangian, /) -> None:
        """Try harder."""

    def look(self, is_open: Bools, price: Floats, /) -> None:
        """Try the open rows of a leaf of the tree on sites, at its prices."""


def searcher_of(core: Core, record: Record) -> Searcher:
    """Return the search for a kind of problem."""
    if core.whole:
        return Whole(core, record)
    if core.split:
        return Shared(core, record)
    return Nearest(core, record)


class Nearest:
    """Capacity does not bind: every demand goes to its cheapest open site."""

    def __init__(self, core: Core, record: Record) -> None:
        """Start the random choices."""
        self._core, self._record = core, record
        self._rng = np.random.default_rng(record.limits.seed)
        self._best = (np.inf, np.zeros(core.rows, np.bool_))

    def search(self, tried: Bools, duals: Lagrangian) -> None:
        """Descend from what was open last, and from what was open most of the time."""
        for start in (tried, duals.often > 0.5):
            self._descend(start, 0)

    def polish(self, _: Lagrangian) -> None:
        """Kick the best plan and descend again, many times."""
        rounds = int(min(KICKS, POLISH_WORK / (10 * self._core.cost.size)))
        self._descend(self._best[1], rounds)

    def look(self, *_: object) -> None:
        """Leave it: without capacity the tree has leaves of its own."""

    def _descend(self, start: Bools, rounds: int) -> None:
        core = self._core
        value, is_open, row_of = local_search.search(core, start, rounds, self._rng)
        if value < self._best[0]:
            self._best = (value, is_open)
            self._record.offer(core.plan(self._record.problem, is_open, row_of))


def with_room(core: Core, often: Floats) -> Bools:
    """Return the rows open most of the time, filled up with the next ones until all demand has room."""
    order = np.lexsort((-often, ~core.forced))
    room = np.cumsum(core.capacity[order])
    count = int(np.searchsorted(room, core.use.mean(axis=0).sum())) + 1
    count = min(max(count, int((often > 0.5).sum()), core.least), core.most)
    is_open = np.zeros(core.rows, np.bool_)
    is_open[order[:count]] = True
    return is_open


class Shared:
    """Demand may be shared: which rows open is guessed and mended, what they serve is a transport."""

    def __init__(self, core: Core, record: Record) -> None:
        """Remember what was tried."""
        self._core, self._record, self._plain = core, record, suits(core, record.problem)
        self._around = Neighbourhoods(core, record)
        self._seen: set[bytes] = set()

    def search(self, _: Bools, duals: Lagrangian) -> None:
        """Transport from what was open most of the time."""
        is_open = with_room(self._core, duals.often)
        if is_open.tobytes() in self._seen:
            return
        self._seen.add(is_open.tobytes())
        if self._plain:
            paid = exchange(self._core, self._record, is_open, duals.best.worth, TRIES)
            if paid is not None and self._record.goes_on():
                duals.lean(paid)
        elif (found := transport(self._core, self._record, duals.best.worth, is_open)) is not None:
            self._record.offer(found)

    def polish(self, duals: Lagrangian) -> None:
        """Change rows of the best plan, then a few rows at a time and all that they serve."""
        core, record = self._core, self._record
        if self._plain and record.plan is not None:
            is_open = core.row_site < 0  # nobody is always open
            is_open |= record.plan.open[core.row_site]
            exchange(core, record, is_open, duals.best.worth, MOST_TRIES)
        if core.cost.size <= LARGEST:
            self._around.improve(duals)

    def look(self, *_: object) -> None:
        """Leave it to the tree, whose leaves are transports."""


class Whole:
    """Each demand goes to one row: a transport made whole by local search, then a few rows at a time."""

    def __init__(self, core: Core, record: Record) -> None:
        """Start the random choices."""
        self._core, self._record = core, record
        self._rng = np.random.default_rng(record.limits.seed)
        self._around, self._kicked = Neighbourhoods(core, record), np.inf
        self._rounds = int(np.clip(SEARCH_WORK / (core.demands * (core.demands + core.rows)), 2, 2_000))

    def search(self, _: Bools, duals: Lagrangian) -> None:
        """Make the transport from what was open most of the time whole."""
        self._descend(with_room(self._core, duals.often), duals.best.worth, max(self._rounds // 10, 1))

    def polish(self, duals: Lagrangian) -> None:
        """Search longer, kick, then change a few rows at a time."""
        core, record = self._core, self._record
        if record.plan is None or record.value < self._kicked:
            self._descend(with_room(core, duals.often), duals.best.worth, self._rounds)
            self._kick(duals)
            self._kicked = record.value
        self._around.improve(duals)
        if record.goes_on() and record.left is not None and record.limits.work is None:
            question = settle(core, duals.best, record.value)
            run(core, question, record, Solver.CP_SAT, seconds=record.left * CP_SAT_SHARE)

    def _kick(self, duals: Lagrangian) -> None:
        """Kick the best plan while that helps, in portions, so that the clock is heeded."""
        core, record = self._core, self._record
        seeming = core.cost + core.use * duals.best.worth[:, None]
        rounds = int(np.clip(KICK_WORK / core.demands**2, *KICK_ROUNDS))
        far = int(settle(core, duals.best, record.value).pairs.sum()) > PROVABLE
        patient = far and not core.fixed.any() and record.limits.work is None
        idle, most = 0, LONG_IDLE if patient else IDLE
        for _ in range(PORTIONS):
            if record.plan is None or idle == most or not record.goes_on():
                return
            row_at = np.full(len(record.plan.open), -1)
            row_at[core.row_site[core.row_site >= 0]] = np.flatnonzero(core.row_site >= 0)
            row_of = np.full(core.demands, core.rows - 1)  # nobody, where a plan leaves it unserved
            row_of[record.plan.demand] = row_at[record.plan.site]
            _, is_open, row_of = improve_by_kicks(core, row_of, seeming, rounds, self._rng)
            better = record.offer(core.plan(record.problem, is_open, row_of))
            idle = 0 if better else idle + 1

    def look(self, is_open: Bools, price: Floats) -> None:
        """Make the transport from the open rows whole."""
        self._descend(is_open, evaluate(self._core, price).worth, max(self._rounds // 10, 1))

    def _descend(self, start: Bools, worth: Floats, rounds: int) -> None:
        core, record = self._core, self._record
        seeming = core.cost + core.use * worth[:, None]
        row_of = np.where(start[:, None], seeming, np.inf).argmin(axis=0)
        if (found := transport(core, record, worth, start)) is not None:
            row_at = np.zeros(len(found.open) + 1, np.int64)
            row_at[core.row_site] = np.arange(core.rows)
            flows = np.argsort(found.share, kind="stable")  # the largest share is written last
            row_of[found.demand[flows]] = row_at[found.site[flows]]
        value, is_open, row_of = whole_search.search(core, row_of, worth, rounds, self._rng)
        if value < record.value:
            record.offer(core.plan(record.problem, is_open, row_of))
