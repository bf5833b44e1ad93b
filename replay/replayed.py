"""A stretch of the past decided anew: each order as of its own purchase, by several policies side by side."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from graph.days import iso
from graph.errors import BadInput
from graph.lead_time import OnlineParameters
from graph.plan import PlacementPlan
from optimizer.policy import Costs, Policy
from replay.assumptions import assumptions
from replay.moving import Learning
from replay.opened import Stock
from replay.planned import Planned, Shelves
from replay.playing import Played, Progress, Task, play, play_beside, shared_out
from replay.recorded import Past
from replay.run import Ran
from replay.second_process import beside
from replay.totals import Choices

IN_TWO: Final = 10_000
"""From so many orders on a second process is worth its start, some five seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Replayed:
    """What came of a replay: ``runs`` in the order of the policies that were asked for.

    ``refused``: orders that cannot be decided at all, by any policy; ``without_lines`` neither.
    ``carrier_assumed``: lines of the record that nobody handed over.
    """

    span_s: tuple[int, int]
    stock: Stock
    runs: tuple[Ran, ...]
    choices: Choices
    refused: int
    without_lines: int
    carrier_assumed: int
    planned: Planned

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        first = self.runs[0].totals
        return {
            "from": iso(self.span_s[0]),
            "to": iso(self.span_s[1]),
            "asked": list(self.outcomes),
            "orders": {
                "purchased": first.orders + self.refused + self.without_lines,
                "decided": first.orders,
                "without_lines": self.without_lines,
                "refused": self.refused,
            },
            "lines_with_choice": {"units": self.choices.lines, "share": self.choices.share},
            "stock": {
                "origin": self.stock.origin,
                "opening_units": self.stock.units,
                "recorded_units": {run.policy.name: run.recorded_units for run in self.runs},
                "restocked_units": {run.policy.name: run.restocked_units for run in self.runs},
            },
            "placement": self.planned.to_dict(self.shelves),
            "assumptions": list(self.assumptions()),
            "policies": {
                run.policy.name: {
                    "version": run.policy.version,
                    "digest": run.policy.digest,
                    **run.totals.to_dict(),
                }
                for run in self.runs
            },
        }

    @property
    def outcomes(self) -> Mapping[str, pl.DataFrame]:
        """By policy: one row an order, decided or refused, in order of play (`replay.outcomes`)."""
        return {run.policy.name: run.outcomes for run in self.runs}

    @property
    def shelves(self) -> Shelves:
        """What the plan booked and orders took of it, by policy."""
        return {run.policy.name: (run.planned_units, run.used_units) for run in self.runs}

    def assumptions(self) -> Iterator[str]:
        """Yield in words what the figures rest on."""
        return assumptions(self)


def replay(  # noqa: PLR0913 (what is asked, in words of its own)
    past: Past,
    span_s: tuple[int, int],
    policies: Sequence[Policy],
    costs: Costs,
    stock: Stock,
    *,
    plan: PlacementPlan | None = None,
    parameters: OnlineParameters | None = None,
    hindsight: bool = False,
    in_two: bool = False,
    progress: Progress = lambda _share: None,
) -> Replayed:
    """Decide all orders purchased in ``span_s`` = [from, to), epoch seconds, under each of the policies.

    ``costs`` charges every policy's decisions alike. A ``plan`` books its depth at the start, in warehouses
    that all policies but those that repeat the record may ship from. ``in_two``: a second process plays half
    of the policies, with the same result, and keeps no shelves of theirs; what is learned is learned once.
    ``progress`` is told the share done, 0..1. Raises BadInput for an empty span, and for stock or a plan
    later than its start unless ``hindsight`` permits it; the assumptions then say so.
    """
    task = _task(past, span_s, policies, costs, stock, plan, hindsight=hindsight)
    learning = Learning(past, span_s[0], parameters)
    here, there = shared_out(task.policies) if in_two else (task.policies, ())
    if not there:
        return _replayed(task, stock, play(task, learning, progress))
    with beside(play_beside, replace(task, policies=there)) as other:
        played = play(
            replace(task, policies=here),
            other.telling(learning),
            lambda share: progress(min(share, other.share)),
        )
        return _replayed(task, stock, played, other.result(progress))


def second_pays(past: Past, span_s: tuple[int, int]) -> bool:
    """Say whether a replay is done sooner ``in_two``: enough orders, and more than one processor."""
    return past.count(span_s) >= IN_TWO and (os.cpu_count() or 1) > 1


def _task(
    past: Past,
    span_s: tuple[int, int],
    policies: Sequence[Policy],
    costs: Costs,
    stock: Stock,
    plan: PlacementPlan | None,
    *,
    hindsight: bool,
) -> Task:
    """Return what is to be played, or raise BadInput."""
    planned = Planned(plan, datetime.fromtimestamp(span_s[0], UTC))
    _check(past, span_s, policies)
    if not hindsight:
        _check_told(stock, span_s[0])
        planned.check_told()
    planned.check(past)
    return Task(past, span_s, tuple(policies), costs, stock, planned)


def _replayed(task: Task, stock: Stock, played: Played, others: Sequence[Ran] = ()) -> Replayed:
    """Return what came of it; ``others``: what another process played."""
    ran = {one.policy.name: one for one in (*played.ran, *others)}
    empty = task.past.empty_orders.is_between(*task.span_s, closed="left").sum()
    return Replayed(
        task.span_s,
        stock,
        tuple(ran[policy.name] for policy in task.policies),
        played.choices,
        played.refused,
        int(empty),
        played.assumed,
        task.planned,
    )


def _check(past: Past, span_s: tuple[int, int], policies: Sequence[Policy]) -> None:
    from_s, to_s = span_s
    if from_s >= to_s:
        raise BadInput(f"--from {iso(from_s)} must lie before --to {iso(to_s)}.")
    if not past.count(span_s):
        bought = past.lines["purchased_s"]
        known = f": purchases go from {iso(bought[0])} to {iso(bought[-1])}" if len(bought) else ""
        raise BadInput(f"No order with lines was purchased from {iso(from_s)} to {iso(to_s)}{known}.")
    if not policies or len({policy.name for policy in policies}) < len(policies):
        raise BadInput("Name at least one policy, and each once.")


def _check_told(stock: Stock, from_s: int) -> None:
    if stock.told_at is not None and stock.told_at.timestamp() > from_s:
        raise BadInput(
            f"The stock of {stock.origin} is told up to {stock.told_at.isoformat()}, later than --from "
            f"{iso(from_s)}: nobody could have known it then (--hindsight permits it)."
        )
