"""From facts to arrays: names become codes, the rows of their sorted node tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from graph.lead_time import Journeys
from graph.model import NEVER, UNKNOWN

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


def states(zip_prefixes: pl.DataFrame) -> list[str]:
    """Return the states in code order: those of the zip prefixes, sorted."""
    return zip_prefixes["state"].drop_nulls().unique().sort().to_list()


def codes(names: pl.Series, known: Sequence[str] | pl.Series) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Return the position of each name in ``known`` as int32; -1 where it is null or not there."""
    coded = names.cast(pl.Enum(pl.Series(known)), strict=False).to_physical()
    return coded.cast(pl.Int32).fill_null(UNKNOWN).to_numpy()


def journeys(packages: pl.DataFrame, nodes: Mapping[str, pl.DataFrame]) -> Journeys:
    """Return the packages that somebody ships as the arrays from which lead times are learned.

    A shipping limit is known at the approval, so it is unknown for an order not yet approved.
    """
    sent = packages.filter(pl.col("seller_id").is_not_null())
    limit = pl.when(pl.col("approved_s").is_not_null()).then("shipping_limit_s")
    sent = sent.with_columns(limit.alias("shipping_limit_s"))
    known_states = states(nodes["zip_prefixes"])
    columns: dict[str, object] = {
        name: codes(sent[column], nodes[table][key]) for name, (column, table, key) in CODED.items()
    }
    columns |= {
        "origin_state": codes(sent["from_state"], known_states),
        "dest_state": codes(sent["to_state"], known_states),
        "payment_type": codes(sent["payment_type"], PAYMENT_TYPES),
    }
    columns |= {name: sent[column].fill_null(NEVER).to_numpy() for name, column in STAMPS.items()}
    columns |= {name: sent[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in FLOATS}
    columns |= {name: sent[name].cast(pl.Int32).to_numpy() for name in COUNTS}
    return Journeys.build(sent.height, **columns)
