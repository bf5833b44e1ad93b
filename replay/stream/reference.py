"""What does not happen but is: places, goods, sellers and carriers, as codes by name.

The node tables of a network or of a source. A node alone decides nothing: it counts from the first event that
names it. A name that the tables do not have is unknown (code -1) until they are read anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.arrays import codes_of, state_names
from graph.lead_time.journeys import CodeArray, FloatArray
from graph.model import UNKNOWN
from replay.encode import PAYMENT_TYPES

_NODES: Final = ("zip_prefixes", "regions", "categories", "products", "sellers", "warehouses", "carriers")
_READ: Final = ("zip_prefix", "region", "state", "category", "weight_g", "volume_cm3", "lat", "lng")


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Codes are rows of the sorted node tables.

    ``product``: product -> (category code, grams, cm3; NaN unknown). ``region_of_zip``, ``state_of_zip``,
    ``lat``, ``lng``: by code of zip prefix, with one more row for unknown ones. ``digest`` names all of it.
    """

    zips: Mapping[str, int]
    regions: tuple[str, ...]
    states: tuple[str, ...]
    categories: tuple[str, ...]
    sellers: tuple[str, ...]
    carriers: tuple[str, ...]
    seller: Mapping[str, int]
    carrier: Mapping[str, int]
    payment: Mapping[str, int]
    product: Mapping[str, tuple[int, float, float]]
    zip_of_seller: CodeArray
    zip_of_warehouse: Mapping[str, int]
    region_of_zip: CodeArray
    state_of_zip: CodeArray
    lat: FloatArray
    lng: FloatArray
    digest: str

    @classmethod
    def of(cls, nodes: Mapping[str, pl.DataFrame]) -> Reference:
        """Read the node tables (``graph.tables.SCHEMAS``), each sorted by key."""
        zips, products, sellers = nodes["zip_prefixes"], nodes["products"], nodes["sellers"]
        category = nodes["categories"]["category"]
        sizes = products.select(pl.col("weight_g", "volume_cm3").cast(pl.Float64).fill_null(np.nan))
        columns = codes_of(products["category"], category).tolist(), *map(pl.Series.to_list, sizes)
        return cls(
            zips=_numbered(zips["zip_prefix"]),
            regions=tuple(nodes["regions"]["region"]),
            states=tuple(state_names(zips)),
            categories=tuple(category),
            sellers=tuple(sellers["seller_id"]),
            carriers=tuple(nodes["carriers"]["carrier_id"]),
            seller=_numbered(sellers["seller_id"]),
            carrier=_numbered(nodes["carriers"]["carrier_id"]),
            payment={name: code for code, name in enumerate(PAYMENT_TYPES)},
            product=dict(zip(products["product_id"].to_list(), zip(*columns, strict=True), strict=True)),
            zip_of_seller=_with_unknown(codes_of(sellers["zip_prefix"], zips["zip_prefix"])),
            zip_of_warehouse=_homes(nodes["warehouses"], zips["zip_prefix"]),
            region_of_zip=_with_unknown(codes_of(zips["region"], nodes["regions"]["region"])),
            state_of_zip=_with_unknown(codes_of(zips["state"], state_names(zips))),
            lat=_degrees(zips["lat"]),
            lng=_degrees(zips["lng"]),
            digest=_digest(nodes),
        )


def _numbered(names: pl.Series) -> dict[str, int]:
    return {name: code for code, name in enumerate(names)}


def _homes(warehouses: pl.DataFrame, zips: pl.Series) -> dict[str, int]:
    codes = codes_of(warehouses["zip_prefix"], zips).tolist()
    return dict(zip(warehouses["warehouse_id"].to_list(), codes, strict=True))


def _with_unknown(codes: NDArray[np.int32]) -> CodeArray:
    """Return codes with one more at the end, that of an unknown name: index -1 finds it."""
    return np.append(codes, np.int32(UNKNOWN))


def _degrees(values: pl.Series) -> FloatArray:
    return np.append(values.fill_null(np.nan).to_numpy(), np.nan)


def _digest(nodes: Mapping[str, pl.DataFrame]) -> str:
    """Return a digest of the names, in their order, and of what the model reads of the things named."""
    digest = hashlib.sha256()
    for name in _NODES:
        frame = nodes[name]
        key = frame.columns[0]
        for column in dict.fromkeys([key, *(one for one in _READ if one in frame.columns)]):
            texts = frame[column].cast(pl.String).fill_null("")
            digest.update(f"{name}.{column} {frame.height}\n".encode())
            digest.update(texts.str.join("\n").item().encode())
    return digest.hexdigest()
