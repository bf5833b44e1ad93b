"""All numbers of the smart-routing report in one mapping; the page shows nothing that is not in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from graph.days import local_day
from replay.canonical import canonical

FORMAT: Final = "malha.smart_routing/1"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report was asked for: the source as it was named, the stretch, the seed of its intervals."""

    source: str
    span_s: tuple[int, int]
    seed: int
    hindsight: bool = False


@dataclass(frozen=True, slots=True)
class SmartRouting:
    """The parts of a report, each as JSON values; a part that nobody computed is None and has no section.

    ``happened``: what became of the orders (``replay.report.happened``). ``replayed``: the totals of each
    policy. ``comparison``: differences with intervals, what cannot be judged, how well the model tells what
    happened. ``insight``: by name, what the past says by itself (diagnosis, rankings, claims). ``alerts``:
    how good warnings would have been.
    """

    asked: Asked
    happened: Mapping[str, Any]
    replayed: Mapping[str, Any]
    comparison: Mapping[str, Any] | None = None
    insight: Mapping[str, Any] = field(default_factory=dict)
    alerts: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values, with a digest of it as its id."""
        numbers = {
            "format": FORMAT,
            "source": self.asked.source,
            "seed": self.asked.seed,
            "hindsight": self.asked.hindsight,
            "from": self.replayed["from"],
            "to": self.replayed["to"],
            "first_day": _day(self.asked.span_s[0]),
            "last_day": _day(self.asked.span_s[1] - 1),
            "happened": self.happened,
            "replayed": self.replayed,
            "comparison": self.comparison,
            "insight": {name: part for name, part in self.insight.items() if part is not None},
            "alerts": self.alerts,
        }
        plain: dict[str, Any] = json.loads(canonical(numbers))
        return {"report_id": hashlib.sha256(canonical(plain).encode()).hexdigest(), **plain}


def _day(at_s: int) -> str:
    return local_day(datetime.fromtimestamp(at_s, UTC)).isoformat()
