"""What is told of a criterion, by hand: counts and shares, factors and effects, and the order of ranks."""

from __future__ import annotations

import math

import polars as pl
import pytest

from replay.insight.criteria import OBSERVED, by_mean, by_share, ranked

GROUPS = pl.DataFrame({"g": ["a", "b", "c"]})


def observed(**groups: list[float] | list[bool]) -> pl.DataFrame:
    return pl.DataFrame([{"g": name, OBSERVED: value} for name, some in groups.items() for value in some])


def test_shares_count_hits_and_what_is_beyond_the_typical() -> None:
    told = by_share(observed(a=[True] * 9 + [False], b=[False] * 10), ["g"], GROUPS, -1)
    assert told.hits.tolist() == [9.0, 0.0, 0.0]
    center = told.shrunk.center
    assert told.excess.tolist() == pytest.approx([9 - 10 * center, -10 * center, 0.0])
    columns = told.share_columns("late", "late_share")
    assert [*columns] == ["due", "late", *(f"late_share{end}" for end in ("_raw", "", "_low", "_high"))]
    assert (columns["due"].to_list(), columns["late"].to_list()) == ([10, 10, 0], [9, 0, 0])
    assert columns["late_share_raw"].to_list()[:2] == [0.9, 0.0]
    assert columns["late_share_low"][0] < columns["late_share"][0] < columns["late_share_high"][0]


def test_effects_and_factors_stand_round_the_typical_group() -> None:
    told = by_mean(observed(a=[1.0, 1.2, 0.8] * 9, b=[0.0, 0.2, -0.2] * 9), ["g"], GROUPS, -1)
    effects, factors = told.effect_columns("effect"), told.factor_columns("factor")
    assert list(effects) == ["effect", "effect_low", "effect_high"]
    assert effects["effect"].to_list() == pytest.approx([0.5, -0.5, 0.0], abs=0.02)
    assert factors["factor"].to_list() == pytest.approx([math.exp(one) for one in effects["effect"]])
    assert factors["factor"][2] == 1.0


def test_ranks_go_by_score_then_packages_then_name_and_the_new_stay_as_they_came() -> None:
    told = pl.DataFrame(
        {
            "g": ["z", "d", "c", "b", "a", "y"],
            "n": [1, 5, 5, 9, 5, 2],
            "score": [9.0, 0.5, 0.5, 0.5, 2.0, 8.0],
        }
    )
    found = ranked(told, 5, ["g"])
    assert found["g"].to_list() == ["a", "b", "c", "d", "z", "y"]
    assert found["rank"].to_list() == [1, 2, 3, 4, None, None]
    assert found["status"].to_list() == ["ranked"] * 4 + ["new"] * 2
    assert found.columns == ["rank", "status", "g", "n", "score"]
