"""Marketplaces shared by the tests of the synthetic world: made once, read often."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from benchmarks.truth import Truth
from ingest.synthetic.marketplace import write
from ingest.synthetic.world import World
from ingest.synthetic.world_files import load_world, world_of

STAMPS = {
    "olist_orders_dataset": (
        "order_purchase_timestamp",
        "order_approved_at",
        "order_delivered_carrier_date",
        "order_delivered_customer_date",
        "order_estimated_delivery_date",
    ),
    "olist_shipments_dataset": ("handed_over_at", "delivered_at"),
    "olist_order_reviews_dataset": ("review_creation_date", "review_answer_timestamp"),
    "olist_inventory_events": ("event_timestamp",),
}


@dataclass(frozen=True)
class Marketplace:
    """A written marketplace."""

    folder: Path
    world: World
    truth: Truth

    def table(self, stem: str) -> pl.DataFrame:
        """Read a table; stamps as naive local wall times, money as integer cents."""
        frame = pl.read_csv(self.folder / f"{stem}.csv", infer_schema_length=None, schema_overrides=TEXT)
        stamps = [pl.col(c).str.to_datetime("%Y-%m-%d %H:%M:%S") for c in STAMPS.get(stem, ())]
        cents = [(pl.col(c) * 100).round().cast(pl.Int64) for c in MONEY if c in frame.columns]
        return frame.with_columns(*stamps, *cents)


MONEY = ("price", "freight_value", "payment_value")
TEXT = dict.fromkeys(
    (
        *("customer_zip_code_prefix", "seller_zip_code_prefix", "geolocation_zip_code_prefix"),
        *("zip_code_prefix", "pickup_weekdays", "warehouse_id"),
        *("review_comment_title", "review_comment_message"),
    ),
    pl.String,
)


def changed(base: World, **tables: object) -> World:
    """Return a world with some top-level tables changed: key by key (dicts) or whole (anything else)."""
    settings = base.model_dump(mode="json")
    for name, change in tables.items():
        settings[name] = {**settings[name], **change} if isinstance(change, dict) else change
    return world_of(settings)


def made(folder: Path, world: World, orders: int, seed: int) -> Marketplace:
    """Write a marketplace as CSV."""
    write(world, orders, seed, folder)
    return Marketplace(folder, world, Truth.open(folder / "truth"))


@pytest.fixture(scope="session")
def default(tmp_path_factory: pytest.TempPathFactory) -> Marketplace:
    """Give the default world, cut at the end of its history: two chunks of orders."""
    return made(tmp_path_factory.mktemp("default"), load_world(), 60_000, 7)


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Marketplace:
    """Give a complete history without quirks."""
    world = load_world()
    quirks = dict.fromkeys(type(world.quirks).model_fields, 0.0)
    world = changed(world, history={"complete": True}, quirks=quirks)
    return made(tmp_path_factory.mktemp("clean"), world, 20_000, 11)


@pytest.fixture(scope="session")
def null(tmp_path_factory: pytest.TempPathFactory) -> Marketplace:
    """Give the world in which no choice gains anything."""
    return made(tmp_path_factory.mktemp("null"), load_world("null"), 4_000, 5)
