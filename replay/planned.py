"""A placement where it is put to work: its depth by offer, the receipts that book it, what a report says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl

from graph.days import day_number, local_day
from graph.errors import BadInput, Fault
from graph.plan import PlacementPlan, with_sites
from inventory.events import EventType, StockEvent, StockKey
from inventory.ledger import UnitOfWork
from inventory.memory import MemoryHome
from optimizer.policy import Policy, PolicyKind
from replay.placing_new import OTHER, SUPPLY_DAYS
from replay.recorded import Past

SOURCE: Final = "plan"
"""The ``source`` of the receipts that a plan books."""

Shelves = Mapping[str, tuple[int, int]]
"""By policy: the units that the plan booked, and those that orders took."""

_SHELF: Final = ("warehouse_id", "item")


def depth_by_offer(
    transfers: pl.DataFrame, demand: pl.DataFrame, products: pl.DataFrame, as_of: datetime
) -> pl.DataFrame:
    """Return the stock (warehouse_id, seller_id, product_id, units) of a plan whose demand is by group.

    ``transfers``: seller_id, warehouse_id, item (a category, or ``other``) and units_first, the depth that
    is to lie there first. What a seller sends of a group is shared among his products in proportion to the
    units sold in the `SUPPLY_DAYS` before ``as_of`` (``demand``: product_id, seller_id, day, units). A
    site's depth of a group is rounded up as a whole and dealt out by largest remainders, so that it does
    not grow by a unit an offer. BadInput for transfers of which nothing was sold.
    """
    age = day_number(local_day(as_of)) - pl.col("day")
    sold = demand.filter((age > 0) & (age <= SUPPLY_DAYS)).group_by("seller_id", "product_id")
    groups = products.select("product_id", item=pl.col("category").fill_null(OTHER))
    own = ("seller_id", "item")
    shares = (
        sold.agg(pl.sum("units"))
        .join(groups, "product_id")
        .with_columns(share=pl.col("units") / pl.sum("units").over(own))
        .sort("seller_id", "product_id")
    )
    wanted = transfers.filter(pl.col("units_first") > 0).sort(*_SHELF, "seller_id")
    strange = wanted.join(shares, own, "anti").select(own).unique().sort(own)
    if not strange.is_empty():
        remedy = f"Nothing of it was sold in the {SUPPLY_DAYS} days before: say the stock in stock.csv."
        raise BadInput(
            "The plan's stock by group cannot be dealt out to products:",
            [Fault("transfers", seller, "item", "not sold", item, remedy) for seller, item in strange.rows()],
        )
    rows = wanted.join(shares.select(*own, "product_id", "share"), own, maintain_order="left_right")
    rows = rows.with_columns(exact=pl.col("units_first") * pl.col("share"))
    whole = (pl.sum("exact").over(_SHELF) - 1e-9).ceil()
    rows = rows.with_columns(
        rest=pl.col("exact") - pl.col("exact").floor(),
        spare=whole - pl.col("exact").floor().sum().over(_SHELF),
    ).sort(
        *_SHELF, "rest", "exact", "product_id", "seller_id", descending=[False] * 2 + [True] * 2 + [False] * 2
    )
    turn = pl.int_range(pl.len()).over(_SHELF)
    units = pl.col("exact").floor() + (turn < pl.col("spare")).cast(pl.Int64)
    return (
        rows.select("warehouse_id", "seller_id", "product_id", units=units.cast(pl.Int64))
        .filter(pl.col("units") > 0)
        .sort("warehouse_id", "seller_id", "product_id")
    )


def of_groups(transfers: pl.DataFrame, stock: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """Return the transfers whose depth is still to be dealt out: those of groups.

    Groups of which ``stock`` has a product at the same site are told there already.
    """
    groups = products.select("product_id", item=pl.col("category").fill_null(OTHER))
    told = stock.join(groups, "product_id").select(_SHELF).unique()
    by_product = products.select(item="product_id")
    return transfers.join(by_product, "item", "anti").join(told, _SHELF, "anti")


def receipts(plan: PlacementPlan, at: datetime) -> tuple[StockEvent, ...]:
    """Return the events that book a plan's depth at an instant; the same plan has the same event ids."""
    rows = plan.stock.select("product_id", "seller_id", "warehouse_id", "units").iter_rows()
    return tuple(
        StockEvent(
            f"plan-{plan.plan_id[:32]}-{number}",
            StockKey(product, seller, warehouse),
            EventType.RECEIVED,
            units,
            at,
            source=SOURCE,
        )
        for number, (product, seller, warehouse, units) in enumerate(rows, 1)
    )


def book(unit: UnitOfWork, plan: PlacementPlan, at: datetime) -> None:
    """Book a plan's depth, and how many packages its sites pack a day where that is limited."""
    unit.ledger.append(receipts(plan, at))
    limits = plan.sites.select("warehouse_id", "daily_capacity_orders").drop_nulls()
    unit.ledger.limit_packages(dict(limits.iter_rows()))


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """A plan in a replay that starts at ``at``; no plan: nothing is booked, and nothing is said."""

    plan: PlacementPlan | None
    at: datetime

    @property
    def is_later(self) -> bool:
        """Whether the plan is of an instant after the start."""
        return self.plan is not None and self.plan.as_of > self.at

    def check_told(self) -> None:
        """Refuse a plan later than the start (BadInput)."""
        if self.plan is not None and self.is_later:
            raise BadInput(
                f"The plan is of {self.plan.as_of.isoformat()}, later than --from {self.at.isoformat()}: "
                "nobody could have known it then (--hindsight permits it)."
            )

    def check(self, past: Past) -> None:
        """Refuse unknown names, and offers first sold after the plan's as-of (BadInput)."""
        plan = self.plan
        if plan is None:
            return
        with_sites(past.tables, plan)
        if early := sorted(_not_sold_yet(past, plan)):
            remedy = "Nobody knew this offer: leave the row out."
            raise BadInput(
                "The plan stocks what was first sold after its as-of:",
                [Fault("stock", seller, "product_id", "later", product, remedy) for seller, product in early],
            )

    @property
    def sites(self) -> frozenset[str]:
        """The ids of the plan's warehouses."""
        return frozenset() if self.plan is None else frozenset(self.plan.sites["warehouse_id"])

    def book(self, home: MemoryHome, policy: Policy) -> int:
        """Book the plan's depth on a policy's shelves; return the units. Who repeats the record has none."""
        if self.plan is None or policy.kind is PolicyKind.RECORDED:
            return 0
        with home.unit() as unit:
            book(unit, self.plan, self.at)
        return self.plan.units

    def to_dict(self, shelves: Shelves) -> dict[str, Any] | None:
        """Return what is told of the plan as JSON values; None without one."""
        if self.plan is None:
            return None
        return {
            "plan_id": self.plan.plan_id,
            "as_of": self.plan.as_of.isoformat(),
            "warehouses": self.plan.sites["warehouse_id"].to_list(),
            "booked_units": {name: units for name, (units, _) in shelves.items()},
            "used_units": {name: used for name, (_, used) in shelves.items()},
        }

    def assumptions(self, shelves: Shelves) -> Iterator[str]:
        """Yield in words what a replay with the plan rests on."""
        if self.plan is None:
            return
        units = ", ".join(
            f"{units:,} under {name} (orders took {used:,})" for name, (units, used) in shelves.items()
        )
        yield (
            f"Plan {self.plan.plan_id[:12]} as of {self.plan.as_of.isoformat()} opens "
            f"{len(self.plan.sites):,} warehouses; its depth is received there at the start (source "
            f"{SOURCE}): {units}. Sellers keep their own stock beside it; sites are not refilled."
        )
        yield (
            "Times from a plan's site are assumed (synthetic): its handling hours, then the transit learned "
            "from its region. Neither the sites nor sending the stock there is charged."
        )


def _not_sold_yet(past: Past, plan: PlacementPlan) -> list[tuple[str, str]]:
    offers = past.tables["offers"].select("seller_id", "product_id").with_row_index("offer")
    first = past.sales.group_by(pl.col("offer").cast(pl.UInt32)).agg(pl.min("at_s"))
    late = offers.join(first, "offer").filter(pl.col("at_s") >= int(plan.as_of.timestamp()))
    pairs = plan.stock.select("seller_id", "product_id").unique()
    return pairs.join(late, ["seller_id", "product_id"], "semi").rows()
