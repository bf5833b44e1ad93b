"""Changes, batch by batch, in the order that keeps a broken-off load whole: nodes, edges, then removals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from graph.stores.cypher_files import statement
from graph.stores.neo4j_elements import ELEMENT, Changes

BATCH_ROWS: Final = 2_000
"""Rows in one transaction: round trips no longer count; larger ones cost the server twice as much a row."""

Run = Callable[[str, Mapping[str, object]], Mapping[str, int]]
"""Runs one statement with parameters in one transaction; returns the database's counters."""

Progress = Callable[[int, int], None]
"""Told after every batch: elements written so far, and in all."""


def silent(_done: int, _total: int) -> None:
    """Report progress to nobody."""


class Writer:
    """Applies changes and adds up what the database counted."""

    def __init__(self, run: Run, batch_rows: int = BATCH_ROWS, progress: Progress = silent) -> None:
        self._run, self._batch_rows, self._progress = run, batch_rows, progress
        self._counters: Counter[str] = Counter()
        self._done = self._total = 0

    @property
    def counters(self) -> dict[str, int]:
        """What the database counted so far, without zeros."""
        return dict(self._counters)

    def run(self, text: str, **parameters: object) -> None:
        """Run one statement in a transaction of its own."""
        self._counters.update(self._run(text, parameters))

    def apply(self, todo: Sequence[Changes]) -> None:
        """Create and update all kinds in order; then remove, in the opposite order."""
        self._total = sum(map(len, todo))
        for part in todo:
            self._batches(f"load/create/{part.kind.name}", part.kind.rows(part.create))
            self._batches(f"load/update/{_shape(part)}", part.kind.rows(part.update))
        for part in reversed(todo):
            self._batches(f"load/remove/{_shape(part)}", [{ELEMENT: element} for element in part.remove])

    def _batches(self, name: str, rows: list[dict[str, Any]]) -> None:
        for start in range(0, len(rows), self._batch_rows):
            batch = rows[start : start + self._batch_rows]
            self.run(statement(name), rows=batch)
            self._done += len(batch)
            self._progress(self._done, self._total)


def _shape(part: Changes) -> str:
    return "node" if part.kind.is_node else "relationship"
