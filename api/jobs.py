"""The kinds of jobs that a worker does: what each is asked for is checked, and done in ``replay``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from api import policies
from api.batches import ASSIGN_BATCH, BatchIn, batch_of
from api.offers import with_told
from api.order_models import OrderIn
from api.placement_jobs import PLACE, Place
from api.placements import open_network
from api.replay_jobs import REPLAY, Replay
from api.snapshot_jobs import BUILD, BuildSnapshot
from graph import Network
from graph.days import DAY_S
from graph.errors import BadInput
from graph.stores.files import snapshot_folder
from inventory.forecast import estimate, purchases
from inventory.offers import Offer
from inventory.sql import SqlHome
from inventory.sql.offers import SqlOffers
from optimizer.batch import BatchWork
from optimizer.policy import Policy
from optimizer.prices import Trigger
from replay.desk import Desk
from replay.jobs.batch import BatchJob, Taken
from replay.jobs.hand import Task, Work
from replay.price_store import PriceStore
from replay.pricing import PRICES_KIND, Pricing


@dataclass(frozen=True, slots=True)
class Shop:
    """What a worker works with: the folder of snapshots, its policy, and a folder of more policies.

    ``source``: the history that it replays, and ``reports``: the folder where it reports that; None: neither.
    ``placement``: the folder of a plan whose warehouses are sources too, as in the server beside it.
    """

    snapshot: Path
    policy: str
    policies: Path | None
    source: str | None = None
    reports: Path | None = None
    placement: Path | None = None

    def kinds(self) -> dict[str, Work]:
        """Return the kinds of jobs that a worker does."""
        return {
            ASSIGN_BATCH: AssignBatch(self),
            PRICES_KIND: SolvePrices(self),
            PLACE: Place(self),
            REPLAY: Replay(self),
            BUILD: BuildSnapshot(self),
        }

    def folder(self) -> Path:
        """Return the folder of the snapshot in force; SnapshotError where there is none."""
        return snapshot_folder(self.snapshot)

    def network(self) -> Network:
        """Return the network in force, with the plan; it is kept until another takes its place."""
        return _network(self.folder(), self.placement)

    def load(self, name: str | None) -> Policy:
        """Return the worker's own policy, or one by name; a request may not name files."""
        if name is None:
            return policies.load(self.policy, self.policies)
        if name not in policies.names(self.policies):
            raise BadInput(f"Unknown policy {name!r}: one of {', '.join(policies.names(self.policies))}.")
        return policies.load(name, self.policies)


@lru_cache(maxsize=1)
def _network(folder: Path, placement: Path | None) -> Network:
    return open_network(folder, placement)


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
                products = {line.product_id for order in asked.orders for line in order.lines}
                offers = SqlOffers(unit.connection).of_products(products)
            desk = Desk(network, policy, prices if policy.prices else None)
            run = BatchJob(task, home, desk, network.meta.as_of)
            told: dict[str, list[Offer]] = {}
            for offer in offers:
                told.setdefault(offer.product_id, []).append(offer)
            taken = [_taken(order, asked, network, told) for order in asked.orders]
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


def _taken(asked: OrderIn, batch: BatchIn, network: Network, told: Mapping[str, Sequence[Offer]]) -> Taken:
    order = asked.to_order()
    products = dict.fromkeys(line.product_id for line in order.lines)
    order = with_told(network, order, [offer for name in products for offer in told.get(name, ())])
    later = max(order.purchased_at or network.meta.as_of, network.meta.as_of)
    document = asked.model_dump(mode="json", exclude_defaults=True)
    if batch.policy is not None:
        document["policy"] = batch.policy
    seconds = batch.hold_s.get(asked.payment_type or "default", batch.hold_s.get("default", DAY_S))
    hold = timedelta(seconds=seconds) if batch.reserve_at == "purchase" else None
    return Taken(replace(order, purchased_at=later), hold, {"order": document})
