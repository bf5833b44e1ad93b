"""The page about Python: its examples run, its claims hold, and no public method is missing from it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from graph import Network, RouteRequest
from graph.stores import set_current
from tests.graph.make import World, network

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python.md"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = network(1, World(zips=10, first_zip=1_310))
    made.save(tmp_path / "snap" / made.meta.snapshot_id)
    set_current(tmp_path / "snap", made.meta.snapshot_id)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_examples_run_in_order(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) > 5
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    printed = capsys.readouterr().out
    assert "Unknown category 'helth_beauty'. Nearest known: health_beauty." in printed
    assert printed.rstrip().endswith("True")


def test_every_public_method_and_parameter_is_on_the_page() -> None:
    page = PAGE.read_text("utf-8")
    public = [name for name in vars(Network) if not name.startswith("_")]
    assert {"open", "recommend", "lanes", "to_networkx"} <= set(public)
    for name in public:
        assert f"network.{name}" in page or f"Network.{name}" in page
    for name in RouteRequest.__slots__:
        assert f"`{name}`" in page
