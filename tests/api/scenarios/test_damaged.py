"""Whatever files hold, reading them ends in a scenario or in faults that name them; in nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.scenarios import checked, checked_tables, read_folder, write_folder
from api.scenarios.books import write_book
from api.scenarios.edits import edited
from graph.errors import BadInput
from optimizer.placement.scenario_tables import TABLES
from tests.optimizer.placement.scenarios import SETTINGS, tables

CELLS = st.one_of(
    st.sampled_from(
        ["", " ", "01310", "1310", "013", "a", "north", "toys", "s", "0", "1", "-1", "1e9", "1e999", "nan"]
    ),
    st.sampled_from(["open", "Closed", "true", "1,5", '"', "=1+1", "\x00", "é", "9" * 400, "direct"]),
    st.text(max_size=6),
)
EDITS = st.sampled_from(
    [
        "products[toys].weight_g=5",
        "supply[toys].units*=2",
        "sites[north].min_units+=1",
        "flows.max_units=0",
        "demand[a].units=0",
    ]
)
NAMED = {*(f"{table}.csv" for table in TABLES), "scenario.toml", "placement", "--set"}

WHOLE = {
    **tables(),
    "flows": pl.DataFrame({"warehouse_id": ["north"], "demand_id": ["a"], "max_units": [5.0]}),
}


@st.composite
def damage(draw: st.DrawFn, name: str) -> bytes | None:
    """Draw a table's file: absent, any bytes, odd columns and cells, some of its rows, or one odd cell."""
    lines = [line.split(",") for line in WHOLE[name].write_csv().splitlines()]
    match draw(st.sampled_from(["absent", "bytes", "odd", "odd", "rows", "cell", "cell"])):
        case "absent":
            return None
        case "bytes":
            return draw(st.binary(max_size=60))
        case "odd":
            names = st.sampled_from([*TABLES[name].columns, "odd", "row", " row"])
            columns = draw(st.lists(names, min_size=1, max_size=len(TABLES[name].columns), unique=True))
            rows = st.lists(CELLS, min_size=len(columns), max_size=len(columns))
            lines = [columns, *draw(st.lists(rows, max_size=4))]
        case "rows":
            lines = [lines[0], *draw(st.lists(st.sampled_from(lines[1:]), max_size=4, unique_by=id))]
        case _:
            row = draw(st.integers(1, len(lines) - 1))
            lines[row][draw(st.integers(0, len(lines[row]) - 1))] = draw(CELLS)
    return "\n".join(",".join(line) for line in lines).encode("utf-8", "surrogatepass")


@st.composite
def damages(draw: st.DrawFn) -> dict[str, bytes | None]:
    """Draw what happens to one or two tables."""
    names = draw(st.lists(st.sampled_from(list(TABLES)), min_size=1, max_size=2, unique=True))
    return {name: draw(damage(name)) for name in names}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("damaged") / "base"
    write_folder(where, WHOLE, SETTINGS)
    return where


@settings(max_examples=100)
@given(hurt=damages(), edit=EDITS)
def test_damaged_tables_are_told_by_their_files(
    folder: Path, hurt: dict[str, bytes | None], edit: str
) -> None:
    for name in TABLES:
        file, content = folder / f"{name}.csv", hurt.get(name, WHOLE[name].write_csv().encode())
        if content is None:
            file.unlink(missing_ok=True)
        else:
            file.write_bytes(content)
    with faults_that_name():
        raw = read_folder(folder)
        with faults_that_name():
            checked(raw).problem()
            write_book(folder.parent / "base.xlsx", checked_tables(raw), raw.settings)
        checked(edited(raw, [edit])).problem()


@contextmanager
def faults_that_name() -> Iterator[None]:
    """Let faults pass that say where they are and what to do."""
    try:
        yield
    except BadInput as error:
        for fault in error.faults:
            assert fault.remedy
            assert fault.table in NAMED
