"""The kernel: the optimum of its reduced form, the promised one among equals, by search and by table."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.kernel import solve_forced, solve_many, solve_one, solve_with
from optimizer.kernel_search import SHORT_SEARCH, TABLE_LINES, lay_out, search_sets
from optimizer.words import UNLIMITED, Floats

Key = tuple[float, bool, int, tuple[int, ...]]


def random_form(seed: int, lines: int, routes: int) -> tuple[Floats, Floats, int, bool]:
    """Return cost, fixed, max_packages and free; small amounts bring ties."""
    rng = np.random.default_rng(seed)
    free = bool(rng.integers(2))
    top = int(rng.choice([2, 5, 40, 1_000]))
    cost = rng.integers(0, top, (lines, routes + free)).astype(float)
    cost[:, :routes][rng.random((lines, routes)) < 0.3] = np.inf
    fixed = rng.integers(0, top, routes + free).astype(float)
    return cost, fixed, int(rng.choice([1, 2, 3, UNLIMITED])), free


def best_of_all(cost: Floats, fixed: Floats, most: int, free: bool) -> Key | None:
    """Return (total, whether a line is unfilled, packages, routes) of the promised optimum."""
    columns = cost.shape[1]
    nothing = columns - 1 if free else columns
    best: Key | None = None
    for routes in product(range(columns), repeat=cost.shape[0]):
        used = set(routes)
        packages = len(used - {nothing})
        total = sum(cost[line, route] for line, route in enumerate(routes)) + sum(fixed[r] for r in used)
        key = (float(total), nothing in used, packages, routes)
        if packages <= most and total < np.inf and (best is None or key < best):
            best = key
    return best


@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(1, 5))
def test_kernel_is_the_least_of_all(seed: int, lines: int, routes: int) -> None:
    cost, fixed, most, free = random_form(seed, lines, routes)
    total, found, bound = solve_one(cost, fixed, most, free)
    best = best_of_all(cost, fixed, most, free)
    if best is None:
        assert total == bound == np.inf
        return
    assert total == bound == best[0]
    used = set(found.tolist())
    paid = sum(cost[line, route] for line, route in enumerate(found)) + sum(fixed[r] for r in used)
    nothing = {routes} if free else set()
    assert paid == total
    assert bool(used & nothing) == best[1]
    assert len(used - nothing) <= most
    if not best[1]:
        assert tuple(found) == best[3]


@given(st.integers(0, 2**32), st.integers(1, 3), st.integers(1, 4))
def test_forcing_a_line_on_a_column(seed: int, lines: int, routes: int) -> None:
    cost, fixed, most, free = random_form(seed, lines, routes)
    reached, bound = solve_forced(cost, fixed, most, free)
    assert np.array_equal(reached, bound)
    for line, column in np.ndindex(cost.shape):
        only = cost.copy()
        only[line] = np.inf
        only[line, column] = cost[line, column]
        best = best_of_all(only, fixed, most, free)
        total, found, proven = solve_with(cost, fixed, most, free, line, column)
        assert total == proven == bound[line, column] == (np.inf if best is None else best[0])
        if best is not None:
            paid = cost[np.arange(lines), found].sum() + fixed[np.unique(found)].sum()
            assert (paid, found[line]) == (total, column)


@given(st.integers(0, 2**32), st.integers(2, 5), st.integers(1, 5))
def test_never_more_packages_than_an_optimum_needs(seed: int, lines: int, routes: int) -> None:
    """Solidus 2122: greedy took three places where two do."""
    cost, fixed, most, _ = random_form(seed, lines, routes)
    cost, fixed = cost[:, :routes], fixed[:routes]
    best = best_of_all(cost, fixed, most, False)
    if best is not None:
        assert len(set(solve_one(cost, fixed, most, False)[1].tolist())) == best[2]


def test_greedy_would_take_three_places_where_two_do() -> None:
    many = [[0.0, np.inf, 5.0], [0.0, np.inf, 5.0], [0.0, 5.0, np.inf], [0.0, 5.0, np.inf]]
    cost = np.array(many)
    cost[0, 0] = cost[3, 0] = np.inf
    total, found, _ = solve_one(cost, np.full(3, 100.0), UNLIMITED, False)
    assert (total, found.tolist()) == (220.0, [2, 2, 1, 1])


@pytest.mark.parametrize(
    ("cost", "fixed", "routes"),
    [
        ([[5.0, 5.0]], [1.0, 1.0], [0]),
        ([[6.0, 5.0, 5.0]], [0.0, 1.0, 1.0], [0]),
        ([[1.0, 1.0], [1.0, 1.0]], [0.0, 0.0], [0, 0]),
        ([[2.0, 1.0, 0.0], [0.0, 1.0, 2.0]], [0.0, 0.0, 0.0], [2, 0]),
        ([[2.0, 1.0, 1.0], [0.0, 1.0, 0.0]], [1.0, 1.0, 2.0], [0, 0]),
        ([[2.0, 1.0], [0.0, 1.0]], [1.5, 1.0], [1, 1]),
    ],
)
def test_ties_go_to_fewer_packages_then_to_the_smaller_routes(
    cost: list[list[float]], fixed: list[float], routes: list[int]
) -> None:
    assert solve_one(np.array(cost), np.array(fixed), UNLIMITED, False)[1].tolist() == routes


def test_an_answer_without_unfilled_lines_wins_a_tie() -> None:
    assert solve_one(np.array([[4.0, 3.0]]), np.array([1.0, 2.0]), UNLIMITED, True)[1].tolist() == [0]
    both = np.array([[2.0, 1.0], [2.0, 1.0]])
    assert solve_one(both, np.array([1.0, 3.0]), UNLIMITED, True)[1].tolist() == [0, 0]


def subsets_optimum(cost: Floats, fixed: Floats, most: int) -> float:
    """Return the optimum over all sets of routes, set by set."""
    sizes = range(1, min(most, *cost.shape) + 1)
    sets = (list(chosen) for size in sizes for chosen in combinations(range(cost.shape[1]), size))
    return min(float(cost[:, chosen].min(axis=1).sum() + fixed[chosen].sum()) for chosen in sets)


@pytest.mark.parametrize("most", [3, 5, UNLIMITED])
def test_table_takes_over_where_the_search_is_long(most: int) -> None:
    rng = np.random.default_rng(11)
    cost, fixed = rng.integers(0, 1_000, (8, 16)).astype(float), rng.integers(60, 90, 16).astype(float)
    base, route = np.full(8, np.inf), np.zeros(8, np.int64)
    across = np.ascontiguousarray(cost.T)
    searched, bound = search_sets(lay_out(across, fixed), most, base, 0.0, np.inf, 50, route)
    assert bound < searched
    total, found, proven = solve_one(cost, fixed, most, False)
    assert total == proven == subsets_optimum(cost, fixed, most)
    assert total == cost[np.arange(8), found].sum() + fixed[np.unique(found)].sum()
    assert len(np.unique(found)) <= most


def hard_form() -> tuple[Floats, Floats]:
    """Return an order whose search needs more than SHORT_SEARCH sets: near-equal routes, cheap packages."""
    rng = np.random.default_rng(5)
    return rng.integers(900, 1_000, (12, 24)).astype(float), rng.integers(30, 33, 24).astype(float)


def test_a_long_search_ends_in_the_table() -> None:
    cost, fixed = hard_form()
    across, route = np.ascontiguousarray(cost.T), np.zeros(12, np.int64)
    searched, bound = search_sets(
        lay_out(across, fixed), 99, np.full(12, np.inf), 0.0, np.inf, SHORT_SEARCH, route
    )
    total, found, proven = solve_one(cost, fixed, UNLIMITED, False)
    assert bound < total == proven <= searched
    assert total == cost[np.arange(12), found].sum() + fixed[np.unique(found)].sum()
    free = np.column_stack([cost, np.full(12, 5_000.0)])
    assert solve_one(free, np.append(fixed, 1.0), UNLIMITED, True)[0] == total


def test_more_lines_than_the_table_holds() -> None:
    rng = np.random.default_rng(3)
    lines = TABLE_LINES + 6
    cost, fixed = rng.integers(0, 100, (lines, 6)).astype(float), np.full(6, 400.0)
    total, _, bound = solve_one(cost, fixed, UNLIMITED, False)
    assert total == bound == subsets_optimum(cost, fixed, UNLIMITED)


def test_many_orders_are_the_same_as_one_by_one() -> None:
    rng = np.random.default_rng(8)
    sizes = rng.integers(0, 5, 40)
    first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    cost = rng.integers(0, 50, (int(first[-1]), 6)).astype(float)
    fixed, most = rng.integers(0, 50, (40, 6)).astype(float), rng.integers(1, 4, 40)
    total, route, bound = solve_many(cost, first, fixed, most, True)
    assert (total == bound).all()
    for order in range(40):
        mine = slice(first[order], first[order + 1])
        if sizes[order]:
            alone = solve_one(cost[mine], fixed[order], int(most[order]), True)
            assert total[order] == alone[0]
            assert route[mine].tolist() == alone[1].tolist()
        else:
            assert total[order] == 0
