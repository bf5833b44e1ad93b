"""Only what a command wrote itself is replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.out_folder import check_out_folder
from graph.errors import BadInput


def test_only_ones_own_folder_is_replaced(tmp_path: Path) -> None:
    check_out_folder(tmp_path / "new", "plan", "plan.json")
    check_out_folder(tmp_path, "plan", "plan.json")
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    for found in (tmp_path, tmp_path / "mine.txt"):
        with pytest.raises(BadInput, match="is no plan"):
            check_out_folder(found, "plan", "plan.json")
    (tmp_path / "plan.json").write_text("{}", "utf-8")
    check_out_folder(tmp_path, "plan", "plan.json")
