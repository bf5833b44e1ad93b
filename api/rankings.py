"""The settings of the rankings as a TOML file: those that come with Malha lie beside this module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from api.toml_files import read_toml
from graph.errors import BadInput, Fault
from graph.names import did_you_mean
from replay.insight.settings import COUNTS, ROUTE_CRITERIA, SELLER_CRITERIA, RankingSettings

SHIPPED: Final = Path(__file__).with_name("rankings.toml")

_TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "sellers": SELLER_CRITERIA,
    "routes": ROUTE_CRITERIA,
    "impact": ("medium", "high", "critical"),
}
_KEYS: Final = (*COUNTS, *_TABLES)


def load_rankings(file: Path | None = None) -> RankingSettings:
    """Return the settings of a file, None for the shipped ones; what it leaves out is as shipped.

    Raises BadInput with every fault of the file.
    """
    where = file or SHIPPED
    return rankings_of(read_toml(where), str(where))


def rankings_of(given: Mapping[str, Any], where: str = "rankings") -> RankingSettings:
    """Return the settings of a mapping, as TOML holds it; BadInput with every fault, placed in ``where``."""
    if faults := [*_faults(given, where)]:
        raise BadInput(f"The ranking settings {where} cannot be used.", faults)
    usual = RankingSettings()
    own: dict[str, Any] = {name: given[name] for name in COUNTS if name in given}
    for name in ("sellers", "routes"):
        own[name] = {**getattr(usual, name), **given.get(name, {})}
    return RankingSettings(**own, **given.get("impact", {}))


def _faults(given: Mapping[str, Any], where: str) -> Iterator[Fault]:
    for key, value in given.items():
        if key in COUNTS:
            if not isinstance(value, int) or isinstance(value, bool):
                yield Fault(where, None, key, "not a whole number", repr(value), "Give a whole number.")
        elif key not in _TABLES:
            yield Fault(where, None, key, "unknown key", "", did_you_mean(key, _KEYS))
        elif not isinstance(value, Mapping):
            yield Fault(where, None, key, "not a table", repr(value), f"Write it as [{key}].")
        else:
            yield from _table_faults(key, value, where)


def _table_faults(table: str, given: Mapping[str, Any], where: str) -> Iterator[Fault]:
    for key, value in given.items():
        place = f"{table}.{key}"
        if key not in _TABLES[table]:
            yield Fault(where, None, place, "unknown key", "", did_you_mean(key, _TABLES[table]))
        elif not isinstance(value, int | float) or isinstance(value, bool):
            yield Fault(where, None, place, "not a number", repr(value), "Give a number.")
