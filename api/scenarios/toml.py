"""``scenario.toml`` as text: what a planner reads and edits, each line with what it means."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

_MEANS: Final[Mapping[str, str]] = {
    "horizon_days": "demand, throughput capacity and costs are for so many days",
    "start": "the first of them",
    "cover_days": "a unit lies on a shelf so long on average",
    "min_sites": "open at least so many sites",
    "max_sites": "open at most so many sites",
    "exact_sites": "open exactly so many sites",
    "budget_cents": "limit on the fixed cost of open sites, in cents",
    "single_sourcing": "each demand is served whole by one site",
    "direct": "demand may also be shipped by its sellers, as today",
    "unserved_cents_per_unit": "demand may be left unserved at this cost",
    "service.promise_days": "on time means: delivered within so many days of purchase",
    "service.probability": "count a demand as kept where P(on time) is at least this, else not at all",
    "service.share": "least share of the demand on time; 0 asks for none",
    "weights.fixed": "1 counts it at its cost, 0 not at all",
    "weights.time_cents_per_day": "what a day of lead time costs, per unit",
    "weights.late_cents": "what a late unit costs, times P(late)",
    "inbound.base_cents": "assumed: what bringing in a unit costs at any distance",
    "inbound.cents_per_tonne_km": "assumed: and what it costs per tonne and kilometre",
    "inbound.km_per_day": "assumed: kilometres a day on the way in",
    "inbound.days": "assumed: days before it leaves",
    "assortment.offers": "so many of the best-selling offers are weighed by place --assort",
    "assortment.stocking_cents": "assumed: what each offer costs a site that stocks it, at any depth",
    "snapshot.folder": "what is not stated here is computed from this snapshot",
    "derived.edits": "what was changed in the base",
    "calibration.lines": "order lines of the history behind the figures below",
}


def toml_text(settings: Mapping[str, Any]) -> str:
    """Return settings as TOML, plain values first and then one table each."""
    return "\n".join(_lines(settings)) + "\n"


def _lines(settings: Mapping[str, Any]) -> Iterator[str]:
    plain = {name: value for name, value in settings.items() if not isinstance(value, Mapping)}
    yield from _pairs(plain, "")
    for name, table in settings.items():
        if isinstance(table, Mapping) and table:
            yield ""
            yield f"[{name}]"
            yield from _pairs(table, f"{name}.")


def _pairs(values: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name, value in values.items():
        line = f"{name} = {_value(value)}"
        meaning = _MEANS.get(f"{prefix}{name}")
        yield f"{line:<36}  # {meaning}" if meaning else line


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(one) for one in value)}]"
    # A basic string of TOML escapes as JSON does, but for DEL.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
