"""How plans are searched for, by kind of problem, around what the bound opens."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np

from optimizer.mathopt import Solver
from optimizer.placement import local_search, whole_search
from optimizer.placement.core import Core
from optimizer.placement.exact import run, transport
from optimizer.placement.fixing import settle
from optimizer.placement.lagrangian import Lagrangian
from optimizer.placement.neighbourhood import improve
from optimizer.placement.record import Record
from optimizer.words import Bools, Floats

KICKS: Final = 200
CP_SAT_SHARE: Final = 0.5
"""Of the time left; its two workers do not repeat, so it is left out where ``work`` is limited."""

SEARCH_WORK: Final = 5e7
POLISH_WORK: Final = 4e9
"""Costs looked at while polishing, about: a few seconds."""


class Searcher(Protocol):
    """Looks for plans: ``search`` between steps of the bound, ``polish`` once it has settled."""

    def search(self, tried: Bools, duals: Lagrangian, /) -> None:
        """Try the rows that were open last."""

    def polish(self, duals: Lagrangian, /) -> None:
        """Try harder."""


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
    """Demand may be shared: which rows open is guessed, what they serve is a transport."""

    def __init__(self, core: Core, record: Record) -> None:
        """Remember what was tried."""
        self._core, self._record = core, record
        self._seen: set[bytes] = set()

    def search(self, _: Bools, duals: Lagrangian) -> None:
        """Transport from what was open most of the time."""
        is_open = with_room(self._core, duals.often)
        if is_open.tobytes() in self._seen:
            return
        self._seen.add(is_open.tobytes())
        if (found := transport(self._core, self._record, duals, is_open)) is not None:
            self._record.offer(found)

    def polish(self, duals: Lagrangian) -> None:
        """Change a few rows at a time."""
        improve(self._core, self._record, duals)


class Whole:
    """Each demand goes to one row: a transport made whole by local search, then a few rows at a time."""

    def __init__(self, core: Core, record: Record) -> None:
        """Start the random choices."""
        self._core, self._record = core, record
        self._rng = np.random.default_rng(record.limits.seed)
        self._rounds = int(np.clip(SEARCH_WORK / (core.demands * (core.demands + core.rows)), 2, 2_000))

    def search(self, _: Bools, duals: Lagrangian) -> None:
        """Make the transport from what was open most of the time whole."""
        self._descend(with_room(self._core, duals.often), duals, max(self._rounds // 10, 1))

    def polish(self, duals: Lagrangian) -> None:
        """Search longer, then change a few rows at a time."""
        core, record = self._core, self._record
        self._descend(with_room(core, duals.often), duals, self._rounds)
        improve(core, record, duals)
        if record.goes_on() and record.left is not None and record.limits.work is None:
            question = settle(core, duals.best, record.value)
            run(core, question, record, Solver.CP_SAT, seconds=record.left * CP_SAT_SHARE)

    def _descend(self, start: Bools, duals: Lagrangian, rounds: int) -> None:
        core, record = self._core, self._record
        seeming = core.cost + core.use * duals.best.worth[:, None]
        row_of = np.where(start[:, None], seeming, np.inf).argmin(axis=0)
        if (found := transport(core, record, duals, start)) is not None:
            row_at = np.zeros(len(found.open) + 1, np.int64)
            row_at[core.row_site] = np.arange(core.rows)
            flows = np.argsort(found.share, kind="stable")  # the largest share is written last
            row_of[found.demand[flows]] = row_at[found.site[flows]]
        value, is_open, row_of = whole_search.search(core, row_of, duals.best.worth, rounds, self._rng)
        if value < record.value:
            record.offer(core.plan(record.problem, is_open, row_of))
