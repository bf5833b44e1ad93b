"""``malha assign``: a file of orders decided together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console

from api import policies
from api.clock import instant
from api.console import console, steps
from api.files import OrderFile, read_orders, write_lines
from api.placements import network_and_plan
from api.stock import existing, import_stock
from graph.errors import BadInput
from graph.plan import PlacementPlan
from inventory.ledger import Ledger
from optimizer.batch import BatchWork
from replay.assign import Assigned, assign
from replay.decision import Served
from replay.desk import Desk

EPILOG = (
    "**Examples**\n\n"
    "`malha assign --snapshot snapshots/ --orders orders.jsonl --out decisions.jsonl`\n\n"
    "`malha assign --snapshot snapshots/ --orders orders.jsonl --stock stock.csv --policy cheapest "
    "--out decisions.jsonl --json` (stock.csv has the columns of olist_inventory_dataset)\n\n"
    '`{"order_id": "o1", "destination": {"zip_prefix": "01310"}, "lines": [{"line_id": "1", "product_id": '
    '"a1", "quantity": 2}], "promise_days": 9}` (one such order a line)'
)


def command(  # noqa: PLR0913, PLR0917 (one argument an option: that is how Typer reads them)
    snapshot: Annotated[Path, typer.Option(help="Folder of snapshots, or of one snapshot.")],
    orders: Annotated[Path, typer.Option(help="Orders, one JSON object a line.")],
    out: Annotated[Path, typer.Option(help="File to write the decisions to, one JSON object a line.")],
    stock: Annotated[
        Path | None, typer.Option(help="Stock to decide on: CSV with olist_inventory_dataset's columns.")
    ] = None,
    db: Annotated[str | None, typer.Option("--db", help="A ledger whose stock counts, instead.")] = None,
    policy: Annotated[str, typer.Option(help="Policy by name, or its TOML file.")] = policies.DEFAULT,
    at: Annotated[
        str | None,
        typer.Option(help="Instant for orders without purchased_at (ISO). Default: the snapshot's."),
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option(help="Seconds; an answer that they stop does not repeat to the bit.")
    ] = None,
    placement: Annotated[
        Path | None,
        typer.Option(
            help="Folder of a plan (malha place): its warehouses are sources too. Beside --stock its depth "
            "lies there; with --db the ledger says what does."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Decide all orders of a file together, from one stock, with a proven bound on what they must cost."""
    if stock is not None and db is not None:
        raise BadInput("Give --stock or --db, not both.")
    with steps() as progress:
        progress("Reading orders")
        asked = read_orders(orders)
        network, plan = network_and_plan(snapshot, placement)
        moment = instant(at, "--at") or network.meta.as_of
        desk = Desk(network, policies.load(policy), alternatives=0)
        progress(f"Deciding {len(asked.orders):,} orders")
        with _ledger(stock, db, plan, network.meta.as_of) as ledger:
            done = assign(
                desk,
                asked.orders,
                moment,
                ledger,
                BatchWork(seconds=time_limit),
                lambda cost, bound: progress(f"Deciding: {cost / 100:,.2f}, at least {bound / 100:,.2f}"),
            )
        progress("Writing decisions")
        write_lines(out, (decision.to_dict() for decision in done.decisions))
    told = summary(asked, done, policy, out)
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        _show(console(), told)


@contextmanager
def _ledger(
    stock: Path | None, db: str | None, plan: PlacementPlan | None, at: datetime
) -> Iterator[Ledger | None]:
    """Open the ledger to decide on: one in the database, one made of a file and a plan's depth, or none."""
    if stock is None and db is None:
        yield None
        return
    with TemporaryDirectory() as folder:
        if stock is not None:
            db = str(Path(folder) / "stock.db")
            _refuse_bad_rows(stock, db)
        home = existing(str(db))
        if stock is not None and plan is not None:
            from replay.planned import book  # noqa: PLC0415 (slow to import, and most need no plan)

            with home.unit() as writing:
                book(writing, plan, at)
        with home.reading() as unit:
            yield unit.ledger
        home.close()


def _refuse_bad_rows(stock: Path, db: str) -> None:
    faults = [fault for told in import_stock(stock, db) for fault in told.sheet.set_aside]
    if faults:
        raise BadInput(f"{stock} has rows that cannot be used; half a stock would decide wrongly.", faults)


def summary(asked: OrderFile, done: Assigned, policy: str, out: Path) -> dict[str, Any]:
    """Return what became of the file, as JSON values."""
    served = [decision.served for decision in done.decisions]
    return {
        "read": asked.read,
        "decided": len(done.decisions),
        "set_aside": asked.read - len(done.decisions),
        "faults": [str(fault) for fault in (*asked.set_aside, *done.refused)],
        "policy": policy,
        **{str(state): served.count(state) for state in Served},
        "packages": sum(len(decision.choice.assignment.routes) for decision in done.decisions),
        "cost_cents": done.cost_cents,
        "bound_cents": done.bound_cents,
        "gap": done.gap,
        "engine": str(done.engine),
        "repeatable": done.repeatable,
        "out": str(out),
    }


def _show(screen: Console, told: dict[str, Any]) -> None:
    screen.print(
        f"{told['decided']:,} of {told['read']:,} orders decided by {told['policy']}: "
        f"{told['served']:,} served, {told['partly_served']:,} in part, {told['unserved']:,} not; "
        f"{told['packages']:,} packages."
    )
    bound = "" if told["gap"] is None else f", at most {told['gap']:.2%} above the least possible"
    screen.print(f"Cost {told['cost_cents'] / 100:,.2f}{bound} ({told['engine']}). Decisions: {told['out']}")
    for fault in told["faults"]:
        screen.print(f"  set aside: {fault}", markup=False, highlight=False, soft_wrap=True)
