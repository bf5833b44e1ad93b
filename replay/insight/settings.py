"""How sellers, routes and bottlenecks are judged: the settings, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from graph.errors import BadInput, Fault

SELLER_CRITERIA: Final = ("speed", "reliability", "satisfaction")
ROUTE_CRITERIA: Final = ("speed", "reliability")
COUNTS: Final = ("window_days", "least_packages", "month_days", "month_least_packages")


def _seller_weights() -> dict[str, float]:
    return {"speed": 40.0, "reliability": 40.0, "satisfaction": 20.0}


def _route_weights() -> dict[str, float]:
    return {"speed": 50.0, "reliability": 50.0}


@dataclass(frozen=True, slots=True)
class RankingSettings:
    """What `api/rankings.toml` says.

    ``window_days``: packages purchased in so many days before the instant count. ``least_packages``: a seller
    or route with fewer is new, shown and given its share of exposure, but not ranked. ``month_days`` and
    ``month_least_packages``: the same for the seller of the month. ``medium``, ``high``, ``critical``: a
    state's share of all hours lost from which on its bottleneck has that impact.
    """

    window_days: int = 180
    least_packages: int = 10
    month_days: int = 30
    month_least_packages: int = 20
    sellers: Mapping[str, float] = field(default_factory=_seller_weights)
    routes: Mapping[str, float] = field(default_factory=_route_weights)
    medium: float = 0.03
    high: float = 0.10
    critical: float = 0.25

    def __post_init__(self) -> None:
        faults = [fault for table, names in _WEIGHTS.items() for fault in self._weight_faults(table, names)]
        counts = {name: getattr(self, name) for name in COUNTS}
        faults += [_fault(name, n, "Give a whole number from 1 on.") for name, n in counts.items() if n < 1]
        if not 0 < self.medium < self.high < self.critical <= 1:
            shares = f"{self.medium}, {self.high}, {self.critical}"
            faults.append(_fault("impact", shares, "Give 0 < medium < high < critical <= 1."))
        if faults:
            raise BadInput("These ranking settings cannot be used.", faults)

    def _weight_faults(self, table: str, names: tuple[str, ...]) -> list[Fault]:
        weights = getattr(self, table)
        if sorted(weights) != sorted(names):
            return [_fault(table, ", ".join(sorted(weights)), f"Give each of {', '.join(names)}.")]
        faults = [
            _fault(f"{table}.{name}", weight, "Give a number from 0 on.")
            for name, weight in weights.items()
            if not 0 <= weight < float("inf")
        ]
        if not faults and sum(weights.values()) <= 0:
            faults.append(_fault(table, "0", "One weight at least lies above 0."))
        return faults


_WEIGHTS: Final = {"sellers": SELLER_CRITERIA, "routes": ROUTE_CRITERIA}


def _fault(where: str, value: object, remedy: str) -> Fault:
    return Fault("rankings", None, where, "not such a value", str(value), remedy)
