"""How long each stage was to be expected to take, as known on the day of the purchase.

The expectation is a plain one, so that an excess over it can be checked by hand: the mean of the stage over
the packages of the same pair of states whose stage ended in the 90 days before the day of the purchase; of
all packages where the pair has fewer than 30. It knows neither the parcel nor the seller, on purpose: what a
seller takes longer than others on the same way is his excess, not his excuse.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph.days import DAY_S, day_of, start_of
from replay.insight.packages import COMPONENTS

WINDOW_DAYS: Final = 90
ENOUGH: Final = 30
BASIS: Final = "mean of the state pair over the 90 days before the purchase (30 packages at least, else all)"

_ENDS: Final = {"approval": "approved_s", "handling": "handed_s", "transit": "delivered_s"}
_WIDTH: Final = 1 << 40

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]


def with_expected(packages: pl.DataFrame) -> pl.DataFrame:
    """Return packages with ``expected_<stage>_days`` and ``expected_total_days``, null in the first days.

    Only stages that ended before the day of a purchase speak: the packages of an earlier instant get the
    same expectation from a longer history.
    """
    pair = _codes(packages)
    start_s = start_of(day_of(packages["purchased_s"].to_numpy()))
    columns = []
    for name in COMPONENTS:
        end_s = packages[_ENDS.get(name, "delivered_s")].fill_null(0).to_numpy()
        days = packages[f"{name}_days"].fill_null(np.nan).to_numpy()
        own = _trailing(days, end_s, pair, start_s)
        anyone = _trailing(days, end_s, np.zeros_like(pair), start_s)
        found = np.where(own[1] >= ENOUGH, own[0], anyone[0])
        columns.append(pl.Series(f"expected_{name}_days", found).fill_nan(None))
    return packages.with_columns(columns)


def _codes(packages: pl.DataFrame) -> _Ints:
    """Return the pair of states of each package as a number; unknown states are a state of their own."""
    pair = pl.struct("seller_state", "customer_state").rank("dense")
    codes: _Ints = packages.select(pair.cast(pl.Int64))["seller_state"].to_numpy()
    return codes


def _trailing(days: _Floats, end_s: _Ints, group: _Ints, start_s: _Ints) -> tuple[_Floats, _Ints]:
    """Return mean and number of the days that ended in a row's group in the window before ``start_s``.

    Summed as whole seconds: a running sum of floats would carry the last bits of what other groups, and
    later days, have put into it.
    """
    done = np.flatnonzero(np.isfinite(days))
    place = group[done] * _WIDTH + end_s[done]
    order = np.argsort(place, kind="stable")
    place = place[order]
    seconds = np.rint(days[done][order] * DAY_S).astype(np.int64)
    sums = np.concatenate([[0], np.cumsum(seconds)])
    upto = np.searchsorted(place, group * _WIDTH + start_s)
    since = np.searchsorted(place, group * _WIDTH + np.maximum(start_s - WINDOW_DAYS * DAY_S, 0))
    n = upto - since
    mean: _Floats = np.where(n > 0, (sums[upto] - sums[since]) / DAY_S / np.maximum(n, 1), np.nan)
    return mean, n
