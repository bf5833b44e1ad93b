"""One row a package, as known at an instant: what every ranking and diagnosis is counted from.

The frame is a fold of the event log: whoever holds the events before T has all that may be known at T.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

import polars as pl

from graph.days import DAY_S
from graph.distance import haversine_km
from graph.errors import SnapshotError
from graph.model import UNDELIVERED_DAYS, UNHANDED_DAYS, SnapshotMeta, is_lost
from graph.stores.files import snapshot_folder
from graph.stores.parquet import ParquetStore
from graph.tables import SCHEMAS
from ingest.checks import Progress, check, silent
from ingest.facts import gather, gather_nodes
from ingest.log import event_log
from ingest.source import Source
from replay.lanes import observed

EVENTS: Final = "events.parquet"
STAGES: Final = ("approval", "handling", "transit")
COMPONENTS: Final = (*STAGES, "total")
STAMPS: Final = {
    "approval": ("purchased_s", "approved_s"),
    "handling": ("approved_s", "handed_s"),
    "transit": ("handed_s", "delivered_s"),
    "total": ("purchased_s", "delivered_s"),
}
"""When each stage begins, and when it ends."""

_PARCEL: Final = ("order_id", "seller_id", "carrier_id", "warehouse_id")

SCHEMA: Final = pl.Schema(
    {
        **dict.fromkeys(_PARCEL, pl.String()),
        **dict.fromkeys(("customer_state", "seller_state", "customer_region", "seller_region"), pl.String()),
        "category": pl.String(),
        "distance_km": pl.Float64(),
        "purchased_s": pl.Int64(),
        "approved_s": pl.Int64(),
        "handed_s": pl.Int64(),
        "delivered_s": pl.Int64(),
        "promised_s": pl.Int64(),
        "shipping_limit_s": pl.Int64(),
        **{f"{name}_days": pl.Float64() for name in COMPONENTS},
        "promise_days": pl.Float64(),
        "late": pl.Boolean(),
        "at": pl.String(),
        "n_lines": pl.Int64(),
        "price_cents": pl.Int64(),
        "freight_cents": pl.Int64(),
        "review_score": pl.Int32(),
        "reviewed_s": pl.Int64(),
    }
)
"""The columns of ``packages``. Instants are epoch seconds and null while they lie ahead.

``…_days`` are null where a stage has not ended, or ends before it begins; ``promise_days`` counts from the
purchase; ``late``: delivered after the promise. ``at`` says where the package is at T: ``approval``,
``handling``, ``transit``, ``delivered``, or ``lost`` (open for too long to be waited for). The review is the
order's last answer. ``seller_state`` and ``seller_region`` are where the package leaves from: its warehouse,
if one packed it, else its seller. ``carrier_id`` and ``warehouse_id`` are known from the hand-over on. An
order without lines is one package of nobody: ``seller_id`` null.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """An event log with the tables that its names stand in; ``as_of_s``: nothing later is in it.

    ``tables``: those of a network, its nodes, offers and stocks at least.
    """

    events: pl.LazyFrame
    tables: Mapping[str, pl.DataFrame]
    as_of_s: int
    snapshot_id: str = ""

    @classmethod
    def of_snapshot(cls, path: str | Path) -> Self:
        """Return the log of a snapshot folder; SnapshotError where it cannot be read."""
        folder = snapshot_folder(Path(path))
        stored = ParquetStore(folder).read()
        return cls.of_tables(folder, stored.tables, stored.meta)

    @classmethod
    def of_tables(cls, folder: Path, tables: Mapping[str, pl.DataFrame], meta: SnapshotMeta) -> Self:
        """Return the log of a snapshot whose tables are in memory already; SnapshotError without its file."""
        file = folder / EVENTS
        if not file.is_file():
            raise SnapshotError(f"{file} is missing. Build the snapshot again.")
        return cls(pl.scan_parquet(file), tables, int(meta.as_of.timestamp()), meta.snapshot_id)

    @classmethod
    def of_source(cls, source: Source, as_of: datetime | None = None, progress: Progress = silent) -> Self:
        """Return the log of a source as of an instant (None: all of it); BadInput with every fault."""
        checked = check(source, as_of, progress)
        nodes = gather_nodes(checked)
        facts = gather(checked, nodes)
        events = pl.concat(event_log(checked, facts))
        empty = {name: SCHEMAS[name].empty() for name in ("offers", "stocks")}
        tables = {**empty, **nodes, **observed(facts.evidence, nodes)}
        return cls(events.lazy(), tables, int(checked.as_of.timestamp()))

    @property
    def as_of(self) -> datetime:
        """The instant up to which events are known."""
        return datetime.fromtimestamp(self.as_of_s, UTC)

    def packages(self, as_of_s: int | None = None) -> pl.DataFrame:
        """Return the packages as known at an instant, the log's own if none is given."""
        return packages(self.events, self.tables, self.as_of_s if as_of_s is None else as_of_s)


def packages(events: pl.LazyFrame, tables: Mapping[str, pl.DataFrame], as_of_s: int) -> pl.DataFrame:
    """Return the packages purchased before ``as_of_s`` from events stamped before it, in columns ``SCHEMA``.

    ``events``: columns of ``ingest.log.SCHEMA``; ``tables``: zip_prefixes, sellers, products and, if there
    are any, warehouses. Rows are sorted by purchase, order, seller, carrier and warehouse.
    """
    known = events.filter(pl.col("time_s") < as_of_s).rename({"subject": "order_id"})
    orders, contents, limits = _orders(known), _contents(known, tables["products"]), _limits(known)
    joined = (
        orders.join(_first(known, "OrderApproved", "approved_s"), on="order_id", how="left")
        .join(_reviews(known), on="order_id", how="left")
        .join(contents, on="order_id", how="left")
        .join(limits, on=["order_id", "seller_id"], how="left")
        .join(_shipments(known), on=["order_id", "seller_id"], how="left", nulls_equal=True)
    )
    placed = _with_distance(_timed(_placed(joined, tables), as_of_s).collect())
    order = ("purchased_s", *_PARCEL)
    return placed.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items()).sort(order)


def _of(events: pl.LazyFrame, kind: str) -> pl.LazyFrame:
    return events.filter(pl.col("kind") == kind)


def _orders(events: pl.LazyFrame) -> pl.LazyFrame:
    bought = _of(events, "OrderPurchased").group_by("order_id", maintain_order=True)
    return bought.agg(pl.col("time_s").min().alias("purchased_s"), pl.col("promised_s", "zip_prefix").first())


def _first(events: pl.LazyFrame, kind: str, name: str) -> pl.LazyFrame:
    return _of(events, kind).group_by("order_id", maintain_order=True).agg(pl.col("time_s").min().alias(name))


def _contents(events: pl.LazyFrame, products: pl.DataFrame) -> pl.LazyFrame:
    """Return what each seller sends for each order; the category is the first in the alphabet."""
    lines = _of(events, "OrderPurchased").filter(pl.col("seller_id").is_not_null())
    known = products.lazy().select("product_id", "category")
    of_seller = lines.join(known, on="product_id", how="left").group_by(
        "order_id", "seller_id", maintain_order=True
    )
    return of_seller.agg(
        pl.col("price_cents", "freight_cents").sum(),
        pl.col("category").min(),
        pl.len().alias("n_lines"),
    )


def _limits(events: pl.LazyFrame) -> pl.LazyFrame:
    of_seller = _of(events, "OrderApproved").group_by("order_id", "seller_id", maintain_order=True)
    return of_seller.agg(pl.col("shipping_limit_s").max())


def _reviews(events: pl.LazyFrame) -> pl.LazyFrame:
    answered = _of(events, "Reviewed").sort("time_s", "part").group_by("order_id", maintain_order=True)
    return answered.agg(
        pl.col("score").last().alias("review_score"), pl.col("time_s").last().alias("reviewed_s")
    )


def _shipments(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return hand-over and delivery of each package: a seller may send one order in several."""

    def stamp(kind: str) -> pl.Expr:
        return pl.col("time_s").filter(pl.col("kind") == kind).min()

    sent = events.filter(pl.col("kind").is_in(["HandedToCarrier", "Delivered"]))
    seller = pl.when(pl.col("part") != "").then("part").alias("seller_id")
    of_package = sent.drop("seller_id").with_columns(seller).group_by(_PARCEL, maintain_order=True)
    return of_package.agg(handed_s=stamp("HandedToCarrier"), delivered_s=stamp("Delivered"))


def _placed(joined: pl.LazyFrame, tables: Mapping[str, pl.DataFrame]) -> pl.LazyFrame:
    """Add state and region of both ends; a package leaves from its warehouse, else from its seller."""
    zips = tables["zip_prefixes"].lazy().select("zip_prefix", "state", "region", "lat", "lng")
    sellers = tables["sellers"].lazy().select("seller_id", pl.col("zip_prefix").alias("home"))
    located = joined.join(sellers, on="seller_id", how="left")
    if "warehouses" in tables and tables["warehouses"].height:
        sites = tables["warehouses"].lazy().select("warehouse_id", pl.col("zip_prefix").alias("site"))
        located = located.join(sites, on="warehouse_id", how="left")
        located = located.with_columns(pl.coalesce("site", "home").alias("home"))
    for end, column in (("customer", "zip_prefix"), ("seller", "home")):
        names = {name: f"{end}_{name}" for name in ("state", "region", "lat", "lng")}
        place = zips.rename({"zip_prefix": column, **names})
        located = located.join(place, on=column, how="left")
    return located


def _with_distance(placed: pl.DataFrame) -> pl.DataFrame:
    ends = (placed[f"{end}_{name}"].to_numpy() for end in ("seller", "customer") for name in ("lat", "lng"))
    return placed.with_columns(pl.Series("distance_km", haversine_km(*ends)).fill_nan(None))


def _timed(located: pl.LazyFrame, as_of_s: int) -> pl.LazyFrame:
    """Add the stages' days, the promise, whether it was missed, and where each package is now."""

    def between(start: str, end: str) -> pl.Expr:
        seconds = pl.col(end) - pl.col(start)
        return pl.when(seconds >= 0).then(seconds / DAY_S)

    waited = is_lost(as_of_s - pl.col("purchased_s"), UNHANDED_DAYS)
    travelled = is_lost(as_of_s - pl.col("handed_s"), UNDELIVERED_DAYS)
    handed, approved = pl.col("handed_s").is_not_null(), pl.col("approved_s").is_not_null()
    at = (
        pl.when(pl.col("delivered_s").is_not_null())
        .then(pl.lit("delivered"))
        .when(pl.when(handed).then(travelled).otherwise(waited))
        .then(pl.lit("lost"))
        .when(handed)
        .then(pl.lit("transit"))
        .when(approved)
        .then(pl.lit("handling"))
        .otherwise(pl.lit("approval"))
    )
    return located.with_columns(
        *(between(*ends).alias(f"{name}_days") for name, ends in STAMPS.items()),
        ((pl.col("promised_s") - pl.col("purchased_s")) / DAY_S).alias("promise_days"),
        (pl.col("delivered_s") > pl.col("promised_s")).alias("late"),
        at.alias("at"),
    )
