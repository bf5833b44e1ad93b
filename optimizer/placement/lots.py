"""Demands as a placement problem takes them: whole, or split where a planner bounds a part of one.

A demand of which a site must serve at least so much is split into that part, which only this site may serve,
and the rest. A demand of which a site may serve at most so much is split into that part and a rest which the
site may not serve: at most one such bound a demand (`scenario_faults` says so), and then both are exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from optimizer.words import Floats, Ints

_NOTHING: Final = 1e-12
"""A part of a demand that rounding leaves over."""


@dataclass(frozen=True, slots=True, eq=False)
class Lots:
    """L lots in order of demand: ``demand`` (L,) its position, ``fraction`` (L,) the part of its units.

    ``denied``: pairs (site, lot) that may not be; ``pinned``: lots that one site must serve.
    """

    ids: tuple[str, ...]
    demand: Ints
    fraction: Floats
    denied: tuple[tuple[int, int], ...]
    pinned: tuple[tuple[int, int], ...]

    def close(self, cost: Floats) -> None:
        """Put inf where a site may not serve a lot; ``cost`` (sites, lots) is changed in place."""
        for site, lot in self.pinned:
            kept = cost[site, lot]
            cost[:, lot] = np.inf
            cost[site, lot] = kept
        for site, lot in self.denied:
            cost[site, lot] = np.inf


def lots_of(flows: pl.DataFrame, demands: pl.DataFrame, site_ids: Sequence[str]) -> Lots:
    """Return the lots of the demands (sorted by demand_id) under the bounds of ``flows``.

    ``demands``: demand_id, and the units of each that sites can serve; bounds on none of them say nothing.
    """
    ids = demands["demand_id"].to_list()
    if flows.is_empty():
        return Lots(tuple(ids), np.arange(len(ids)), np.ones(len(ids)), (), ())
    sites = {name: site for site, name in enumerate(site_ids)}
    units = dict(zip(ids, demands["units"], strict=True))
    bounds: dict[str, list[Mapping[str, Any]]] = {}
    for row in flows.sort("demand_id", "warehouse_id").iter_rows(named=True):
        bounds.setdefault(row["demand_id"], []).append(row)
    made = _Made([], [], [], [], [])
    for demand, name in enumerate(ids):
        made.add(name, demand, units[name], bounds.get(name, ()), sites)
    return Lots(
        tuple(made.ids),
        np.array(made.demand, np.int64),
        np.array(made.fraction),
        tuple(made.denied),
        tuple(made.pinned),
    )


@dataclass(slots=True)
class _Made:
    """Lots as they are made."""

    ids: list[str]
    demand: list[int]
    fraction: list[float]
    denied: list[tuple[int, int]]
    pinned: list[tuple[int, int]]

    def add(
        self,
        name: str,
        demand: int,
        units: float,
        bounds: Sequence[Mapping[str, Any]],
        sites: Mapping[str, int],
    ) -> None:
        """Add the lots of one demand."""
        first, left = len(self.ids), 1.0
        banned = [sites[row["warehouse_id"]] for row in bounds if _is_banned(row)]
        bounds = bounds if units > 0 else ()
        pins = {
            sites[row["warehouse_id"]]: row["min_units"] / units for row in bounds if row["min_units"] > 0
        }
        for site, part in pins.items():
            self.pinned.append((site, self._put(name, first, demand, part)))
            left -= part
        for row in bounds:
            if row["max_units"] is None or row["max_units"] >= units or _is_banned(row):
                continue
            site = sites[row["warehouse_id"]]
            elsewhere = sum(pins.values()) - pins.get(site, 0.0)
            rest = min(1.0 - row["max_units"] / units - elsewhere, left)
            if rest > _NOTHING:
                lot = self._put(name, first, demand, rest)
                self.denied += [(one, lot) for one in (*banned, site)]
                left -= rest
        if left > _NOTHING:
            lot = self._put(name, first, demand, left)
            self.denied += [(site, lot) for site in banned]

    def _put(self, name: str, first: int, demand: int, fraction: float) -> int:
        lot = len(self.ids)
        self.ids.append(name if lot == first else f"{name} #{lot - first + 1}")
        self.demand.append(demand)
        self.fraction.append(fraction)
        return lot


def _is_banned(row: Mapping[str, Any]) -> bool:
    return bool(row["forbidden"]) or row["max_units"] == 0
