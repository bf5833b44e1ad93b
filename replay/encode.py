"""From facts to arrays: names become codes, the rows of their sorted node tables."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.arrays import codes_of
from graph.days import DAY_S
from graph.freight import FreightQuery, FreightSample
from graph.lead_time import Journeys
from graph.model import NEVER, UNKNOWN

# Column of a package that holds the code.
CODED = {
    "seller": "seller_id",
    "origin_zip": "from_zip_prefix",
    "dest_zip": "to_zip_prefix",
    "origin_region": "from_region",
    "dest_region": "to_region",
    "origin_state": "from_state",
    "dest_state": "to_state",
    "carrier": "carrier_id",
    "category": "category",
}
STAMPS = {
    "purchased_s": "purchased_s",
    "approved_s": "approved_s",
    "handed_s": "handed_over_s",
    "delivered_s": "delivered_s",
    "promised_s": "promised_s",
    "shipping_limit_s": "shipping_limit_s",
}
STAGES = ("approval", "handling", "transit", "total")
FLOATS = ("distance_km", "weight_g", "volume_cm3", "price_cents", "freight_cents")
COUNTS = ("n_lines", "n_sellers")
PAYMENT_TYPES = ("boleto", "credit_card", "debit_card", "not_defined", "voucher")


def journeys(packages: pl.DataFrame) -> Journeys:
    """Return the packages that somebody ships as the arrays from which lead times are learned.

    The codes of packages (see `ingest.facts.Facts`) are those of journeys: rows of the sorted node tables.
    """
    somebody = packages["seller_id"].is_not_null()
    columns: dict[str, object] = {}

    def sent(column: str) -> pl.Series:
        return packages[column].filter(somebody)

    columns |= {name: sent(column).fill_null(UNKNOWN).to_numpy() for name, column in CODED.items()}
    columns["payment_type"] = _payment_types(sent("payment_type"))
    columns |= {name: sent(column).fill_null(NEVER).to_numpy() for name, column in STAMPS.items()}
    columns |= {f"{stage}_days": _floats(sent(f"{stage}_seconds")) / DAY_S for stage in STAGES}
    columns |= {name: _floats(sent(name)) for name in FLOATS}
    columns |= {name: sent(name).cast(pl.Int32).to_numpy() for name in COUNTS}
    return Journeys.build(int(somebody.sum()), **columns)


def _floats(values: pl.Series) -> NDArray[np.float64]:
    numbers: NDArray[np.float64] = values.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return numbers


def _payment_types(found: pl.Series) -> NDArray[np.int32]:
    types = found.dtype.categories if isinstance(found.dtype, pl.Enum) else pl.Series([], dtype=pl.String)
    known = np.append(codes_of(types, pl.Series(PAYMENT_TYPES)), np.int32(UNKNOWN))
    codes: NDArray[np.int32] = known[found.to_physical().cast(pl.Int32).fill_null(-1).to_numpy()]
    return codes


def freight_sample(seen: Journeys) -> FreightSample:
    """Return the packages of one unit: their freight belongs to that unit alone."""
    one = seen.n_lines == 1
    parcels = FreightQuery(
        seller=seen.seller[one],
        dest_region=seen.dest_region[one],
        carrier=seen.carrier[one],
        same_state=(seen.origin_state == seen.dest_state)[one],
        distance_km=seen.distance_km[one],
        weight_g=seen.weight_g[one],
        volume_cm3=seen.volume_cm3[one],
        price_cents=seen.price_cents[one],
    )
    return FreightSample(parcels, seen.purchased_s[one], seen.freight_cents[one].astype("int64"))
