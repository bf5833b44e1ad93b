"""From facts to arrays: names become codes, the rows of their sorted node tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from graph.arrays import codes_of, state_names
from graph.lead_time import Journeys
from graph.model import NEVER

# Column of a package, node table that gives its code, key of that table.
CODED = {
    "seller": ("seller_id", "sellers", "seller_id"),
    "origin_zip": ("from_zip_prefix", "zip_prefixes", "zip_prefix"),
    "dest_zip": ("to_zip_prefix", "zip_prefixes", "zip_prefix"),
    "origin_region": ("from_region", "regions", "region"),
    "dest_region": ("to_region", "regions", "region"),
    "carrier": ("carrier_id", "carriers", "carrier_id"),
    "category": ("category", "categories", "category"),
}
STAMPS = {
    "purchased_s": "purchased_s",
    "approved_s": "approved_s",
    "handed_s": "handed_over_s",
    "delivered_s": "delivered_s",
    "promised_s": "promised_s",
    "shipping_limit_s": "shipping_limit_s",
}
FLOATS = (
    *("approval_days", "handling_days", "transit_days", "total_days"),
    *("distance_km", "weight_g", "volume_cm3", "price_cents", "freight_cents"),
)
COUNTS = ("n_lines", "n_sellers")
PAYMENT_TYPES = ("boleto", "credit_card", "debit_card", "not_defined", "voucher")


def journeys(packages: pl.DataFrame, nodes: Mapping[str, pl.DataFrame]) -> Journeys:
    """Return the packages that somebody ships as the arrays from which lead times are learned."""
    sent = packages.filter(pl.col("seller_id").is_not_null())
    known_states = state_names(nodes["zip_prefixes"])
    columns: dict[str, object] = {
        name: codes_of(sent[column], nodes[table][key]) for name, (column, table, key) in CODED.items()
    }
    columns |= {
        "origin_state": codes_of(sent["from_state"], known_states),
        "dest_state": codes_of(sent["to_state"], known_states),
        "payment_type": codes_of(sent["payment_type"], pl.Series(PAYMENT_TYPES)),
    }
    columns |= {name: sent[column].fill_null(NEVER).to_numpy() for name, column in STAMPS.items()}
    columns |= {name: sent[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in FLOATS}
    columns |= {name: sent[name].cast(pl.Int32).to_numpy() for name in COUNTS}
    return Journeys.build(sent.height, **columns)
