"""Saved queries keep to their form, and what does not is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cypher.saved import HeaderError, saved_queries, saved_query

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
    with pytest.raises(HeaderError, match=f"(?s)query.cypher: .*{fault}"):
        saved_query(written(tmp_path, GOOD.replace(*change)))


def test_every_query_that_is_shipped_keeps_to_the_form() -> None:
    assert len(saved_queries()) >= 10
