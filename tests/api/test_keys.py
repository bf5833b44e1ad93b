"""API keys: made once, kept as hashes, found in constant time, refused when revoked."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from api.cli.keys import app
from api.keys import KeyFile, KeyRing, Scope
from graph.errors import BadInput

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys" / "keys.json")


def test_the_file_keeps_the_hash_and_never_the_key(file: KeyFile) -> None:
    key, token = file.create("shop", [Scope.ADMIN, Scope.OMS, Scope.OMS], NOW)
    text = file.path.read_text()
    assert token not in text
    assert token.rpartition("_")[2] not in text
    assert key.sha256 in text
    assert key.scopes == (Scope.OMS, Scope.ADMIN)
    assert file.read() == (key,)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert len(token.split("_", 2)[2]) == 43  # 256 bits in base64


def test_a_key_is_found_until_it_is_revoked(file: KeyFile) -> None:
    ring = KeyRing(file)
    assert ring.find("malha_00000000_x") is None
    key, token = file.create("shop", [Scope.OMS], NOW)
    other, other_token = file.create("analyst", [Scope.ANALYST], NOW)
    assert (ring.find(token), ring.find(other_token)) == (key, other)
    # The secret of one key with the id of another is no key.
    assert ring.find(f"malha_{key.key_id}_{other_token.split('_', 2)[2]}") is None
    assert file.revoke("shop", NOW).revoked_at == NOW
    assert (ring.find(token), ring.find(other_token)) == (None, other)
    file.path.unlink()
    assert ring.find(other_token) is None


@given(st.text(max_size=200))
def test_no_text_is_a_key_by_chance(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = KeyFile(tmp_path_factory.getbasetemp() / "chance" / "keys.json")
    if not file.read():
        file.create("shop", [Scope.OMS], NOW)
    key_id = file.read()[0].key_id
    assert KeyRing(file).find(text) is None
    assert KeyRing(file).find(f"malha_{key_id}_{text}") is None


@pytest.mark.parametrize("spoilt", [b"", b"[]", b'{"format": 2}', b'{"format": 1, "keys": [{}]}', b"\xff"])
def test_a_damaged_file_lets_nobody_in(file: KeyFile, spoilt: bytes) -> None:
    _, token = file.create("shop", [Scope.OMS], NOW)
    ring = KeyRing(file)
    good = file.path.read_bytes()
    assert ring.find(token)
    file.path.write_bytes(spoilt)
    for _ in range(2):
        with pytest.raises(BadInput, match="no file of API keys"):
            ring.find(token)
    with pytest.raises(BadInput, match="no file of API keys"):
        file.create("other", [Scope.OMS], NOW)
    file.path.write_bytes(good)
    assert ring.find(token)


@pytest.mark.parametrize("name", ["", " ", "a b", "-x", "é", "x" * 65, "a\n"])
def test_a_name_is_a_plain_word(file: KeyFile, name: str) -> None:
    with pytest.raises(BadInput, match="no name"):
        file.create(name, [Scope.OMS], NOW)


def test_what_cannot_be_made_or_revoked(file: KeyFile) -> None:
    with pytest.raises(BadInput, match="needs a scope"):
        file.create("shop", [], NOW)
    file.create("shop", [Scope.OMS], NOW)
    with pytest.raises(BadInput, match="There is a key named"):
        file.create("shop", [Scope.OMS], NOW)
    file.revoke("shop", NOW)
    file.create("shop", [Scope.OMS], NOW)  # the name is free again
    for name in ("nobody", file.read()[0].key_id):
        with pytest.raises(BadInput, match="No key in force"):
            file.revoke(name, NOW)


def test_many_at_once_lose_no_key(file: KeyFile) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda i: file.create(f"key-{i}", [Scope.OMS], NOW)[0], range(24)))
    assert {key.key_id for key in file.read()} == {key.key_id for key in made}


def test_the_command_line(tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        environment = {"MALHA_KEYS": str(tmp_path / "keys.json"), "COLUMNS": "200"}
        done = CliRunner().invoke(app, [*arguments], env=environment, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    token = run("create", "--name", "shop", "--scope", "oms", "--scope", "planner").strip()
    key = KeyRing(KeyFile(tmp_path / "keys.json")).find(token)
    assert key is not None
    listed = json.loads(run("list", "--json"))
    assert [(k["name"], k["scopes"], k["revoked_at"]) for k in listed] == [("shop", ["oms", "planner"], None)]
    assert "sha256" not in listed[0]
    assert "oms, planner" in run("list")
    assert "Revoked shop" in run("revoke", "shop")
    assert json.loads(run("list", "--json"))[0]["revoked_at"]
    made = json.loads(run("create", "--name", "shop", "--scope", "admin", "--json"))
    assert made["key"].startswith(f"malha_{made['key_id']}_")
