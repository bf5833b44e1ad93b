"""What is said of Brazil's states is so, and says of every zip prefix at most one state."""

from __future__ import annotations

from itertools import pairwise

from ingest.states import state_facts


def test_states_are_facts() -> None:
    facts = state_facts()
    assert facts.height == 27
    assert facts["population"].sum() == 203_080_756  # IBGE, Censo 2022
    bounds = sorted(
        tuple(map(int, part.split("-")))
        for ranges in facts["zip_prefix_ranges"]
        for part in ranges.split(";")
    )
    assert all(first <= last for first, last in bounds)
    assert all(left[1] < right[0] for left, right in pairwise(bounds))  # no prefix in two
