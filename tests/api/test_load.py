"""`malha load`: secrets come from a file or the environment, and what goes wrong is said plainly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.cli.load import password
from deploy.local import Neo4j
from graph.errors import BadInput
from tests.api.program import Ended, malha
from tests.services.graphs import empty, run


def load(snapshot: Path, *arguments: str, secret: str | None = None) -> Ended:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "200")
        if secret is not None:
            patch.setenv("MALHA_NEO4J_PASSWORD", secret)
        return malha("load", "--snapshot", snapshot, *arguments)


def test_a_load_tells_what_it_wrote_and_a_second_that_it_wrote_nothing(
    neo4j_server: Neo4j, small_snapshot: Path
) -> None:
    server = empty(neo4j_server)
    first = load(small_snapshot, "--to", server.uri, "--json", secret=server.password)
    assert (first.returncode, first.stderr) == (0, "")
    told = json.loads(first.stdout)
    lanes = run(server, "MATCH ()-[r:LANE]->() RETURN count(r) AS n")[0]["n"]
    assert told["kinds"]["LANE"] == {"elements": lanes, "created": lanes, "updated": 0, "removed": 0}
    again = load(small_snapshot, "--to", server.uri, secret=server.password)
    assert again.returncode == 0
    assert "nothing was written, all was there already" in again.stdout


def test_a_server_that_is_absent_is_bad_input(small_snapshot: Path) -> None:
    done = load(small_snapshot, "--to", "bolt://127.0.0.1:1")
    assert done.returncode == 2
    assert "No Neo4j answers at bolt://127.0.0.1:1. Start one: make neo4j" in done.stderr


@pytest.mark.parametrize("arguments", [(), ("--to", "bolt://127.0.0.1:1", "--bulk", "home")])
def test_one_way_is_needed(small_snapshot: Path, arguments: tuple[str, ...]) -> None:
    done = load(small_snapshot, *arguments)
    assert done.returncode == 2
    assert "Give either --to ADDRESS or --bulk HOME." in done.stderr


def test_a_password_in_the_address_is_refused(small_snapshot: Path) -> None:
    done = load(small_snapshot, "--to", "bolt://neo4j:secret@127.0.0.1:1")
    assert done.returncode == 2
    assert "must not hold a password" in done.stderr
    assert "secret" not in done.stderr + done.stdout


def test_no_option_takes_a_password(small_snapshot: Path) -> None:
    helped = load(small_snapshot, "--help").stdout
    assert "--password-file" in helped
    assert "--password " not in helped


def test_a_file_comes_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALHA_NEO4J_PASSWORD", "outer")
    assert password(None) == "outer"
    file = tmp_path / "secret"
    file.write_text("inner\nand a remark\n", "utf-8")
    assert password(file) == "inner"
    file.write_text("\n", "utf-8")
    with pytest.raises(BadInput, match="no password in its first line"):
        password(file)
    with pytest.raises(BadInput, match="cannot be read"):
        password(tmp_path / "absent")
    monkeypatch.delenv("MALHA_NEO4J_PASSWORD")
    assert password(None) is None
