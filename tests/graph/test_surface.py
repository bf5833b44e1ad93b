"""The public names of the package are those its page promises."""

from __future__ import annotations

from pathlib import Path

import graph
import graph.lead_time
import graph.stores


def test_every_exported_name_exists_once_and_in_order() -> None:
    for package in (graph, graph.lead_time, graph.stores):
        assert len(set(package.__all__)) == len(package.__all__)
        assert all(hasattr(package, name) for name in package.__all__)


def test_the_package_is_the_one_of_this_repository() -> None:
    assert Path(graph.__file__).resolve().parents[1] == Path(__file__).resolve().parents[2]
