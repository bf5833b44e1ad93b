"""``malha scenario``: make, derive, exchange and compare placement scenarios."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from api.console import console, steps
from api.place_limits import GAP, SECONDS, limits_of
from graph.errors import BadInput

EPILOG = (
    "**Examples**\n\n"
    "`malha scenario new --snapshot snapshots/ --warehouses state-capitals --out base/`\n\n"
    "`malha scenario derive base/ --set max_sites=5 --set 'sites[SP].status=open' --out five/`\n\n"
    "`malha scenario export base/ --xlsx base.xlsx` (and `import` brings it back)\n\n"
    "`malha scenario compare base/ five/ --sensitivity fixed_cost=±30%`"
)

app = typer.Typer(
    help="Placement scenarios: folders of tables that a planner edits (see docs/scenarios.md).",
    no_args_is_help=True,
    epilog=EPILOG,
)

Folder = Annotated[Path, typer.Argument(help="Folder of a scenario.")]
Out = Annotated[Path, typer.Option(help="Folder to write; an earlier scenario there is replaced.")]
Replace = Annotated[bool, typer.Option("--replace", help="Also a scenario that was changed by hand.")]
Xlsx = Annotated[Path, typer.Option("--xlsx", help="Spreadsheet, one sheet a table.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
MOST_DAYS = 3_650


@app.command(
    "new",
    epilog="**Examples**\n\n`malha scenario new --snapshot snapshots/ --warehouses kmedians --sites 12 "
    "--out base/`\n\n`malha scenario new --snapshot snapshots/ --warehouses sites.csv --horizon-days 60 "
    "--out base/` (warehouse_id, zip_prefix and what else you know of each)",
)
def new(
    snapshot: Annotated[
        Path,
        typer.Option(envvar="MALHA_SNAPSHOT", help="Folder of snapshots, or of one: its demand is the base."),
    ],
    out: Out,
    warehouses: Annotated[
        str, typer.Option(help="state-capitals, kmedians, or a CSV of sites to choose from.")
    ] = "state-capitals",
    sites: Annotated[int, typer.Option(help="How many sites kmedians finds.")] = 20,
    horizon_days: Annotated[float, typer.Option(help="Demand and costs are for so many days.")] = 90.0,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Make a scenario from the history: expected demand by region and category, suppliers, candidate sites.

    What is assumed of sites (fixed cost, handling, hours) stands in sites.csv for you to correct.
    """
    from api.scenarios.folders import check_unedited, write_folder  # noqa: PLC0415 (slow, as all below)
    from api.scenarios.new import new_scenario, summary  # noqa: PLC0415

    if not 1 <= horizon_days <= MOST_DAYS or sites < 1:
        raise BadInput(f"--horizon-days is from 1 to {MOST_DAYS:,}, --sites at least 1.")
    if not replace:
        check_unedited(out)
    with steps() as progress:
        tables, settings = new_scenario(snapshot, warehouses, horizon_days, sites, progress)
        write_folder(out, tables, settings)
    told = {"out": str(out), "tables": {name: len(frame) for name, frame in tables.items()}}
    if as_json:
        print(json.dumps({**told, "calibration": settings.get("calibration", {})}))
        return
    from api.render.place import show_calibration  # noqa: PLC0415

    console().print(f"Written: {out} ({summary(tables)})", highlight=False, soft_wrap=True)
    show_calibration(console(), settings.get("calibration", {}))


@app.command("export", epilog="**Examples**\n\n`malha scenario export base/ --xlsx base.xlsx`")
def export(scenario: Folder, xlsx: Xlsx) -> None:
    """Write a scenario as a spreadsheet: one sheet a table, numbers as numbers, and one for the settings."""
    from api.scenarios.books import write_book  # noqa: PLC0415
    from api.scenarios.folders import read_folder  # noqa: PLC0415
    from api.scenarios.raw import checked_tables  # noqa: PLC0415

    raw = read_folder(scenario)
    write_book(xlsx, checked_tables(raw), raw.settings)
    console().print(f"Written: {xlsx}", highlight=False, soft_wrap=True)


@app.command("import", epilog="**Examples**\n\n`malha scenario import --xlsx base.xlsx --out base/`")
def import_(xlsx: Xlsx, out: Out, replace: Replace = False) -> None:
    """Read a spreadsheet into a folder; what is wrong is told by sheet and cell, and nothing is written."""
    from api.scenarios.books import read_book  # noqa: PLC0415
    from api.scenarios.folders import check_unedited, write_folder  # noqa: PLC0415
    from api.scenarios.raw import checked  # noqa: PLC0415

    if not replace:
        check_unedited(out)
    raw = read_book(xlsx)
    checked(raw)
    write_folder(out, raw.tables, raw.settings)
    console().print(f"Written: {out}", highlight=False, soft_wrap=True)


@app.command(
    "derive",
    epilog="**Examples**\n\n`malha scenario derive base/ --set sites.fixed_cost_cents*=1.3 --out dearer/`"
    "\n\n`malha scenario derive base/ --set 'sites[RJ].status=closed' --set service.share=0.8 --out late/`",
)
def derive(
    base: Annotated[Path, typer.Argument(help="Folder of the scenario to start from.")],
    change: Annotated[
        list[str],
        typer.Option("--set", help="table.column*=1.3, table[id].column=value or setting=value; repeat it."),
    ],
    out: Out,
    replace: Replace = False,
) -> None:
    """Make a scenario by edits on another; they are kept in its scenario.toml under [derived]."""
    from api.scenarios.edits import derived  # noqa: PLC0415
    from api.scenarios.folders import check_unedited, read_folder, write_folder  # noqa: PLC0415
    from api.scenarios.raw import checked  # noqa: PLC0415

    if out.resolve() == base.resolve():
        raise BadInput(f"--out {out} is the scenario to start from: name another folder.")
    if not replace:
        check_unedited(out)
    made = derived(read_folder(base), change, str(base))
    checked(made)
    write_folder(out, made.tables, made.settings)
    console().print(f"Written: {out} ({len(change)} edits on {base})", highlight=False, soft_wrap=True)


@app.command(
    "compare",
    epilog="**Examples**\n\n`malha scenario compare base/ five/ late/ --time-limit 30`\n\n"
    "`malha scenario compare plan_a/ plan_b/` (plans of `malha place`, as they are)\n\n"
    "`malha scenario compare base/ --sensitivity fixed_cost=±30% --sensitivity demand=±20%`",
)
def compare(
    scenarios: Annotated[list[Path], typer.Argument(help="Folders of scenarios (solved now) or of plans.")],
    sensitivity: Annotated[
        list[str] | None,
        typer.Option(help="Solve each scenario again with something lower and higher: fixed_cost=±30%."),
    ] = None,
    snapshot: Annotated[Path | None, typer.Option(help="Instead of the snapshot that each names.")] = None,
    time_limit: Annotated[float, typer.Option(help="Seconds to solve one scenario.")] = SECONDS,
    gap: Annotated[float, typer.Option(help="Proven relative gap that is enough.")] = GAP,
    as_json: AsJson = False,
) -> None:
    """Set scenarios side by side: inputs that differ, cost by term, service, open sites, who serves what."""
    from api.render.place import show_comparison  # noqa: PLC0415 (slow to import, as all below)
    from api.scenarios.compare import columns, comparison  # noqa: PLC0415
    from api.scenarios.solves import solves  # noqa: PLC0415

    with solves() as progress:
        found = columns(scenarios, sensitivity or [], limits_of(time_limit, gap), snapshot, progress)
    told = comparison(found)
    if as_json:
        print(json.dumps(told.to_dict(), ensure_ascii=False))
    else:
        show_comparison(console(), told)
