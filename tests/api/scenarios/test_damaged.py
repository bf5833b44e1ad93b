"""Whatever a file holds, reading it ends in a scenario or in faults that name it; never in anything else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.scenarios import checked, read_folder, write_folder
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


@st.composite
def damage(draw: st.DrawFn) -> tuple[str, bytes]:
    """Draw a table's file with some of its columns and odd cells, or any bytes."""
    name = draw(st.sampled_from(list(TABLES)))
    if draw(st.integers(0, 5)) == 0:
        return name, draw(st.binary(max_size=60))
    known = list(TABLES[name].columns)
    columns = draw(st.lists(st.sampled_from([*known, "odd"]), min_size=1, max_size=len(known), unique=True))
    rows = draw(st.lists(st.lists(CELLS, min_size=len(columns), max_size=len(columns)), max_size=4))
    lines = [",".join(columns), *(",".join(row) for row in rows)]
    return name, "\n".join(lines).encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("damaged") / "base"
    write_folder(where, tables(), SETTINGS)
    return where


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hurt=damage())
def test_a_damaged_table_is_told_by_its_file(folder: Path, hurt: tuple[str, bytes]) -> None:
    name, content = hurt
    file = folder / f"{name}.csv"
    before = file.read_bytes() if file.exists() else None
    file.write_bytes(content)
    try:
        checked(read_folder(folder)).problem()
    except BadInput as error:
        for fault in error.faults:
            assert fault.remedy
            assert fault.table in {*(f"{table}.csv" for table in TABLES), "scenario.toml", "placement"}
    finally:
        if before is None:
            file.unlink()
        else:
            file.write_bytes(before)
