"""What ``malha reorder`` does: stock and demand together, place by place, and the settings that follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from pathlib import Path
from typing import Final

import polars as pl

from api.replay_stock import stock_file
from api.stock import existing
from graph.errors import BadInput, SnapshotError
from graph.stores.files import snapshot_folder
from graph.stores.parquet import ParquetStore
from inventory.events import TRANSIT, EventType, StockEvent, StockKey
from inventory.forecast import demand_of_products, purchases
from inventory.places import past_stretches, place_shares
from inventory.reorder import PlaceDemand, Reorder, ReorderRule, reorder
from inventory.restock import Placed, placed, restock_times
from inventory.sql import SqlHome
from inventory.sql.reorders import order_events, ordered_places
from inventory.stock import StockRow, fold
from inventory.words import Law

AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Shelves:
    """The stock of all places, in order of their keys, and the purchase orders that each has had."""

    rows: tuple[StockRow, ...]
    orders: Mapping[StockKey, Placed]


@dataclass(frozen=True, slots=True)
class Reorders:
    """What to do about every place as of an instant, in order of their keys."""

    snapshot_id: str
    as_of: datetime
    rule: ReorderRule
    places: tuple[Reorder, ...]

    @property
    def due(self) -> list[Reorder]:
        """The places to order for now: what runs out first comes first."""
        return sorted(
            (one for one in self.places if one.due), key=lambda one: (one.empty_at or self.as_of, one.key)
        )


def is_table(stock: str) -> bool:
    """Whether ``--stock`` names tables (a folder, or a CSV or Parquet file) and not a database."""
    path = Path(stock)
    return "://" not in stock and (path.is_dir() or path.suffix.lower() in (".csv", ".parquet"))


def read_shelves(stock: str, at: datetime) -> Shelves:
    """Return the stock of a ledger, or of tables; BadInput where there is none."""
    if is_table(stock):
        events = stock_file(Path(stock)).events
        rows = list(fold(events).values())
        orders = placed([one for one in events if _is_order(one)], at)
    else:
        with closing(existing(stock)) as home, home.reading() as unit:
            rows = list(unit.store.all_rows())
            orders = placed(order_events(unit.connection, ordered_places(unit.connection)), at)
    kept = sorted((row for row in rows if row.key.location_id != TRANSIT), key=lambda row: row.key)
    if not kept:
        raise BadInput(f"{stock} holds no stock: nothing can be ordered again.")
    return Shelves(tuple(kept), orders)


def _is_order(event: StockEvent) -> bool:
    return event.event_type in (EventType.REORDERED, EventType.RECEIVED)


def find_reorders(snapshot: Path, stock: str, rule: ReorderRule) -> Reorders:
    """Return what to do about each place of a stock, with the demand that a snapshot knows.

    Raises SnapshotError and BadInput for what cannot be read.
    """
    folder = snapshot_folder(snapshot)
    meta = ParquetStore(folder).meta()
    shelves = read_shelves(stock, meta.as_of)
    try:
        products = pl.read_parquet(folder / "network" / "products.parquet")
        bought = purchases(pl.read_parquet(folder / "events.parquet"), products)
        sold = pl.read_parquet(folder / "demand.parquet")
        offers = pl.read_parquet(folder / "network" / "offers.parquet")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SnapshotError(f"{folder} cannot be read: build the snapshot again.") from error
    rates = {
        product: (mean, var)
        for product, mean, var in demand_of_products(bought, meta.as_of)
        .select("product_id", "mean", "var")
        .iter_rows()
    }
    prices = {
        (p, s): cents for p, s, cents in offers.select("product_id", "seller_id", "price_cents").iter_rows()
    }
    keys, days = [row.key for row in shelves.rows], ceil(rule.restock.mean_days + rule.review_days)
    shares = place_shares(keys, sold, meta.as_of)
    seen = past_stretches(keys, sold, meta.as_of, max(days, 1)) if rule.law is Law.EMPIRICAL else {}
    own, others = restock_times(shelves.orders, rule.restock)
    places = []
    for row in shelves.rows:
        demand = shares[row.key].of(*rates.get(row.key.product_id, (0.0, 0.0)))
        price = prices.get((row.key.product_id, row.key.seller_id))
        asked = PlaceDemand(*demand, price, seen.get(row.key, ()))
        on_order = shelves.orders.get(row.key, Placed()).open_units
        places.append(reorder(row, on_order, asked, own.get(row.key.seller_id, others), rule, meta.as_of))
    return Reorders(meta.snapshot_id, meta.as_of, rule, tuple(places))


def apply_settings(stock: str, places: Sequence[Reorder]) -> int:
    """Write safety stock, reorder point and lead time of each place into a ledger; return how many."""
    if is_table(stock):
        raise BadInput("--apply writes into a ledger: name one with --stock, not tables.")
    with closing(SqlHome.open(stock)) as home:
        for start in range(0, len(places), AT_ONCE):
            settings = {one.key: one.settings for one in places[start : start + AT_ONCE]}
            home.run(lambda unit, settings=settings: unit.ledger.configure(settings))  # type: ignore[misc]
    return len(places)
