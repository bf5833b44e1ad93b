"""From a source to a report: read once, replay with and without the plan, compare, look."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any, Final

import polars as pl

from graph.days import LOCAL, local_day
from graph.plan import PlacementPlan
from ingest.source import Source
from optimizer.policy import Costs, Policy
from replay.comparison import compare
from replay.insight.packages import Log
from replay.insight.settings import RankingSettings
from replay.opened import Stock, opening_stock
from replay.recorded import Past, read_past
from replay.replayed import Replayed, replay, second_pays
from replay.report.happened import happened
from replay.report.said import said
from replay.report.smart_routing import Asked, SmartRouting
from replay.seed import SEED

Tell = Callable[[float, str], None]
"""Hears how much is done, from 0 to 1, and what is being done."""

LAST_DAYS: Final = 60
"""A report for which no stretch is named is over the last so many days of its data."""

_REPLAYED: Final = 0.9
_COMPARED: Final = 0.95
_RANKINGS: Final = RankingSettings()


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """A history as a report needs it: as a replay plays it, and as a log of what became of every package."""

    name: str
    past: Past
    log: Log

    @classmethod
    def read(cls, name: str, source: Source, step: Callable[[str], None]) -> Sources:
        """Read a source; ``name``: as the report calls it. BadInput with every fault."""
        past = read_past(source, step)
        step("Reading what became of every package")
        return cls(name, past, Log.of_source(source))

    def span_s(self, start: datetime | None, end: datetime | None) -> tuple[int, int]:
        """Return the stretch [from, to) between two instants, in epoch seconds.

        Without an end it is the last purchase; without a start its last ``LAST_DAYS`` local days, the one of
        the end among them.
        """
        end_s = int(self.past.journeys.purchased_s[-1]) + 1 if end is None else int(end.timestamp())
        if start is None:
            day = local_day(datetime.fromtimestamp(end_s - 1, UTC)) - timedelta(days=LAST_DAYS - 1)
            start = datetime.combine(day, time(), LOCAL)
        return int(start.timestamp()), end_s


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """How a report is made: by which policies, charged how, from which shelves, with which plan.

    ``stock``: None makes an opening stock up from the demand before the start. ``placement`` makes a plan for
    a past; the policies then decide twice, without and with it. ``alerts``: the scores that
    ``replay.alerts.judged`` gave to the warnings of the same past. ``hindsight``: regret is counted by what
    deliveries later told of each lane, and stock or a plan later than the start is permitted. ``in_two``: a
    second process may take half of the policies where that pays; one that must not have children (a worker's)
    plays all of them itself, with the same result.
    """

    policies: Sequence[Policy]
    costs: Costs
    stock: Stock | None = None
    placement: Callable[[Past], PlacementPlan] | None = None
    seed: int = SEED
    rankings: RankingSettings = _RANKINGS
    alerts: Mapping[str, Any] | None = None
    hindsight: bool = False
    in_two: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A report, and the outcomes that it rests on, by policy."""

    report: SmartRouting
    outcomes: Mapping[str, pl.DataFrame]


def make(sources: Sources, span_s: tuple[int, int], wanted: Wanted, tell: Tell) -> Made:
    """Make the report of the orders purchased in ``span_s`` = [from, to), epoch seconds.

    Raises BadInput for an empty stretch, and for stock or a plan later than its start.
    """
    past, log = sources.past, sources.log
    plan = None if wanted.placement is None else wanted.placement(past)
    alone = _REPLAYED if plan is None else _REPLAYED / 2
    bare = _replayed(sources, span_s, wanted, None, lambda share: tell(alone * share, "Replaying"))
    done = bare
    if plan is not None:
        telling = partial(_second_half, tell, alone)
        done = _replayed(sources, span_s, wanted, plan, telling)
    tell(_REPLAYED, "Comparing")
    compared = compare(
        done,
        past.facts,
        seed=wanted.seed,
        hindsight=wanted.hindsight,
        unplanned=None if plan is None else bare,
    )
    tell(_COMPARED, "Looking at what happened")
    report = SmartRouting(
        Asked(sources.name, span_s, wanted.seed, wanted.hindsight),
        happened(log.packages(), log.tables, span_s, log.as_of_s),
        done.to_dict(),
        compared.to_dict(),
        said(past, log, span_s, wanted.rankings),
        wanted.alerts,
    )
    return Made(report, done.outcomes)


def _replayed(
    sources: Sources,
    span_s: tuple[int, int],
    wanted: Wanted,
    plan: PlacementPlan | None,
    progress: Callable[[float], None],
) -> Replayed:
    stock = wanted.stock or opening_stock(sources.past, span_s[0])
    return replay(
        sources.past,
        span_s,
        wanted.policies,
        wanted.costs,
        stock,
        plan=plan,
        hindsight=wanted.hindsight,
        in_two=wanted.in_two and second_pays(sources.past, span_s),
        progress=progress,
    )


def _second_half(tell: Tell, alone: float, share: float) -> None:
    tell(alone + (_REPLAYED - alone) * share, "Replaying with the plan")
