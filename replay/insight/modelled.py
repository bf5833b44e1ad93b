"""How long each stage was to be expected to take by the lead-time model, in place of the plain means.

The model knows the way, the parcel and the season, and here nothing of the seller: what he takes longer than
others is his excess, not his excuse.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from graph.days import day_of, start_of
from graph.lead_time import LeadTimes, RouteQuery
from graph.lead_time.journeys import IntArray
from replay.insight.packages import COMPONENTS, STAGES
from replay.moving import known_at
from replay.recorded import Past

REFIT_DAYS: Final = 7
BASIS: Final = "lead-time model without the seller, learned before the week of the purchase"

_SAME: Final = (
    *("origin_zip", "dest_zip", "origin_region", "dest_region", "origin_state", "dest_state"),
    *("category", "payment_type", "distance_km", "weight_g", "volume_cm3", "price_cents", "freight_cents"),
    *("n_lines", "n_sellers"),
)


def with_modelled(packages: pl.DataFrame, past: Past, span_s: tuple[int, int]) -> pl.DataFrame:
    """Return the packages purchased in [from, to) with ``expected_<stage>_days`` as the model had them.

    ``packages`` and ``past`` are of one source, all of it. Each week is read from a model that has learned
    the journeys known at the start of its first day (Brasilia time). Raises ValueError where the two are of
    different sources.
    """
    sold = packages.filter(pl.col("seller_id").is_not_null())
    bought_s = past.journeys.purchased_s
    if not np.array_equal(sold["purchased_s"].to_numpy(), bought_s):
        raise ValueError("packages and past are not of one source")
    row = np.flatnonzero((bought_s >= span_s[0]) & (bought_s < span_s[1]))
    days = np.full((len(COMPONENTS), len(row)), np.nan)
    week = (day_of(bought_s[row]) - day_of(span_s[0])) // REFIT_DAYS
    for number in np.unique(week).tolist():
        start_s = start_of(day_of(span_s[0]) + number * REFIT_DAYS)
        here = np.flatnonzero(week == number)
        days[:, here] = _read(past, start_s, row[here])
    expected = {f"expected_{name}_days": days[place] for place, name in enumerate(COMPONENTS)}
    return sold[row].with_columns(pl.Series(name, values) for name, values in expected.items())


def _read(past: Past, as_of_s: int, row: IntArray) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return mean days of the stages and the whole, (components, rows), as expected at an instant."""
    model = LeadTimes.fit(known_at(past, as_of_s), as_of_s)
    columns = {name: getattr(past.from_sellers, name)[row] for name in _SAME}
    told = model.read(RouteQuery.build(len(row), as_of_s, **columns))
    return np.stack([*(told.stage(name).mean_days for name in STAGES), told.mean_days])
