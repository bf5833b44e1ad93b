"""From a scenario to a plan, for every way in: complete it from its snapshot, solve it, write the plan."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from api.impossible import no_plan
from api.out_folder import check_out_folder
from api.scenarios.raw import Raw, checked
from graph import Network
from graph.errors import BadInput, Fault
from graph.stores.files import replaced_folder, snapshot_folder
from optimizer.placement.answer import Infeasible, PlacementAnswer, Progress, relative_gap
from optimizer.placement.check import referee
from optimizer.placement.plan_tables import (
    PlanTables,
    charges_of,
    direct_plan,
    plan_tables,
    service_figures,
)
from optimizer.placement.record import PlaceLimits
from optimizer.placement.scenario import Scenario
from optimizer.placement.scenario_settings import WHERE, to_mapping
from optimizer.placement.solve import place
from replay.placing import complete

PLAN: Final = "plan.json"


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A solved scenario: its plan as tables; ``as_is``: charges and service of opening nothing, if it may."""

    scenario: Scenario
    answer: PlacementAnswer
    tables: PlanTables
    as_is: Mapping[str, Any] | None
    studies: Mapping[str, Any] = field(default_factory=dict)  # what else was asked: see `api.place_studies`
    unanswered: Mapping[str, str] = field(default_factory=dict)  # why a study has no answer, by its name

    def to_dict(self) -> dict[str, Any]:
        """Return what ``plan.json`` holds: the plan's summary, what it is compared with, and its inputs."""
        told = {**self.tables.summary, "as_is": self.as_is, "inputs": inputs(self.scenario), **self.studies}
        return {**told, "unanswered": dict(self.unanswered)} if self.unanswered else told


def completed(raw: Raw, snapshot: Path | None = None) -> tuple[Scenario, Network | None]:
    """Return the scenario with everything that it does not state, and the network that was asked.

    The snapshot is ``snapshot``, else the one that the scenario names; None where it needs none and names
    none. BadInput with every fault, placed where the scenario was read.
    """
    scenario = checked(raw)
    network = open_snapshot(scenario, snapshot)
    try:
        if network is None:
            check_stated(scenario)
            return scenario, None
        done = complete(scenario, network)
    except BadInput as error:
        raise raw.told(error) from None
    origin = {
        **scenario.settings.origin,
        "snapshot_id": network.meta.snapshot_id,
        "as_of": network.meta.as_of.isoformat(),
    }
    if snapshot is not None and "folder" in origin:
        origin["folder"] = str(snapshot)
    return replace(done, settings=replace(done.settings, origin=origin)), network


def check_stated(scenario: Scenario) -> None:
    """Refuse a scenario that leaves something to a snapshot; BadInput with every table that lacks."""
    remedy = f"Give it, or name a snapshot in {WHERE} or with --snapshot to compute it from."
    supplied = not scenario.supply.is_empty()
    lacking = {"service": scenario.service is None, "inbound": supplied and scenario.inbound is None}
    if faults := [Fault(name, None, None, "missing table", "", remedy) for name in lacking if lacking[name]]:
        raise BadInput("The scenario does not state everything.", faults)


def open_snapshot(scenario: Scenario, snapshot: Path | None) -> Network | None:
    """Return the network of a snapshot, else of the one that the scenario names, None where it names none.

    BadInput where the named one is not there: another would give other figures.
    """
    folder = snapshot_of(scenario, snapshot)
    if folder is None:
        return None
    network, wanted = Network.open(folder), scenario.settings.origin.get("snapshot_id", "")
    if snapshot is None and wanted and (found := network.meta.snapshot_id) != wanted:
        raise BadInput(
            f"The scenario was made from snapshot {wanted[:12]}…, and {folder} holds {found[:12]}…: name one "
            "with --snapshot."
        )
    return network


def snapshot_of(scenario: Scenario, snapshot: Path | None) -> Path | None:
    """Return the folder of a snapshot, else of the one that the scenario names, None where it names none."""
    if snapshot is not None:
        return snapshot_folder(snapshot)
    origin = scenario.settings.origin
    if "folder" not in origin:
        return None
    root, wanted = Path(origin["folder"]), origin.get("snapshot_id", "")
    return root / wanted if wanted and (root / wanted).is_dir() else snapshot_folder(root)


def solved(
    scenario: Scenario,
    limits: PlaceLimits,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Placed:
    """Return the plan of a completed scenario; it has passed the referee.

    Raises NoPlan where the scenario's limits leave none (which conflict, and what would be enough), and
    NoPlanFound.
    """
    try:
        problem = scenario.problem()
        answer = place(problem, limits=limits, progress=progress, known=direct_plan(scenario))
        referee(problem, answer)
    except Infeasible as error:
        raise no_plan(scenario, error) from None
    return Placed(scenario, answer, plan_tables(scenario, answer), _as_is(scenario))


def _as_is(scenario: Scenario) -> dict[str, Any] | None:
    plan = direct_plan(scenario)
    if plan is None:
        return None
    charges = charges_of(scenario, plan)
    return {
        "value_cents": round(sum(charges.values()), 2),
        "charges_cents": charges,
        "service": service_figures(scenario, plan),
    }


def inputs(scenario: Scenario) -> dict[str, Any]:
    """Return what a scenario asks, in short: sizes, totals, settings."""
    status = scenario.sites["status"].value_counts().sort("status")
    return {
        "sites": dict(status.iter_rows()),
        "fixed_cost_cents": float(scenario.sites["fixed_cost_cents"].sum()),
        "demands": scenario.demands.height,
        "units": round(float(scenario.demands["units"].sum()), 4),
        "items": len(scenario.items),
        "sellers": scenario.supply["seller_id"].n_unique(),
        "settings": json.loads(json.dumps(to_mapping(scenario.settings), default=str)),
    }


def write_plan(folder: Path, placed: Placed, also: Callable[[Path], object] = lambda _: None) -> None:
    """Write plan.json and the tables of a plan into a folder; ``also`` is called to write more there.

    It takes the place of an earlier plan. BadInput where the folder holds something else.
    """
    check_out_folder(folder, "plan", PLAN)
    with replaced_folder(folder.absolute()) as fresh:
        told = json.dumps(placed.to_dict(), ensure_ascii=False, indent=1)
        (fresh / PLAN).write_text(told + "\n", "utf-8")
        for name in ("sites", "stock", "flows", "transfers"):
            getattr(placed.tables, name).write_csv(fresh / f"{name}.csv")
        also(fresh)


def progress_text(step: Progress) -> str:
    """Return what is known of a plan while it is sought."""
    if step.value == float("inf"):
        return f"No plan yet; none costs less than {_money(step.bound)}"
    if step.bound == -float("inf"):
        return f"Best plan {_money(step.value)}, nothing proven yet"
    gap = relative_gap(step.value, step.bound)
    return f"Best plan {_money(step.value)}, bound {_money(step.bound)}, gap {gap:.2%}"


def _money(cents: float) -> str:
    return "…" if abs(cents) == float("inf") else f"{cents / 100:,.2f}"
