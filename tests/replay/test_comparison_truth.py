"""Claims against the truth of synthetic marketplaces: two of them always, fifty of each kind on demand."""

from __future__ import annotations

import pytest

from benchmarks.comparison_truth import ENOUGH_DAYS, Judged, judge, summary

SEEDS = range(1, 51)
LEAST = 41
"""Of fifty, at 90 %: as few are to be expected once in forty campaigns."""


@pytest.mark.parametrize(("kind", "seed"), [("market", 1), ("null", 1)])
def test_the_truth_lies_in_the_claimed_interval(kind: str, seed: int) -> None:
    told = judge(kind, seed, weeks=4)
    assert told.covered
    assert told.verdict == "none" or kind == "market"
    assert (told.true_days == 0.0) == (kind == "null")


@pytest.fixture(scope="module")
def campaign() -> list[Judged]:
    return [judge(kind, seed) for kind in ("market", "null", "gain") for seed in SEEDS]


@pytest.mark.campaign
def test_true_improvements_lie_in_the_intervals(campaign: list[Judged]) -> None:
    told = summary(campaign)["market"]
    assert told["worlds"] == len(SEEDS)
    assert told["covered"] >= LEAST


@pytest.mark.campaign
def test_where_nothing_is_to_gain_nothing_is_claimed(campaign: list[Judged]) -> None:
    told = summary(campaign)["null"]
    assert told["worlds"] - told["claimed_gain"] >= LEAST


@pytest.mark.campaign
def test_large_gains_are_claimed(campaign: list[Judged]) -> None:
    large = [one for one in campaign if one.kind == "gain" and one.true_days <= -ENOUGH_DAYS]
    claimed = sum(one.verdict == "gain" for one in large)
    assert claimed >= LEAST / len(SEEDS) * len(large)
