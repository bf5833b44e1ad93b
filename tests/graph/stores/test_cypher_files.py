"""The statements of schema and load: one a file, constraints first."""

from __future__ import annotations

from graph.stores.cypher_files import FOLDER, names, statement


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
