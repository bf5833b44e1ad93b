"""A scenario as a folder: ``scenario.toml`` and one CSV a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import polars as pl
from polars.exceptions import PolarsError

from api.scenarios.raw import Raw
from api.scenarios.toml import toml_text
from api.toml_files import read_toml
from graph.errors import BadInput, Fault
from graph.stores.files import replaced_folder
from optimizer.placement.scenario_settings import WHERE
from optimizer.placement.scenario_tables import ROW, TABLES

PLAN: Final = "plan.json"
"""What a plan's folder has, and a scenario's has not."""

WRITTEN: Final = ".written"
"""The files as they were written, in the form of sha256sum: what differs was changed by hand."""

RESERVED: Final = "Rows are counted under this name: give the column another one, or leave it out."
"""What to do about a column named `ROW`."""


def read_folder(folder: Path) -> Raw:
    """Return what a scenario's folder holds; files that have no place in it are left alone.

    BadInput with every file that cannot be read at all.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder} is no scenario: make one with `malha scenario new --out {folder}`.")
    if (folder / PLAN).is_file() and not _is_scenario(folder):
        raise BadInput(
            f"{folder} is a plan, not a scenario: name the folder that it was made from. Plans are what "
            "`malha scenario compare` and the option --placement take."
        )
    faults: list[Fault] = []
    tables: dict[str, pl.DataFrame] = {}
    for name in TABLES:
        file = folder / f"{name}.csv"
        if not file.exists():
            continue
        try:
            tables[name] = read_csv(file)
        except BadInput as error:
            faults += error.faults
    settings: dict[str, Any] = {}
    try:
        settings = read_toml(folder / WHERE, "It holds the settings; it may be empty.")
    except BadInput as error:
        faults += error.faults
    if faults:
        raise BadInput(f"{folder} cannot be read:", faults)
    return Raw(tables, settings, str(folder), _in_file)


def read_csv(file: Path) -> pl.DataFrame:
    """Return a CSV's cells as text with a column ``row``; empty lines are passed over.

    Semicolons part the columns where the header has no comma, as spreadsheets write in Brazil. BadInput where
    it cannot be split into columns.
    """

    def fault(kind: str, value: str, remedy: str) -> BadInput:
        return BadInput(f"{file} cannot be read.", [Fault(file.name, None, None, kind, value, remedy)])

    def check_names(names: list[str]) -> None:
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise fault("column appears twice", ", ".join(twice), "Keep one of each.")
        if ROW in names:
            raise fault("reserved name of a column", ROW, RESERVED)

    try:
        held = file.read_bytes()
    except OSError as error:
        raise fault("no file that can be read", error.strerror or "", "Put the table there.") from None
    try:
        header = held.decode("utf-8-sig").partition("\n")[0]
    except UnicodeDecodeError:
        raise fault("not UTF-8 text", "", "Save it as CSV in UTF-8.") from None
    if not header.strip():
        raise fault("no header", "", "The first row names the columns.")
    separator = ";" if ";" in header and "," not in header else ","
    check_names([name.strip().strip('"').strip() for name in header.split(separator)])
    try:
        cells = pl.read_csv(BytesIO(held), infer_schema=False, separator=separator)
    except PolarsError as error:
        first = str(error).splitlines()[0]
        raise fault("no table", first, f"Part columns with {separator!r}, as many in every row.") from None
    check_names(names := [name.strip() for name in cells.columns])
    cells.columns = names
    return without_empty(cells.with_row_index(ROW, offset=2).with_columns(pl.col(ROW).cast(pl.Int64)))


def without_empty(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the rows in which some cell holds something."""
    others = pl.exclude(ROW).cast(pl.String).str.strip_chars().fill_null("") != ""
    return cells.filter(pl.any_horizontal(others)) if cells.width > 1 else cells


def write_folder(folder: Path, tables: Mapping[str, pl.DataFrame], settings: Mapping[str, Any]) -> None:
    """Write a scenario as a folder that takes the place of the one before, whole or not at all.

    BadInput where the folder holds something that is no scenario.
    """
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not _is_scenario(folder))):
        raise BadInput(f"{folder} holds something that is no scenario: name another folder.")
    with replaced_folder(folder.absolute()) as fresh:
        for name, frame in tables.items():
            frame.drop(ROW, strict=False).write_csv(fresh / f"{name}.csv")
        (fresh / WHERE).write_text(toml_text(settings), "utf-8")
        written = "".join(f"{_digest(file)}  {file.name}\n" for file in sorted(fresh.iterdir()))
        (fresh / WRITTEN).write_text(written, "utf-8")


def check_unedited(folder: Path) -> None:
    """Refuse a scenario with a file that is not as `write_folder` left it (BadInput); other folders pass."""
    if not _is_scenario(folder):
        return
    listed = folder / WRITTEN
    lines = listed.read_text("utf-8", "replace").splitlines() if listed.is_file() else []
    known = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    others = sorted(file for file in folder.iterdir() if file.name != WRITTEN)
    if edited := [file.name for file in others if known.get(file.name) != _digest(file)]:
        raise BadInput(
            f"{folder} is a scenario that was changed by hand ({', '.join(edited)}): name another folder, or "
            "say --replace to lose the changes."
        )


def _digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def _is_scenario(folder: Path) -> bool:
    return (folder / WHERE).is_file()


_FILES: Final = {name: f"{name}.csv" for name in TABLES}


def _in_file(fault: Fault) -> Fault:
    return replace(fault, table=_FILES.get(fault.table, fault.table))
