"""Which tests share a process when ``make test`` runs several: those of a file, and those of a Neo4j."""

from __future__ import annotations

from typing import Any, Final

import pytest
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

NEO4J: Final = ("tests/cypher/", "tests/graph/stores/test_neo4j", "tests/api/test_load", "tests/services/")
"""Where tests ask for a Neo4j: to start one costs half a minute of CPU, so one process does it."""


class ByFile(LoadFileScheduling):
    """Deals files out in the order of their names: those of ``api`` take longest, so they come first.

    By the number of tests, as xdist would, the files with one long test come last, when nothing is left to
    do beside them. Those of Neo4j begin: what they need is not what the others compile at the same time.
    """

    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return "neo4j" if nodeid.startswith(NEO4J) else super()._split_scope(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        if "neo4j" in self.workqueue:
            self.workqueue.move_to_end("neo4j", last=False)
        super()._assign_work_unit(node)
