"""What a TOML file can be wrong by is told with its name and a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from api import alerts, policies
from api.toml_files import read_toml
from graph.errors import BadInput


def test_what_a_file_holds(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("days = 3\n[sellers]\nname = 'José'\n", "utf-8")
    assert read_toml(file) == {"days": 3, "sellers": {"name": "José"}}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (None, "missing file"),
        (b"days = ", "no TOML"),
        (b"days = " + b"9" * 5_000, "no TOML"),
        (b"\xff", "not UTF-8 text"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_fault(tmp_path: Path, content: bytes | None, kind: str) -> None:
    file = tmp_path / "own.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadInput, match=r"own\.toml cannot be read") as caught:
        read_toml(file)
    [fault] = caught.value.faults
    assert (fault.table, fault.kind) == ("own.toml", kind)
    assert fault.remedy


@pytest.mark.parametrize("load", [policies.load, lambda name: alerts.load(Path(name))])
def test_settings_that_are_not_there_are_named(tmp_path: Path, load) -> None:
    with pytest.raises(BadInput, match=r"nowhere\.toml: missing file"):
        load(str(tmp_path / "nowhere.toml"))
