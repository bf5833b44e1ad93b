"""A scenario as a spreadsheet: one sheet a table, one for the settings; faults by sheet and cell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

import polars as pl
import xlsxwriter  # type: ignore[import-untyped]
from python_calamine import CalamineError, CalamineWorkbook

from api.scenarios.folders import RESERVED, without_empty
from api.scenarios.formulas import without_value
from api.scenarios.raw import Raw, flat
from graph.errors import BadInput, Fault
from optimizer.placement.scenario_cells import MOST_FAULTS, Kind
from optimizer.placement.scenario_settings import WHERE
from optimizer.placement.scenario_tables import ROW, TABLES

SETTINGS: Final = "settings"
MOST_ROWS: Final = 1_048_575
"""Rows that a sheet has below its header."""

_TEXTS: Final = (Kind.TEXT, Kind.ZIP_PREFIX, Kind.REGION, Kind.STATUS)


def write_book(file: Path, tables: Mapping[str, pl.DataFrame], settings: Mapping[str, Any]) -> None:
    """Write a scenario as an xlsx file. BadInput where a table is longer than a sheet."""
    if long := [name for name, frame in tables.items() if len(frame) > MOST_ROWS]:
        raise BadInput(f"{', '.join(long)}: longer than a sheet's {MOST_ROWS:,} rows. Edit the CSV instead.")
    file.parent.mkdir(parents=True, exist_ok=True)
    # Constant memory and no formulas: a text that begins with "=" stays a text.
    with xlsxwriter.Workbook(str(file), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        sheet = book.add_worksheet(SETTINGS)
        sheet.write_row(0, 0, ("setting", "value"), bold)
        sheet.set_column(0, 1, 34)
        for row, (name, value) in enumerate(flat(settings), 1):
            sheet.write_string(row, 0, name)
            _write(sheet, row, 1, _one(value))
        for name, table in TABLES.items():
            if name not in tables:
                continue
            frame = tables[name].drop(ROW, strict=False)
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for column, title in enumerate(frame.columns):
                is_text = table.columns[title].kind in _TEXTS
                sheet.set_column(column, column, 18, text if is_text else None)
                sheet.write_string(0, column, title, bold)
                for row, value in enumerate(frame[title], 1):
                    if value is not None:
                        _write(sheet, row, column, str(value) if is_text else value)


def _write(sheet: Any, row: int, column: int, value: Any) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, str(value))


def _one(value: Any) -> Any:
    """Return a setting as one cell."""
    if isinstance(value, list | tuple):
        return json.dumps(list(value), ensure_ascii=False)
    return value.isoformat() if isinstance(value, date) else value


def read_book(file: Path) -> Raw:
    """Return what a spreadsheet holds; sheets that are no table of a scenario are left alone.

    BadInput where it cannot be read, or where it lacks the sheet of settings.
    """
    if not file.is_file():
        raise BadInput(f"{file} does not exist.")
    try:
        book = CalamineWorkbook.from_path(str(file))
    except (CalamineError, OSError) as error:
        raise BadInput(f"{file} is no spreadsheet: {error}") from None
    tables, columns = {}, dict[str, list[str]]()
    remedy = "Open and save the file in a spreadsheet program, or write the value."
    lacking = list(islice(without_value(file, {*TABLES, SETTINGS}), MOST_FAULTS))
    faults = [
        Fault(f"{file.name}, sheet {sheet}, cell {cell}", None, None, "formula without a value", "", remedy)
        for sheet, cell in lacking
    ]
    for name in TABLES:
        if name not in book.sheet_names:
            continue
        cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        columns[name], tables[name], found = _table(file.name, name, cells)
        faults += found
    settings: dict[str, Any] = {}
    if SETTINGS in book.sheet_names:
        cells = book.get_sheet_by_name(SETTINGS).to_python(skip_empty_area=False)
        settings, columns[SETTINGS] = _settings(cells)
    else:
        remedy = "Add it, with the columns setting and value; it may have no rows."
        faults.append(Fault(file.name, None, None, "missing sheet", SETTINGS, remedy))
    if faults:
        raise BadInput(f"{file} cannot be read:", faults)
    return Raw(tables, settings, str(file), lambda fault: _in_cell(file.name, columns, fault))


def _table(file: str, name: str, cells: list[list[Any]]) -> tuple[list[str], pl.DataFrame, list[Fault]]:
    """Return the titles by column, the cells below as text with their row, and what is wrong."""
    titles = [str(title).strip() for title in cells[0]] if cells else []
    faults = [
        Fault(f"{file}, sheet {name}", None, title, "column appears twice", "", "Keep one.")
        for place, title in enumerate(titles)
        if title and title in titles[:place]
    ]
    if ROW in titles:
        faults.append(Fault(f"{file}, sheet {name}", None, ROW, "reserved name of a column", "", RESERVED))
    kept = [
        place for place, title in enumerate(titles) if title and title != ROW and title not in titles[:place]
    ]
    below = cells[1:]
    frame = pl.DataFrame(
        {
            **{titles[place]: [_text(row[place]) for row in below] for place in kept},
            ROW: list(range(2, len(below) + 2)),
        },
        schema={**dict.fromkeys((titles[place] for place in kept), pl.String), ROW: pl.Int64},
    )
    return titles, without_empty(frame), faults


def _text(value: Any) -> str | None:
    """Return a cell as a CSV would hold it: a number that is whole has no point."""
    if value == "":
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)


def _settings(cells: list[list[Any]]) -> tuple[dict[str, Any], list[str]]:
    """Return the settings, tables by the point in a name, and the names in order of their rows."""
    found: dict[str, Any] = {}
    names = [""]
    for name, value in ((str(row[0]).strip(), row[1] if len(row) > 1 else "") for row in cells[1:]):
        names.append(name)
        if not name or value == "":
            continue
        table, _, key = name.rpartition(".")
        inner = found.setdefault(table, {}) if table else found
        if isinstance(inner, dict):
            inner[key] = _setting(value)
    return found, names


def _setting(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, float) and value.is_integer():
        return int(value)  # a spreadsheet has one kind of number
    if not isinstance(value, str):
        return value
    with suppress(ValueError):
        return json.loads(value) if value.startswith("[") else date.fromisoformat(value)
    return value


def _in_cell(file: str, columns: Mapping[str, list[str]], fault: Fault) -> Fault:
    """Return a fault with the sheet and, where there is one, the cell."""
    if fault.table == WHERE:
        names = columns[SETTINGS]
        cell = f", cell B{names.index(fault.column) + 1}" if fault.column in names else ""
        return replace(fault, table=f"{file}, sheet {SETTINGS}{cell}")
    where = f"{file}, sheet {fault.table}"
    titles = columns.get(fault.table, [])
    key = (fault.column or "").partition("+")[0]
    if isinstance(fault.row, int) and key in titles:
        return replace(fault, table=f"{where}, cell {_letters(titles.index(key))}{fault.row}", row=None)
    return replace(fault, table=where)


def _letters(column: int) -> str:
    """Return a column's letters: 0 is A, 26 is AA."""
    letters = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters
