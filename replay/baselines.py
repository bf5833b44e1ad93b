"""What a forecast has to beat: simple forecasters that see the same past, as quantiles at ``LEVELS``."""

from __future__ import annotations

import numpy as np

from graph.days import DAY_S
from graph.lead_time.journeys import FloatArray, IntArray, Journeys
from graph.lead_time.levels import pair_key
from graph.model import NEVER
from replay.metrics import LEVELS

_MONTH_DAYS = 30
_QUARTER_DAYS = 90
_PAIR_ENOUGH = 30


def baselines(journeys: Journeys, row: IntArray, from_s: int, *, frozen: bool) -> dict[str, FloatArray]:
    """Return the forecasts of some journeys, (rows, 199) each, from deliveries stamped before each one's day.

    climatology: all deliveries before ``from_s``. last_month: the last 30 days before the day of purchase.
    state_pair: the last 90 days of the state pair, where it has at least 30 deliveries, else of all.
    ``frozen``: the days before ``from_s`` stand for all. NaN where there is no such delivery.
    """
    done = np.flatnonzero((journeys.delivered_s != NEVER) & np.isfinite(journeys.total_days))
    done = done[np.argsort(journeys.delivered_s[done], kind="stable")]
    stamps, days = journeys.delivered_s[done], journeys.total_days[done]
    pair = pair_key(journeys.origin_state, journeys.dest_state)
    bought = journeys.purchased_s[row]
    midnight = np.full(row.shape, from_s) if frozen else from_s + (bought - from_s) // DAY_S * DAY_S

    def window(end_s: int, length_days: int) -> slice:
        return slice(*np.searchsorted(stamps, [end_s - length_days * DAY_S, end_s]))

    shape = (row.shape[0], LEVELS.shape[0])
    month, by_pair = np.zeros(shape), np.zeros(shape)
    for end_s in np.unique(midnight).tolist():
        today = np.flatnonzero(midnight == end_s)
        month[today] = _quantiles(days[window(end_s, _MONTH_DAYS)])
        seen = window(end_s, _QUARTER_DAYS)
        by_pair[today] = _quantiles(days[seen])
        _by_pair(by_pair, today, pair[row], pair[done[seen]], days[seen])
    climate = np.broadcast_to(_quantiles(days[: np.searchsorted(stamps, from_s)]), shape)
    return {"climatology": climate, "last_month": month, "state_pair": by_pair}


def _by_pair(found: FloatArray, today: IntArray, wanted: IntArray, pair: IntArray, days: FloatArray) -> None:
    """Overwrite the rows of today whose state pair has been seen often enough."""
    order = np.argsort(pair, kind="stable")
    keys, first, counts = np.unique(pair[order], return_index=True, return_counts=True)
    for key in np.unique(wanted[today]).tolist():
        at = int(np.searchsorted(keys, key))
        if at < keys.shape[0] and keys[at] == key and counts[at] >= _PAIR_ENOUGH:
            mine = order[first[at] : first[at] + counts[at]]
            found[today[wanted[today] == key]] = _quantiles(days[mine])


def _quantiles(days: FloatArray) -> FloatArray:
    if not days.shape[0]:
        return np.full(LEVELS.shape, np.nan)
    found: FloatArray = np.quantile(days, LEVELS)
    return found
