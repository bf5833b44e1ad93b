"""How tables become elements: every column has its place, and the statements name the same ones."""

from __future__ import annotations

import re

import pytest
from polars.testing import assert_frame_equal

from graph.stores.cypher_files import FOLDER, statement
from graph.stores.neo4j_elements import KINDS, SPOILT, Kind, changes
from graph.tables import SCHEMAS, checked
from tests.graph.make import tables


def test_every_column_of_every_table_has_its_place() -> None:
    held = {(kind.table, column) for kind in KINDS for column in kind.columns}
    assert held == {(name, column) for name, schema in SCHEMAS.items() for column in schema.columns}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_statements_of_a_kind_name_its_label_and_columns(kind: Kind) -> None:
    read = statement(f"load/read/{kind.name}")
    assert re.findall(r" AS (\w+)", read) == ["element", *kind.columns]
    for text in (read, statement(f"load/create/{kind.name}")):
        assert re.search(rf":{kind.label}\b", text)


def test_no_statement_is_left_over() -> None:
    for folder in ("read", "create"):
        found = {path.stem for path in (FOLDER / "load" / folder).glob("*.cypher")}
        assert found == {kind.name for kind in KINDS}


def test_titles_tell_kinds_apart() -> None:
    titles = [kind.title for kind in KINDS]
    assert len(set(titles)) == len(titles)
    assert "LOCATED_IN (seller)" in titles


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_against_nothing_all_is_created_and_against_itself_nothing_differs(kind: Kind) -> None:
    wanted = kind.elements(checked(tables(3)))
    todo = changes(kind, wanted, kind.frame([]))
    assert (len(todo.create), len(todo.update), len(todo.remove)) == (len(wanted), 0, 0)
    there = wanted.rows()
    found = kind.frame([(str(row), *_raw(values)) for row, values in enumerate(there)])
    assert not found[SPOILT].any()
    assert_frame_equal(found.drop("element", SPOILT), wanted)
    assert len(changes(kind, wanted, found)) == 0


def _raw(values: tuple[object, ...]) -> list[object]:
    """Return values as the database gives them: instants as microseconds since 1970."""
    return [round(value.timestamp() * 1e6) if hasattr(value, "timestamp") else value for value in values]
