"""What happened in stretches of days, by place, seller and category: tumbling and sliding windows.

A day is closed by its tick, into a pane of records. A window is some panes side by side, so tumbling and
sliding ones are read alike. Sums are of whole seconds, and quantiles are order statistics of all values (a
month of the real history is 20 000 of them, so no sketch is needed): a window does not depend on the order or
the grouping in which its records came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from graph.days import start_of
from graph.lead_time.journeys import IntArray
from graph.model import NEVER
from replay.stream.columns import Array
from replay.stream.panes import RECORDS, Pane
from replay.stream.reference import Reference

SCOPES: Final = ("all", "state", "region", "seller", "category")
"""What windows are kept by: everything, the customer's state and region, the seller, the category."""

QUANTILES: Final = {"p50": 0.5, "p80": 0.8, "p95": 0.95}
KEPT_DAYS: Final = 30
"""The longest window."""

MEASURES: Final = (
    *("orders", "packages", "handed", "delivered", "promised", "late", "slack_sum_s"),
    *("expected_n", "expected_sum_s", "real_sum_s"),
    *(
        f"{stage}_{what}"
        for stage in ("handling", "transit")
        for what in ("n", "sum_s", "p50_s", "p80_s", "p95_s")
    ),
)
"""Columns of a window. Purchases count by their day, hand-overs and deliveries by theirs.

``promised``: deliveries of packages with a promise, ``late`` of them after it, ``slack_sum_s`` from delivery
to promise; ``expected_sum_s`` and ``real_sum_s``: lead times as forecast at the purchase and as they came.
"""


@dataclass(frozen=True, slots=True)
class Window:
    """``days`` days, put out at every ``every``-th midnight of Brasilia (7: on Mondays) for some scopes."""

    name: str
    days: int
    every: int
    scopes: tuple[str, ...] = SCOPES


WINDOWS: Final = (
    Window("day", 1, 1, ("all", "state")),
    Window("week", 7, 7),
    Window("30 days", KEPT_DAYS, 7),
)
"""What is put out: two that tumble, one that slides by a week. All others can be read at any tick."""

Table = dict[str, list[Any]]


@dataclass(slots=True, eq=False)
class Windows:
    """``panes``: the closed days by epoch day, the oldest first, no more than ``KEPT_DAYS``."""

    reference: Reference
    panes: dict[int, Pane] = field(default_factory=dict)

    def close(self, day: int, records: Pane) -> list[dict[str, Any]]:
        """Close a day; return the windows that close with it, as JSON values."""
        self.panes[day] = records
        for old in [one for one in self.panes if one <= day - KEPT_DAYS]:
            del self.panes[old]
        until = day + 1
        closing = [one for one in WINDOWS if (until + 3) % one.every == 0]  # epoch day 0 was a Thursday
        return [
            {
                "window": one.name,
                "scope": scope,
                "from_s": start_of(until - one.days),
                "to_s": start_of(until),
                "rows": self.read(scope, one.days, until),
            }
            for one in closing
            for scope in one.scopes
        ]

    def read(self, scope: str, days: int, until: int) -> Table:
        """Return what happened in the ``days`` before epoch day ``until``, by ``key`` (sorted; "" unknown).

        The other columns are ``MEASURES``: whole numbers, None for the quantile of nothing.
        """
        records = self._records(days, until)
        groups = {name: _group(scope, columns) for name, columns in records.items()}
        keys = np.unique(np.concatenate([*groups.values()]))
        place = {name: np.searchsorted(keys, group) for name, group in groups.items()}
        counts = _counts(scope, records, place, len(keys))
        return {"key": self._names(scope, keys), **{name: counts[name] for name in MEASURES}}

    def _records(self, days: int, until: int) -> Pane:
        panes = [self.panes[day] for day in range(until - days, until) if day in self.panes]
        none = np.zeros(0, np.int64)
        return {
            name: {
                column: np.concatenate([none, *(one[name][column] for one in panes)]) for column in columns
            }
            for name, columns in RECORDS.items()
        }

    def _names(self, scope: str, keys: IntArray) -> list[str]:
        told = self.reference
        names = {
            "all": ("all",),
            "state": told.states,
            "region": told.regions,
            "seller": told.sellers,
            "category": told.categories,
        }
        return [names[scope][code] if code >= 0 else "" for code in keys.tolist()]

    def save(self) -> dict[str, Array]:
        """Return everything as arrays by name."""
        return {
            f"pane.{day}.{name}.{column}": values
            for day, one in self.panes.items()
            for name, columns in one.items()
            for column, values in columns.items()
        }

    @classmethod
    def restore(cls, reference: Reference, saved: Mapping[str, Array]) -> Windows:
        """Return what ``save`` told."""
        panes: dict[int, dict[str, dict[str, IntArray]]] = {}
        for key, values in saved.items():
            if key.startswith("pane."):
                _, day, name, column = key.split(".")
                panes.setdefault(int(day), {}).setdefault(name, {})[column] = values
        return cls(reference, {day: panes[day] for day in sorted(panes)})


def _group(scope: str, columns: Mapping[str, IntArray]) -> IntArray:
    return np.zeros_like(columns["state"]) if scope == "all" else columns[scope]


def _counts(scope: str, records: Pane, place: Mapping[str, IntArray], size: int) -> Table:
    bought, handed, delivered = (records[name] for name in ("bought", "handed", "delivered"))
    once = {"seller": np.ones_like(bought["package"]), "category": bought["of_category"]}
    told = delivered["slack_s"] != NEVER
    forecast = delivered["expected_s"] != NEVER
    there = place["delivered"]

    def total(at: IntArray, values: IntArray) -> list[int]:
        sums = np.zeros(size, np.int64)
        np.add.at(sums, at, values)
        return sums.tolist()

    return {
        "orders": total(place["bought"], once.get(scope, bought["of_order"])),
        "packages": total(place["bought"], bought["package"]),
        "handed": np.bincount(place["handed"], minlength=size).tolist(),
        "delivered": np.bincount(there, minlength=size).tolist(),
        "promised": total(there, told.astype(np.int64)),
        "late": total(there, (told & (delivered["slack_s"] < 0)).astype(np.int64)),
        "slack_sum_s": total(there[told], delivered["slack_s"][told]),
        "expected_n": total(there, forecast.astype(np.int64)),
        "expected_sum_s": total(there[forecast], delivered["expected_s"][forecast]),
        "real_sum_s": total(there[forecast], delivered["total_s"][forecast]),
        **_stage("handling", place["handed"], handed["handling_s"], size),
        **_stage("transit", there, delivered["transit_s"], size),
    }


def _stage(name: str, place: IntArray, seconds: IntArray, size: int) -> Table:
    """Return count, sum and quantiles of the seconds that are known, by group.

    A quantile is the smallest value that at least that share of the values does not exceed.
    """
    known = seconds != NEVER
    place, seconds = place[known], seconds[known]
    order = np.lexsort((seconds, place))
    place, seconds = place[order], seconds[order]
    n = np.bincount(place, minlength=size)
    ends = np.cumsum(n)
    sums = np.diff(np.concatenate([[0], np.cumsum(seconds)])[np.concatenate([[0], ends])])
    found = {f"{name}_n": n.tolist(), f"{name}_sum_s": sums.tolist()}
    for quantile, p in QUANTILES.items():
        at = ends - n + np.ceil(p * n).astype(np.int64) - 1
        values = np.append(seconds, NEVER)[np.where(n > 0, at, len(seconds))].tolist()
        found[f"{name}_{quantile}_s"] = [None if value == NEVER else value for value in values]
    return found
