"""The ``malha`` program: its commands, and what a user sees when something goes wrong."""

from __future__ import annotations

import json
import os
import sys
from importlib import metadata
from io import TextIOBase
from typing import Annotated, Final, NoReturn

import typer

from api.cli.commands import Group
from api.console import warnings
from graph.errors import BadInput, MalhaError, UnknownName

DONE: Final = 0
UNEXPECTED: Final = 1
BAD_INPUT: Final = 2
INTERRUPTED: Final = 130
MOST_FAULTS: Final = 40

app = typer.Typer(
    name="malha",
    cls=Group,
    help="Malha decides from where, by whom and by which way each order travels.\n\n"
    "Start with `malha demo`; then `malha build` makes a network from your own tables and "
    "`malha recommend` asks it for routes.",
    no_args_is_help=True,
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


@app.callback()
def about(
    version: Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version.")] = False,
) -> None:
    """Answer what belongs to no command."""
    if version:
        print(f"malha {metadata.version('malha')}")
        raise typer.Exit


def main() -> NoReturn:
    """Run the program. Exit codes: 0 done, 1 unexpected, 2 bad input (130 when interrupted)."""
    try:
        app()
    except SystemExit as done:
        sys.exit(_ended(done.code))
    except MalhaError as error:
        _tell(error)
        sys.exit(BAD_INPUT)
    except OSError as error:
        if error.filename is None or os.environ.get("MALHA_DEBUG"):
            raise
        _tell(BadInput(f"{error.filename}: {error.strerror}."))
        sys.exit(BAD_INPUT)
    except Exception as error:
        if isinstance(error.__cause__, KeyboardInterrupt):  # it came while compiled code was at work
            sys.exit(_ended(INTERRUPTED))
        if os.environ.get("MALHA_DEBUG"):
            raise
        _tell(error)
        sys.exit(UNEXPECTED)
    sys.exit(DONE)


def _ended(code: str | int | None) -> str | int | None:
    """Return the exit code for how Typer ended; it has handled interrupts, wrong usage and broken pipes."""
    if code == INTERRUPTED:
        warnings().print("Interrupted; what was there before is unchanged.")
    if code == BAD_INPUT and "--json" in sys.argv:
        _tell(BadInput("The command line cannot be read; standard error says why."))
    if code == UNEXPECTED and not isinstance(sys.stdout, TextIOBase):
        return DONE  # Typer wraps standard output when its reader (head, less) has gone: nothing is wrong
    return code


def _tell(error: Exception) -> None:
    """Print an error for a person, or as the one JSON document that ``--json`` promises."""
    if "--json" in sys.argv:
        faults = [_fields(fault) for fault in error.faults] if isinstance(error, BadInput) else []
        message = error.message if isinstance(error, BadInput) else str(error)
        nearest = {"nearest": error.nearest} if isinstance(error, UnknownName) else {}
        print(json.dumps({"error": type(error).__name__, "message": message, "faults": faults, **nearest}))
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
