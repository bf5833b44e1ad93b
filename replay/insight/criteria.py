"""What sellers and routes are judged by: each criterion counted by group, shrunk, and put into one score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from scipy.special import ndtr

from graph.days import DAY_S
from graph.lead_time.value import FLOOR_DAYS
from replay.insight.shrunk import Floats, Shrunk, Z, shrunk_means, shrunk_shares

OBSERVED: Final = "observed"
"""The column of a frame of observations that holds what was observed."""


@dataclass(frozen=True, slots=True, eq=False)
class Criterion:
    """One criterion over the groups: how many observations, their raw mean, and what they are worth.

    ``better`` is 1 where more is better, -1 where less is.
    """

    n: Floats
    raw: Floats
    shrunk: Shrunk
    better: int

    @property
    def standing(self) -> Floats:
        """How far each group stands from the typical one, in sds between groups; more is better."""
        return self.better * (self.shrunk.mean - self.shrunk.center) / _some(self.shrunk.spread)

    @property
    def doubt(self) -> Floats:
        """The sd of ``standing``: 1 for a group that nobody has seen."""
        return self.shrunk.sd / _some(self.shrunk.spread)

    @property
    def hits(self) -> Floats:
        """Of a criterion of shares: how many observations of each group were true."""
        found: Floats = np.nan_to_num(self.raw * self.n).round()
        return found

    @property
    def excess(self) -> Floats:
        """Of a criterion of shares: hits beyond what as many observations of the typical group have."""
        return self.hits - self.n * self.shrunk.center

    def effect_columns(self, name: str) -> dict[str, pl.Series]:
        """Return the distance from the typical group as ``name``, ``name_low`` and ``name_high``."""
        shrunk = self.shrunk
        ends = {"": shrunk.mean, "_low": shrunk.low, "_high": shrunk.high}
        return {f"{name}{end}": pl.Series(value - shrunk.center) for end, value in ends.items()}

    def factor_columns(self, name: str) -> dict[str, pl.Series]:
        """Return the like of a criterion of logs as factors: 1 is the typical group."""
        return {column: effect.exp() for column, effect in self.effect_columns(name).items()}

    def share_columns(self, hits: str, share: str) -> dict[str, pl.Series]:
        """Return the columns of a criterion of shares: due, ``hits``, ``share`` with _raw, _low and _high."""
        return {
            "due": pl.Series(self.n).cast(pl.Int64),
            hits: pl.Series(self.hits).cast(pl.Int64),
            f"{share}_raw": pl.Series(self.raw),
            share: pl.Series(self.shrunk.mean),
            f"{share}_low": pl.Series(self.shrunk.low),
            f"{share}_high": pl.Series(self.shrunk.high),
        }


def _some(spread: float) -> float:
    return spread if spread > 0 else 1.0


def by_mean(observed: pl.DataFrame, key: Sequence[str], groups: pl.DataFrame, better: int) -> Criterion:
    """Return a criterion of means; ``observed``: the key and ``observed``, one row an observation.

    ``groups`` (the key) says which groups there are and in which order.
    """
    value = pl.col(OBSERVED)
    sums = observed.group_by(key, maintain_order=True).agg(
        pl.len().alias("n"), value.mean().alias("raw"), (value - value.mean()).pow(2).sum().alias("squares")
    )
    found = groups.join(sums, on=list(key), how="left", maintain_order="left", nulls_equal=True)
    n, raw = _floats(found["n"], 0.0), _floats(found["raw"], np.nan)
    freedom = n.sum() - (n > 0).sum()
    within = float(_floats(found["squares"], 0.0).sum() / freedom) if freedom > 0 else 1.0
    return Criterion(n, raw, shrunk_means(raw, n, within), better)


def by_share(observed: pl.DataFrame, key: Sequence[str], groups: pl.DataFrame, better: int) -> Criterion:
    """Return a criterion of shares; ``observed``: the key and ``observed``, true or false."""
    counts = observed.group_by(key, maintain_order=True).agg(
        pl.len().alias("n"), pl.col(OBSERVED).sum().alias("hits")
    )
    found = groups.join(counts, on=list(key), how="left", maintain_order="left", nulls_equal=True)
    n, hits = _floats(found["n"], 0.0), _floats(found["hits"], 0.0)
    raw: Floats = np.where(n > 0, hits / np.maximum(n, 1.0), np.nan)
    return Criterion(n, raw, shrunk_shares(hits, n), better)


def _floats(column: pl.Series, missing: float) -> Floats:
    found: Floats = column.cast(pl.Float64).fill_null(missing).to_numpy()
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """The weighted mean of standings with its interval, and the share of exposure that it earns."""

    mean: Floats
    low: Floats
    high: Floats
    exposure: Floats


def score(criteria: Mapping[str, Criterion], weights: Mapping[str, float]) -> Score:
    """Return the score of each group; criteria count as independent given the truth.

    Exposure is in proportion to the probability that a typical group stands below the *upper* end of the
    interval (optimism in the face of doubt: Auer, Cesa-Bianchi and Fischer 2002,
    doi 10.1023/A:1013689704352): who has proved nothing yet is shown about as often as who has proved to be
    good, who has proved to be slow hardly. Shares add up to 1.
    """
    total = sum(weights.values())
    parts = [(criteria[name], weight / total) for name, weight in weights.items()]
    mean = np.sum([weight * each.standing for each, weight in parts], axis=0)
    half = Z * np.sqrt(np.sum([(weight * each.doubt) ** 2 for each, weight in parts], axis=0))
    chance = ndtr(mean + half)
    return Score(mean, mean - half, mean + half, chance / max(chance.sum(), 1e-300))


def ranked(told: pl.DataFrame, least: int, ties: Sequence[str]) -> pl.DataFrame:
    """Return groups of at least ``least`` packages by score, then the ``new`` ones in the order they came.

    ``told``: score, n and ``ties``, which decide between equals. Adds rank (null: new) and status.
    """
    enough = pl.col("n") >= least
    order = ("score", "n", *ties)
    best = told.filter(enough).sort(order, descending=[True, True, *(False for _ in ties)])
    number = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    first = best.with_columns(rank=number, status=pl.lit("ranked"))
    new = told.filter(~enough).with_columns(rank=pl.lit(None, dtype=pl.Int64), status=pl.lit("new"))
    return pl.concat([first, new]).select("rank", "status", pl.exclude("rank", "status"))


def stage_factors(packages: pl.DataFrame, stage: str, expected_days: pl.Expr, as_of_s: int) -> pl.DataFrame:
    """Return the packages with ``observed``, the log of how often the expected time a stage took.

    A package that is still in the stage counts once it is overdue, with the time so far: leaving it out
    would let the slowest look fast. Others still in the stage, and those without expectation, are left out.
    """
    start, place = {"handling": ("approved_s", "handling"), "transit": ("handed_s", "transit")}[stage]
    so_far = (as_of_s - pl.col(start)) / DAY_S
    took = pl.when(pl.col("at") == place).then(so_far).otherwise(pl.col(f"{stage}_days"))
    timed = packages.with_columns(took=took, usual=expected_days)
    open_early = (pl.col("at") == place) & (pl.col("took") <= pl.col("usual"))
    known = pl.col("took").is_not_null() & (pl.col("usual") > 0) & ~open_early & (pl.col("at") != "lost")
    floor = FLOOR_DAYS[stage]
    factor = (pl.col("took").clip(floor) / pl.col("usual").clip(floor)).log()
    return timed.filter(known).with_columns(factor.alias(OBSERVED))


def in_window(packages: pl.DataFrame, as_of_s: int, days: int) -> pl.DataFrame:
    """Return the packages of somebody that were purchased in the last days and are not lost to sight."""
    recent = pl.col("purchased_s").is_between(as_of_s - days * DAY_S, as_of_s, closed="left")
    return packages.filter(recent & pl.col("seller_id").is_not_null() & (pl.col("at") != "lost"))


def by_sellers(seen: pl.DataFrame) -> pl.DataFrame:
    """Return the packages that their sellers packed themselves: of others a warehouse did the handling."""
    return seen.filter(pl.col("warehouse_id").is_null())
