"""What ``compare --sensitivity`` varies: one edit lower and one higher, by a short name or by a column's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from graph.errors import BadInput

SHORT: Final[Mapping[str, str]] = {
    "fixed_cost": "sites.fixed_cost_cents",
    "handling_cost": "sites.handling_cost_cents",
    "handling_hours": "sites.handling_hours",
    "capacity": "sites.capacity_units",
    "demand": "demand.units",
    "freight": "weights.freight",
    "inbound": "weights.inbound",
    "holding": "weights.holding",
    "time": "weights.time_cents_per_day",
    "late": "weights.late_cents",
    "budget": "budget_cents",
    "promise": "service.promise_days",
}
"""What can be varied by a short name in ``--sensitivity``."""

_SENSITIVITY: Final = re.compile(r"^(?P<name>[a-z_.]+)\s*=\s*(±|\+/-|\+-)\s*(?P<percent>\d+(\.\d+)?)\s*%?$")


def variants(text: str) -> dict[str, str]:
    """Return edits by label for a sensitivity like ``fixed_cost=±30%``: one lower, one higher.

    BadInput for another form, or a name that cannot be varied.
    """
    found = _SENSITIVITY.match(text.strip())
    if found is None:
        raise BadInput(f"--sensitivity {text!r}: write name=±30%, with a name of {', '.join(SHORT)}.")
    name, percent = found["name"], float(found["percent"])
    if name not in SHORT and "." not in name:
        raise BadInput(f"--sensitivity: unknown {name!r}: one of {', '.join(SHORT)}, or table.column.")
    if not 0 < percent <= 100:
        raise BadInput(f"--sensitivity {text!r}: more than 0 % and at most 100 %.")
    path = SHORT.get(name, name)
    return {
        f"{name} {sign}{percent:g} %": f"{path}*={round(1 + factor * percent / 100, 6)}"
        for sign, factor in (("-", -1), ("+", 1))
    }
