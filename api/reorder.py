"""What ``malha reorder`` does: stock and demand together, place by place, and the settings that follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
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
from inventory.restock import OrderHistory, Placed, RestockTime, restock_times
from inventory.sql import SqlHome
from inventory.sql.reorders import ordered_places
from inventory.stock import StockRow, fold
from inventory.words import Law
from replay.purchasing.store import order_history

AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Shelves:
    """The stock of all places, in order of their keys, and the purchase orders that they have had."""

    rows: tuple[StockRow, ...]
    history: OrderHistory

    @property
    def told_at(self) -> datetime | None:
        """When the last of them moved."""
        return max((row.updated_at for row in self.rows if row.updated_at is not None), default=None)

    def restocking(self, at: datetime, assumed: RestockTime) -> dict[StockKey, RestockTime]:
        """Return the restock time in force at each place: learned where orders came in, else assumed."""
        # Whoever is waited for too shortly teaches only the short ones of their lead times.
        known = {row.key: max(row.lead_time_days or 0.0, assumed.mean_days) for row in self.rows}
        own, others = restock_times(self.history.placed(at, known), assumed)
        return {row.key: own.get(row.key.seller_id, others) for row in self.rows}

    def placed(self, at: datetime, restocking: Mapping[StockKey, RestockTime]) -> dict[StockKey, Placed]:
        """Return what was ordered for each place, as the worker will see it when these times are set."""
        found = self.history.placed(at, {key: time.mean_days for key, time in restocking.items()})
        return {row.key: found.get(row.key, Placed()) for row in self.rows}


@dataclass(frozen=True, slots=True)
class Reorders:
    """What to do about every place, in order of their keys.

    ``as_of``: what the demand is known by; ``stock_at``: the last instant that the stock tells of, or that of
    the demand where it is later. Days to come are counted from there. ``given_up``: purchase orders that were
    waited for in vain.
    """

    snapshot_id: str
    as_of: datetime
    stock_at: datetime
    rule: ReorderRule
    places: tuple[Reorder, ...]
    given_up: int = 0

    @property
    def due(self) -> list[Reorder]:
        """The places to order for now: what runs out first comes first."""
        return sorted(
            (one for one in self.places if one.due), key=lambda one: (one.empty_at or self.stock_at, one.key)
        )


def is_table(stock: str) -> bool:
    """Whether ``--stock`` names tables (a folder, or a CSV or Parquet file) and not a database."""
    path = Path(stock)
    return "://" not in stock and (path.is_dir() or path.suffix.lower() in (".csv", ".parquet"))


def read_shelves(stock: str) -> Shelves:
    """Return the stock of a ledger, or of tables, as it is now; BadInput where there is none."""
    if is_table(stock):
        events = stock_file(Path(stock)).events
        rows = list(fold(events).values())
        history = OrderHistory([one for one in events if _is_order(one)])
    else:
        with closing(existing(stock)) as home, home.reading() as unit:
            rows = list(unit.store.all_rows())
            history = order_history(unit.connection, ordered_places(unit.connection))
    kept = sorted((row for row in rows if row.key.location_id != TRANSIT), key=lambda row: row.key)
    if not kept:
        raise BadInput(f"{stock} holds no stock: nothing can be ordered again.")
    return Shelves(tuple(kept), history)


def _is_order(event: StockEvent) -> bool:
    return event.event_type in (EventType.REORDERED, EventType.RECEIVED)


def find_reorders(snapshot: Path, stock: str, rule: ReorderRule, now: datetime) -> Reorders:
    """Return what to do about each place of a stock as it is now, with the demand that a snapshot knows.

    A stock that tells of instants after ``now`` is taken to be of now. Raises SnapshotError and BadInput for
    what cannot be read.
    """
    folder = snapshot_folder(snapshot)
    meta = ParquetStore(folder).meta()
    shelves = read_shelves(stock)
    at = max(meta.as_of, min(shelves.told_at or meta.as_of, now))
    restocking = shelves.restocking(at, rule.restock)
    placed = shelves.placed(at, restocking)
    stretch_days = {key: rule.stretch_days(time) for key, time in restocking.items()}
    demand = _demand(folder, meta.as_of, stretch_days, rule)
    places = [
        reorder(row, placed[row.key].open_units, demand[row.key], restocking[row.key], rule, at)
        for row in shelves.rows
    ]
    given_up = sum(one.given_up for one in placed.values())
    return Reorders(meta.snapshot_id, meta.as_of, at, rule, tuple(places), given_up)


def _demand(
    folder: Path, as_of: datetime, stretch_days: Mapping[StockKey, int], rule: ReorderRule
) -> dict[StockKey, PlaceDemand]:
    """Return the demand of places; with the stretches of so many days each for an empirical law."""
    try:
        products = pl.read_parquet(folder / "network" / "products.parquet")
        bought = purchases(pl.read_parquet(folder / "events.parquet"), products)
        sold = pl.read_parquet(folder / "demand.parquet")
        offers = pl.read_parquet(folder / "network" / "offers.parquet")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SnapshotError(f"{folder} cannot be read: build the snapshot again.") from error
    rates = {
        product: (mean, var)
        for product, mean, var in demand_of_products(bought, as_of)
        .select("product_id", "mean", "var")
        .iter_rows()
    }
    prices = {
        (p, s): cents for p, s, cents in offers.select("product_id", "seller_id", "price_cents").iter_rows()
    }
    shares = place_shares(list(stretch_days), sold, as_of)
    seen = _stretches(sold, as_of, stretch_days) if rule.law is Law.EMPIRICAL else {}
    found = {}
    for key, share in shares.items():
        mean, var = share.of(*rates.get(key.product_id, (0.0, 0.0)))
        found[key] = PlaceDemand(mean, var, prices.get((key.product_id, key.seller_id)), seen.get(key, ()))
    return found


def _stretches(
    sold: pl.DataFrame, as_of: datetime, stretch_days: Mapping[StockKey, int]
) -> dict[StockKey, tuple[float, ...]]:
    """Return the units of past stretches, each place's as long as its own restocking (one a seller)."""
    by_days: dict[int, list[StockKey]] = {}
    for key, days in stretch_days.items():
        by_days.setdefault(days, []).append(key)
    found: dict[StockKey, tuple[float, ...]] = {}
    for days, keys in by_days.items():
        theirs = sold.filter(pl.col("seller_id").is_in({key.seller_id for key in keys}))
        found |= past_stretches(keys, theirs, as_of, days)
    return found


def apply_settings(stock: str, places: Sequence[Reorder]) -> int:
    """Write the settings of each place into a ledger, by which its worker orders; return how many."""
    if is_table(stock):
        raise BadInput("--apply writes into a ledger: name one with --stock, not tables.")
    with closing(SqlHome.open(stock)) as home:
        for start in range(0, len(places), AT_ONCE):
            settings = {one.key: one.settings for one in places[start : start + AT_ONCE]}
            home.run(lambda unit, settings=settings: unit.ledger.configure(settings))  # type: ignore[misc]
    return len(places)
