"""Which decisions of a policy nobody can judge by what happened, and why."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

REASONS: Final = {
    "not_decided": "nobody, or not this policy, could decide the order or serve any of it",
    "not_kept": "the policy picks another way than the record, and nobody saw how that one would have gone",
    "no_outcome": "the record's way was kept, but the source tells of no delivery",
    "short_units": "the recorded seller's shelf lacked units, which were received as recorded",
    "synthetic": "units from a plan's warehouse, whose times are assumed",
}
"""An order counts under each reason that holds, and once in the share."""

UNSEEN: Final = ("not_decided", "not_kept", "no_outcome")
"""The reasons for which there is no outcome at all; of the others there is one, under an assumption."""


def cannot_judge(outcomes: pl.DataFrame, facts: pl.DataFrame) -> dict[str, Any]:
    """Return the share of a policy's orders that outcomes cannot judge, and counts by reason.

    ``without_outcome``: the share of those that have none (``UNSEEN``).
    """
    told = outcomes.join(
        facts.select("order_id", "realised_days"), on="order_id", how="left", maintain_order="left"
    )
    decided = pl.col("decided") & (pl.col("filled_units") > 0)
    flags = told.select(
        not_decided=~decided,
        not_kept=decided & ~pl.col("as_recorded"),
        no_outcome=decided & pl.col("as_recorded") & pl.col("realised_days").is_null(),
        short_units=decided & (pl.col("short_units") > 0),
        synthetic=decided & (pl.col("plan_units") > 0),
    )
    counts = flags.sum().row(0, named=True)
    share, unseen = flags.select(
        pl.any_horizontal(pl.all()).mean().alias("share"), pl.any_horizontal(UNSEEN).mean().alias("unseen")
    ).row(0)
    return {
        "share": share,
        "without_outcome": unseen,
        "orders": told.height,
        "reasons": [
            {"reason": name, "orders": counts[name], "words": words} for name, words in REASONS.items()
        ],
    }
