"""The kinds of jobs as they are asked for: a request's JSON is checked here, and done in ``replay``."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import polars as pl
from pydantic import Field, ValidationError

from api import policies
from api.order_models import Id, OrderIn, Strict
from graph import Network
from graph.errors import BadInput, Fault
from graph.stores.files import snapshot_folder
from inventory.forecast import estimate, purchases
from inventory.sql import SqlHome
from optimizer.batch import BatchWork
from optimizer.policy import Policy
from optimizer.prices import Trigger
from replay.desk import Desk
from replay.jobs.batch import BatchJob, Taken
from replay.jobs.hand import Task, Work
from replay.price_store import PriceStore
from replay.pricing import PRICES_KIND, Pricing

ASSIGN_BATCH: Final = "assign_batch"
MOST_ORDERS: Final = 10_000
DAY_S: Final = 86_400
MOST_HOLD_S: Final = 366 * DAY_S


class BatchIn(Strict):
    """The request of a job ``assign_batch``.

    ``mode``: ``commit`` holds the stock, ``preview`` holds nothing. ``hold_s``: how long stock is held, by
    payment type. ``seconds``: the most that solving may take; an answer that it stops is not repeatable.
    """

    orders: list[OrderIn] = Field(min_length=1, max_length=MOST_ORDERS)
    mode: Literal["commit", "preview"]
    policy: Id | None = None
    hold_s: dict[str, Annotated[int, Field(ge=1, le=MOST_HOLD_S)]] = Field(
        default_factory=lambda: {"default": DAY_S}
    )
    seconds: float | None = Field(None, gt=0, le=3_600)


@dataclass(frozen=True, slots=True)
class Shop:
    """What a worker works with: the folder of snapshots, its policy, and a folder of more policies."""

    snapshot: Path
    policy: str
    policies: Path | None

    def kinds(self) -> dict[str, Work]:
        """Return the kinds of jobs that a worker does."""
        return {ASSIGN_BATCH: AssignBatch(self), PRICES_KIND: SolvePrices(self)}

    def folder(self) -> Path:
        """Return the folder of the snapshot in force; SnapshotError where there is none."""
        return snapshot_folder(self.snapshot)

    def network(self) -> Network:
        """Return the network in force; it is kept until another takes its place."""
        return _network(self.folder())

    def load(self, name: str | None) -> Policy:
        """Return the worker's own policy, or one by name; a request may not name files."""
        if name is None:
            return policies.load(self.policy, self.policies)
        if name not in policies.names(self.policies):
            raise BadInput(f"Unknown policy {name!r}: one of {', '.join(policies.names(self.policies))}.")
        return policies.load(name, self.policies)


@lru_cache(maxsize=1)
def _network(folder: Path) -> Network:
    return Network.open(folder)


@dataclass(frozen=True, slots=True)
class AssignBatch:
    """Decides a batch of orders together and holds or previews it."""

    shop: Shop

    def __call__(self, task: Task) -> Mapping[str, Any]:
        """Do it; BadInput for a request that cannot be used, with every fault."""
        asked = batch_of(task.job.request)
        network, policy = self.shop.network(), self.shop.load(asked.policy)
        with closing(SqlHome.open(task.database, connections=2)) as home:
            with home.reading() as unit:
                prices = PriceStore(unit.connection).latest(task.clock(), policy.digest)
            desk = Desk(network, policy, prices if policy.prices else None)
            run = BatchJob(task, home, desk, network.meta.as_of)
            taken = [_taken(order, asked, network) for order in asked.orders]
            work = BatchWork(seconds=asked.seconds)
            return run.preview(taken, work) if asked.mode == "preview" else run.commit(taken, work)


@dataclass(frozen=True, slots=True)
class SolvePrices:
    """Solves scarcity prices and stores them as a version."""

    shop: Shop

    def __call__(self, task: Task) -> Mapping[str, Any]:
        """Do it; BadInput where the worker that ordered it has another policy than this one."""
        policy, network = self.shop.load(None), self.shop.network()
        if policy.digest != task.job.request.get("policy_digest"):
            raise BadInput(
                "The prices are for another policy than this worker's: give all workers one policy."
            )
        folder = self.shop.folder()
        task.tell(0.0, "Estimating demand")
        products = pl.read_parquet(folder / "network" / "products.parquet")
        known = purchases(pl.read_parquet(folder / "events.parquet"), products)
        demand = estimate(known, network.meta.as_of)
        with closing(SqlHome.open(task.database, connections=2)) as home:
            pricing = Pricing(task, home, Desk(network, policy, alternatives=0))
            return pricing.solve(demand, Trigger(task.job.request["trigger"]))


def batch_of(request: Mapping[str, Any]) -> BatchIn:
    """Return the request of a batch; BadInput with every fault, those of its orders included."""
    try:
        asked = BatchIn.model_validate(request)
    except ValidationError as error:
        told = [(".".join(map(str, found["loc"])), found["msg"]) for found in error.errors(include_url=False)]
        faults = [Fault("request", None, where, what, "", "Correct the request.") for where, what in told]
        raise BadInput("The batch cannot be used.", faults) from None
    names = [order.order_id for order in asked.orders]
    if len(set(names)) < len(names):
        doubled = sorted({name for name in names if names.count(name) > 1})
        raise BadInput(f"Two orders of one name: {', '.join(doubled[:10])}.")
    return asked


def _taken(asked: OrderIn, batch: BatchIn, network: Network) -> Taken:
    order = asked.to_order()
    later = max(order.purchased_at or network.meta.as_of, network.meta.as_of)
    seconds = batch.hold_s.get(asked.payment_type or "default", batch.hold_s.get("default", DAY_S))
    document = asked.model_dump(mode="json", exclude_defaults=True)
    if batch.policy is not None:
        document["policy"] = batch.policy
    return Taken(replace(order, purchased_at=later), timedelta(seconds=seconds), {"order": document})
