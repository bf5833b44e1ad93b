"""How the network's tables lie in Neo4j: kinds of nodes and relationships, and the way there and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.tables import INSTANT, SCHEMAS

ELEMENT: Final = "element"
"""The column with the database's own id of a node or relationship; it lives as long as one load."""

SPOILT: Final = "spoilt"
"""The column that marks elements with a value of a wrong type."""

TOLERANCE: Final = 1e-9
"""Floats that differ by no more (relative to those above 1) are the same."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of node or relationship: the table it comes from and where that table's columns go.

    ``name`` is that of its statements in ``cypher/load``; ``label`` the label or relationship type.
    ``ends`` are the columns of a relationship's two ends; of a node, none. ``key`` names one element.
    ``properties`` are columns that it carries under their own names (a node's ``id`` comes on top).
    """

    name: str
    label: str
    table: str
    key: tuple[str, ...]
    properties: tuple[str, ...]
    ends: tuple[str, ...] = ()

    @property
    def is_node(self) -> bool:
        """Whether this is a kind of node."""
        return not self.ends

    @property
    def title(self) -> str:
        """The label or type, with the start of a relationship whose type has several."""
        start = self.name.removesuffix(self.label.lower()).rstrip("_")
        return self.label if self.is_node or not start else f"{self.label} ({start})"

    @property
    def columns(self) -> tuple[str, ...]:
        """The table's columns that the element holds, in order."""
        held = {*self.key, *self.ends, *self.properties}
        return tuple(column for column in SCHEMAS[self.table].columns if column in held)

    def elements(self, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """Return the elements that the tables ask for; without an end there is no relationship."""
        return tables[self.table].select(self.columns).drop_nulls(self.ends or self.key)

    def frame(self, rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
        """Return what ``cypher/load/read`` found: ``element``, the columns, and ``spoilt``.

        A value of a wrong type, which only a hand can have put there, becomes null and marks its row.
        """
        types = SCHEMAS[self.table].columns
        columns = list(zip(*rows, strict=True)) or [()] * (1 + len(self.columns))
        spoilt = np.zeros(len(rows), dtype=bool)
        series = [pl.Series(ELEMENT, columns[0], pl.String)]
        for name, values in zip(self.columns, columns[1:], strict=True):
            made, wrong = _series(name, values, types[name])
            series.append(made)
            spoilt |= wrong
        return pl.DataFrame([*series, pl.Series(SPOILT, spoilt)])

    def rows(self, frame: pl.DataFrame) -> list[dict[str, Any]]:
        """Return what ``cypher/load/create`` and ``update`` take: the ends (or element), and properties."""
        carried = [pl.col(self.key[0]).alias("id")] if self.is_node else []
        carried += [pl.col(name) for name in self.properties]
        outside = [pl.col(name) for name in (ELEMENT, *self.ends) if name in frame.columns]
        properties = pl.struct(carried) if carried else pl.lit(None)
        rows = frame.select(*outside, properties.alias("properties")).to_dicts()
        for row in rows:
            for name in self._instants():
                # Polars names the zone; a fixed offset is stored, and shown, as "…Z".
                if (value := row["properties"][name]) is not None:
                    row["properties"][name] = value.replace(tzinfo=UTC)
        return rows

    def _instants(self) -> list[str]:
        types = SCHEMAS[self.table].columns
        return [name for name in self.properties if types[name] == INSTANT]


def _series(
    name: str, values: Sequence[Any], dtype: pl.DataType
) -> tuple[pl.Series, NDArray[np.bool_] | bool]:
    """Return a column, and where its values are of a wrong type; instants come as microseconds since 1970."""
    raw = pl.Int64() if dtype == INSTANT else dtype
    wrong: NDArray[np.bool_] | bool = False
    try:
        made = pl.Series(name, values, raw)
    except (TypeError, pl.exceptions.PolarsError):
        right = [value is None or isinstance(value, _PYTHON[raw]) for value in values]
        wrong = ~np.array(right)
        kept = [value if fine else None for value, fine in zip(values, right, strict=True)]
        made = pl.Series(name, kept, raw, strict=False)
    return (pl.from_epoch(made, "us").dt.replace_time_zone("UTC") if dtype == INSTANT else made), wrong


_PYTHON: Final[Mapping[pl.DataType, tuple[type, ...]]] = {
    pl.String(): (str,),
    pl.Float64(): (float, int),
    pl.Int64(): (int,),
    pl.Boolean(): (bool,),
}


def _node(name: str, label: str, table: str) -> Kind:
    schema = SCHEMAS[table]
    carried = [column for column in schema.columns if column not in {*schema.key, *schema.references}]
    return Kind(name, label, table, schema.key, tuple(carried))


def _link(name: str, label: str, table: str, start: str, end: str) -> Kind:
    """Return a relationship that stands for a column which names another node."""
    return Kind(name, label, table, (start, end), (), (start, end))


def _edge(name: str, label: str, table: str, start: str, end: str) -> Kind:
    """Return a relationship that is a row of a table of its own."""
    schema = SCHEMAS[table]
    carried = [column for column in schema.columns if column not in {start, end}]
    return Kind(name, label, table, schema.key, tuple(carried), (start, end))


KINDS: Final = (
    _node("region", "Region", "regions"),
    _node("zip_prefix", "ZipPrefix", "zip_prefixes"),
    _node("category", "Category", "categories"),
    _node("product", "Product", "products"),
    _node("seller", "Seller", "sellers"),
    _node("warehouse", "Warehouse", "warehouses"),
    _node("carrier", "Carrier", "carriers"),
    _link("in_region", "IN_REGION", "zip_prefixes", "zip_prefix", "region"),
    _link("seller_located_in", "LOCATED_IN", "sellers", "seller_id", "zip_prefix"),
    _link("warehouse_located_in", "LOCATED_IN", "warehouses", "warehouse_id", "zip_prefix"),
    _link("in_category", "IN_CATEGORY", "products", "product_id", "category"),
    _edge("sells", "SELLS", "offers", "seller_id", "product_id"),
    _edge("stocks", "STOCKS", "stocks", "warehouse_id", "product_id"),
    _edge("ships_with", "SHIPS_WITH", "seller_carriers", "seller_id", "carrier_id"),
    _edge("lane", "LANE", "lanes", "from_region", "to_region"),
    _edge("lane_month", "LANE_MONTH", "lane_months", "from_region", "to_region"),
    _edge("shipped_to", "SHIPPED_TO", "zip_pairs", "from_zip_prefix", "to_zip_prefix"),
)
"""All kinds, nodes first; written in this order, removed in the opposite one."""


def to_tables(found: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Put elements, by name of their kind, together to the network's tables in house order.

    ValueError names the kinds with values of a wrong type.
    """
    if spoilt := [kind.title for kind in KINDS if found[kind.name][SPOILT].any()]:
        raise ValueError(f"values of a wrong type in {', '.join(spoilt)}")
    tables: dict[str, pl.DataFrame] = {}
    for kind in KINDS:
        part = found[kind.name].drop(ELEMENT, SPOILT)
        whole = tables.get(kind.table)
        tables[kind.table] = part if whole is None else whole.join(part, on=kind.key[0], how="left")
    return {
        name: tables[name].select(list(schema.columns)).sort(schema.key) for name, schema in SCHEMAS.items()
    }


@dataclass(frozen=True, slots=True)
class Changes:
    """What to do to one kind: rows to create, rows to update (with ``element``), elements to remove.

    ``elements`` counts those that there should be.
    """

    kind: Kind
    elements: int
    create: pl.DataFrame
    update: pl.DataFrame
    remove: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.create) + len(self.update) + len(self.remove)


def changes(kind: Kind, wanted: pl.DataFrame, found: pl.DataFrame) -> Changes:
    """Compare what should be with what is there; an element that is there twice goes once."""
    key = list(kind.key)
    first = found.unique(subset=key, keep="first", maintain_order=True)
    doubled = found.join(first, on=ELEMENT, how="anti")
    gone = first.join(wanted, on=key, how="anti", nulls_equal=True)
    both = wanted.join(first, on=key, how="inner", nulls_equal=True, suffix=_FOUND)
    differs = [_differs(name, wanted.schema[name]) for name in kind.properties if name not in key]
    differs.append(pl.col(SPOILT))
    return Changes(
        kind,
        len(wanted),
        wanted.join(first, on=key, how="anti", nulls_equal=True),
        both.filter(pl.any_horizontal(differs)).select(ELEMENT, *kind.columns),
        (*gone[ELEMENT], *doubled[ELEMENT]),
    )


_FOUND: Final = ".found"


def _differs(name: str, dtype: pl.DataType) -> pl.Expr:
    wanted, found = pl.col(name), pl.col(name + _FOUND)
    unlike = wanted.ne_missing(found)
    if dtype != pl.Float64():
        return unlike
    near = (wanted - found).abs() <= TOLERANCE * pl.max_horizontal(pl.lit(1.0), wanted.abs())
    return unlike & ~near.fill_null(False)
