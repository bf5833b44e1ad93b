"""Public placement instances read as our problems, each named as in its family's ``optima.csv``.

A folder holds one folder a family: ``cap, pmed, pmedcap, holmberg, bildekrarup, m, euclid, yang, tbed1, gap,
koerkelghosh``, plain text or gzip (OR-Library, UflLib, TBED1). Endings of a name choose the problem on one
file: ``_uncap`` without capacities, ``_ss`` each customer from one site, ``_ms`` shared, ``_max`` profit
instead of cost, ``_5000`` the capacity that the file leaves open.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import shortest_path

from optimizer.placement.problem import FacilityProblem
from optimizer.words import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """A problem and its published value; ``sign`` turns our cost into the published measure (-1: profit)."""

    family: str
    name: str
    known: float
    problem: FacilityProblem
    sign: int = 1


def names_in(folder: Path, family: str) -> dict[str, float]:
    """Return the published value of every instance of a family, as its ``optima.csv`` names them."""
    with (folder / family / "optima.csv").open(newline="") as rows:
        return {row["instance"]: float(row["optimum"]) for row in csv.DictReader(rows)}


def read_instance(folder: Path, family: str, name: str) -> Instance:
    """Read one instance. Raises ValueError or OSError where there is none of that name."""
    if family not in _READERS:
        raise ValueError(f"Unknown family {family!r}; there are {', '.join(sorted(_READERS))}.")
    known = names_in(folder, family).get(name)
    if known is None:
        raise ValueError(f"{family}/optima.csv names no instance {name!r}.")
    stem, *endings = name.split("_") if family != "tbed1" else name.rsplit("_", 1)
    text = _text(folder / family, stem)
    if family == "gap":
        return _assignment(family, name, known, text, most="max" in endings)
    return Instance(family, name, known, _READERS[family](text, endings))


def _text(folder: Path, stem: str) -> str:
    """Find the file of an instance, in whichever subfolder, plain or packed."""
    wanted = re.compile(rf"{re.escape(stem)}(\.(txt|plc|dat))?(\.gz)?")
    files = sorted(path for path in folder.rglob("*") if path.is_file() and wanted.fullmatch(path.name))
    if not files:
        raise FileNotFoundError(f"{folder.name}: no file of instance {stem!r}.")
    packed = files[0].read_bytes()
    return (gzip.decompress(packed) if files[0].suffix == ".gz" else packed).decode()


class _Numbers:
    """The numbers of a text, taken from the front in blocks."""

    def __init__(self, text: str) -> None:
        self._values = np.array(text.replace("\0", " ").split(), dtype=np.float64)
        self._next = 0

    def take(self, *shape: int) -> Floats:
        count = int(np.prod(shape))
        block = self._values[self._next : self._next + count]
        if len(block) < count:
            raise ValueError("The file ends too early.")
        self._next += count
        return block.reshape(shape)

    def sizes(self, count: int = 2) -> Iterator[int]:
        return (int(value) for value in self.take(count))


def _problem(cost: Floats, fixed: Floats, units: Floats, capacity: Floats, **rest: Any) -> FacilityProblem:
    sites, demands = cost.shape
    return FacilityProblem(
        site_ids=tuple(map(str, range(1, sites + 1))),
        demand_ids=tuple(map(str, range(1, demands + 1))),
        **{"fixed": fixed, "cost": cost, "units": units, "capacity": capacity, **rest},
    )


def _or_library(text: str, endings: list[str]) -> FacilityProblem:
    """Read sites (capacity, fixed), then per customer its demand and the cost of all of it from each site."""
    size = next((ending for ending in endings if ending.isdigit()), "0")
    numbers = _Numbers(text.replace("capacity", size))
    sites, demands = numbers.sizes()
    capacity, fixed = numbers.take(sites, 2).T
    block = numbers.take(demands, sites + 1)
    free = "uncap" in endings or not capacity.any()
    return _problem(
        block[:, 1:].T,
        fixed,
        block[:, 0],
        np.full(sites, np.inf) if free else capacity,
        single_source="ss" in endings,
    )


def _ufl(text: str, _: list[str]) -> FacilityProblem:
    """Read ``n m 0`` after a header line, then per site its number, opening cost and connection costs."""
    numbers = _Numbers(re.sub(r"^\s*FILE:.*\n", "", text))
    sites, demands, _zero = numbers.sizes(3)
    block = numbers.take(sites, demands + 2)
    return _problem(block[:, 2:], block[:, 1], np.ones(demands), np.full(sites, np.inf))


def _median(text: str, _: list[str]) -> FacilityProblem:
    """Read a graph and the number of medians; of an edge given twice the last holds."""
    numbers = _Numbers(text)
    nodes, edges, medians = numbers.sizes(3)
    length = {}
    for first, second, cost in numbers.take(edges, 3).tolist():
        length[min(first, second), max(first, second)] = cost
    ends = np.array(list(length), dtype=np.int64).T - 1
    graph = coo_array((np.array(list(length.values())), ends), shape=(nodes, nodes))
    cost = np.asarray(shortest_path(graph.tocsr(), directed=False))
    nothing, endless = np.zeros(nodes), np.full(nodes, np.inf)
    return _problem(cost, nothing, np.ones(nodes), endless, min_sites=medians, max_sites=medians)


def _capacitated_median(text: str, _: list[str]) -> FacilityProblem:
    """Read points with demands; distance is Euclid's, rounded down."""
    numbers = _Numbers(text)
    numbers.take(2)
    points, medians, capacity = numbers.sizes(3)
    table = numbers.take(points, 4)
    place, units = table[:, 1:3], table[:, 3]
    cost = np.floor(np.hypot(*(place[:, None, :] - place[None, :, :]).transpose(2, 0, 1)))
    room, nothing = np.full(points, float(capacity)), np.zeros(points)
    return _problem(cost, nothing, units, room, min_sites=medians, max_sites=medians, single_source=True)


def _site_major(text: str, _: list[str]) -> FacilityProblem:
    """Read sites (capacity, fixed), demands, then the cost of all of a demand, site by site."""
    numbers = _Numbers(text)
    sites, demands = numbers.sizes()
    capacity, fixed = numbers.take(sites, 2).T
    units = numbers.take(demands)
    return _problem(numbers.take(sites, demands), fixed, units, capacity, single_source=True)


def _unit_costs(text: str, endings: list[str]) -> FacilityProblem:
    """Read demands, capacities, fixed costs, then the cost of one unit, site by site."""
    numbers = _Numbers(text)
    demands, sites = numbers.sizes()
    units, capacity, fixed = numbers.take(demands), numbers.take(sites), numbers.take(sites)
    cost = numbers.take(sites, demands) * units
    return _problem(cost, fixed, units, capacity, single_source="ss" in endings)


def _assignment(family: str, name: str, known: float, text: str, *, most: bool) -> Instance:
    """Read costs and weights agent by agent, then capacities; a profit is a negative cost."""
    numbers = _Numbers(text)
    agents, jobs = numbers.sizes()
    cost, use, capacity = numbers.take(agents, jobs), numbers.take(agents, jobs), numbers.take(agents)
    sign = -1 if most else 1
    problem = _problem(
        sign * cost,
        np.zeros(agents),
        np.ones(jobs),
        capacity,
        use=use,
        forced=np.ones(agents),
        single_source=True,
    )
    return Instance(family, name, known, problem, sign)


_READERS: Final[dict[str, Callable[[str, list[str]], FacilityProblem]]] = {
    "cap": _or_library,
    "m": _or_library,
    "pmed": _median,
    "pmedcap": _capacitated_median,
    "holmberg": _site_major,
    "yang": _site_major,
    "tbed1": _unit_costs,
    **dict.fromkeys(("bildekrarup", "euclid", "koerkelghosh"), _ufl),
    "gap": _or_library,
}
FAMILIES: Final = tuple(_READERS)
