"""Saved queries keep to their form, and what does not is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.stores.cypher_files import FOLDER, CypherFileError, names, saved_queries, saved_query, statement

GOOD = """// A title
//
// Purpose: to see what
// is there.
//
// Parameters: run this line first
// :param {who: "a$b, c: 1", k: 3, some: null}
//   who   its name
//   k     rows at most
//   some  a thing, or null
//
// Returns:
//   name            what it is called
//   snapshot_state  ready, or loading
MATCH (n {name: $who}) WHERE n.text <> '; $no' AND ($some IS NULL OR n.some = $some)
// A note; with a semicolon and a $dollar.
RETURN n.name AS name, 'ready' AS snapshot_state
LIMIT toInteger($k);
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "query.cypher"
    path.write_text(text, "utf-8")
    return path


def test_a_query_is_read_with_all_that_its_header_says(tmp_path: Path) -> None:
    query = saved_query(written(tmp_path, GOOD))
    assert (query.name, query.title, query.purpose) == ("query", "A title", "to see what is there.")
    assert query.defaults == {"who": "a$b, c: 1", "k": 3, "some": None}
    assert query.parameters == {"who": "its name", "k": "rows at most", "some": "a thing, or null"}
    assert next(iter(query.columns.items())) == ("name", "what it is called")
    assert query.text.startswith("MATCH")
    assert not query.text.endswith(";")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ((", k: 3", ""), "It uses .*'k'"),
        ((", k: 3", ", k: 3, spare: 1"), "':param' gives .*'spare'"),
        (("//   k     rows at most\n", ""), "Parameters names"),
        (("k: 3", "k = 3"), "not of the form"),
        (("k: 3", "k: three"), "no text, number"),
        (("// Purpose: to see what\n// is there.\n", ""), "no line 'Purpose"),
        (("//   snapshot_state  ready, or loading\n", ""), "does not return snapshot_state"),
        (("LIMIT toInteger($k);", "LIMIT toInteger($k);\nMATCH (n) RETURN n;"), "more than one statement"),
        (("// A title\n", "//\n"), "no title"),
    ],
)
def test_what_does_not_keep_to_the_form_is_named(tmp_path: Path, change: tuple[str, str], fault: str) -> None:
    assert change[0] in GOOD
    with pytest.raises(CypherFileError, match=f"(?s)query.cypher: .*{fault}"):
        saved_query(written(tmp_path, GOOD.replace(*change)))


def test_every_query_that_is_shipped_keeps_to_the_form() -> None:
    assert len(saved_queries()) >= 10


def test_every_file_of_schema_and_load_holds_one_statement() -> None:
    files = [path for folder in ("schema", "load") for path in sorted((FOLDER / folder).rglob("*.cypher"))]
    assert len(files) > 40
    for path in files:
        text = statement(str(path.relative_to(FOLDER).with_suffix("")))
        assert text, path
        assert ";" not in text, path


def test_constraints_come_before_indexes_and_the_wait_for_them() -> None:
    order = [statement(name).split()[:2] for name in names("schema")]
    kinds = [words[1] if words[0] == "CREATE" else words[0] for words in order]
    assert kinds == sorted(kinds, key=["CONSTRAINT", "INDEX", "CALL"].index)
    assert set(kinds) == {"CONSTRAINT", "INDEX", "CALL"}
