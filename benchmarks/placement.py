"""Public placement instances: our search against plain HiGHS on the textbook strong model, in one run.

Both get the same wall time and end at the same relative gap, 1e-4 (proven). The ratio of speeds is
that of the shifted (1 s) geometric means of the seconds to that gap, a time-out counted as the limit; pairs
where both time out are left out and counted. Every plan of ours passes the referee, or the run fails.
Compiling our kernels (kept on disk) is done before the clock starts.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.placement_instances import Instance, names_in, read_instance
from optimizer.mathopt import NoSolution, Solver, Work, solve
from optimizer.placement.answer import NoPlanFound
from optimizer.placement.capacity_node import bound_node, facts_of
from optimizer.placement.check import referee
from optimizer.placement.core import Core
from optimizer.placement.kicks import improve_by_kicks
from optimizer.placement.model import Question, build
from optimizer.placement.problem import FacilityProblem
from optimizer.placement.record import PlaceLimits
from optimizer.placement.solve import place

FIXED_LIST: Final = Path(__file__).with_name("placement.txt")
PROVEN: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Outcome:
    """One instance, in the measure of its published value; None where nothing was found."""

    family: str
    instance: str
    known: float
    value: float | None
    bound: float | None
    gap: float | None
    seconds: float
    status: str
    baseline_value: float | None
    baseline_bound: float | None
    baseline_seconds: float

    @property
    def proven(self) -> bool:
        """Whether our gap is closed."""
        return self.gap is not None and self.gap <= PROVEN

    @property
    def baseline_proven(self) -> bool:
        """Whether the plain solver's gap is closed."""
        value, bound = self.baseline_value, self.baseline_bound
        return value is not None and bound is not None and abs(value - bound) <= PROVEN * abs(value)

    @property
    def to_known(self) -> float:
        """How much worse our value is than the published one, relatively; infinite without a plan."""
        return math.inf if self.value is None else abs(self.value - self.known) / max(abs(self.known), 1e-9)


def measure(instance: Instance, seconds: float) -> Outcome:
    """Run both on one instance."""
    value, bound, gap, status, ours = _place(instance, seconds)
    plain_value, plain_bound, plain = _plain(instance, seconds)
    return Outcome(
        *(instance.family, instance.name, instance.known, value, bound, gap, ours, status),
        *(plain_value, plain_bound, plain),
    )


def _place(instance: Instance, seconds: float) -> tuple[float | None, float | None, float | None, str, float]:
    start = time.perf_counter()
    try:
        answer = place(instance.problem, limits=PlaceLimits(seconds=seconds, gap=PROVEN))
    except NoPlanFound:
        return None, None, None, "no_plan", time.perf_counter() - start
    took = time.perf_counter() - start
    referee(instance.problem, answer)
    sign = instance.sign
    return sign * answer.value, sign * answer.bound, answer.gap, str(answer.status), took


def _plain(instance: Instance, seconds: float) -> tuple[float | None, float | None, float]:
    """Give HiGHS the textbook strong model as it stands; building it counts."""
    start = time.perf_counter()
    core = Core.of(instance.problem)
    core = replace(core, least=instance.problem.min_sites or 0)  # without our cut
    model = build(core, instance.problem, Question.everything(core))
    left = seconds - (time.perf_counter() - start)
    found = solve(model.linear, Solver.HIGHS, Work(max(left, 0.1), gap=PROVEN))
    took = time.perf_counter() - start
    bound = instance.sign * found.bound if math.isfinite(found.bound) else None
    return None if isinstance(found, NoSolution) else instance.sign * found.cost, bound, took


def shifted_mean(seconds: Sequence[float]) -> float:
    """Return the geometric mean of seconds, each a second longer, less that second."""
    return math.exp(sum(math.log(s + 1.0) for s in seconds) / len(seconds)) - 1.0


def speed_ratio(outcomes: Sequence[Outcome], limit: float) -> tuple[float | None, int]:
    """Return (how many times faster, pairs left out because both timed out)."""
    told = [outcome for outcome in outcomes if outcome.proven or outcome.baseline_proven]
    if not told:
        return None, len(outcomes)
    ours = [min(o.seconds, limit) if o.proven else limit for o in told]
    plain = [min(o.baseline_seconds, limit) if o.baseline_proven else limit for o in told]
    return shifted_mean(plain) / max(shifted_mean(ours), 1e-9), len(outcomes) - len(told)


def chosen(folder: Path, only: str) -> list[tuple[str, str]]:
    """Return the instances to run: those named, or the fixed list; ``family/*`` is all of a family."""
    lines = FIXED_LIST.read_text().split() if not only else only.split(",")
    wanted = [line.partition("/") for line in lines if not line.startswith("#")]
    return [
        (family, name)
        for family, _, given in wanted
        for name in (names_in(folder, family) if given == "*" else [given])
    ]


def _row(outcome: Outcome) -> list[str]:
    def shown(number: float | None, pattern: str) -> str:
        return "-" if number is None else format(number, pattern)

    return [
        f"{outcome.family}/{outcome.instance}",
        f"{outcome.known:.2f}",
        shown(outcome.value, ".2f"),
        f"{100 * outcome.to_known:.3f}",
        shown(None if outcome.gap is None else 100 * outcome.gap, ".3f"),
        f"{outcome.seconds:.1f}",
        shown(outcome.baseline_value, ".2f"),
        f"{outcome.baseline_seconds:.1f}",
        f"{'proven' if outcome.proven else 'open'} / {'proven' if outcome.baseline_proven else 'open'}",
    ]


def show(outcomes: Sequence[Outcome], limit: float, console: Console) -> None:
    """Print the table and the ratio of speeds."""
    table = Table("instance", "known", "value", "to known %", "gap %", "s", "HiGHS", "its s", "ours / HiGHS")
    for outcome in outcomes:
        table.add_row(*_row(outcome))
    console.print(table)
    ratio, left_out = speed_ratio(outcomes, limit)
    proven, plain = sum(o.proven for o in outcomes), sum(o.baseline_proven for o in outcomes)
    speed = "-" if ratio is None else f"{ratio:.1f} x"
    console.print(
        f"{len(outcomes)} instances: {proven} proven, plain HiGHS {plain}; "
        f"speed {speed}, {left_out} pairs where both timed out left out; "
        f"farthest from known {100 * max(o.to_known for o in outcomes):.3f} %"
    )


def _warm_up() -> None:
    """Compile what is compiled on first use."""
    rng = np.random.default_rng(1)
    for capacity, whole in ((np.inf, False), (3.0, False), (3.0, True)):
        problem = FacilityProblem(
            site_ids=tuple(map(str, range(5))),
            demand_ids=tuple(map(str, range(9))),
            fixed=rng.integers(1, 9, 5).astype(float),
            cost=rng.integers(1, 99, (5, 9)).astype(float),
            units=np.ones(9),
            capacity=np.full(5, capacity),
            single_source=whole,
        )
        place(problem)
        core = Core.of(problem)
        bound_node(facts_of(core), np.zeros(5, np.int8), np.zeros(9), 1, np.inf)
        improve_by_kicks(core, np.zeros(9, np.int64), core.cost, 1, rng)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=Path, required=True, help="a folder laid out by family")
    parser.add_argument("--time", type=float, default=60.0, help="seconds for each solver and instance")
    parser.add_argument("--only", default="", help="family/name,… (family/* = all of it)")
    parser.add_argument("--out", type=Path, required=True, help="JSON to write")
    options = parser.parse_args(arguments)
    console = Console(width=160)
    _warm_up()
    outcomes: list[Outcome] = []
    for family, name in chosen(options.instances, options.only):
        outcomes.append(measure(read_instance(options.instances, family, name), options.time))
        console.print(" ".join(_row(outcomes[-1])))
        options.out.write_text(json.dumps([asdict(o) for o in outcomes], indent=1) + "\n")
    show(outcomes, options.time, console)
    return 0


if __name__ == "__main__":
    sys.exit(main())
