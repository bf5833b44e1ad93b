"""The settings of detectors: read with care, all faults at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NamedTuple

from graph.errors import BadInput, Fault
from graph.names import did_you_mean
from replay.alerts.alert import Kind, Thresholds


class Range(NamedTuple):
    """A number with bounds; whole where it counts."""

    low: float
    high: float
    whole: bool = False

    def admits(self, value: object) -> bool:
        """Tell whether a value of a TOML file is such a number."""
        kinds = int if self.whole else (int, float)
        return isinstance(value, kinds) and not isinstance(value, bool) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"Give a {'whole number' if self.whole else 'number'} from {self.low:g} to {self.high:g}."


_SHARE: Final = Range(0, 1)
_DAYS: Final = Range(1, 365, whole=True)
_OPEN_AT: Final[Mapping[Kind, Range]] = {
    Kind.HANDOVER_OVERDUE: _SHARE,
    Kind.DELIVERY_AT_RISK: _SHARE,
    Kind.LANE_DRIFT: Range(1, 2),
    Kind.STOCK_LOW: Range(-1_000, 1),
    Kind.SELLER_SLOW: Range(1, 10_000),
}
_MORE: Final[Mapping[Kind, Mapping[str, Range]]] = {
    Kind.SELLER_SLOW: {"days": _DAYS, "least_orders": Range(1, 1_000_000, whole=True)},
}


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """What is looked for and when it rings; ``days`` and ``least_orders`` are those of slow sellers."""

    thresholds: Mapping[Kind, Thresholds]
    days: int = 30
    least_orders: int = 5

    def only(self, *kinds: Kind) -> dict[Kind, Thresholds]:
        """Return the thresholds of some kinds, those that are not looked for left out."""
        return {kind: self.thresholds[kind] for kind in kinds if kind in self.thresholds}


def alert_settings(given: Mapping[str, Any], where: str) -> AlertSettings:
    """Return the settings of a TOML file, one table a kind: a kind without table is not looked for.

    Raises BadInput with every fault.
    """
    faults = list(_faults(given, where))
    if faults:
        raise BadInput(f"The settings of alerts {where} cannot be used.", faults)
    made = {
        Kind(name): Thresholds(
            float(table["open_at"]), float(table["close_at"]), timedelta(hours=float(table["quiet_hours"]))
        )
        for name, table in given.items()
    }
    slow = given.get(Kind.SELLER_SLOW, {})
    return AlertSettings(made, **{name: slow[name] for name in _MORE[Kind.SELLER_SLOW] if name in slow})


def _faults(given: Mapping[str, Any], where: str) -> Iterator[Fault]:
    for name, table in given.items():
        if name not in list(Kind):
            yield Fault(where, None, name, "unknown table", "", did_you_mean(name, Kind))
        elif not isinstance(table, Mapping):
            yield Fault(where, None, name, "not a table", repr(table), f"Write it as [{name}].")
        else:
            yield from _table_faults(Kind(name), table, where)


def _table_faults(kind: Kind, table: Mapping[str, Any], where: str) -> Iterator[Fault]:
    bounds = {"open_at": _OPEN_AT[kind], "close_at": _OPEN_AT[kind]._replace(low=-1_000)}
    known = {**bounds, "quiet_hours": Range(0, 24 * 365), **_MORE.get(kind, {})}
    right = known.keys() <= table.keys()
    for name, range_ in known.items():
        place = f"{kind}.{name}"
        if name not in table:
            yield Fault(where, None, place, "missing key", "", f"Add it. {range_}")
        elif not range_.admits(table[name]):
            right = False
            yield Fault(where, None, place, "not such a number", repr(table[name]), str(range_))
    for name in table:
        if name not in known:
            yield Fault(where, None, f"{kind}.{name}", "unknown key", "", did_you_mean(name, known))
    if right and table["close_at"] > table["open_at"]:
        remedy = "It resolves below close_at, so that is not above open_at."
        yield Fault(where, None, f"{kind}.close_at", "above open_at", repr(table["close_at"]), remedy)
