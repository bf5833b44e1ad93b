"""Demand estimates: what they refuse, and their sums over regions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from graph.demand import DemandEstimate, OrderType
from graph.errors import BadInput


def estimate(**changes: Any) -> DemandEstimate:
    given = {
        "as_of": datetime(2018, 4, 1, tzinfo=UTC),
        "product_ids": ("p", "q"),
        "regions": ("010", "200"),
        "product": np.array([0, 0, 1], np.int32),
        "region": np.array([0, 1, 1], np.int32),
        "mean_per_day": np.array([1.0, 2.0, 4.0]),
        "var_per_day": np.array([0.1, 0.2, 0.4]),
        "order_types": (OrderType((("p", 1), ("q", 2)), "010", 0.5, 0.0),),
        "covered_share": 0.9,
        **changes,
    }
    return DemandEstimate(**given)


def test_regions_add_up_by_product() -> None:
    assert estimate().of_product("p") == (3.0, pytest.approx(0.3))
    assert estimate().of_product("unheard of") == (0.0, 0.0)
    with pytest.raises(ValueError, match="read-only"):
        estimate().mean_per_day[0] = 9.0


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"as_of": datetime(2018, 4, 1)}, "time zone"),  # noqa: DTZ001
        ({"region": np.array([0, 1], np.int32)}, "Lengths differ"),
        ({"product": np.array([0, 0, 2], np.int32)}, "out of range"),
        ({"region": np.array([0, -1, 1], np.int32)}, "out of range"),
        ({"mean_per_day": np.array([1.0, np.nan, 1.0])}, "not finite"),
        ({"var_per_day": np.array([1.0, -1.0, 1.0])}, "negative"),
        ({"covered_share": 1.1}, "between 0 and 1"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], what: str) -> None:
    with pytest.raises(BadInput, match=what):
        estimate(**changes)


@pytest.mark.parametrize(
    ("lines", "mean", "what"),
    [
        ((), 1.0, "different products"),
        ((("p", 1), ("p", 2)), 1.0, "different products"),
        ((("p", 0),), 1.0, "units"),
        ((("p", 1),), -1.0, "not negative"),
        ((("p", 1),), float("inf"), "finite"),
    ],
)
def test_order_types_that_are_none(lines: tuple[tuple[str, int], ...], mean: float, what: str) -> None:
    with pytest.raises(BadInput, match=what):
        OrderType(lines, "010", mean, 0.0)
