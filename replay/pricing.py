"""Scarcity prices from the ledger's stock and expected demand: when they are due, and how they are solved.

Only order types with a choice are priced: where one source alone has all that an order wants, a price on its
stock changes nothing. The region's first zip prefix stands for all of it. Daily capacity does not count here:
prices look ahead over days.

Before new prices are solved the window of orders since the last judgement is judged, once it is long enough:
prices as they are solved for the stock and demand at its beginning against exact greedy (`optimizer.prices`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np

from graph.demand import DemandEstimate, OrderType
from graph.errors import BadInput
from graph.orders import Order, OrderLine
from inventory.ledger import Ledger
from inventory.sql import SqlHome, SqlUnit
from optimizer.batch_problem import BatchProblem
from optimizer.order_types import NO_ORDER, OrderTypes, fits_columns
from optimizer.policy import Policy, PriceSchedule
from optimizer.prices import Demand, Pricer, PriceTable, Shadow, Trigger, is_due
from optimizer.problem import OrderProblem
from optimizer.words import UNLIMITED, Ints
from replay.desk import Desk, View
from replay.jobs.hand import Task
from replay.jobs.store import Jobs
from replay.price_store import PriceStore, StoredPrices

PRICES_KIND: Final = "solve_prices"
CLIENT: Final = "worker"

PAUSE: Final = timedelta(minutes=10)
"""Prices are not solved again sooner, however many places run out: one solve takes minutes."""

SEED: Final = 1

_Key = tuple[tuple[tuple[str, int], ...], str]


def order_prices(unit: SqlUnit, at: datetime, policy: Policy) -> dict[str, Any]:
    """Queue a job for new prices if they are due and none is under way; return what to log.

    However many workers do this at once, one job is made.
    """
    if policy.prices is None:
        return {}
    store, jobs = PriceStore(unit.connection), Jobs(unit.connection)
    last = store.newest(at, policy.digest)
    if last is not None and at.timestamp() < last.table.as_of_s + PAUSE.total_seconds():
        return {}
    trigger = is_due(policy.prices, None if last is None else store.since(last, at))
    if trigger is None or any(
        job.request["policy_digest"] == policy.digest for job in jobs.open_of(PRICES_KIND)
    ):
        return {}
    request = {"policy_digest": policy.digest, "trigger": trigger.value}
    turn = int(at.timestamp() // PAUSE.total_seconds())
    job = jobs.submit(PRICES_KIND, request, at, CLIENT, f"{policy.digest}:{turn}:{trigger}")
    return {} if job.ended else {"job_id": job.job_id, "trigger": trigger.value}


@dataclass(frozen=True, slots=True)
class Pricing:
    """One run of the job that solves prices."""

    task: Task
    home: SqlHome
    desk: Desk

    def solve(self, expected: DemandEstimate, trigger: Trigger) -> dict[str, Any]:
        """Solve prices for the stock as it is now and store them; return what they are.

        Raises BadInput for a policy without prices, or whose orders whole ways cannot tell.
        """
        schedule, now = self.desk.policy.prices, self.task.clock()
        if schedule is None:
            raise BadInput(f"Policy {self.desk.policy.name} has no table [prices].")
        self.task.tell(0.1, "Reading stock")
        with self.home.reading() as unit:
            store = PriceStore(unit.connection)
            last, seen = store.newest(now, self.desk.policy.digest), store.decisions_seen()
            since = seen if last is None else last.window_from
            records = store.decided(since, seen)
            market = Market.of(self.desk, expected, unit.ledger, now)
        table, judged = self._table(market, schedule, last, records, trigger, now)
        digest, snapshot_id = self.desk.policy.digest, self.desk.network.meta.snapshot_id
        found = StoredPrices(table, digest, snapshot_id, seen, seen if judged else since)
        self.home.run(lambda unit: self._store(unit, found))
        return {
            "version": table.version,
            "trigger": str(trigger),
            "order_types": len(market.types),
            "left_out": market.left_out,
            "prices": len(table.cents),
            "covered_share": expected.covered_share,
            "believed": table.shadow is None or table.shadow.believed,
        }

    def _store(self, unit: SqlUnit, found: StoredPrices) -> None:
        Jobs(unit.connection).held(self.task.job)
        PriceStore(unit.connection).add(found)

    def _table(
        self,
        market: Market,
        schedule: PriceSchedule,
        last: StoredPrices | None,
        records: Sequence[Mapping[str, Any]],
        trigger: Trigger,
        now: datetime,
    ) -> tuple[PriceTable, bool]:
        """Return the prices, and whether the window was judged for them."""
        as_of_s = int(now.timestamp())
        shadow = None if last is None else last.table.shadow
        if not market.types:
            return PriceTable(as_of_s, {}, trigger, shadow), False
        demand = market.demand(schedule)
        stream = market.stream(records)
        judged = len(stream) >= schedule.shadow_orders
        if judged:
            self.task.tell(0.2, f"Judging prices on {len(stream):,} orders")
            shadow = market.judge(schedule, demand, stream, records)
        self.task.tell(0.5, f"Solving prices for {len(market.types):,} order types")
        pricer = Pricer(market.columns, schedule, SEED)
        pricer.shadow = shadow
        pricer.solve(demand, market.columns.stock)
        return PriceTable.of(market.batch, pricer, as_of_s, trigger), judged


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """The order types that have a choice, as problems over the stock as it is now.

    ``left_out`` have a choice too, but whole ways cannot tell them (`fits_columns`: weight limits).
    """

    types: tuple[OrderType, ...]
    batch: BatchProblem
    columns: OrderTypes
    left_out: int

    @classmethod
    def of(cls, desk: Desk, expected: DemandEstimate, ledger: Ledger, now: datetime) -> Market:
        """Return the market of a demand; BadInput where the policy's orders do not fit whole ways."""
        zips = _first_zips(desk.network)
        found = [
            (kind, _problem(desk, kind, zips[kind.region], expected.as_of, ledger, now))
            for kind in _with_choice(desk.network, expected.order_types)
            if kind.region in zips
        ]
        fit = [(kind, problem) for kind, problem in found if fits_columns(problem)]
        if found and not fit:
            raise BadInput(
                f"Policy {desk.policy.name}: prices need orders of whole lines without a soft limit on the "
                "whole. Take [prices] out of the policy, or max_parts and such soft limits."
            )
        batch = BatchProblem.of([problem for _, problem in fit])
        return cls(tuple(kind for kind, _ in fit), batch, OrderTypes.of(batch), len(found) - len(fit))

    def demand(self, schedule: PriceSchedule) -> Demand:
        """Return what is to come over the horizon."""
        rate = np.array([kind.mean_per_day for kind in self.types])
        return Demand.over(schedule.horizon_days, rate, np.array([kind.var_per_day for kind in self.types]))

    def stream(self, records: Sequence[Mapping[str, Any]]) -> Ints:
        """Return the types of decided orders, those left out that are of none."""
        rows: dict[_Key | None, int] = {
            (tuple(sorted(kind.lines)), kind.region): row for row, kind in enumerate(self.types)
        }
        found = [rows.get(_key(record), NO_ORDER) for record in records]
        return np.array([row for row in found if row != NO_ORDER], dtype=np.int64)

    def judge(
        self,
        schedule: PriceSchedule,
        demand: Demand,
        stream: Ints,
        records: Sequence[Mapping[str, Any]],
    ) -> Shadow | None:
        """Return whether prices would have won over the window; its opening had what its orders took."""
        pricer = Pricer(self.columns, schedule, SEED)
        pricer.solve(demand, self.columns.stock + self._taken(records))
        pricer.saw(stream)
        pricer.solve(demand, self.columns.stock)
        return pricer.shadow

    def _taken(self, records: Sequence[Mapping[str, Any]]) -> Ints:
        taken: Counter[tuple[str, str]] = Counter()
        for record in records:
            for line in record["lines"]:
                for part in line["parts"]:
                    taken[line["product_id"], str(part["source_id"])] += part["quantity"]
        cells = self.columns.stock_cells.tolist()
        names = [(self.batch.item_ids[item], self.batch.source_ids[source]) for item, source in cells]
        return np.array([taken[name] for name in names], dtype=np.int64)


def _with_choice(network: View, types: Sequence[OrderType]) -> list[OrderType]:
    rows, sources = network.arrays.product_rows, network.arrays.product_sources.index

    def choices(product_id: str) -> int:
        return len(sources.of(rows[product_id])) if product_id in rows else 0

    counted = [(kind, [choices(product_id) for product_id, _ in kind.lines]) for kind in types]
    return [kind for kind, found in counted if min(found) > 0 and max(found) > 1]


def _first_zips(network: View) -> dict[str, str]:
    first: dict[str, str] = {}
    for zip_prefix in network.arrays.zip_prefixes:
        first.setdefault(zip_prefix[:3], zip_prefix)
    return first


def _problem(
    desk: Desk, kind: OrderType, zip_prefix: str, at: datetime, ledger: Ledger, now: datetime
) -> OrderProblem:
    lines = tuple(
        OrderLine(str(row), product_id, units) for row, (product_id, units) in enumerate(kind.lines, 1)
    )
    problem = desk.case(Order("order type", zip_prefix, lines), at, ledger, now=now).problem
    return replace(problem, capacity=np.full(len(problem.capacity), UNLIMITED))


def _key(record: Mapping[str, Any]) -> _Key | None:
    """Return the kind of a decided order; None where the record does not tell where it went."""
    if "order" not in record:
        return None
    lines = tuple(sorted((line["product_id"], line["quantity"]) for line in record["lines"]))
    return lines, record["order"]["destination"]["zip_prefix"][:3]
