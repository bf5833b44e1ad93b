"""The delivery network as of an instant: an immutable snapshot that answers which route to take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, Self, overload

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.arrays import NetworkArrays
from graph.days import DAY_S
from graph.errors import BadInput
from graph.export import frame, to_networkx
from graph.freight import Freight
from graph.lead_time import LeadTimes
from graph.model import OFFER_LAPSE_DAYS, Basis, SnapshotMeta
from graph.options import OptionFinder, Options
from graph.orders import Order
from graph.plan import PlacementPlan, new_sites, with_sites, with_stock
from graph.recommend import Recommender
from graph.route import Lane, Recommendation, RouteRequest
from graph.stores.files import snapshot_folder
from graph.stores.parquet import ParquetStore
from graph.tables import checked

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

_LEAD_TIME: Final = "lead_time"
_FREIGHT: Final = "freight.npz"
_PLANNED: Final = "planned_warehouses"
"""The parameter that names the warehouses which a plan opened: their times have the basis synthetic."""


class Network:
    """Nodes, lanes and offers as of an instant, with the lead-time and freight estimators fitted on them.

    Nothing in it changes: a server swaps the whole object, and threads may share it. Indices are built on
    first use; ``warm`` builds them all.
    """

    def __init__(
        self, tables: Mapping[str, pl.DataFrame], lead_times: LeadTimes, freight: Freight, meta: SnapshotMeta
    ) -> None:
        """Take tables that are already checked; ``from_tables`` checks them."""
        self.meta = meta
        self.lead_times = lead_times
        self.freight = freight.with_tariffs(tables["carriers"])
        self.arrays = NetworkArrays(tables, _planned(meta))
        self._tables = MappingProxyType(dict(tables))
        self._recommender = Recommender(
            self.arrays, lead_times, self.freight, meta, _lapse_days(meta) * DAY_S
        )

    @classmethod
    def from_tables(
        cls, tables: Mapping[str, pl.DataFrame], lead_times: LeadTimes, freight: Freight, meta: SnapshotMeta
    ) -> Self:
        """Make a network of the tables of ``graph.tables.SCHEMAS``; BadInput lists all that is wrong."""
        return cls(checked(tables), lead_times, freight, meta)

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Load a snapshot: its own folder, or a root whose ``CURRENT`` names the one in force.

        SnapshotError when it is missing, damaged or of another format version.
        """
        folder = snapshot_folder(Path(path))
        stored = ParquetStore(folder).read()
        freight = Freight.load(folder / _FREIGHT)
        return cls(stored.tables, LeadTimes.load(folder / _LEAD_TIME), freight, stored.meta)

    def save(self, folder: str | Path) -> None:
        """Write the network's part of a snapshot into its folder: tables, lead-time and freight state."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.lead_times.save(folder / _LEAD_TIME)
        self.freight.save(folder / _FREIGHT)
        ParquetStore(folder).write(self._tables, self.meta)

    def with_plan(self, plan: PlacementPlan) -> Self:
        """Return a network in which the plan's warehouses are sources too; its id is this one's + plan_id.

        They hold the plan's stock at their sellers' prices; parcels leave after the site's handling hours and
        travel as from its region. Nothing else changes. A warehouse that is known already gains the stock and
        stays as it is. Raises BadInput for a plan that is later than the network, or names what it lacks.
        """
        if plan.as_of > self.meta.as_of:
            raise BadInput(
                f"The plan is of {plan.as_of.isoformat()}, later than the snapshot's as-of "
                f"{self.meta.as_of.isoformat()}: build a snapshot as of then, or place on this one."
            )
        tables = with_stock(with_sites(self._tables, plan), plan)
        planned = sorted({*_planned(self.meta), *new_sites(self._tables, plan)})
        meta = replace(
            self.meta,
            snapshot_id=f"{self.meta.snapshot_id}+{plan.plan_id}",
            parameters={**self.meta.parameters, _PLANNED: planned},
        )
        return type(self)(tables, self.lead_times, self.freight, meta)

    @property
    def tables(self) -> Mapping[str, pl.DataFrame]:
        """The network's tables by name (``graph.tables.SCHEMAS``), rows sorted by key."""
        return self._tables

    def counts(self) -> dict[str, int]:
        """Return the number of rows of every table: nodes, lanes, offers, observed routes."""
        return {name: len(table) for name, table in self._tables.items()}

    def warm(self) -> Self:
        """Build every index and load compiled code now, so that no request pays for it; return self."""
        self.arrays.warm()
        self.lane("", "", "")
        self.lanes_from("")
        if self.arrays.category_names and self.arrays.zip_prefixes:
            # Compiled code is loaded by the first request.
            self.recommend(category=self.arrays.category_names[0], zip_prefix=self.arrays.zip_prefixes[0])
        return self

    def recommend(self, request: RouteRequest | None = None, **parameters: Any) -> Recommendation:
        """Return the best routes for a request, given whole or as the keywords of ``RouteRequest``.

        >>> network.recommend(zip_prefix="01310", category="health_beauty", promise_days=10)  # doctest: +SKIP

        UnknownName proposes the nearest known names; BadInput for parameters that make no sense.
        """
        if request is None:
            request = RouteRequest(**parameters)
        elif parameters:
            raise BadInput("Give a request or keywords, not both.")
        return self._recommender.recommend(request)

    def options(self, order: Order, at: datetime, more: Mapping[str, Sequence[str]] | None = None) -> Options:
        """Return the routes that could carry an order decided at an aware instant.

        ``more``: sources by line id that the snapshot does not know to have the line's product. Raises
        BadInput with every unknown name, and for an instant before the snapshot's ``as_of``.
        """
        finder = OptionFinder(self.arrays, self.lead_times, self.freight, _lapse_days(self.meta) * DAY_S)
        return finder.find(order, self._recommender.instant(at), more)

    @overload
    def lanes(self, backend: Literal["polars"] = "polars") -> pl.DataFrame: ...
    @overload
    def lanes(self, backend: Literal["pandas"]) -> pd.DataFrame: ...
    def lanes(self, backend: Literal["polars", "pandas"] = "polars") -> pl.DataFrame | pd.DataFrame:
        """Return all lanes as a frame, one row a (from_region, to_region, carrier_id), sorted by it."""
        return frame(self._tables["lanes"], backend)

    def lane(self, from_region: str, to_region: str, carrier_id: str) -> Lane | None:
        """Return one lane, or None where no order was seen on it before the snapshot's as-of."""
        row = self._lane_rows.get((from_region, to_region, carrier_id))
        if row is None:
            return None
        values = self._tables["lanes"].row(row, named=True)
        return Lane(**{**values, "basis": Basis(values["basis"])})

    def lanes_from(self, region: str) -> NDArray[np.int64]:
        """Return the rows of the lanes that leave a region; empty for a region that is not known."""
        return self._rows_of(region, outgoing=True)

    def lanes_to(self, region: str) -> NDArray[np.int64]:
        """Return the rows of the lanes that reach a region; empty for a region that is not known."""
        return self._rows_of(region, outgoing=False)

    def to_networkx(self) -> nx.MultiDiGraph[str]:
        """Return the regions (lat, lng, state) with their lanes as edges, keyed by carrier."""
        return to_networkx(self._tables)

    def _rows_of(self, region: str, *, outgoing: bool) -> NDArray[np.int64]:
        code = self._region_codes.get(region)
        if code is None:
            return np.zeros(0, np.int64)
        return (self.arrays.lanes_out if outgoing else self.arrays.lanes_in).of(code)

    @cached_property
    def _region_codes(self) -> Mapping[str, int]:
        return {name: code for code, name in enumerate(self._tables["regions"]["region"])}

    @cached_property
    def _lane_rows(self) -> Mapping[tuple[str, str, str], int]:
        keys = self._tables["lanes"].select("from_region", "to_region", "carrier_id").iter_rows()
        return {(origin, dest, carrier): row for row, (origin, dest, carrier) in enumerate(keys)}


def _planned(meta: SnapshotMeta) -> tuple[str, ...]:
    names = meta.parameters.get(_PLANNED, ())
    return tuple(map(str, names)) if isinstance(names, (list, tuple)) else ()


def _lapse_days(meta: SnapshotMeta) -> int:
    days = meta.parameters.get("offer_lapse_days", OFFER_LAPSE_DAYS)
    if not isinstance(days, int) or isinstance(days, bool) or days < 1:
        raise BadInput(f"offer_lapse_days must be a whole number of days, at least 1, not {days!r}.")
    return days
