"""A replay's policies compared: what each changed, how sure that is, and what nobody can know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import polars as pl

from optimizer.policy import Costs
from replay.comparison.as_is import prediction
from replay.comparison.blocks import COVERAGE, RESAMPLES, Weeks
from replay.comparison.differences import Difference, Drawn, corrected, counted, difference
from replay.comparison.joined import Joined, Outcomes, recorded_policy
from replay.comparison.measures import MEASURES, Verdict
from replay.comparison.regret import Regret
from replay.comparison.reviews import ScoreCurve
from replay.comparison.told import assumptions
from replay.comparison.unjudged import cannot_judge

if TYPE_CHECKING:
    from replay.replayed import Replayed

UNPLANNED: Final = " (no plan)"
"""What the name of a policy has behind it where it decides without the plan."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What a replay says of its policies; ``to_dict`` is what files, pages and terminals show.

    ``differences``: every policy against the record, then every other pair, in each measure. ``routing``:
    policies without a plan against the record; ``placement``: the same policies with the plan against
    themselves without it (empty without a plan, or where nobody replayed the policies without it).
    """

    joined: Joined
    weeks: Weeks
    differences: tuple[Difference, ...]
    routing: tuple[Difference, ...]
    placement: tuple[Difference, ...]
    scores: ScoreCurve | None
    unjudged: Mapping[str, dict[str, Any]]
    regret: Regret
    seed: int
    planned: bool

    def found(self, policy: str, measure: str, against: str | None = None) -> Difference:
        """Return one difference, against the record if nothing else is named; KeyError without it."""
        wanted = policy, against or self.joined.as_is, measure
        for one in self.differences:
            if (one.policy, one.against, one.measure.name) == wanted:
                return one
        raise KeyError(wanted)

    def assumptions(self) -> Iterator[str]:
        """Yield in words what the comparison takes for granted, beside the replay's own assumptions."""
        return assumptions(self)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        names = [name for name in self.joined.outcomes if not name.endswith(UNPLANNED)]
        return {
            "seed": self.seed,
            "resamples": RESAMPLES,
            "interval": COVERAGE,
            "weeks": self.weeks.weeks,
            "orders": len(self.weeks.code),
            "against": self.joined.as_is,
            "policies": {name: self._policy(name) for name in names},
            "differences": [one.to_dict() for one in self.differences],
            "as_is": prediction(self.joined),
            "review_score": None if self.scores is None else self.scores.to_dict(),
            "cannot_judge": {name: self.unjudged[name] for name in names if name != self.joined.as_is},
            "regret": self.regret.worst(),
            "regret_totals": self.regret.totals(),
            "effects": {
                "routing": [one.to_dict() for one in self.routing],
                "placement": [one.to_dict() for one in self.placement],
            },
            "assumptions": list(self.assumptions()),
        }

    def _policy(self, name: str) -> dict[str, Any]:
        kept = ~self.joined.moves[name].moved
        ended = kept & self.joined.facts["realised_days"].is_not_null().to_numpy()
        told = self.joined.outcomes[name].filter(ended)
        days = self.joined.facts["realised_days"].filter(pl.Series(ended))
        return {
            **self.joined.means(name),
            "moved_share": float(1.0 - kept.mean()),
            "kept": {
                "orders": int(ended.sum()),
                "expected_days": told["expected_days"].mean(),
                "realised_days": days.mean(),
            },
            "hidden_days": self.hidden_days(name),
        }

    def hidden_days(self, name: str) -> float | None:
        """Return how much longer than believed the picked ways must take for a claimed gain to be void."""
        if name == self.joined.as_is:
            return None
        claim = self.found(name, "expected_days")
        share = float(self.joined.moves[name].moved.mean())
        if claim.verdict is not Verdict.GAIN or claim.high is None or share == 0.0:
            return None
        return -claim.high / share


def compare(
    replayed: Replayed,
    facts: pl.DataFrame,
    *,
    seed: int,
    unplanned: Replayed | None = None,
    hindsight: bool = False,
) -> Comparison:
    """Compare the policies of a replay with each other and with the record, which must be one of them.

    ``facts``: how all orders ended (`replay.facts_of_orders`); those before the replay teach what a delay
    does to a review. ``unplanned``: the same replay without the plan. ``hindsight``: judge decisions by what
    later deliveries told of their lanes, instead of by what was known. The same seed gives the same bits.
    Raises BadInput without the record, or where no order is served by all.
    """
    outcomes = dict(replayed.outcomes)
    planned = bool(outcomes) and any(frame["plan_units"].sum() for frame in outcomes.values())
    return compare_outcomes(
        outcomes,
        facts,
        replayed.runs[0].totals.costs,
        replayed.span_s[0],
        seed=seed,
        unplanned=None if unplanned is None else unplanned.outcomes,
        hindsight=hindsight,
        planned=planned,
    )


def compare_outcomes(
    outcomes: Outcomes,
    facts: pl.DataFrame,
    costs: Costs,
    from_s: int,
    *,
    seed: int,
    unplanned: Outcomes | None = None,
    hindsight: bool = False,
    planned: bool = False,
) -> Comparison:
    """Compare outcomes by policy (`replay.outcomes.SCHEMA`); see ``compare``."""
    scores = ScoreCurve.learn(facts, from_s)
    names = list(outcomes)
    record = recorded_policy(outcomes)
    more = {
        name + UNPLANNED: frame
        for name, frame in (unplanned or {}).items()
        if name in outcomes and name != record
    }
    joined = Joined.of({**outcomes, **more}, facts, costs, scores)
    weeks = Weeks.of(joined.purchased_s, seed)
    against = joined.as_is
    sides, against = _Sides.of(joined, weeks), joined.as_is
    others = [name for name in names if name != against]
    alone = {name: name + UNPLANNED for name in others if name + UNPLANNED in sides.drawn}
    return Comparison(
        joined=joined,
        weeks=weeks,
        differences=(
            *sides.beside_record(others),
            *(one for early, late in combinations(others, 2) for one in sides.between(late, early)),
        ),
        routing=tuple(sides.beside_record(alone.get(name, name) for name in others)),
        placement=tuple(one for pair in alone.items() for one in sides.between(*pair)),
        scores=scores,
        unjudged={name: cannot_judge(frame, facts) for name, frame in outcomes.items()},
        regret=Regret.of(joined, names, costs, hindsight=hindsight),
        seed=seed,
        planned=planned,
    )


@dataclass(frozen=True, slots=True)
class _Sides:
    """What differences are made of: each policy beside the record, ``drawn`` by policy and measure."""

    joined: Joined
    weeks: Weeks
    drawn: Mapping[str, Mapping[str, Drawn]]

    @classmethod
    def of(cls, joined: Joined, weeks: Weeks) -> Self:
        others = [name for name in joined.outcomes if name != joined.as_is]
        return cls(joined, weeks, {name: _drawn(joined, weeks, name) for name in others})

    def beside_record(self, policies: Iterable[str]) -> Iterator[Difference]:
        """Yield each policy's differences from the record."""
        for name in policies:
            for measure in MEASURES:
                if measure.name in self.drawn[name]:
                    drawn = self.drawn[name][measure.name]
                    yield difference((name, self.joined.as_is), measure, self.weeks, drawn)

    def between(self, policy: str, other: str) -> Iterator[Difference]:
        """Yield the differences between two policies."""
        for measure in MEASURES:
            mine, theirs = (self.drawn[name].get(measure.name) for name in (policy, other))
            if mine is not None and theirs is not None:
                yield difference((policy, other), measure, self.weeks, mine.minus(theirs))
            elif not measure.checked:
                change = self.joined.column(policy, measure.name) - self.joined.column(other, measure.name)
                if np.isfinite(change).any():
                    yield difference((policy, other), measure, self.weeks, counted(self.weeks, change))


def _drawn(joined: Joined, weeks: Weeks, policy: str) -> dict[str, Drawn]:
    """Return a policy's differences from the record by measure, for those that both have."""
    found = {}
    for measure in MEASURES:
        change = joined.change(policy, measure.name)
        if not np.isfinite(change).any():
            continue
        if measure.checked:
            found[measure.name] = corrected(weeks, change, joined.check(measure), joined.moves[policy])
        else:
            found[measure.name] = counted(weeks, change)
    return found
