"""Pairs bought together: counted beside a plain count, and planted pairs found among chance."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import BadInput
from optimizer.placement.assortment_pairs import BundleRule, bundles, find_pairs


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 5)), max_size=40))
def test_counts_are_those_of_a_plain_count(lines: list[tuple[int, int]]) -> None:
    order, offer = (np.array([line[i] for line in lines], np.int64) for i in (0, 1))
    pairs = find_pairs(order, offer, 6)
    baskets = [{o for n, o in lines if n == number} for number in sorted({n for n, _ in lines})]
    plain = {
        pair: count
        for pair in combinations(range(6), 2)
        if (count := sum(set(pair) <= basket for basket in baskets))
    }
    assert dict(zip(zip(pairs.first, pairs.second, strict=True), pairs.together, strict=True)) == plain
    for first, second, lift, share in zip(pairs.first, pairs.second, pairs.lift, pairs.share, strict=True):
        one, other = (sum(o in basket for basket in baskets) for o in (first, second))
        assert lift == pytest.approx(plain[first, second] * len(baskets) / (one * other))
        assert share == pytest.approx(plain[first, second] / min(one, other))


def test_planted_pairs_become_bundles_and_popular_strangers_do_not() -> None:
    rng = np.random.default_rng(5)
    lines = [(number, offer) for number in range(2000) for offer in (0, 1) if rng.random() < 0.5]
    lines += [(number, int(rng.integers(2, 40))) for number in range(2000)]
    for number in range(2000, 2030):  # 40 and 41 are bought together; 41 and 42 too
        lines += [(number, 40 + number % 2), (number, 41 + number % 2)]
    order, offer = np.array(lines).T
    found = bundles(find_pairs(order, offer, 44), 44)
    assert found.tolist() == [*range(40), 40, 40, 40, 43]
    none = bundles(find_pairs(order, offer, 44), 44, BundleRule(orders=10**6))
    assert none.tolist() == list(range(44))


def test_no_orders_make_no_pairs_and_strange_offers_are_refused() -> None:
    empty = np.zeros(0, np.int64)
    assert len(find_pairs(empty, empty, 3).first) == 0
    assert bundles(find_pairs(empty, empty, 3), 3).tolist() == [0, 1, 2]
    with pytest.raises(BadInput):
        find_pairs(np.array([0]), np.array([3]), 3)
    with pytest.raises(BadInput):
        find_pairs(np.array([0, 1]), np.array([0]), 3)
