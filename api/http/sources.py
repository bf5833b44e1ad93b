"""Looking up one source in the tables of a network."""

from __future__ import annotations

from typing import Any

import polars as pl

from graph import Network, SourceKind


def find_source(network: Network, source_id: str) -> dict[str, Any] | None:
    """Return a source in the keys of ``SourceOut``; None if the network does not know it.

    A warehouse is a source of a seller's goods while it holds units of them.
    """
    kind, _, name = source_id.partition(":")
    warehouse_id, _, behind = name.rpartition(":")
    seller_id = behind if kind == SourceKind.WAREHOUSE else name
    seller = _row(network, "sellers", "seller_id", seller_id)
    if seller is None:
        return None
    if kind == SourceKind.SELLER:
        offers = _of_seller(network, "offers", seller_id).height
        place, goods = seller, {"products": offers, "units": None}
    else:
        found = _row(network, "warehouses", "warehouse_id", warehouse_id)
        held = _of_seller(network, "stocks", seller_id).filter(pl.col("warehouse_id") == warehouse_id)
        if found is None or held.is_empty():
            return None
        place, goods = _placed(network, found), {"products": held.height, "units": int(held["units"].sum())}
    return {
        "source_id": source_id,
        "source_kind": kind,
        **{column: place[column] for column in ("zip_prefix", "city", "state")},
        "seller": {name: seller[name] for name in _SELLER},
        "carriers": _of_seller(network, "seller_carriers", seller_id).drop("seller_id").to_dicts(),
        **goods,
    }


_SELLER = ("seller_id", "effect_log", "handling_mean_days", "handling_var_days", "n")


def _placed(network: Network, warehouse: dict[str, Any]) -> dict[str, Any]:
    """Return a warehouse with the city and state of its zip prefix."""
    place = _row(network, "zip_prefixes", "zip_prefix", warehouse["zip_prefix"])
    return {**(place or {"city": None, "state": None}), "zip_prefix": warehouse["zip_prefix"]}


def _row(network: Network, table: str, key: str, name: str) -> dict[str, Any] | None:
    """Return the row of a node table (sorted by its key) that has this name."""
    frame = network.tables[table]
    at = frame[key].search_sorted(name)
    if at == frame.height or frame[key][at] != name:
        return None
    return frame.row(at, named=True)


def _of_seller(network: Network, table: str, seller_id: str) -> pl.DataFrame:
    return network.tables[table].filter(pl.col("seller_id") == seller_id)
