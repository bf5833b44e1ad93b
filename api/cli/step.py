"""``malha step``: the past goes by event by event, at any speed, and can be left and taken up again."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.clock import instant
from api.console import console, percents, steps
from api.render.step import day_line, ending, head
from graph.days import day_of, iso, start_of
from graph.errors import BadInput
from ingest.source import open_source

if TYPE_CHECKING:
    from replay.stream.state import Output
    from replay.stream.stepper import Stepper

EPILOG = (
    "**Examples**\n\n"
    "`malha step --source tables/ --from 2018-04-01 --to 2018-05-01` (April, as fast as it goes)\n\n"
    "`malha step --source tables/ --from 2018-04-01 --speed 86400` (a day each second; Ctrl-C stops)\n\n"
    "`malha step --source tables/ --db steps.db --pause-at 2018-04-10` and then `malha step --source tables/ "
    "--db steps.db --resume --to 2018-05-01` (left in the middle, and taken up again)\n\n"
    "`malha step --source 'synth://?orders=2000&seed=7' --json`"
)

MOST_EVERY = 10_000_000


def command(  # noqa: PLR0913, PLR0917 (one argument an option: that is how Typer reads them)
    source: Annotated[
        str,
        typer.Option(help="Folder of the nine Olist tables (CSV or Parquet), postgresql://…, or synth://…"),
    ],
    start: Annotated[
        str | None,
        typer.Option(
            "--from", help="First day shown; all before it is played in silence. Default: the first of all."
        ),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="The days before this are played. Default: all.")
    ] = None,
    speed: Annotated[
        float, typer.Option(help="Seconds of the past that go by in one second; 0: as fast as possible.")
    ] = 0.0,
    pause_at: Annotated[
        str | None, typer.Option(help="Stop before the first event of this instant or later.")
    ] = None,
    db: Annotated[
        Path | None,
        typer.Option(help="SQLite file that keeps the log, the checkpoints and what was put out."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from where --db stopped, instead of from --from.")
    ] = False,
    every: Annotated[int, typer.Option(help="Events between two checkpoints.")] = 50_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show the days of the past go by: what was ordered, sent, delivered and late, and what was expected.

    The lead-time model learns as the days pass, windows close at each midnight of Brasilia. The same events
    give the same state and output at any speed and however often the run is stopped, or killed.
    """
    if not (0 <= speed < float("inf") and 1 <= every <= MOST_EVERY):
        raise BadInput(f"--speed is not below 0, --every from 1 to {MOST_EVERY:,}.")
    if resume and db is None:
        raise BadInput("--resume needs --db: without a file nothing is kept to go on from.")
    from_s, to_s = _midnight(start, "--from"), _midnight(end, "--to")
    pause = instant(pause_at, "--pause-at")
    stops = [to_s] if pause is None else [to_s, int(pause.timestamp())]
    if from_s is not None and to_s is not None and from_s >= to_s:
        raise BadInput(f"--from {start} must lie before --to {end}.")
    until_s = min((at for at in stops if at is not None), default=None)
    stage = Stage(as_json)
    with _opened(source, db, every, before_s=None if resume else from_s or 0) as stepper:
        if from_s is not None and not resume:
            _seek(stepper, from_s, stage)
        stepper.pace.speed = speed
        with stage.interruptible():
            stop = stepper.run(until_s, watch=stage.watch, stopped=lambda: stage.stopped)
        told = {
            "stop": stop.value,
            "clock": iso(max(stepper.state.clock_s, 0)),
            "offset": stepper.offset,
            "counts": dict(sorted(stepper.state.counts.items())),
            "digest": stepper.state.digest,
            "kept": db is not None,
        }
    stage.end(told)


@dataclass(slots=True)
class Stage:
    """What a person sees of it; ``days`` as they went by. Ctrl-C asks to stop after the event at hand."""

    as_json: bool
    stopped: bool = False
    days: list[Any] = field(default_factory=list)

    def watch(self, output: Output) -> None:
        """Show a day."""
        if output.kind != "day":
            return
        if not (self.as_json or self.days):
            console().print(head(), highlight=False)
        self.days.append(output.data)
        if not self.as_json:
            console().print(day_line(output.data), highlight=False)

    def end(self, told: dict[str, Any]) -> None:
        """Tell how it ended."""
        if self.as_json:
            print(json.dumps({**told, "days": self.days}, ensure_ascii=False))
            return
        for line in ending(told):
            console().print(line, highlight=False, markup=False)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let SIGINT and SIGTERM stop the run in order, while the block lasts."""

        def stop(*_: object) -> None:
            self.stopped = True

        before = {name: signal.signal(name, stop) for name in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)


@contextmanager
def _opened(source: str, db: Path | None, every: int, before_s: int | None) -> Iterator[Stepper]:
    """Open the log of a source, in the file if there is one, and its reader."""
    from inventory.sql import SqlHome  # noqa: PLC0415 (slow to import, as all below)
    from replay.stream.checkpoints import Checkpoints  # noqa: PLC0415
    from replay.stream.source import fill, read_recorded  # noqa: PLC0415
    from replay.stream.sql_log import SqlLog  # noqa: PLC0415
    from replay.stream.stepper import Stepper  # noqa: PLC0415

    with steps() as progress:
        recorded = read_recorded(open_source(source), progress)
    if db is None:
        yield Stepper.resume(recorded.log, recorded.reference, every=every)
        return
    home = SqlHome.open(str(db))
    try:
        log = SqlLog(home, recorded.name)
        with percents("Filling the log") as tell:
            fill(log, recorded.log, tell)
        kept = Checkpoints(home, f"step:{recorded.name}")
        yield Stepper.resume(log, recorded.reference, kept, before_s=before_s, every=every)
    finally:
        home.close()


def _seek(stepper: Stepper, from_s: int, stage: Stage) -> None:
    """Play what lies before the first day shown."""
    first_s = max(stepper.state.clock_s, 0)
    with percents("Playing what came before") as tell, stage.interruptible():

        def watch(output: Output) -> None:
            nonlocal first_s
            if output.kind == "day":
                first_s = first_s or output.time_s
                tell((output.time_s - first_s) / max(from_s - first_s, 1))

        stepper.run(from_s, watch=watch, stopped=lambda: stage.stopped)


def _midnight(text: str | None, option: str) -> int | None:
    """Return the midnight of Brasilia (UTC-3, where days are closed) at or after an instant."""
    at = instant(text, option)
    return None if at is None else start_of(day_of(int(at.timestamp()) - 1) + 1)
