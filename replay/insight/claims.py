"""Three claims about preparation, each put to the test on the history: claim, our figure, verdict.

The claims do not say which orders they call problem orders. So each is tried under the named selections of
`replay.insight.selections`, and the verdict says under which it holds. A selection that picks orders by
their preparation is no evidence that preparation is the cause: it finds what it looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

import polars as pl

from replay.insight.day_handling import day_handling
from replay.insight.selections import SELECTIONS, Selection, Told, delivered, selected, told
from replay.insight.values import DIGITS, number

STATE: Final = "SP"
NEAR: Final = 0.05
"""A figure within five percent of the claimed one counts as the claimed one."""

CLAIMED: Final[Mapping[str, Mapping[str, float]]] = {
    "preparation_share": {"share_low": 0.53, "share_high": 0.54},
    "sao_paulo": {"n": 9_461, "hours": 231.7},
    "day_handling": {"share_before": 0.549, "share_after": 0.10, "saved_hours": 207.0, "shorter": 0.40},
}


class Verdict(StrEnum):
    """What became of a claim.

    ``holds``: under a selection that does not look at preparation. ``holds_by_selection``: only where orders
    are picked by long preparation. ``fails``: under none.
    """

    HOLDS = "holds"
    HOLDS_BY_SELECTION = "holds_by_selection"
    FAILS = "fails"


@dataclass(frozen=True, slots=True)
class Tried:
    """A selection with its figures, of all packages and of those whose seller is in ``STATE``."""

    selection: Selection
    everywhere: Told
    state: Told

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        chosen = self.selection
        return {
            "name": chosen.name,
            "about": chosen.about,
            "unit": chosen.unit.value,
            "preparation_from": chosen.preparation.value,
            "by_preparation": chosen.by_preparation,
            "all": _rounded(asdict(self.everywhere)),
            STATE: _rounded(asdict(self.state)),
        }


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim with its verdict: ``under`` names the selections under which it holds."""

    name: str
    claim: str
    claimed: Mapping[str, float]
    ours: Mapping[str, float | None]
    nearest: str
    under: tuple[str, ...]
    verdict: Verdict
    why: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        about = {"name": self.name, "claim": self.claim, "claimed": dict(self.claimed)}
        found = {"ours": _rounded(self.ours), "nearest_selection": self.nearest, "holds_under": [*self.under]}
        return about | found | {"verdict": self.verdict.value, "why": self.why}


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims, the selections they were tried under, and what 24 h of handling would change."""

    claims: tuple[Claim, ...]
    tried: tuple[Tried, ...]
    day_handling: Mapping[str, Mapping[str, float | int | None]]

    def to_dict(self) -> dict[str, Any]:
        """Return them as JSON values."""
        return {
            "state": STATE,
            "claims": [claim.to_dict() for claim in self.claims],
            "selections": [tried.to_dict() for tried in self.tried],
            "day_handling": {name: _rounded(part) for name, part in self.day_handling.items()},
        }


def _rounded(values: Mapping[str, float | int | None]) -> dict[str, float | int | None]:
    return {
        name: round(value, DIGITS) if isinstance(value, float) else value for name, value in values.items()
    }


def tried_claims(packages: pl.DataFrame) -> Claims:
    """Return the claims tried on the delivered packages of a history."""
    done = delivered(packages)
    here = pl.col("seller_state") == STATE
    tried = []
    for selection in SELECTIONS:
        rows = selected(done, selection)
        tried.append(Tried(selection, told(rows), told(rows.filter(here))))
    parts = {"all": day_handling(done), STATE: day_handling(done.filter(here))}
    nearest = _nearest(tried)
    claims = (_preparation_share(tried, nearest), _sao_paulo(tried, nearest), _day(tried, nearest))
    return Claims(claims, tuple(tried), parts)


def _nearest(tried: list[Tried]) -> Tried:
    """Return the selection whose count and hours in the state come nearest to the claimed ones."""
    wanted = CLAIMED["sao_paulo"]

    def off(one: Tried) -> float:
        if one.state.hours is None:
            return float("inf")
        return abs(one.state.n / wanted["n"] - 1) + abs(one.state.hours / wanted["hours"] - 1)

    return min(tried, key=off)


def _verdict(tried: list[Tried], holds: Callable[[Tried], bool]) -> tuple[tuple[str, ...], Verdict]:
    under = [one.selection for one in tried if one.state.n and holds(one)]
    if not under:
        return (), Verdict.FAILS
    alone = all(selection.by_preparation for selection in under)
    return tuple(s.name for s in under), Verdict.HOLDS_BY_SELECTION if alone else Verdict.HOLDS


def _preparation_share(tried: list[Tried], nearest: Tried) -> Claim:
    under, verdict = _verdict(tried, lambda one: (one.everywhere.mean_share or 0.0) > 0.5)
    late = next(one.everywhere for one in tried if one.selection.name == "late")
    found = nearest.everywhere
    return Claim(
        "preparation_share",
        "Over half (53-54%) of the lead time of problem orders is seller preparation.",
        CLAIMED["preparation_share"],
        {"mean_share": found.mean_share, "share": found.share, "late_share": late.share},
        nearest.selection.name,
        under,
        verdict,
        f"Of {nearest.selection.about} preparation is {_percent(found.mean_share)} (mean of each one's "
        f"share; {_percent(found.share)} of all their hours): they were picked by it. Of late packages it "
        f"is {_percent(late.share)}.",
    )


def _sao_paulo(tried: list[Tried], nearest: Tried) -> Claim:
    wanted = CLAIMED["sao_paulo"]

    def holds(one: Tried) -> bool:
        hours = one.state.hours or 0.0
        return abs(one.state.n / wanted["n"] - 1) <= NEAR and abs(hours / wanted["hours"] - 1) <= NEAR

    under, verdict = _verdict(tried, holds)
    found = nearest.state
    return Claim(
        "sao_paulo",
        "São Paulo has 9 461 problem orders with 231.7 h of preparation.",
        wanted,
        {"n": found.n, "hours": found.hours},
        nearest.selection.name,
        under,
        verdict,
        f"{nearest.selection.about.capitalize()}: {found.n:,} with a seller in {STATE}, "
        f"{_hours(found.hours)} each, counted by {nearest.selection.unit}. This comes nearest; no other "
        "selection tried gives both figures.",
    )


def _day(tried: list[Tried], nearest: Tried) -> Claim:
    wanted = CLAIMED["day_handling"]

    def holds(one: Tried) -> bool:
        there = one.state
        return (
            (there.after_share or 1.0) < wanted["share_after"]
            and (there.saved_hours or 0.0) >= (1.0 - NEAR) * wanted["saved_hours"]
            and (there.shorter or 0.0) > wanted["shorter"]
        )

    under, verdict = _verdict(tried, holds)
    found = nearest.state
    every = next(one.state for one in tried if one.selection.name == "all")
    return Claim(
        "day_handling",
        "Pre-stocked warehouses with 24 h handling bring the preparation share from 54.9% under 10%, save "
        "207 h there and shorten delivery by over 40%.",
        wanted,
        {
            "share_before": found.share,
            "share_after": found.after_share,
            "mean_share_before": found.mean_share,
            "mean_share_after": found.after_mean_share,
            "saved_hours": found.saved_hours,
            "shorter": found.shorter,
            "shorter_all": every.shorter,
        },
        nearest.selection.name,
        under,
        verdict,
        f"Arithmetic on {nearest.selection.about}: {_hours(found.saved_hours)} less, "
        f"{_percent(found.shorter)} shorter; preparation falls from {_percent(found.share)} to "
        f"{_percent(found.after_share)} of all hours, as the mean of each one's share from "
        f"{_percent(found.mean_share)} to {_percent(found.after_mean_share)}. Nobody knows these orders "
        f"beforehand: over all packages of {STATE} delivery gets {_percent(every.shorter)} shorter.",
    )


def _percent(share: float | None) -> str:
    return "unknown" if number(share) is None else f"{100 * (share or 0.0):.1f}%"


def _hours(hours: float | None) -> str:
    return "unknown" if number(hours) is None else f"{hours:.1f} h"
