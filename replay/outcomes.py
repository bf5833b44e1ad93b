"""What came of every order of a replay under one policy: one row an order, in order of play."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from graph.arrays import NetworkArrays
from inventory.events import StockKey
from optimizer.policy import Costs
from optimizer.words import UNFILLED, Bools, Term
from replay.decision import Decision
from replay.recorded import Purchase
from replay.ways import Charge, Way

SCHEMA: Final[dict[str, pl.DataType]] = {
    "order_id": pl.String(),
    "purchased_s": pl.Int64(),
    "customer_state": pl.String(),
    "refused": pl.Boolean(),
    "decided": pl.Boolean(),
    "as_recorded": pl.Boolean(),
    "choice": pl.Boolean(),
    "ways": pl.Int32(),
    "lines": pl.Int32(),
    "kept_lines": pl.Int32(),
    "stock_outs": pl.Int32(),
    "units": pl.Int32(),
    "filled_units": pl.Int32(),
    "short_units": pl.Int32(),
    "plan_units": pl.Int32(),
    "packages": pl.Int32(),
    "expected_days": pl.Float64(),
    "var_days": pl.Float64(),
    "p_on_time": pl.Float64(),
    "freight_cents": pl.Int64(),
    "package_cents": pl.Int64(),
    "time_cents": pl.Int64(),
    "late_cents": pl.Int64(),
    "scarcity_cents": pl.Int64(),
    "total_cents": pl.Int64(),
    "source_ids": pl.String(),
    "carrier_ids": pl.String(),
    "price_version": pl.String(),
}
"""The columns, in the order of `Outcome`'s fields."""


class Outcome(NamedTuple):
    """One order under one policy; money is whole cents, charged alike to every policy.

    ``refused``: no policy can decide it (the network knows no such place). ``decided``: the policy has an
    answer. ``choice``: some line has two sources or more (sellers, or places of one) whose offer has not
    lapsed; ``ways``: routes (source and carrier) that may carry a line, of the line with most.
    ``kept_lines``: parts of lines that go by the recorded source and carrier; ``as_recorded``: all of them
    do. ``stock_outs``: lines that some source offers and has too few units of. ``short_units``: what the
    recorded seller's shelf lacked, so that it was received as recorded. ``plan_units``: units from a plan's
    sites.

    ``expected_days`` and ``var_days`` are the largest of the packages, ``p_on_time`` the smallest (they are
    taken to be late together); None where nothing is served, and ``p_on_time`` without a promise.
    ``package_cents``: packages and their handling. ``scarcity_cents``: stock used, at the prices in force
    (``price_version``): they decide and are not charged, so ``total_cents`` has all but them.
    ``source_ids``: whence the packages leave, joined by ``;``; ``carrier_ids``: with whom, likewise.
    """

    order_id: str
    purchased_s: int
    customer_state: str | None
    refused: bool
    decided: bool
    as_recorded: bool
    choice: bool
    ways: int
    lines: int
    kept_lines: int
    stock_outs: int
    units: int
    filled_units: int
    short_units: int
    plan_units: int
    packages: int
    expected_days: float | None
    var_days: float | None
    p_on_time: float | None
    freight_cents: int
    package_cents: int
    time_cents: int
    late_cents: int
    scarcity_cents: int
    total_cents: int
    source_ids: str
    carrier_ids: str
    price_version: str | None

    @classmethod
    def none(
        cls, purchase: Purchase, arrays: NetworkArrays, *, refused: bool = False, short_units: int = 0
    ) -> Outcome:
        """Return what comes of an order that nobody, or not this policy, can decide."""
        order = purchase.order
        return cls(
            order_id=order.order_id,
            purchased_s=purchase.at_s,
            customer_state=_state(arrays, order.zip_prefix),
            refused=refused,
            decided=False,
            as_recorded=False,
            choice=False,
            ways=0,
            lines=len(order.lines),
            kept_lines=0,
            stock_outs=0,
            units=sum(line.quantity for line in order.lines),
            filled_units=0,
            short_units=short_units,
            plan_units=0,
            packages=0,
            expected_days=None,
            var_days=None,
            p_on_time=None,
            freight_cents=0,
            package_cents=0,
            time_cents=0,
            late_cents=0,
            scarcity_cents=0,
            total_cents=0,
            source_ids="",
            carrier_ids="",
            price_version=None,
        )

    @classmethod
    def of(
        cls,
        decision: Decision,
        purchase: Purchase,
        costs: Costs,
        arrays: NetworkArrays,
        *,
        short_units: int = 0,
        sites: Collection[str] = (),
    ) -> Outcome:
        """Return what comes of a decision; ``sites``: the warehouses of a plan."""
        problem, answer = decision.problem, decision.choice.assignment
        served = [part for part in answer.parts if part.route != UNFILLED]
        kept = [
            problem.route_id(part.route) == purchase.record[problem.line_ids[part.line]] for part in served
        ]
        routes = list(answer.routes)
        sources = tuple(dict.fromkeys(problem.route_id(route)[0] for route in routes))
        in_plan = [_location(problem.route_id(part.route)[0]) in sites for part in served] if sites else []
        promised = decision.options.order.promise_days is not None
        packages = (costs.package_cents + costs.handling_cents) * len(routes)
        # As `Costs.part_terms` rounds: half a cent to the even one.
        time = sum(round(costs.time_cents_per_day * float(problem.mean_days[part.route])) for part in served)
        late = sum(
            round(costs.late_cents * (1.0 - float(problem.p_on_time[part.route]))) if promised else 0
            for part in served
        )
        freight = answer.terms.get(Term.FREIGHT, 0)
        empty = cls.none(purchase, arrays, short_units=short_units)
        return empty._replace(
            decided=True,
            as_recorded=len(served) == len(answer.parts) and all(kept),
            choice=_choice(decision),
            ways=int(problem.admissible.sum(axis=1).max(initial=0)),
            kept_lines=sum(kept),
            stock_outs=int(_short(decision).sum()),
            filled_units=sum(part.quantity for part in served),
            plan_units=sum(part.quantity for part, there in zip(served, in_plan, strict=False) if there),
            packages=len(routes),
            expected_days=float(problem.mean_days[routes].max()) if routes else None,
            var_days=float(decision.options.times.var_days[routes].max()) if routes else None,
            p_on_time=decision.p_on_time if routes and promised else None,
            freight_cents=freight,
            package_cents=packages,
            time_cents=time,
            late_cents=late,
            scarcity_cents=answer.terms.get(Term.SCARCITY, 0),
            total_cents=freight + packages + time + late,
            source_ids=";".join(sources),
            carrier_ids=";".join(problem.route_id(route)[1] for route in routes),
            price_version=decision.price_version,
        )

    @classmethod
    def alone(cls, purchase: Purchase, way: Way, charge: Charge, arrays: NetworkArrays) -> Outcome:
        """Return what comes of an order of one line that goes its only way, as recorded."""
        (line,) = purchase.order.lines
        source, carrier = purchase.offered[line.line_id]
        return cls(
            order_id=purchase.order.order_id,
            purchased_s=purchase.at_s,
            customer_state=_state(arrays, purchase.order.zip_prefix),
            refused=False,
            decided=True,
            as_recorded=True,
            choice=False,
            ways=1,
            lines=1,
            kept_lines=1,
            stock_outs=0,
            units=line.quantity,
            filled_units=line.quantity,
            short_units=0,
            plan_units=0,
            packages=1,
            expected_days=way.mean_days,
            var_days=way.var_days,
            p_on_time=way.p_on_time,
            freight_cents=charge.freight,
            package_cents=charge.package,
            time_cents=charge.time,
            late_cents=charge.late,
            scarcity_cents=0,
            total_cents=charge.total,
            source_ids=source,
            carrier_ids=carrier,
            price_version=None,
        )


def frame_of(outcomes: Iterable[Outcome]) -> pl.DataFrame:
    """Return outcomes as a table of `SCHEMA`."""
    return pl.DataFrame(list(outcomes), schema=SCHEMA, orient="row")


def _state(arrays: NetworkArrays, zip_prefix: str) -> str | None:
    row = arrays.zip_rows.get(zip_prefix)
    code = -1 if row is None else int(arrays.zip_state[row])
    return None if code < 0 else arrays.states[code]


def _location(source_id: str) -> str:
    return StockKey.of_source("", source_id).location_id


def _choice(decision: Decision) -> bool:
    """Tell whether some line has two sources or more whose offer has not lapsed."""
    options = decision.options
    open_to = options.candidate & ~options.lapsed
    return any(len(np.unique(options.source[row])) > 1 for row in open_to)


def _short(decision: Decision) -> Bools:
    """Tell the lines that some source offers and has too few units of, (lines,)."""
    problem, options = decision.problem, decision.options
    stock = problem.stock[problem.item][:, problem.source]
    short = (stock < problem.quantity[:, None]) & options.candidate & ~options.lapsed
    return np.asarray(short.any(axis=1))
