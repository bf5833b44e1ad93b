"""Scarcity prices from the ledger's stock and expected demand: when they are due, and how they are solved.

Before new prices are solved the window of orders since the last judgement is judged, once it is long enough:
prices as they are solved for the stock and demand at its beginning against exact greedy (`optimizer.prices`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from graph.demand import DemandEstimate
from graph.errors import BadInput
from inventory.sql import SqlHome, SqlUnit
from optimizer.policy import Policy, PriceSchedule
from optimizer.prices import Pricer, PriceTable, Trigger, is_due
from replay.desk import Desk
from replay.jobs.hand import Task
from replay.jobs.store import Jobs
from replay.market import Market
from replay.price_store import PriceStore, StoredPrices
from replay.shadow import SEED, judge, kind_of, stream_of

PRICES_KIND: Final = "solve_prices"
CLIENT: Final = "worker"

PAUSE: Final = timedelta(minutes=10)
"""Prices are not solved again sooner, however many places run out."""


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
            market = Market.of(self.desk, expected.order_types, expected.as_of, unit.ledger, now)
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
        stream = stream_of(market, map(kind_of, records))
        judged = len(stream) >= schedule.shadow_orders
        if judged:
            self.task.tell(0.2, f"Judging prices on {len(stream):,} orders")
            shadow = judge(market, schedule, stream, records)
        self.task.tell(0.5, f"Solving prices for {len(market.types):,} order types")
        pricer = Pricer(market.columns, schedule, SEED)
        pricer.shadow = shadow
        pricer.solve(market.demand(schedule), market.columns.stock)
        return PriceTable.of(market.names, pricer, as_of_s, trigger), judged
