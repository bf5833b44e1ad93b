"""What can be wrong with the settings of a policy, all at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from graph.errors import BadInput, Fault
from graph.names import did_you_mean
from optimizer.rules import Rule, RuleKey
from optimizer.words import MOST_CENTS, Constraint, Heed

KINDS: Final = ("recorded", "greedy", "rules", "cost")


@dataclass(frozen=True, slots=True)
class _Range:
    """A number with bounds; whole unless ``real``."""

    low: float
    high: float
    real: bool = False
    wrong: ClassVar[str] = "not such a number"

    def admits(self, value: object) -> bool:
        kinds = (int, float) if self.real else (int,)
        return isinstance(value, kinds) and not isinstance(value, bool) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"Give a {'number' if self.real else 'whole number'} from {self.low:g} to {self.high:g}."


@dataclass(frozen=True, slots=True)
class _Word:
    """One word of a closed list."""

    known: tuple[str, ...]
    wrong: ClassVar[str] = "not such a word"

    def admits(self, value: object) -> bool:
        return value in self.known

    def __str__(self) -> str:
        return f"One of {', '.join(self.known)}."


_CENTS: Final = _Range(0, MOST_CENTS)
_HEED: Final = _Word(tuple(Heed))
_TABLES: Final[Mapping[str, Mapping[str, _Range | _Word]]] = {
    "costs": {
        **dict.fromkeys(("package_cents", "handling_cents", "time_cents_per_day", "late_cents"), _CENTS),
        **dict.fromkeys(("unfilled_cents_per_unit", "unfilled_fixed_cents"), _CENTS),
    },
    "limits": {
        "max_packages": _Range(1, 1_000),
        "max_parts": _Range(1, 1_000),
        "min_p_on_time": _Range(0, 1, real=True),
        "cut_off": _HEED,
        "pickup_day": _HEED,
    },
    "soft": {str(constraint): _CENTS for constraint in Constraint},
    "prices": {
        "resolve_every_hours": _Range(1, 24 * 365),
        "resolve_after_orders": _Range(1, 10**9),
        "horizon_days": _Range(1, 365),
        "futures": _Range(1, 1_000),
        "shadow_orders": _Range(1, 10**9),
    },
}
_TEXTS: Final = ("name", "version", "kind", "note")
_KEYS: Final = (*_TEXTS, "rules", *_TABLES)


def read_policy(settings: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the settings with ``rules`` read; raises BadInput with every fault."""
    rules, faults = _read_rules(settings.get("rules", []), where)
    faults += [*_text_faults(settings, where), *_table_faults(settings, where)]
    if not faults:
        faults += [*_kind_faults(settings, len(rules), where), *_heed_faults(settings, where)]
    if faults:
        raise BadInput(f"The policy {where} cannot be used.", faults)
    return {**settings, "rules": rules}


def _text_faults(settings: Mapping[str, Any], where: str) -> Iterator[Fault]:
    for key in settings:
        if key not in _KEYS:
            yield Fault(where, None, key, "unknown key", "", did_you_mean(key, _KEYS))
    for key in _TEXTS:
        value = settings.get(key)
        if value is None and key != "note":
            yield Fault(where, None, key, "missing key", "", "Add it.")
        elif value is not None and not isinstance(value, str):
            yield Fault(where, None, key, "not a text", repr(value), "Put it between quotes.")
    kind = settings.get("kind")
    if isinstance(kind, str) and kind not in KINDS:
        yield Fault(where, None, "kind", "unknown kind", kind, f"One of {', '.join(KINDS)}.")


def _table_faults(settings: Mapping[str, Any], where: str) -> Iterator[Fault]:
    for table, known in _TABLES.items():
        given = settings.get(table, {})
        if not isinstance(given, Mapping):
            yield Fault(where, None, table, "not a table", repr(given), f"Write it as [{table}].")
            continue
        for key, value in given.items():
            place = f"{table}.{key}"
            if key not in known:
                yield Fault(where, None, place, "unknown key", "", did_you_mean(key, known))
            elif not known[key].admits(value):
                yield Fault(where, None, place, known[key].wrong, repr(value), str(known[key]))


def _kind_faults(settings: Mapping[str, Any], rules: int, where: str) -> Iterator[Fault]:
    kind = settings["kind"]
    wanted = {"greedy": "one rule", "rules": "at least one rule"}.get(kind, "no rules")
    right = {"greedy": rules == 1, "rules": rules >= 1}.get(kind, rules == 0)
    if not right:
        yield Fault(where, None, "rules", "wrong for this kind", kind, f"The kind {kind} takes {wanted}.")
    if kind != "cost" and "prices" in settings:
        yield Fault(where, None, "prices", "wrong for this kind", kind, "Only the kind cost has prices.")


def _heed_faults(settings: Mapping[str, Any], where: str) -> Iterator[Fault]:
    limits, soft = settings.get("limits", {}), settings.get("soft", {})
    for key in ("cut_off", "pickup_day"):
        heed = limits.get(key, Heed.TIME)
        if key in soft and heed != Heed.TIME:
            remedy = f'Leave out one of the two, or write limits.{key} = "{Heed.TIME}".'
            yield Fault(where, None, f"soft.{key}", f"a price for what is {heed}", str(soft[key]), remedy)


def _read_rules(given: Any, where: str) -> tuple[list[Rule], list[Fault]]:
    if not isinstance(given, list):
        return [], [Fault(where, None, "rules", "not a list", repr(given), 'Write it as ["nearest", …].')]
    rules, faults = [], []
    for number, entry in enumerate(given, start=1):
        rule = entry if isinstance(entry, Mapping) else {"key": entry}
        place = f"rules {number}"
        key, tolerance = rule.get("key"), rule.get("tolerance", 0.0)
        if key not in list(RuleKey):
            faults.append(
                Fault(where, None, place, "unknown rule", repr(key), did_you_mean(str(key), RuleKey))
            )
        elif not (bounds := _Range(0, 1e9, real=True)).admits(tolerance):
            faults.append(Fault(where, None, place, "not such a tolerance", repr(tolerance), str(bounds)))
        elif unknown := sorted(set(rule) - {"key", "tolerance"}):
            faults.append(
                Fault(where, None, place, "unknown key", str(unknown[0]), "Give key and tolerance.")
            )
        else:
            rules.append(Rule(RuleKey(key), float(tolerance)))
    return rules, faults
