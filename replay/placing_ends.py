"""Where a scenario's parcels start and end, and what one unit of each item is, found in a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from graph import Network
from graph.arrays import codes_of, state_names
from graph.distance import haversine_km
from optimizer.placement.scenario import Scenario
from optimizer.placement.scenario_tables import ITEM
from optimizer.words import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """Where parcels start or end: positions in degrees, and the codes of region and state."""

    lat: Floats
    lng: Floats
    region: Ints
    state: Ints

    def take(self, rows: Any) -> Ends:
        """Return some of them."""
        return Ends(self.lat[rows], self.lng[rows], self.region[rows], self.state[rows])

    def km_to(self, other: Ends) -> Floats:
        """Return great-circle distances in km; the two broadcast."""
        return haversine_km(self.lat, self.lng, other.lat, other.lng)


@dataclass(frozen=True, slots=True, eq=False)
class Parcels:
    """One unit of each item: grams, cubic centimetres, cents; NaN where unknown."""

    weight_g: Floats
    volume_cm3: Floats
    price_cents: Floats

    def take(self, rows: Any) -> Parcels:
        """Return some of them."""
        return Parcels(self.weight_g[rows], self.volume_cm3[rows], self.price_cents[rows])

    def mean(self, weights: Floats) -> Parcels:
        """Return the average parcel, as arrays of length one."""
        columns = (self.weight_g, self.volume_cm3, self.price_cents)
        return Parcels(*(np.array([_average(column, weights)]) for column in columns))


def parcels_of(scenario: Scenario, network: Network) -> Parcels:
    """Return one unit of each item: what ``products`` says, else the snapshot's product or category."""
    arrays = network.arrays
    columns = ("weight_g", "volume_cm3", "price_cents")
    products = scenario.products.select(ITEM.alias("item"), *columns)
    said = {row[0]: row[1:] for row in products.iter_rows()}
    rows = np.full((len(scenario.items), len(columns)), np.nan)
    for item, text in enumerate(scenario.items):
        if text in arrays.product_rows:
            known = arrays.product_parcel(arrays.product_rows[text])
        elif text in arrays.category_rows:
            known = arrays.category_parcel(arrays.category_rows[text])
        else:
            known = None
        for place, column in enumerate(columns):
            own = said.get(text, (None, None, None))[place]
            rows[item, place] = getattr(known, column, np.nan) if own is None else own
    return Parcels(*rows.T)


def zip_ends(network: Network) -> Ends:
    """Return every zip prefix of a network, by code."""
    arrays = network.arrays
    return Ends(
        arrays.zip_lat, arrays.zip_lng, arrays.zip_region.astype(np.int64), arrays.zip_state.astype(np.int64)
    )


def zip_rows(network: Network, zip_prefixes: pl.Series) -> Ints:
    """Return the codes of zip prefixes; -1 for null and for strangers."""
    return codes_of(zip_prefixes, network.tables["zip_prefixes"]["zip_prefix"]).astype(np.int64)


def place_ends(network: Network, keys: pl.DataFrame) -> Ends:
    """Return the ends of demands' places: a zip prefix, else its region's centroid."""
    regions = network.tables["regions"]
    region = codes_of(keys["region"], regions["region"])
    own = keys["zip_prefix"].is_not_null().to_numpy()
    at_zip = zip_ends(network).take(zip_rows(network, keys["zip_prefix"]))
    states = codes_of(regions["state"], state_names(network.tables["zip_prefixes"]))
    lat, lng = (regions[name].fill_null(np.nan).to_numpy()[region] for name in ("lat", "lng"))
    return Ends(
        np.where(own, at_zip.lat, lat),
        np.where(own, at_zip.lng, lng),
        np.where(own, at_zip.region, region),
        np.where(own, at_zip.state, states[region]),
    )


def _average(values: Floats, weights: Floats) -> float:
    known = ~np.isnan(values)
    total = weights[known].sum()
    return float(values[known] @ weights[known] / total) if total > 0 else float("nan")
