"""The settings of a scenario, as its TOML file holds them: horizon, limits, promise, weights, assumptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, Final

from graph.errors import Fault
from graph.names import did_you_mean

WHERE: Final = "scenario.toml"


@dataclass(frozen=True, slots=True)
class Promise:
    """The service asked for: demand that arrives within ``promise_days`` is on time.

    Without ``probability`` a plan's share on time is the expected one, demand times P(T <= days). With it a
    demand counts wholly where that probability is reached, and not at all elsewhere. ``share``: the least
    share on time, 0 for none.
    """

    promise_days: float = 10.0
    probability: float | None = None
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Weights:
    """What the objective counts: factors of its parts, and what a day and a late unit cost, in cents."""

    fixed: float = 1.0
    handling: float = 1.0
    inbound: float = 1.0
    freight: float = 1.0
    holding: float = 1.0
    time_cents_per_day: float = 0.0
    late_cents: float = 0.0


@dataclass(frozen=True, slots=True)
class InboundRule:
    """How bringing stock in is priced where `inbound` does not say: assumed, not observed.

    A unit pays ``base_cents`` and, by the kilograms it weighs or fills (167 kg a cubic metre),
    ``cents_per_tonne_km``; it is ``days`` under way and one more for every ``km_per_day``.
    """

    base_cents: float = 50.0
    cents_per_tonne_km: float = 60.0
    km_per_day: float = 400.0
    days: float = 2.0


@dataclass(frozen=True, slots=True)
class Shelving:
    """What is asked of an assortment: so many of the best-selling ``offers`` are weighed at all.

    Each that a site stocks pays ``stocking_cents`` there for the horizon, whatever its depth: assumed.
    """

    offers: int = 2_000
    stocking_cents: float = 0.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything in a scenario that is no table.

    ``horizon_days``: costs, demand and capacity are for so many days, from ``start`` on. ``cover_days``: a
    unit lies on the shelf so long on average. ``direct``: demand may also be shipped by its sellers, as
    today. ``unserved_cents_per_unit``: what a unit costs that nobody serves; None: all must be served.
    ``origin`` is the snapshot that figures are computed from: its folder, id and instant, as text.
    """

    horizon_days: float = 90.0
    start: date | None = None
    cover_days: float = 15.0
    min_sites: int | None = None
    max_sites: int | None = None
    exact_sites: int | None = None
    budget_cents: float | None = None
    single_sourcing: bool = False
    direct: bool = False
    unserved_cents_per_unit: float | None = None
    service: Promise = field(default_factory=Promise)
    weights: Weights = field(default_factory=Weights)
    inbound: InboundRule = field(default_factory=InboundRule)
    assortment: Shelving = field(default_factory=Shelving)
    origin: Mapping[str, str] = field(default_factory=dict)
    derived: Mapping[str, Any] = field(default_factory=dict)
    calibration: Mapping[str, float] = field(default_factory=dict)


def settings_of(given: Mapping[str, Any], where: str = WHERE) -> tuple[Settings, list[Fault]]:
    """Return the settings of a mapping, as TOML holds it, and all that is wrong with it.

    ``[snapshot]`` holds ``folder``, ``snapshot_id`` and ``as_of``; ``[derived]`` ``base`` and ``edits``. What
    is wrong keeps its default in the result.
    """
    read: dict[str, Any] = {}
    faults = list(_unknown(given, (*_NUMBERS[""], *_FLAGS, *_TABLES, *_FREE, "start"), "", where))
    for prefix, kind in (("", Settings), *_TABLES.items()):
        table = given.get(prefix, {}) if prefix else given
        if not isinstance(table, Mapping):
            faults.append(Fault(where, None, prefix, "not a table", repr(table), f"Write it as [{prefix}]."))
            continue
        values, found = _numbers(table, prefix, where)
        faults += found
        if prefix:
            faults += _unknown(table, _NUMBERS[prefix], f"{prefix}.", where)
            read[prefix] = kind(**values)
        else:
            read |= values
    for prefix, attribute in _FREE.items():
        read[attribute], found = _free(given.get(prefix, {}), prefix, where)
        faults += found
    for name in _FLAGS:
        if not isinstance(value := given.get(name, False), bool):
            faults.append(Fault(where, None, name, "not true or false", repr(value), "Write true or false."))
        else:
            read[name] = value
    read["start"], found = _start(given, where)
    settings = Settings(**read)
    return settings, [*faults, *found, *_contradictions(settings, where)]


def to_mapping(settings: Settings) -> dict[str, Any]:
    """Return settings as `settings_of` takes them; what has its empty default is left out."""
    told: dict[str, Any] = {}
    names = {attribute: table for table, attribute in _FREE.items()}
    for part in fields(Settings):
        value = getattr(settings, part.name)
        if value is None or value == {}:
            continue
        if part.name in _TABLES:
            inner = {one.name: getattr(value, one.name) for one in fields(value)}
            value = {name: number for name, number in inner.items() if number is not None}
        told[names.get(part.name, part.name)] = dict(value) if isinstance(value, Mapping) else value
    return told


@dataclass(frozen=True, slots=True)
class _Range:
    low: float
    high: float
    whole: bool = False

    def admits(self, value: object) -> bool:
        kinds = (int,) if self.whole else (int, float)
        return isinstance(value, kinds) and not isinstance(value, bool) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"Give a {'whole number' if self.whole else 'number'} from {self.low:g} to {self.high:g}."


_COUNT: Final = _Range(0, 1_000_000, whole=True)
_MONEY: Final = _Range(0, 1e15)
_FACTOR: Final = _Range(0, 1e6)
_SHARE: Final = _Range(0, 1)
_TABLES: Final[Mapping[str, Any]] = {
    "service": Promise,
    "weights": Weights,
    "inbound": InboundRule,
    "assortment": Shelving,
}
_FREE: Final = {"snapshot": "origin", "derived": "derived", "calibration": "calibration"}
_FLAGS: Final = ("single_sourcing", "direct")
_NUMBERS: Final[Mapping[str, Mapping[str, _Range]]] = {
    "": {
        "horizon_days": _Range(1, 3_650),
        "cover_days": _Range(0, 3_650),
        **dict.fromkeys(("min_sites", "max_sites", "exact_sites"), _COUNT),
        **dict.fromkeys(("budget_cents", "unserved_cents_per_unit"), _MONEY),
    },
    "service": {"promise_days": _Range(0.01, 3_650), "probability": _SHARE, "share": _SHARE},
    "weights": {
        **dict.fromkeys(("fixed", "handling", "inbound", "freight", "holding"), _FACTOR),
        **dict.fromkeys(("time_cents_per_day", "late_cents"), _MONEY),
    },
    "inbound": {
        **dict.fromkeys(("base_cents", "cents_per_tonne_km"), _MONEY),
        "km_per_day": _Range(1, 100_000),
        "days": _Range(0, 3_650),
    },
    "assortment": {"offers": _Range(1, 20_000, whole=True), "stocking_cents": _MONEY},
}


def _numbers(table: Mapping[str, Any], prefix: str, where: str) -> tuple[dict[str, Any], list[Fault]]:
    read, faults = {}, []
    for name, wanted in _NUMBERS[prefix].items():
        if name not in table:
            continue
        if wanted.admits(table[name]):
            read[name] = table[name]
        else:
            place = f"{prefix}.{name}" if prefix else name
            faults.append(Fault(where, None, place, "not such a number", repr(table[name]), str(wanted)))
    return read, faults


def _free(table: Any, prefix: str, where: str) -> tuple[dict[str, Any], list[Fault]]:
    """Return a table that Malha writes itself, of values of one kind (edits: a list of texts)."""
    if not isinstance(table, Mapping):
        return {}, [Fault(where, None, prefix, "not a table", repr(table), f"Write it as [{prefix}].")]
    read, faults = {}, []
    for name, value in table.items():
        if name == "edits":
            right = isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
        elif prefix == "calibration":
            right = isinstance(value, int | float) and not isinstance(value, bool)
        else:
            right = isinstance(value, str)
        if right:
            read[name] = value
        else:
            remedy = "Leave the table as Malha wrote it, or leave it out."
            faults.append(
                Fault(where, None, f"{prefix}.{name}", "another kind of value", repr(value), remedy)
            )
    return read, faults


def _unknown(given: Mapping[str, Any], known: Any, prefix: str, where: str) -> Iterator[Fault]:
    for name in given:
        if name not in known:
            yield Fault(where, None, f"{prefix}{name}", "unknown key", "", did_you_mean(name, known))


def _start(given: Mapping[str, Any], where: str) -> tuple[date | None, list[Fault]]:
    value = given.get("start")
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value, []
    try:
        return date.fromisoformat(str(value)), []
    except ValueError:
        return None, [Fault(where, None, "start", "not a date", repr(value), "Write 2018-04-01.")]


def _contradictions(settings: Settings, where: str) -> Iterator[Fault]:
    if settings.exact_sites is not None and (
        settings.min_sites is not None or settings.max_sites is not None
    ):
        remedy = "Give exact_sites, or min_sites and max_sites."
        yield Fault(where, None, "exact_sites", "said twice", str(settings.exact_sites), remedy)
    low, high = settings.min_sites, settings.max_sites
    if low is not None and high is not None and low > high:
        yield Fault(where, None, "min_sites", "above max_sites", f"{low} > {high}", "Turn them round.")
