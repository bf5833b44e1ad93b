"""Outcomes and facts with a planted truth: what the model believes, what came, who moves where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from graph.days import DAY_S
from optimizer.policy import Costs
from replay.comparison.comparison import Comparison, compare_outcomes
from replay.facts_of_orders import SCHEMA as FACTS
from replay.outcomes import SCHEMA

COSTS = Costs(package_cents=150, handling_cents=100, time_cents_per_day=60, late_cents=1500)
MONDAY_S = 1_514_775_600  # 2018-01-01T03:00Z, the first second of a Brazilian week
PROMISE_DAYS = 20.0


@dataclass(frozen=True)
class Planted:
    """Orders of ``weeks`` whole weeks. A share ``moves``; ``several`` of all orders have two ways.

    ``believed``: by how many days the model thinks a pick quicker than the record; ``curse``: by how many
    days picks, kept or moved, take longer than the model thinks; ``level``: by how many all do.
    """

    orders: int = 1_200
    weeks: int = 10
    moves: float = 0.3
    several: float = 0.7
    believed: float = 2.0
    curse: float = 0.0
    level: float = 0.0
    noise: float = 1.0
    lanes: int = 40
    seed: int = 1

    @property
    def gain(self) -> float:
        """The true difference in days, policy less record, as a mean over orders."""
        return -self.moves * (self.believed - self.curse)

    def frames(self) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
        """Return outcomes by policy, and facts that hold some reviewed history before them."""
        rng = np.random.default_rng(self.seed)
        at = MONDAY_S + np.sort(rng.integers(0, self.weeks * 7 * DAY_S, self.orders))
        several = np.arange(self.orders) % 10 < 10 * self.several
        moved = several & (rng.permutation(self.orders) % 100 < 100 * self.moves / self.several)
        expected = rng.uniform(8.0, 14.0, self.orders)
        wrong = np.where(several & ~moved, self.curse, 0.0) + self.level
        days = expected + wrong + rng.normal(0.0, self.noise, self.orders)
        lane = rng.integers(0, self.lanes, self.orders)
        record = outcomes(at, expected, lane, np.ones(self.orders, bool), several)
        picked = outcomes(
            at,
            expected - np.where(moved, self.believed, 0.0),
            np.where(moved, (lane + 1) % self.lanes, lane),
            ~moved,
            several,
        )
        return {"as_is": record, "priced": picked}, pl.concat([history(rng), facts(at, days)])

    def compare(self, seed: int = 0, **more: bool) -> Comparison:
        """Compare the two policies."""
        told, ended = self.frames()
        return compare_outcomes(told, ended, COSTS, MONDAY_S, seed=seed, **more)


def outcomes(
    at: np.ndarray, days: np.ndarray, lane: np.ndarray, kept: np.ndarray, several: np.ndarray
) -> pl.DataFrame:
    """Return outcomes of orders of one line and package."""
    n = len(at)
    late = 1.0 / (1.0 + np.exp(PROMISE_DAYS - days))
    money = {
        "freight_cents": np.full(n, 1_500) - 100 * ~kept,
        "package_cents": np.full(n, COSTS.package_cents + COSTS.handling_cents),
        "time_cents": np.rint(COSTS.time_cents_per_day * days).astype(int),
        "late_cents": np.rint(COSTS.late_cents * late).astype(int),
    }
    ones = dict.fromkeys(("lines", "units", "filled_units", "packages"), np.ones(n, int))
    columns = {
        "order_id": [f"o{order:06d}" for order in range(n)],
        "purchased_s": at,
        "customer_state": ["SP"] * n,
        "refused": np.zeros(n, bool),
        "decided": np.ones(n, bool),
        "as_recorded": kept,
        "choice": several,
        "ways": np.where(several, 2, 1),
        "kept_lines": kept.astype(int),
        **dict.fromkeys(("stock_outs", "short_units", "plan_units", "scarcity_cents"), np.zeros(n, int)),
        **ones,
        "expected_days": days,
        "var_days": np.ones(n),
        "p_on_time": 1.0 - late,
        **money,
        "total_cents": sum(money.values()),
        "source_ids": [f"seller:{place}" for place in lane],
        "carrier_ids": ["unknown"] * n,
        "price_version": [None] * n,
    }
    return pl.DataFrame({name: columns[name] for name in SCHEMA}, schema=SCHEMA)


def facts(
    at: np.ndarray, days: np.ndarray, prefix: str = "o", score: np.ndarray | None = None
) -> pl.DataFrame:
    """Return how orders ended: after ``days`` (NaN: never), reviewed the day after."""
    n, arrived = len(at), np.isfinite(days)
    delivered = at + np.where(arrived, np.nan_to_num(days) * DAY_S, 0).astype(np.int64)
    late = days > PROMISE_DAYS
    columns = {
        "order_id": [f"{prefix}{order:06d}" for order in range(n)],
        "purchased_s": at,
        "promised_s": at + int(PROMISE_DAYS * DAY_S),
        "delivered_s": pl.Series(delivered).zip_with(
            pl.Series(arrived), pl.Series([None] * n, dtype=pl.Int64)
        ),
        "promised_days": np.full(n, PROMISE_DAYS),
        "realised_days": pl.Series(days).fill_nan(None),
        "late": pl.Series(late).zip_with(pl.Series(arrived), pl.Series([None] * n, dtype=pl.Boolean)),
        "approval_days": np.zeros(n),
        "handling_days": np.zeros(n),
        "transit_days": np.zeros(n),
        "review_score": np.where(late, 2, 4) if score is None else score,
        "reviewed_s": delivered + DAY_S,
        "seller_ids": ["s"] * n,
        "customer_state": ["SP"] * n,
        "category": ["toys"] * n,
        "packages": np.ones(n, int),
    }
    return pl.DataFrame({name: columns[name] for name in FACTS}, schema=FACTS, strict=False)


def history(rng: np.random.Generator, orders: int = 400) -> pl.DataFrame:
    """Return reviewed deliveries of the three months before, a quarter of them late: 4 stars, or 2."""
    at = MONDAY_S - 90 * DAY_S + np.arange(orders)
    return facts(at, rng.uniform(5.0, 25.0, orders), "h")
