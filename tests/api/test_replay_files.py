"""A replay's folder: names of policies as file names, numbers as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.replay_files import check_out, file_name
from graph.errors import BadInput


@pytest.mark.parametrize("name", ["../up", "a/b", "..", "c:\\d", "e\0"])
def test_no_policy_names_a_file_elsewhere(name: str, tmp_path: Path) -> None:
    file = (tmp_path / file_name(name)).resolve()
    assert file.parent == tmp_path
    assert file.suffix == ".parquet"


def test_names_stay_apart_and_readable() -> None:
    assert file_name("as_is") == "as_is.parquet"
    assert file_name("a/b") != file_name("a%2Fb")


def test_only_a_replay_is_replaced(tmp_path: Path) -> None:
    check_out(tmp_path / "new")
    check_out(tmp_path)
    (tmp_path / "replay.json").write_text("{}", "utf-8")
    check_out(tmp_path)
    with pytest.raises(BadInput, match="no replay"):
        check_out(tmp_path / "replay.json")
