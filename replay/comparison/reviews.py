"""The review score that a delivery may expect: learned from its delay against the promise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]

EDGES: Final = (-21.0, -14.0, -10.0, -7.0, -4.0, -2.0, 0.0, 1.0, 3.0, 5.0, 7.0, 10.0, 14.0)
"""Days after the promise at which one class of delays ends and the next begins; 0 is the promise itself."""

LEAST: Final = 200
"""So many reviewed deliveries are needed."""

SHRINK: Final = 10.0
"""A class counts half against its side of the promise at so many reviews."""

_PROMISE: Final = EDGES.index(0.0) + 1
"""How many classes end at the promise or before."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoreCurve:
    """Mean score by class of delay, (classes,), and how many reviews each rests on."""

    score: Floats
    n: NDArray[np.int64]

    @classmethod
    def learn(cls, facts: pl.DataFrame, before_s: int) -> Self | None:
        """Return the curve of the reviews answered before an instant; None of too few.

        A class with few reviews leans on its side of the promise, so that the jump at the promise stays one.
        """
        known = facts.filter(pl.col("reviewed_s") < before_s, pl.col("delivered_s") < before_s).drop_nulls(
            ["realised_days", "promised_days", "review_score"]
        )
        late = (known["late"]).to_numpy().astype(bool)
        if known.height < LEAST or late.all() or not late.any():
            return None
        delay = (known["realised_days"] - known["promised_days"]).to_numpy()
        score = known["review_score"].to_numpy().astype(np.float64)
        place = np.searchsorted(EDGES, delay, side="left")
        n = np.bincount(place, minlength=len(EDGES) + 1)
        total = np.bincount(place, score, minlength=len(EDGES) + 1)
        side = np.repeat([score[~late].mean(), score[late].mean()], [_PROMISE, len(n) - _PROMISE])
        return cls((total + SHRINK * side) / (n + SHRINK), n)

    @property
    def jump(self) -> float:
        """What the first day after the promise costs in stars: last class before it less the first after.

        A promise is the midnight that begins the promised day, so that day itself is the first one after.
        """
        return float(self.score[_PROMISE - 1] - self.score[_PROMISE])

    def expected(self, told: pl.DataFrame) -> Floats:
        """Return the score to expect from each row's expected_days, var_days, p_on_time and promised_days.

        Days are taken to be lognormal on either side of the promise, the probability to keep it is the one
        told. NaN where one of them is null.
        """
        mean, var, on_time, promise = (
            told[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
            for name in ("expected_days", "var_days", "p_on_time", "promised_days")
        )
        spread = np.log1p(var / mean**2)
        limit = promise[:, None] + np.array(EDGES)
        with np.errstate(invalid="ignore", divide="ignore"):
            at = (np.log(np.maximum(limit, 0.0)) - (np.log(mean) - spread / 2)[:, None]) / np.sqrt(spread)[
                :, None
            ]
        upto = np.column_stack([np.zeros(len(mean)), ndtr(at), np.ones(len(mean))])
        share = np.diff(upto)
        early = _within(share[:, :_PROMISE], _PROMISE - 1) @ self.score[:_PROMISE]
        late = _within(share[:, _PROMISE:], 0) @ self.score[_PROMISE:]
        found: Floats = on_time * early + (1.0 - on_time) * late
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the curve as JSON values; a class lies between two ``edges_days``, the outer ones open."""
        return {
            "edges_days": list(EDGES),
            "score": self.score.tolist(),
            "n": self.n.tolist(),
            "jump_at_promise": self.jump,
        }


def _within(share: Floats, nearest: int) -> Floats:
    """Return shares that add up to 1; all in the class beside the promise where there is next to none."""
    whole = share.sum(axis=1, keepdims=True)
    alone = np.zeros(share.shape[1])
    alone[nearest] = 1.0
    return np.where(whole > 1e-9, share / np.where(whole > 1e-9, whole, 1.0), alone)
