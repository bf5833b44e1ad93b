"""The network's tables as read-only arrays: codes for names, and indices for what a request looks up."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.csr import Csr, frozen
from graph.law import Goods, Places
from graph.model import NEVER, UNKNOWN
from graph.pickup import Pickups

Codes = NDArray[np.int32]
Floats = NDArray[np.float64]
Seconds = NDArray[np.int64]
Tables = Mapping[str, pl.DataFrame]

_PARCEL: Final = ("weight_g", "volume_cm3", "longest_side_cm", "price_cents")


@dataclass(frozen=True, slots=True)
class Parcel:
    """One unit of a product, or the median unit of a category."""

    category: int
    weight_g: float
    volume_cm3: float
    longest_side_cm: float
    price_cents: float


@dataclass(frozen=True, slots=True)
class Sources:
    """Who could ship something, one row a (product or category, seller, warehouse): its index and columns.

    ``warehouse`` is -1 where the seller ships its own stock; ``units`` is what a warehouse holds (a seller's
    own stock is not counted here); ``price_cents`` is NaN where a row stands for several offers.
    ``shipper`` is -1 for a warehouse: it packs and posts in its own way, so the habits of the seller whose
    stock it is do not count; ``handling_days`` is then the warehouse's own, else NaN.
    """

    index: Csr
    seller: Codes
    warehouse: Codes
    shipper: Codes
    origin_zip: Codes
    handling_days: Floats
    units: NDArray[np.int64]
    last_sold_s: Seconds
    price_cents: Floats

    @property
    def goods(self) -> Goods:
        """The columns as the compiled pass over them takes them."""
        return Goods(
            self.seller,
            self.warehouse,
            self.shipper,
            self.origin_zip,
            self.handling_days,
            self.units,
            self.last_sold_s,
            self.price_cents,
        )


class NetworkArrays:
    """Everything that answering a request reads, built from checked tables; indices are made on first use.

    The code of a thing is its row in its node table. ``states`` is the sorted list of those in
    ``zip_prefixes``. ``assumed``: ids of warehouses that a plan opens, so that nothing was observed of them.
    """

    def __init__(self, tables: Tables, assumed: Collection[str] = ()) -> None:
        self._tables = tables
        zips, regions = tables["zip_prefixes"], tables["regions"]
        self.zip_prefixes = zips["zip_prefix"].to_list()
        self.zip_rows: Mapping[str, int] = {name: row for row, name in enumerate(self.zip_prefixes)}
        self.zip_lat, self.zip_lng = _floats(zips["lat"]), _floats(zips["lng"])
        self.zip_region = codes_of(zips["region"], regions["region"])
        states = state_names(zips)
        self.states: Sequence[str] = states.to_list()
        self.zip_state = codes_of(zips["state"], states)
        self.places = Places(self.zip_lat, self.zip_lng, self.zip_region, self.zip_state)

        sellers, warehouses = tables["sellers"], tables["warehouses"]
        self.seller_ids = sellers["seller_id"].to_list()
        self.seller_zip = codes_of(sellers["zip_prefix"], zips["zip_prefix"])
        self.warehouse_ids = warehouses["warehouse_id"].to_list()
        self.warehouse_zip = codes_of(warehouses["zip_prefix"], zips["zip_prefix"])
        self.warehouse_days = _floats(warehouses["handling_hours"]) / 24.0
        self._assumed = warehouses["warehouse_id"].is_in(sorted(assumed)).to_numpy()

        carriers = tables["carriers"]
        self.carrier_ids = carriers["carrier_id"].to_list()
        self.carrier_max_weight_g = _limit(carriers["max_weight_g"])
        self.carrier_max_side_cm = _limit(carriers["max_side_cm"])
        self.pickups = Pickups.of(carriers)

    @cached_property
    def product_ids(self) -> list[str]:
        """Product ids in order of code."""
        return self._tables["products"]["product_id"].to_list()

    @cached_property
    def product_rows(self) -> Mapping[str, int]:
        """Product id -> code."""
        return {name: row for row, name in enumerate(self.product_ids)}

    @cached_property
    def seller_rows(self) -> Mapping[str, int]:
        """Seller id -> code."""
        return {name: row for row, name in enumerate(self.seller_ids)}

    @cached_property
    def warehouse_rows(self) -> Mapping[str, int]:
        """Warehouse id -> code."""
        return {name: row for row, name in enumerate(self.warehouse_ids)}

    @cached_property
    def category_names(self) -> list[str]:
        """Category names in order of code."""
        return self._tables["categories"]["category"].to_list()

    @cached_property
    def category_rows(self) -> Mapping[str, int]:
        """Portuguese and English names -> code; where they collide the Portuguese name holds."""
        rows: dict[str, int] = {}
        for column in ("category_english", "category"):
            names = self._tables["categories"][column]
            rows.update({name: row for row, name in enumerate(names) if name is not None})
        return rows

    @cached_property
    def lanes_out(self) -> Csr:
        """Rows of the lanes that leave each region."""
        return self._lanes_by("from_region")

    @cached_property
    def lanes_in(self) -> Csr:
        """Rows of the lanes that reach each region."""
        return self._lanes_by("to_region")

    def _lanes_by(self, column: str) -> Csr:
        regions = self._tables["regions"]["region"]
        return Csr.group(codes_of(self._tables["lanes"][column], regions), len(regions))

    @cached_property
    def lane_columns(self) -> Mapping[str, NDArray[Any]]:
        """The lanes as arrays in order of row: regions and carrier as codes, numbers as they are."""
        lanes, regions = self._tables["lanes"], self._tables["regions"]["region"]
        codes = {
            "from_region": codes_of(lanes["from_region"], regions),
            "to_region": codes_of(lanes["to_region"], regions),
            "carrier": codes_of(lanes["carrier_id"], self._tables["carriers"]["carrier_id"]),
        }
        numbers = [name for name, dtype in lanes.schema.items() if dtype.is_numeric()]
        return codes | {name: frozen(lanes[name].to_numpy().copy()) for name in numbers}

    @cached_property
    def product_category(self) -> Codes:
        """Category code by product code."""
        return codes_of(self._tables["products"]["category"], self._tables["categories"]["category"])

    @cached_property
    def _parcels(self) -> tuple[Mapping[str, Floats], Mapping[str, Floats]]:
        """The columns of ``Parcel`` by product and by category, gaps filled by category, then network."""
        prices = self._tables["offers"].group_by("product_id").agg(pl.col("price_cents").median())
        products = self._tables["products"].join(prices, "product_id", "left", maintain_order="left")
        overall = products.select(pl.col(_PARCEL).median().fill_null(np.nan)).row(0, named=True)
        usual = [pl.col(name).fill_null(pl.lit(overall[name])) for name in _PARCEL]
        typical = products.group_by("category").agg(pl.col(_PARCEL).median())
        categories = self._tables["categories"].join(typical, "category", "left", maintain_order="left")
        categories = categories.with_columns(usual)
        own = [pl.coalesce(name, f"{name}_usual").alias(name) for name in _PARCEL]
        filled = products.join(categories, "category", "left", suffix="_usual", maintain_order="left")
        filled = filled.with_columns(own).with_columns(usual)
        return (
            {name: _floats(filled[name]) for name in _PARCEL},
            {name: _floats(categories[name]) for name in _PARCEL},
        )

    def product_parcel(self, product: int) -> Parcel:
        """Return a product's own parcel; its category's median stands in for what is unknown."""
        columns = self._parcels[0]
        return Parcel(
            int(self.product_category[product]), *(float(columns[name][product]) for name in _PARCEL)
        )

    def category_parcel(self, category: int) -> Parcel:
        """Return a category's reference parcel: the median of each feature over its products."""
        columns = self._parcels[1]
        return Parcel(category, *(float(columns[name][category]) for name in _PARCEL))

    @cached_property
    def product_sources(self) -> Sources:
        """Sources by product: its offers' sellers, then warehouses that hold an offer's stock."""
        offers = self._offers()
        held = self._held(offers)
        products = self._tables["products"]
        return self._sources(pl.concat([offers, held]), "product_id", products["product_id"])

    @cached_property
    def category_sources(self) -> Sources:
        """Sources by category; a seller's row carries its latest sale in the category, of any product.

        A warehouse has one row for each amount that differs in recency: filtering by units and recency
        and then dropping doubled rows is exact.
        """
        offers = self._offers()
        key = ["category", "warehouse_id", "seller_id"]
        rows = pl.concat([offers, self._held(offers)]).drop_nulls("category")
        rows = rows.group_by([*key, "units"]).agg(
            pl.col("last_sold").max(), price_cents=pl.lit(None, pl.Int64)
        )
        return self._sources(rows, "category", self._tables["categories"]["category"])

    def _offers(self) -> pl.DataFrame:
        products = self._tables["products"].select("product_id", "category")
        return (
            self._tables["offers"]
            .join(products, on="product_id", how="left", maintain_order="left")
            .select(
                "product_id",
                "category",
                pl.lit(None, pl.String).alias("warehouse_id"),
                "seller_id",
                pl.lit(_ANY_AMOUNT).alias("units"),
                "last_sold",
                "price_cents",
            )
        )

    def _held(self, offers: pl.DataFrame) -> pl.DataFrame:
        stocks = self._tables["stocks"].filter(pl.col("units") > 0)
        held = stocks.join(offers.drop("warehouse_id", "units"), on=["product_id", "seller_id"])
        return held.select(offers.columns)

    def _sources(self, rows: pl.DataFrame, by: str, names: pl.Series) -> Sources:
        rows = rows.sort(by, "warehouse_id", "seller_id", "units", nulls_last=False)
        seller = codes_of(rows["seller_id"], self._tables["sellers"]["seller_id"])
        warehouse = codes_of(rows["warehouse_id"], self._tables["warehouses"]["warehouse_id"])
        own = warehouse == UNKNOWN
        # One place more than there are warehouses, which code -1 reads.
        place, handling = np.append(self.warehouse_zip, UNKNOWN), np.append(self.warehouse_days, np.nan)
        return Sources(
            Csr.group(codes_of(rows[by], names), len(names)),
            seller,
            warehouse,
            frozen(np.where(own, seller, np.int32(UNKNOWN))),
            frozen(np.where(own, self.seller_zip[seller], place[warehouse])),
            frozen(handling[warehouse]),
            frozen(rows["units"].to_numpy().copy()),
            frozen(_seconds(rows["last_sold"])),
            _floats(rows["price_cents"]),
        )

    def assumed(self, warehouse: Codes) -> NDArray[np.bool_]:
        """Tell which of some warehouse codes (-1: none) are sites of a plan."""
        return np.append(self._assumed, False)[warehouse]

    @property
    def any_assumed(self) -> bool:
        """Whether there are sites of a plan."""
        return bool(self._assumed.any())

    def warm(self) -> None:
        """Build every index now, so that no request pays for it."""
        for name in dir(type(self)):
            if isinstance(getattr(type(self), name), cached_property):
                getattr(self, name)


_ANY_AMOUNT: Final = 2**62
"""Units of a seller's own stock: unknown here, so never the reason to leave an offer out."""


def state_names(zip_prefixes: pl.DataFrame) -> pl.Series:
    """Return the states in code order: those of the zip prefixes, sorted."""
    return zip_prefixes["state"].drop_nulls().unique().sort()


def codes_of(values: pl.Series, names: pl.Series) -> Codes:
    """Return the row in ``names`` (sorted, without doubles) of each value; -1 for null and for strangers."""
    rows = pl.DataFrame({"name": names, "row": np.arange(len(names), dtype=np.int32)})
    found = values.alias("name").to_frame().join(rows, on="name", how="left", maintain_order="left")
    return frozen(found["row"].fill_null(UNKNOWN).to_numpy().astype(np.int32))


def _floats(values: pl.Series) -> Floats:
    return frozen(values.cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64))


def _limit(values: pl.Series) -> Floats:
    return frozen(values.fill_null(np.inf).to_numpy().astype(np.float64))


def _seconds(instants: pl.Series) -> Seconds:
    return instants.dt.epoch("s").fill_null(NEVER).to_numpy().astype(np.int64)
