"""State taken apart and put together is the same state."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from graph.lead_time.online.saved import put_together, taken_apart


@dataclass
class Inner:
    level: float
    counts: np.ndarray
    derived: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass
class Outer:
    inner: Inner
    other: Inner | None
    absent: Inner | None
    day: int
    ready: bool


def outer() -> Outer:
    inner = Inner(-np.inf, np.array([[1.5, np.nan]]), {"old": np.zeros(2)})
    return Outer(inner, Inner(0.1 + 0.2, np.zeros(0, np.int64)), None, 7, ready=True)


def test_what_was_taken_apart_can_be_put_together() -> None:
    arrays = taken_apart(outer(), "state")
    back = put_together(Outer, arrays, "state")
    assert (back.inner.level, back.other.level, back.absent, back.day, back.ready) == (
        -np.inf,
        0.1 + 0.2,
        None,
        7,
        True,
    )
    assert back.inner.counts.tobytes() == outer().inner.counts.tobytes()
    assert back.other.counts.dtype == np.int64
    assert back.inner.derived == {}


def test_parts_are_copies_both_ways() -> None:
    first = outer()
    arrays = taken_apart(first, "state")
    first.inner.counts[:] = 9.0
    put_together(Outer, arrays, "state").inner.counts[:] = 8.0
    assert arrays["state.inner.counts"][0, 0] == 1.5


def test_a_missing_part_is_an_error() -> None:
    arrays = taken_apart(outer(), "state")
    del arrays["state.day"]
    with pytest.raises(KeyError):
        put_together(Outer, arrays, "state")
