"""A server with a plan: its warehouses are sources, its name is in every answer, and a reload keeps it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from api.http import Settings
from api.keys import Scope
from api.placements import open_network
from graph import BadInput, Network
from graph.stores import set_current
from tests.api.http.running import RECOMMEND, serving
from tests.api.plans import SITE, best_sellers, write_plan
from tests.api.program import malha

RELOAD = "/api/v1/snapshot/reload"


NOTHING = pl.DataFrame(schema={"seller_id": pl.String, "product_id": pl.String, "units": pl.Int64})


def test_a_reload_keeps_the_plan(two_snapshots: tuple[Path, list[str]], tmp_path: Path) -> None:
    root, ids = two_snapshots
    networks = [Network.open(root / name) for name in ids]
    dest = min(set(networks[0].arrays.zip_prefixes) & set(networks[1].arrays.zip_prefixes))
    as_of = min(network.meta.as_of for network in networks).isoformat()
    plan = write_plan(tmp_path / "plan", as_of, NOTHING, zip_prefix=dest)
    wanted = [open_network(root / name, plan).meta.snapshot_id for name in ids]
    assert wanted[0].partition("+")[2] == wanted[1].partition("+")[2] != ""
    set_current(root, ids[0])
    environment = {"MALHA_PLACEMENT": str(plan)}
    with serving(tmp_path, root, environment=environment) as running, running.client(Scope.ADMIN) as admin:
        assert admin.get("/api/v1/snapshot").json()["snapshot_id"] == wanted[0]
        set_current(root, ids[1])
        answer = admin.post(RELOAD).json()
        assert (answer["previous_snapshot_id"], answer["snapshot_id"]) == (wanted[0], wanted[1])
        assert admin.get("/api/v1/snapshot").json()["snapshot_id"] == wanted[1]


def test_its_warehouse_is_a_source_and_a_snapshot_that_it_does_not_fit_is_refused(
    two_snapshots: tuple[Path, list[str]], tmp_path: Path
) -> None:
    root, ids = two_snapshots
    network = Network.open(root / ids[0])
    dest = network.arrays.zip_prefixes[0]
    offers = best_sellers(network).with_columns(units=pl.lit(5))
    plan = write_plan(tmp_path / "plan", network.meta.as_of.isoformat(), offers, zip_prefix=dest)
    set_current(root, ids[0])
    question = {"zip_prefix": dest, "product_id": offers["product_id"][0], "k": 100}
    with serving(tmp_path, root, "--placement", str(plan)) as running, running.client(Scope.OMS) as oms:
        told = oms.post(RECOMMEND, json=question).json()
        found = [route for route in told["routes"] if route["source_id"].startswith(f"warehouse:{SITE}:")]
        assert found
        assert {route["lead_time"]["basis"] for route in found} == {"synthetic"}
        set_current(root, ids[1])
        with running.client(Scope.ADMIN) as admin:
            refused = admin.post(RELOAD)
        assert (refused.status_code, refused.json()["code"]) == (409, "snapshot_unusable")
        assert oms.post(RECOMMEND, json=question).json()["routes"] == told["routes"]


def test_a_plan_that_cannot_be_used_is_told_before_the_server_starts(
    small_snapshot: Path, tmp_path: Path
) -> None:
    plan = write_plan(tmp_path / "plan", "soon", NOTHING, zip_prefix="01310")
    where = ("--snapshot", small_snapshot, "--keys", tmp_path / "keys.json")
    done = malha("serve", *where, "--placement", plan)
    assert done.returncode == 2
    assert "plan.json, column as_of: no instant (soon)" in done.stderr
    with pytest.raises(BadInput, match="no folder of a plan"):
        Settings(snapshot=small_snapshot, placement=tmp_path / "nowhere")
