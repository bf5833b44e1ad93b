"""What the figures of a replay rest on, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replay.replayed import Replayed


def assumptions(done: Replayed) -> Iterator[str]:
    """Yield in words what the figures rest on."""
    costs = done.runs[0].totals.costs
    told_at, start = done.stock.told_at, done.planned.at
    if done.planned.is_later or (told_at is not None and told_at > start):
        yield (
            "IN HINDSIGHT: the plan or the opening stock is told after the start; nobody could have known "
            "it then, so what it brings is more than anybody could have had."
        )
    yield (
        "As-is is the recorded choice, judged by the same lead-time and freight models as all others: "
        "days and P(on time) are expectations, not what happened."
    )
    if done.stock.origin == "init":
        yield (
            "Opening stock is made up from the demand before the start (synthetic): "
            f"{done.stock.units:,} units. Stock that the source itself tells is not read."
        )
    else:
        yield f"Opening stock is that of {done.stock.origin}: {done.stock.units:,} units."
    yield from done.planned.assumptions(done.shelves)
    yield (
        "Where a recorded purchase finds its seller short, the lacking units are received first (source "
        "recorded): "
        + ", ".join(f"{run.recorded_units:,} under {run.policy.name}" for run in done.runs)
        + "."
    )
    yield from _restocked(done)
    yield (
        "A decision holds its stock for good: approval, expiry, cancellation and return move nothing. "
        "As-is alone ships from the warehouses that the record names."
    )
    yield (
        f"Every policy is charged alike: {costs.package_cents} cents a package and "
        f"{costs.handling_cents} for its handling, {costs.time_cents_per_day} a line and expected day, "
        f"{costs.late_cents} a line times the probability to miss the recorded promise."
    )
    yield (
        "An offer counts from its first sale on, at the price of its last; unsold for 180 days it has "
        "lapsed. The recorded offer is always a candidate."
    )
    if any(run.policy.prices for run in done.runs):
        yield (
            "Scarcity prices are solved again at most once a replayed day, on the policy's own shelves "
            "and on demand learned from purchases before; they decide, and are not charged."
        )
    if done.carrier_assumed:
        yield (
            f"{done.carrier_assumed:,} recorded lines were never handed over: their carrier is taken to "
            "be the first by name."
        )


def _restocked(done: Replayed) -> Iterator[str]:
    if not done.stock.orders_again:
        yield "Shelves are not refilled otherwise (--reorders)."
        return
    units = ", ".join(f"{run.restocked_units:,} under {run.policy.name}" for run in done.runs)
    yield (
        "A place at its reorder point, what is on order included, is ordered for at once, up to the level of "
        "its settings, and filled after its lead time, which nobody has observed (synthetic); points stay "
        "those of the start. "
        f"Units received (source reorder): {units}."
    )
