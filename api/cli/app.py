"""The ``malha`` program: its commands, and what a user sees when something goes wrong."""

from __future__ import annotations

import json
import os
import sys
from typing import Final, NoReturn

import typer

from api.cli import build, demo, inspect, recommend, synth
from api.console import warnings
from graph.errors import BadInput, MalhaError

DONE: Final = 0
UNEXPECTED: Final = 1
BAD_INPUT: Final = 2
INTERRUPTED: Final = 130
MOST_FAULTS: Final = 40

app = typer.Typer(
    name="malha",
    help="Malha decides from where, by whom and by which way each order travels.\n\n"
    "Start with `malha demo`; then `malha build` makes a network from your own tables and "
    "`malha recommend` asks it for routes.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
app.command("build", epilog=build.EPILOG)(build.command)
app.command("recommend", epilog=recommend.EPILOG)(recommend.command)
app.command("inspect", epilog=inspect.EPILOG)(inspect.command)
app.command("synth", epilog=synth.EPILOG)(synth.command)
app.command("demo", epilog=demo.EPILOG)(demo.command)


def main() -> NoReturn:
    """Run the program. Exit codes: 0 done, 1 unexpected, 2 bad input (130 when interrupted)."""
    try:
        app()
    except MalhaError as error:
        _tell(error)
        sys.exit(BAD_INPUT)
    except KeyboardInterrupt:
        warnings().print("Interrupted; what was there before is unchanged.")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output (head, less) has gone: nothing is left to say, and nobody to hear it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DONE)
    except Exception as error:
        if os.environ.get("MALHA_DEBUG"):
            raise
        _tell(error)
        sys.exit(UNEXPECTED)
    sys.exit(DONE)


def _tell(error: Exception) -> None:
    """Print an error for a person, or as the one JSON document that ``--json`` promises."""
    if "--json" in sys.argv:
        faults = [_fields(fault) for fault in error.faults] if isinstance(error, BadInput) else []
        message = error.message if isinstance(error, BadInput) else str(error)
        print(json.dumps({"error": type(error).__name__, "message": message, "faults": faults}))
        return
    console = warnings()
    if isinstance(error, MalhaError):
        _tell_bad_input(str(error).splitlines())
        return
    console.print(f"Unexpected error: {type(error).__name__}: {error}", style="red", markup=False)
    console.print("This is a fault in Malha, not in your input. MALHA_DEBUG=1 shows where it happened.")


def _tell_bad_input(lines: list[str]) -> None:
    console = warnings()
    console.print(lines[0], style="red", markup=False, highlight=False)
    for line in lines[1 : MOST_FAULTS + 1]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if len(lines) > MOST_FAULTS + 1:
        console.print(f"  … and {len(lines) - MOST_FAULTS - 1} more.")


def _fields(fault: object) -> dict[str, object]:
    return {name: getattr(fault, name) for name in ("table", "row", "column", "kind", "value", "remedy")}
