"""What to stock at the sites of a plan: product by product, in whole units, instead of shares of groups."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any, Final

import polars as pl

from api.placing import Placed, progress_text, snapshot_of
from graph import Network
from graph.errors import BadInput
from optimizer.placement.assortment import AssortmentLimits
from optimizer.placement.assortment_choice import choose
from optimizer.placement.assortment_tables import Assorting
from optimizer.placement.record import PlaceLimits
from optimizer.placement.scenario import Scenario
from replay.placing_assortment import assortment_of, check_assortment

ASSORTMENT: Final = "assortment"

FAR: Final = 2.0
"""A site is crowded where so many times its room flows through it: all that it stocks lies there at once."""


def assorting(name: str | None) -> Assorting | None:
    """Return how to choose what is stocked; BadInput for a name that is none."""
    if name is None:
        return None
    if name not in {one.value for one in Assorting}:
        raise BadInput(f"--assort {name}: it is {' or '.join(Assorting)}.")
    return Assorting(name)


def check_assorting(scenario: Scenario, network: Network | None) -> None:
    """Refuse a completed scenario of which it cannot be asked what to stock (BadInput)."""
    if network is None:
        raise BadInput("What to stock is told by a snapshot: name one with --snapshot.")
    check_assortment(scenario)


def stocked(
    placed: Placed,
    how: Assorting,
    network: Network | None,
    snapshot: Path | None,
    limits: PlaceLimits,
    told: Callable[[str], None] = lambda _: None,
) -> Placed:
    """Return the plan with opening stock and transfers by product, for the whole horizon.

    ``network`` is that of ``snapshot``, else of the one that the scenario names. The bound is sought for as
    long as the limits say (``bound_repeatable``: the clock did not stop it); the stock does not depend on it.
    A plan without sites stocks nothing. BadInput where there is no snapshot, or the scenario cannot be asked
    (see `assortment_of`).
    """
    folder = snapshot_of(placed.scenario, snapshot)
    check_assorting(placed.scenario, network)
    assert network is not None
    assert folder is not None
    opened = placed.tables.sites["warehouse_id"].to_list()
    if not opened:
        return placed
    told("Reading what is sold")
    events, sold = (pl.read_parquet(folder / f"{name}.parquet") for name in ("events", "demand"))
    asked = assortment_of(placed.scenario, opened, network, events, sold)
    end, stopped = inf if limits.seconds is None else time.monotonic() + limits.seconds, False

    def over() -> bool:
        nonlocal stopped
        stopped = stopped or time.monotonic() > end
        return stopped

    told("Stocking")
    found = choose(
        asked,
        how,
        AssortmentLimits(gap=limits.gap),
        progress=lambda step: told(f"What to stock: {progress_text(step)}"),
        cancelled=over,
    )
    tables = placed.tables.with_stock(found.stock, found.transfers(placed.scenario))
    figures = {**found.to_dict(), "bound_repeatable": not stopped, "crowded": _crowded(placed)}
    return replace(placed, tables=tables, studies={**placed.studies, ASSORTMENT: figures})


def _crowded(placed: Placed) -> list[dict[str, Any]]:
    """Return the sites through which far more units flow than have room there."""
    room = placed.scenario.sites.select("warehouse_id", "room_units")
    crowded = placed.tables.sites.join(room, "warehouse_id", maintain_order="left").filter(
        pl.col("units") > FAR * pl.col("room_units")
    )
    return crowded.select("room_units", site="warehouse_id", flow_units="units").to_dicts()
