"""How a network leaves for analysis: as frames and as a networkx graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

import polars as pl

from graph.arrays import Tables

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd


@overload
def frame(table: pl.DataFrame, backend: Literal["polars"]) -> pl.DataFrame: ...
@overload
def frame(table: pl.DataFrame, backend: Literal["pandas"]) -> pd.DataFrame: ...
def frame(table: pl.DataFrame, backend: Literal["polars", "pandas"]) -> pl.DataFrame | pd.DataFrame:
    """Return a table as the caller likes it; pandas needs ``pip install malha[pandas]``."""
    if backend == "polars":
        return table
    if backend == "pandas":
        return table.to_pandas()
    raise ValueError(f"unknown backend {backend!r}: polars or pandas")


def to_networkx(tables: Tables) -> nx.MultiDiGraph[str]:
    """Return the regions as nodes (lat, lng, state) and the lanes as edges, keyed by carrier.

    Edge attributes are the columns of ``lanes``; nulls are None, instants are aware datetimes.
    """
    import networkx as nx  # noqa: PLC0415 (a slow import that requests never need)

    network: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for row in tables["regions"].iter_rows(named=True):
        network.add_node(row.pop("region"), **row)
    for row in tables["lanes"].iter_rows(named=True):
        ends = row.pop("from_region"), row.pop("to_region")
        network.add_edge(*ends, key=row.pop("carrier_id"), **row)
    return network
