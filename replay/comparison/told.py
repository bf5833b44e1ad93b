"""What a comparison takes for granted, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from replay.comparison.differences import LEAST_KEPT
from replay.comparison.joined import MATURE_DAYS

if TYPE_CHECKING:
    from replay.comparison.comparison import Comparison


def assumptions(comparison: Comparison) -> Iterator[str]:
    """Yield in words what the differences and their intervals rest on."""
    joined, weeks = comparison.joined, comparison.weeks
    yield (
        f"Differences are means over the {len(weeks.code):,} orders that every policy serves, with the same "
        f"events and the same models for all. Their 90 % intervals come from {weeks.weeks} ISO weeks, drawn "
        f"anew (seed {comparison.seed}), with Student's quantile for so few."
    )
    yield (
        "An expectation is corrected by what came: beyond the model, orders that went the policy's way are "
        "set against those that went another; lanes that gain orders widen the interval by the error of "
        f"lanes. This needs {LEAST_KEPT} kept orders with an outcome; without them nothing is claimed."
    )
    yield (
        "Taken for granted: where an order had several ways, the recorded one was not picked for a speed "
        "that the model cannot see. If buyers knew better than the model, a gain in time is overstated: "
        + (
            "; ".join(
                f"{name}'s would be void if its picks took {days:.1f} days longer than believed"
                for name in joined.outcomes
                if name in comparison.unjudged and (days := comparison.hidden_days(name)) is not None
            )
            or "no gain in time is claimed here"
        )
        + "."
    )
    yield (
        f"Models are checked on purchases up to {MATURE_DAYS} days before the last delivery known; of later "
        "ones the slow are missing. What never arrives has no time at all."
    )
    if comparison.scores is not None:
        yield (
            "The expected review is the mean score, before the replay, of deliveries as late against their "
            f"promise; up to a day after it (on the promised day) costs {comparison.scores.jump:.2f} stars."
        )
    yield (
        "Offers that nobody had bought are unseen, so ways that they would have opened are not compared. "
        "Buyers would have bought the same from another seller, whatever its name and stars."
    )
    if comparison.planned:
        yield (
            "What a plan's warehouses would do has never happened: their handling is the site's, their "
            "transit the model's (synthetic). The correction and the lanes' errors are those of sellers."
        )
    if comparison.regret.hindsight:
        yield "Regret is told in hindsight: a lane's lead time is the median of what its orders really took."
