"""The one door to OR-Tools: linear models as arrays in, an answer or the reason for none out.

MathOpt's own Python objects are built and read term by term, which takes ten times as long as GLOP does
on the programs of prices; here its protocol buffers are filled from arrays and handed to the solver below
them (``ortools.math_opt.core``, semi-private: used nowhere else). No variable is ever printed (9.15 can crash
on it), HiGHS gets no thread count (9.15 refuses two), CP-SAT never more than two workers (four and more can
corrupt memory in 9.15).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike
from ortools.math_opt import (
    callback_pb2,
    model_parameters_pb2,
    model_pb2,
    model_update_pb2,
    parameters_pb2,
)
from ortools.math_opt.core.python import solver as core
from ortools.math_opt.python import mathopt
from pybind11_abseil.status import StatusNotOk

from graph.errors import MalhaError
from optimizer.words import UNLIMITED, Floats, Ints

SEED: Final = 1
"""Every solver starts from it, so that equal models give equal answers."""


class Solver(StrEnum):
    """HiGHS for models with whole numbers, GLOP for linear programs and their prices, CP-SAT to compare."""

    HIGHS = "highs"
    GLOP = "glop"
    CP_SAT = "cp_sat"


class Ending(StrEnum):
    """How a solve ended; the first two come with an answer, the others without."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    NEITHER = "infeasible_or_unbounded"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Work:
    """How long a solver may work.

    ``seconds`` of wall time make an answer that they stop unrepeatable; ``nodes`` and ``gap`` (relative) do
    not. None: no limit.
    """

    seconds: float | None = None
    nodes: int | None = None
    gap: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """A feasible point: ``values`` by column; ``duals`` by row for linear programs, else None.

    No feasible point costs less than ``bound``. A row that caps has a dual <= 0 in a minimisation.
    ``repeatable``: the same call gives the same point again; never said of CP-SAT, whose two workers race.
    """

    ending: Ending
    cost: float
    bound: float
    values: Floats
    duals: Floats | None
    repeatable: bool


@dataclass(frozen=True, slots=True)
class NoSolution:
    """Why there is no point: infeasible, unbounded or stopped; ``bound`` is -inf where nothing is proven."""

    ending: Ending
    bound: float
    repeatable: bool


class SolverFailed(MalhaError):
    """A solver ended in a way that it must not: a fault of the program, never of the input."""


@dataclass(slots=True, eq=False)
class LinearModel:
    """A minimisation, put together by blocks of columns, rows and entries; entries of one pair add up."""

    offset: float = 0.0
    _columns: list[tuple[Floats, Floats, Floats, bool]] = field(default_factory=list)
    _rows: list[tuple[Floats, Floats]] = field(default_factory=list)
    _entries: list[tuple[Ints, Ints, Floats]] = field(default_factory=list)
    columns: int = 0
    rows: int = 0

    def add_columns(
        self, cost: ArrayLike, upper: ArrayLike = np.inf, lower: ArrayLike = 0.0, *, whole: bool = False
    ) -> Ints:
        """Add one column per cost and return their numbers."""
        costs = np.atleast_1d(np.asarray(cost, dtype=np.float64))
        low, high = (np.broadcast_to(np.asarray(a, np.float64), costs.shape) for a in (lower, upper))
        self._columns.append((costs, low, high, whole))
        self.columns += len(costs)
        return np.arange(self.columns - len(costs), self.columns)

    def add_rows(self, lower: ArrayLike, upper: ArrayLike) -> Ints:
        """Add one row per pair of bounds (either may be a single number) and return their numbers."""
        low, high = np.broadcast_arrays(np.atleast_1d(np.asarray(lower, np.float64)), upper)
        self._rows.append((low, np.where(high < UNLIMITED, high, np.inf)))  # huge bounds upset simplex
        self.rows += len(low)
        return np.arange(self.rows - len(low), self.rows)

    def add_entries(self, rows: ArrayLike, columns: ArrayLike, coefficients: ArrayLike) -> None:
        """Add coefficients; the three broadcast to one length."""
        row, column, coefficient = np.broadcast_arrays(rows, columns, np.asarray(coefficients, np.float64))
        self._entries.append((row.ravel(), column.ravel(), coefficient.ravel()))

    def add_row(self, lower: float, upper: float, columns: ArrayLike, coefficients: ArrayLike) -> None:
        """Add a single row with its entries."""
        self.add_entries(self.add_rows(lower, upper)[0], columns, coefficients)

    def to_proto(self) -> model_pb2.ModelProto:
        """Return the model as MathOpt reads it: entries row by row, each pair once, no zeros."""
        proto = model_pb2.ModelProto()
        cost, lower, upper = (_joined([block[i] for block in self._columns]) for i in range(3))
        whole = [block[3] for block in self._columns for _ in block[0]]
        variables = proto.variables
        variables.ids.extend(range(self.columns))
        variables.lower_bounds.extend(lower.tolist())
        variables.upper_bounds.extend(upper.tolist())
        variables.integers.extend(whole)
        proto.objective.offset = self.offset
        costly = np.flatnonzero(cost)
        proto.objective.linear_coefficients.ids.extend(costly.tolist())
        proto.objective.linear_coefficients.values.extend(cost[costly].tolist())
        rows = proto.linear_constraints
        rows.ids.extend(range(self.rows))
        rows.lower_bounds.extend(_joined([low for low, _ in self._rows]).tolist())
        rows.upper_bounds.extend(_joined([high for _, high in self._rows]).tolist())
        self._fill_matrix(proto.linear_constraint_matrix)
        return proto

    def _fill_matrix(self, matrix: Any) -> None:
        row, column, coefficient = (_joined([entry[i] for entry in self._entries]) for i in range(3))
        pair = row.astype(np.int64) * self.columns + column.astype(np.int64)
        pairs, position = np.unique(pair, return_inverse=True)
        total = np.bincount(position, weights=coefficient, minlength=len(pairs))
        kept = total != 0
        matrix.row_ids.extend((pairs[kept] // max(self.columns, 1)).tolist())
        matrix.column_ids.extend((pairs[kept] % max(self.columns, 1)).tolist())
        matrix.coefficients.extend(total[kept].tolist())


def solve(
    model: LinearModel, solver: Solver, work: Work | None = None, hint: Floats | None = None
) -> Solution | NoSolution:
    """Minimise; ``hint`` (columns,) is a complete feasible point to start from.

    Raises SolverFailed where the solver ends in a way that this door does not know.
    """
    start = model_parameters_pb2.ModelSolveParametersProto()
    if hint is not None:
        values = start.solution_hints.add().variable_values
        values.ids.extend(range(model.columns))
        values.values.extend(hint.tolist())
    parameters = _parameters(solver, work or Work()).to_proto()
    with _failing():
        engine = core.new(_TYPES[solver].value, model.to_proto(), parameters_pb2.SolverInitializerProto())
        result = engine.solve(parameters, start, *_NO_CALLBACK)
    return _read(solver, result, model.columns, model.rows)


class ColumnLP:
    """A linear program over rows that stay, whose columns grow and whose row bounds move.

    Each solve goes on from the last one's basis (GLOP).
    """

    def __init__(self, lower: Floats, upper: Floats) -> None:
        """Begin with rows and no column; ``lower`` and ``upper`` are (rows,)."""
        model = LinearModel()
        model.add_rows(lower, upper)
        self._lower, self._upper = lower.astype(np.float64), upper.astype(np.float64)
        self._costs: list[float] = []
        self._entries: list[tuple[int, int, float]] = []
        self._loaded, self._moved = 0, False
        self._update = model_update_pb2.ModelUpdateProto()
        self._dual = _parameters(Solver.GLOP, Work())
        self._dual.presolve = mathopt.Emphasis.OFF  # else the basis is lost
        self._dual.lp_algorithm = mathopt.LPAlgorithm.DUAL_SIMPLEX
        self._primal = replace(self._dual, lp_algorithm=mathopt.LPAlgorithm.PRIMAL_SIMPLEX)
        with _failing():
            initial = parameters_pb2.SolverInitializerProto()
            self._engine = core.new(_TYPES[Solver.GLOP].value, model.to_proto(), initial)

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return len(self._costs)

    def add_column(self, cost: float, rows: Sequence[int], coefficients: Sequence[float]) -> None:
        """Add one column >= 0; no row may be named twice."""
        column = len(self._costs)
        self._costs.append(cost)
        self._entries += [(row, column, value) for row, value in zip(rows, coefficients, strict=True)]

    def move_rows(self, lower: Floats, upper: Floats) -> None:
        """Give every row new bounds."""
        moved = self._update.linear_constraint_updates
        for old, new, told in (
            (self._lower, lower, moved.lower_bounds),
            (self._upper, upper, moved.upper_bounds),
        ):
            rows = np.flatnonzero(old != new)
            told.Clear()
            told.ids.extend(rows.tolist())
            told.values.extend(new[rows].tolist())
        self._lower, self._upper, self._moved = lower.copy(), upper.copy(), True

    def solve(self) -> Solution | NoSolution:
        """Minimise over the columns that there are."""
        self._load_columns()
        parameters = self._dual if self._moved else self._primal
        start = model_parameters_pb2.ModelSolveParametersProto()
        parameters.iteration_limit = 10_000 + 100 * (self.columns + len(self._lower))
        with _failing():
            if not self._engine.update(self._update):
                raise SolverFailed("GLOP would not take more columns.")
            result = self._engine.solve(parameters.to_proto(), start, *_NO_CALLBACK)
            if _ENDINGS.get(result.termination.reason) is Ending.STOPPED:  # it cycled: begin anew
                afresh = _parameters(Solver.GLOP, Work())
                result = self._engine.solve(afresh.to_proto(), start, *_NO_CALLBACK)
        self._update, self._moved = model_update_pb2.ModelUpdateProto(), False
        return _read(Solver.GLOP, result, self.columns, len(self._lower))

    def _load_columns(self) -> None:
        """Write the columns that are new since the last solve into the update."""
        fresh = range(self._loaded, len(self._costs))
        variables, costs = self._update.new_variables, self._update.objective_updates.linear_coefficients
        variables.ids.extend(fresh)
        variables.lower_bounds.extend([0.0] * len(fresh))
        variables.upper_bounds.extend([np.inf] * len(fresh))
        variables.integers.extend([False] * len(fresh))
        costs.ids.extend(fresh)
        costs.values.extend(self._costs[self._loaded :])
        matrix = self._update.linear_constraint_matrix_updates
        entries = sorted(self._entries)
        matrix.row_ids.extend([row for row, _, _ in entries])
        matrix.column_ids.extend([column for _, column, _ in entries])
        matrix.coefficients.extend([coefficient for _, _, coefficient in entries])
        self._loaded, self._entries = len(self._costs), []


_TYPES: Final = {
    Solver.HIGHS: mathopt.SolverType.HIGHS,
    Solver.GLOP: mathopt.SolverType.GLOP,
    Solver.CP_SAT: mathopt.SolverType.CP_SAT,
}
_ENDINGS: Final = {
    mathopt.TerminationReason.OPTIMAL.value: Ending.OPTIMAL,
    mathopt.TerminationReason.FEASIBLE.value: Ending.FEASIBLE,
    mathopt.TerminationReason.INFEASIBLE.value: Ending.INFEASIBLE,
    mathopt.TerminationReason.UNBOUNDED.value: Ending.UNBOUNDED,
    mathopt.TerminationReason.INFEASIBLE_OR_UNBOUNDED.value: Ending.NEITHER,
    mathopt.TerminationReason.NO_SOLUTION_FOUND.value: Ending.STOPPED,
}
_NO_CALLBACK: Final = (None, callback_pb2.CallbackRegistrationProto(), None, None)


def _joined(blocks: Sequence[Any]) -> Any:
    return np.concatenate(blocks) if blocks else np.zeros(0)


def _parameters(solver: Solver, work: Work) -> mathopt.SolveParameters:
    parameters = mathopt.SolveParameters(random_seed=SEED, enable_output=False)
    if work.seconds is not None:
        parameters.time_limit = timedelta(seconds=max(work.seconds, 0.01))
    if solver is not Solver.GLOP:
        parameters.relative_gap_tolerance = work.gap
    if solver is Solver.HIGHS:
        parameters.node_limit = work.nodes
    if solver is Solver.CP_SAT:
        parameters.threads = 2
        parameters.cp_sat.linearization_level = 2
    return parameters


@contextmanager
def _failing() -> Iterator[None]:
    """Turn what OR-Tools raises into SolverFailed."""
    try:
        yield
    except (StatusNotOk, RuntimeError, ValueError) as error:
        raise SolverFailed(f"The solver could not run: {error}") from error


def _read(solver: Solver, result: Any, columns: int, rows: int) -> Solution | NoSolution:
    termination = result.termination
    ending = _ENDINGS.get(termination.reason)
    if ending is None:
        raise SolverFailed(f"The solver ended with reason {termination.reason}: {termination.detail}")
    repeatable = solver is not Solver.CP_SAT and termination.limit != mathopt.Limit.TIME.value
    bound = float(termination.objective_bounds.dual_bound)
    if ending not in {Ending.OPTIMAL, Ending.FEASIBLE}:
        return NoSolution(ending, bound, repeatable)
    best = result.solutions[0]
    duals = _dense(best.dual_solution.dual_values, rows) if best.HasField("dual_solution") else None
    values = _dense(best.primal_solution.variable_values, columns)
    cost = float(best.primal_solution.objective_value)
    return Solution(ending, cost, min(bound, cost), values, duals, repeatable)


def _dense(sparse: Any, length: int) -> Floats:
    full = np.zeros(length)
    full[np.array(sparse.ids, dtype=np.int64)] = sparse.values
    return full
