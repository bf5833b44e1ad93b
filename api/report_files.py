"""A report's folder: the page, its numbers as JSON and as Parquet, and what came of every order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from api.out_folder import check_out_folder
from api.replay_files import write_outcomes
from api.report_folder import NUMBERS, PAGE
from api.reports.smart_routing import write_page
from graph.stores.files import replaced_folder
from replay.canonical import canonical

if TYPE_CHECKING:
    from replay.report.making import Made

TABLE: Final = "numbers.parquet"

SCHEMA: Final = pl.Schema({"path": pl.String(), "number": pl.Float64(), "text": pl.String()})
"""The columns of ``numbers.parquet``: one row a value of the JSON, by its JSON Pointer.

A true or false is 1 or 0; a text stands in ``text``; what is null there is null in both.
"""


def check_report_folder(folder: Path) -> None:
    """Refuse a folder that holds something else than a report."""
    check_out_folder(folder, "report", NUMBERS)


def write_report(folder: Path, made: Made) -> dict[str, Any]:
    """Write a report and return its numbers. It takes the place of an earlier one.

    The same report writes the same bytes. BadInput where the folder holds something else.
    """
    check_report_folder(folder)
    numbers = made.report.to_dict()
    with replaced_folder(folder.absolute()) as fresh:
        write_page(fresh / PAGE, numbers)
        (fresh / NUMBERS).write_text(canonical(numbers) + "\n", "utf-8")
        flat(numbers).write_parquet(fresh / TABLE)
        write_outcomes(fresh, made.outcomes)
    return numbers


def flat(numbers: Mapping[str, Any]) -> pl.DataFrame:
    """Return every value of a JSON document with its pointer, in columns ``SCHEMA``, in order of the keys."""
    return pl.DataFrame(list(_leaves("", numbers)), schema=SCHEMA, orient="row")


def _leaves(path: str, value: Any) -> Iterator[tuple[str, float | None, str | None]]:
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield from _leaves(f"{path}/{key.replace('~', '~0').replace('/', '~1')}", value[key])
    elif isinstance(value, list):
        for row, inside in enumerate(value):
            yield from _leaves(f"{path}/{row}", inside)
    elif isinstance(value, str) or value is None:
        yield path, None, value
    else:
        yield path, float(value), None
