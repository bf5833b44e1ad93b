"""Days that are not over yet: the product-limit estimate of how long something takes.

Of the newest orders only the fast ones have arrived; to count those alone makes the last weeks look fast. An
order still under way tells that it takes longer than it has so far (right censoring), and is counted as that.
E. L. Kaplan and P. Meier, Journal of the American Statistical Association 53 (1958), doi:10.2307/2281868.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Survival:
    """``left[i]``: the share that takes longer than ``days[i]``, ascending; both (ends,)."""

    days: Floats
    left: Floats

    @classmethod
    def of(cls, days: Floats, ended: NDArray[np.bool_]) -> Survival:
        """Estimate from days until an end, or until now where ``ended`` is False; both (n,)."""
        known = np.isfinite(days) & (days >= 0.0)
        days, ended = days[known], ended[known]
        ends, counts = np.unique(days[ended], return_counts=True)
        at_risk = len(days) - np.searchsorted(np.sort(days), ends, side="left")
        left = np.cumprod(1.0 - counts / np.maximum(at_risk, 1)).astype(np.float64)
        return cls(ends, left)

    def quantile(self, p: float) -> float | None:
        """Return the days within which a share ``p`` ends; None where the history is too short to tell."""
        reached = np.flatnonzero(self.left <= 1.0 - p + 1e-12)
        return float(self.days[reached[0]]) if len(reached) else None

    def mean(self) -> float | None:
        """Return the mean of the days, cut at the longest that ended; None where none has ended."""
        if not len(self.days):
            return None
        widths = np.diff(self.days, prepend=0.0)
        return float((widths * np.concatenate([[1.0], self.left[:-1]])).sum())
