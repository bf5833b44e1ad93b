"""``malha backtest``: how good the lead times would have been on a stretch of the past."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.clock import instant
from api.console import console, percents, steps
from api.render.backtest import show_backtest
from graph.errors import BadInput
from ingest.source import open_source

EPILOG = (
    "**Examples**\n\n"
    "`malha backtest --source tables/ --from 2018-03-01 --to 2018-05-01` "
    "(March and April, learning on the way)\n\n"
    "`malha backtest --source tables/ --from 2018-03-01 --to 2018-05-01 --frozen` "
    "(what was known on 1 March)\n\n"
    "`malha backtest --source tables/ --from 2018-03-01 --to 2018-05-01 --predictions p.parquet "
    "--report backtest.html` (every forecast, and a page with plots)\n\n"
    "`malha backtest --source tables/ --from 2018-03-01 --to 2018-05-01 --target approved --json scores.json`"
)


class Target(StrEnum):
    """From when on a forecast counts its days."""

    PURCHASED = "purchased"
    APPROVED = "approved"


def command(
    source: Annotated[
        str,
        typer.Option(help="Folder of the nine Olist tables (CSV or Parquet), postgresql://…, or synth://…"),
    ],
    start: Annotated[
        str,
        typer.Option(
            "--from", help="First purchase scored: a date (São Paulo's midnight) or an ISO instant."
        ),
    ],
    end: Annotated[str, typer.Option("--to", help="Purchases before this are scored; read like --from.")],
    frozen: Annotated[
        bool, typer.Option("--frozen", help="Learn nothing that is stamped at or after --from.")
    ] = False,
    target: Annotated[
        Target, typer.Option(help="Forecast each order at its purchase, or at its approval.")
    ] = Target.PURCHASED,
    predictions: Annotated[
        Path | None, typer.Option(help="Parquet file to write: one row an order, unrounded.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="HTML page to write, with plots.")] = None,
    json_out: Annotated[
        Path | None, typer.Option("--json", help="JSON file to write; - is standard output.")
    ] = None,
) -> None:
    """Forecast the orders of a stretch of the past as if it were now, and score what was delivered.

    Each order is forecast at its purchase, from events stamped earlier only. The baselines run beside it:
    all deliveries before --from, the last month, the last 90 days of the pair of states, the same model
    frozen at --from, and the platform's own promise.
    """
    from replay.backtest import backtest  # noqa: PLC0415 (slow to import, and only this command needs it)
    from replay.past import read_history  # noqa: PLC0415

    files = {"--predictions": predictions, "--report": report, "--json": json_out}
    span_s = _span(start, end, files)
    with steps() as progress:
        history = read_history(open_source(source), progress)
    with percents("Playing the history") as tell:
        told = backtest(history, span_s, frozen=frozen, target=target.value, progress=tell)
    if predictions is not None:
        told.predictions.write_parquet(predictions)
    if report is not None:
        from api.reports.backtest import write_page  # noqa: PLC0415 (loads the plotting library)

        write_page(report, told.scores, source)
    _show(told.scores, json_out)
    written = [str(file) for file in (predictions, report, json_out) if file is not None]
    if written and str(json_out) != "-":
        console().print(f"Written: {', '.join(written)}", soft_wrap=True, highlight=False)


def _span(start: str, end: str, files: Mapping[str, Path | None]) -> tuple[int, int]:
    """Return the two instants in epoch seconds; BadInput names all that is wrong, before any work is done."""
    faults: list[str] = []
    stamps_s: list[int] = []
    for option, text in (("--from", start), ("--to", end)):
        try:
            moment = instant(text, option)
        except BadInput as error:
            faults.append(error.message)
        else:
            if moment is not None:
                stamps_s.append(int(moment.timestamp()))
    if stamps_s != sorted(set(stamps_s)):
        faults.append(f"--from {start} must lie before --to {end}.")
    named = {option: file for option, file in files.items() if file is not None}
    faults += [fault for option, file in named.items() if (fault := _unwritable(option, file))]
    if len({file.absolute() for file in named.values()}) < len(named):
        faults.append(f"{', '.join(named)}: name a different file for each.")
    if faults:
        raise BadInput("\n".join(faults))
    return stamps_s[0], stamps_s[1]


def _unwritable(option: str, file: Path) -> str | None:
    """Return why a file cannot be written, None when it can; its folder is made."""
    if str(file) == "-":
        return None if option == "--json" else f"{option}: only --json can be written to standard output."
    try:
        if file.is_dir():
            return f"{option}: {file} is a folder. Name a file."
        new = not file.exists()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.open("ab").close()  # trying is the only test that holds on every file system
        if new:
            file.unlink()
    except OSError as error:
        return f"{option}: {file} cannot be written ({error.strerror})."
    return None


def _show(scores: dict[str, object], json_out: Path | None) -> None:
    text = json.dumps(scores, ensure_ascii=False, indent=1, allow_nan=False)
    if str(json_out) == "-":
        print(text)
        return
    if json_out is not None:
        json_out.write_text(text + "\n", "utf-8")
    show_backtest(console(), scores)
