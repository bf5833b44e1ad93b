"""The door to OR-Tools: every ending, what an answer says of itself, and that it can be imported at all."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from optimizer.mathopt import (
    ColumnLP,
    Ending,
    LinearModel,
    NoSolution,
    Solution,
    Solver,
    SolverFailed,
    Work,
    solve,
)

EVERYTHING = (
    "api.cli",
    "graph",
    "ingest.postgres",
    "inventory",
    "replay.build",
    "optimizer.batch",
    "optimizer.prices",
    "pandas",
    "pyarrow",
    "sklearn.ensemble",
    "scipy.optimize",
)


@pytest.mark.parametrize("modules", [EVERYTHING, EVERYTHING[::-1]], ids=["forwards", "backwards"])
def test_ortools_and_everything_else_import_together(modules: tuple[str, ...]) -> None:
    """Two libraries that bundle HiGHS can break each other: a second ``highspy`` did, with ortools 9.15."""
    program = "\n".join(["import importlib", f"for name in {modules}: importlib.import_module(name)", _SOLVE])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "3.0\n"


_SOLVE = """
from optimizer.mathopt import LinearModel, Solver, solve
model = LinearModel()
model.add_row(1.5, 9, model.add_columns([2.0, 1.5], 4, whole=True), [1, 1])
print(solve(model, Solver.HIGHS).cost)
"""


def knapsack(weights: object = (3, 4, 5), room: float = 7) -> LinearModel:
    model = LinearModel()
    columns = model.add_columns([-4, -5, -6], 1.0, whole=True)
    model.add_row(-np.inf, room, columns, weights)
    return model


@pytest.mark.parametrize("solver", [Solver.HIGHS, Solver.CP_SAT])
def test_a_program_in_whole_numbers(solver: Solver) -> None:
    answer = solve(knapsack(), solver)
    assert isinstance(answer, Solution)
    assert (answer.ending, round(answer.cost), round(answer.bound)) == (Ending.OPTIMAL, -9, -9)
    assert answer.values.round().tolist() == [1, 1, 0]
    assert answer.duals is None
    assert answer.repeatable is (solver is Solver.HIGHS)  # two workers race: which optimum wins is chance


@pytest.mark.parametrize("solver", [Solver.HIGHS, Solver.GLOP])
def test_a_linear_program_has_prices(solver: Solver) -> None:
    model = LinearModel(offset=10.0)
    columns = model.add_columns([1.0, 3.0])
    model.add_row(5.0, 5.0, columns, 1.0)
    model.add_row(-np.inf, 2.0, columns[0], 1.0)
    answer = solve(model, solver)
    assert isinstance(answer, Solution)
    assert answer.duals is not None
    assert (answer.cost, answer.values.tolist(), answer.duals.tolist()) == (21.0, [2.0, 3.0], [3.0, -2.0])


def test_entries_of_one_pair_add_up_and_zeros_vanish() -> None:
    model = LinearModel()
    columns = model.add_columns([1.0, 1.0])
    rows = model.add_rows(4.0, np.inf)
    model.add_entries(rows[0], [columns[0], columns[0], columns[1], columns[1]], [1.0, 1.0, 1.0, -1.0])
    answer = solve(model, Solver.GLOP)
    assert isinstance(answer, Solution)
    assert answer.values.tolist() == [2.0, 0.0]


def test_no_answer_without_a_solution() -> None:
    assert solve(knapsack(room=-1), Solver.HIGHS) == NoSolution(Ending.INFEASIBLE, np.inf, repeatable=True)
    endless = LinearModel()
    endless.add_columns([-1.0])
    assert isinstance(found := solve(endless, Solver.HIGHS), NoSolution)
    assert found.ending is Ending.UNBOUNDED
    assert isinstance(found := solve(endless, Solver.GLOP), NoSolution)
    assert found.ending in {Ending.UNBOUNDED, Ending.NEITHER}


def test_what_the_clock_stops_is_not_repeatable_and_what_nodes_stop_is() -> None:
    rng = np.random.default_rng(1)
    weights = rng.integers(1_000, 100_000, (30, 60))
    model = LinearModel()
    columns = model.add_columns(-rng.integers(1_000, 100_000, 60), 1.0, whole=True)
    for row in weights:
        model.add_row(-np.inf, float(row.sum() // 3), columns, row)
    stopped = solve(model, Solver.HIGHS, Work(seconds=0.05))
    assert not stopped.repeatable
    assert not isinstance(stopped, Solution) or stopped.ending is Ending.FEASIBLE
    first, second = (solve(model, Solver.HIGHS, Work(nodes=3)) for _ in range(2))
    assert isinstance(first, Solution)
    assert isinstance(second, Solution)
    assert first.repeatable
    assert first.bound < first.cost
    assert (first.cost, first.bound, first.values.tolist()) == (
        second.cost,
        second.bound,
        second.values.tolist(),
    )


def test_a_hint_is_where_the_search_starts() -> None:
    hinted = solve(knapsack(), Solver.HIGHS, Work(nodes=0), np.array([0.0, 1.0, 0.0]))
    assert isinstance(hinted, Solution)
    assert hinted.cost <= -5


def test_a_model_that_is_none_fails_aloud() -> None:
    with pytest.raises(SolverFailed, match="could not run"):
        solve(knapsack(weights=(np.nan, 1, 1)), Solver.HIGHS)


def test_columns_grow_and_rows_move() -> None:
    program = ColumnLP(np.array([2.0, -np.inf]), np.array([2.0, 1.0]))
    assert isinstance(program.solve(), NoSolution)
    program.add_column(10.0, [0], [1.0])
    assert cost_of(program) == 20.0
    program.add_column(1.0, [0, 1], [1.0, 1.0])
    assert (cost_of(program), program.columns) == (11.0, 2)
    program.move_rows(np.array([5.0, -np.inf]), np.array([5.0, 3.0]))
    program.add_column(4.0, [0], [2.0])
    assert cost_of(program) == 3.0 + 4.0


def cost_of(program: ColumnLP) -> float:
    answer = program.solve()
    assert isinstance(answer, Solution)
    return answer.cost
