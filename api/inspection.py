"""What can be said of a snapshot: its identity, its sizes, its evidence, and how it was built."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from graph import Network
from graph.model import Basis
from graph.stores.files import snapshot_folder

NODES = ("zip_prefixes", "regions", "categories", "products", "sellers", "warehouses", "carriers")


def inspection(snapshot: Path) -> dict[str, Any]:
    """Return what is in a snapshot as JSON values; SnapshotError if there is none.

    ``evidence`` counts lanes by the basis of their estimate; ``tables`` is the account of the build that
    made the snapshot, None where that folder was not kept.
    """
    folder = snapshot_folder(snapshot).resolve()
    network = Network.open(folder)
    error, lanes = network.freight.error, network.tables["lanes"]
    counts = network.counts()
    return {
        "snapshot_id": network.meta.snapshot_id,
        "as_of": network.meta.as_of.isoformat(),
        "parameters": dict(network.meta.parameters),
        "nodes": {name: counts[name] for name in NODES},
        "lanes": counts["lanes"],
        "stale_lanes": int(lanes["stale"].sum()),
        "offers": counts["offers"],
        "observed_routes": counts["zip_pairs"],
        "evidence": evidence(lanes),
        "freight_error": asdict(error) if error else None,
        "tables": _account(folder),
    }


def evidence(lanes: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Return, for each basis, how many lanes rest on it and how many deliveries those lanes saw."""
    counted = lanes.group_by("basis").agg(pl.len().alias("lanes"), pl.col("n").sum().alias("deliveries"))
    found = {row["basis"]: row for row in counted.iter_rows(named=True)}
    return {
        str(basis): {"lanes": found[basis]["lanes"], "deliveries": found[basis]["deliveries"]}
        for basis in Basis
        if basis in found
    }


def _account(folder: Path) -> Any:
    report = folder.with_name(f"{folder.name}.build") / "build.json"
    return json.loads(report.read_text("utf-8"))["tables"] if report.is_file() else None
