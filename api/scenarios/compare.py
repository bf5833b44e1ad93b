"""Scenarios side by side: what they ask, what their plans cost, how they serve, what they open and send."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import polars as pl

from api.impossible import NoPlan
from api.placing import PLAN, Placed, completed, inputs, solved
from api.scenarios.edits import edited, edited_settings
from api.scenarios.folders import read_folder
from api.scenarios.raw import Raw, checked, flat
from api.scenarios.sensitivity import variants
from graph.errors import BadInput, MalhaError
from optimizer.placement.answer import NoPlanFound
from optimizer.placement.record import PlaceLimits
from optimizer.placement.scenario import DIRECT, Charge, Scenario

Tell = Callable[[str, int, int], None]
"""Hears what is known, how many solves are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Column:
    """One scenario of a comparison: its plan as ``plan.json`` tells it, and its flows.

    ``reason`` says why there is no plan; then ``plan`` holds the inputs alone, or nothing.
    """

    name: str
    plan: dict[str, Any]
    flows: pl.DataFrame
    reason: str | None = None

    @classmethod
    def of(cls, name: str, placed: Placed) -> Self:
        """Take a solved scenario."""
        return cls(name, placed.to_dict(), placed.tables.flows)

    @classmethod
    def without(cls, name: str, error: MalhaError, scenario: Scenario | None = None) -> Self:
        """Take a scenario that has no plan."""
        told = {} if scenario is None else {"inputs": inputs(scenario)}
        return cls(name, told, pl.DataFrame(schema=_FLOWS), " ".join(str(error).split()))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rows by section: a label, and one value a column (numbers, texts, None where there is none)."""

    names: tuple[str, ...]
    sections: dict[str, list[tuple[str, list[Any]]]]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        sections = {
            title: {label: dict(zip(self.names, values, strict=True)) for label, values in rows}
            for title, rows in self.sections.items()
        }
        return {"scenarios": list(self.names), **sections}


def columns(
    folders: Sequence[Path],
    sensitivity: Sequence[str],
    limits: PlaceLimits,
    snapshot: Path | None,
    tell: Tell = lambda *_: None,
) -> list[Column]:
    """Return the columns of scenarios (solved now) and of plans (as they were solved), in their order.

    Each scenario is followed by its variants under every ``sensitivity``. What has no plan, and a variant
    that makes no scenario, has a reason instead. ``tell`` hears how many solves it takes before the first,
    and of each as it ends. BadInput with every fault of a scenario, before any is solved.
    """
    changes = [pair for text in sensitivity for pair in variants(text).items()]
    names, found = _names(folders), list[Column]()
    asked = [one for pair in zip(folders, names, strict=True) for one in _asked(*pair, changes)]
    done, of = 0, sum(not isinstance(one, Column) for one in asked)
    if of:
        most = "" if limits.seconds is None else f" of up to {limits.seconds:,.0f} s{' each' * (of > 1)}"
        tell(f"{of} solve{'s' * (of > 1)}{most}", done, of)
    for one in asked:
        if isinstance(one, Column):
            found.append(one)
            continue
        name, raw = one
        column = _solved(raw, name, limits, snapshot)
        found.append(column)
        done += 1
        tell(_ended(column), done, of)
    return found


def _ended(column: Column) -> str:
    """Return what became of a solve, in short."""
    if column.reason is not None:
        return f"{column.name}: no plan"
    return f"{column.name}: {column.plan['seconds']:.1f} s, gap {column.plan['gap']:.2%}"


def _asked(folder: Path, name: str, changes: Sequence[tuple[str, str]]) -> Iterator[Column | tuple[str, Raw]]:
    """Yield what is to be solved, by name, and the columns that are known already."""
    if (folder / PLAN).is_file():
        if changes:
            raise BadInput(f"{folder} is a plan: --sensitivity needs its scenario.")
        yield _stored(folder, name)
        return
    raw = read_folder(folder)
    checked(raw)
    yield name, raw
    for label, edit in changes:
        edited_settings(raw.settings, [edit], raw.tables)  # what cannot be asked of any scenario is refused
        try:
            variant = edited(raw, [edit])
            checked(variant)
        except BadInput as error:
            yield Column.without(f"{name}, {label}", error)
        else:
            yield f"{name}, {label}", variant


def _names(folders: Sequence[Path]) -> list[str]:
    """Return the last part of each path, or the whole path where two would be alike."""
    short = [folder.absolute().name for folder in folders]
    return [
        str(folder) if short.count(name) > 1 else name for folder, name in zip(folders, short, strict=True)
    ]


def _stored(folder: Path, name: str) -> Column:
    try:
        plan = json.loads((folder / PLAN).read_text("utf-8"))
        flows = pl.read_csv(folder / "flows.csv", schema_overrides={"demand_id": pl.String})
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise BadInput(f"{folder} holds no plan that can be read ({error}). Place it again.") from None
    return Column(name, plan, flows)


def _solved(raw: Raw, name: str, limits: PlaceLimits, snapshot: Path | None) -> Column:
    scenario, _ = completed(raw, snapshot)
    try:
        return Column.of(name, solved(scenario, limits))
    except (NoPlan, NoPlanFound) as error:
        return Column.without(name, error, scenario)


_FLOWS = {"warehouse_id": pl.String, "demand_id": pl.String, "units": pl.Float64}


def comparison(found: Sequence[Column]) -> Comparison:
    """Return the columns side by side; ``moved`` is measured against the first."""
    sections = {
        "inputs": list(_inputs(found)),
        "result": list(_result(found)),
        "cost_cents": [
            (str(charge), [_at(column.plan, "charges_cents", str(charge)) for column in found])
            for charge in Charge
        ],
        "service": [
            (name, [_at(column.plan, "service", name) for column in found])
            for name in ("served_share", "from_sites_share", "mean_days", "p_on_time", "kept_share")
        ],
        "units_by_site": list(_flows(found)),
    }
    return Comparison(tuple(column.name for column in found), sections)


def _at(plan: dict[str, Any], *path: str) -> Any:
    value: Any = plan
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _inputs(found: Sequence[Column]) -> Iterable[tuple[str, list[Any]]]:
    for name in ("units", "demands", "items", "fixed_cost_cents"):
        yield name, [_at(column.plan, "inputs", name) for column in found]
    for status in ("open", "candidate", "closed"):
        yield f"sites {status}", [_at(column.plan, "inputs", "sites", status) for column in found]
    settings = [_settings(column) for column in found]
    for name in dict.fromkeys(name for one in settings for name in one):
        values = [one.get(name) for one in settings]
        if any(value != values[0] for value in values):
            yield name, values


def _settings(column: Column) -> dict[str, Any]:
    told = flat(_at(column.plan, "inputs", "settings") or {})
    return {name: "; ".join(map(str, value)) if isinstance(value, list) else value for name, value in told}


def _result(found: Sequence[Column]) -> Iterable[tuple[str, list[Any]]]:
    for name in ("value_cents", "bound_cents", "gap", "status", "method", "repeatable"):
        yield name, [_at(column.plan, name) for column in found]
    yield "as_is_cents", [_at(column.plan, "as_is", "value_cents") for column in found]
    yield "open sites", [_open(column) for column in found]
    yield "moved", [_moved(found[0], column) for column in found]
    if any(column.reason for column in found):
        yield "no plan", [column.reason for column in found]


def _open(column: Column) -> str | None:
    sites = column.plan.get("sites")
    return None if sites is None else " ".join(sites) or "none"


def _moved(first: Column, column: Column) -> float | None:
    """Return the share of units that another site serves than in the first scenario."""
    if column.flows.is_empty() or first.flows.is_empty():
        return None
    keys = ["warehouse_id", "demand_id"]
    pairs = column.flows.join(first.flows.select(*keys, before="units"), keys, "left")
    same = pairs.select(pl.min_horizontal("units", pl.col("before").fill_null(0.0)).sum()).item()
    return round(1.0 - float(same) / max(float(column.flows["units"].sum()), 1e-12), 6)


def _flows(found: Sequence[Column]) -> Iterable[tuple[str, list[Any]]]:
    by_site = [
        dict(column.flows.group_by("warehouse_id").agg(pl.sum("units").round(2)).iter_rows())
        for column in found
    ]
    names = sorted({name for one in by_site for name in one}, key=lambda name: (name == DIRECT, name))
    for name in names:
        yield name, [one.get(name) for one in by_site]
