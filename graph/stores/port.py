"""What a home of the network's tables must do; the contract suite in the tests holds every home to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from graph.model import SnapshotMeta


@dataclass(frozen=True, slots=True)
class StoredNetwork:
    """The network's tables (``graph.tables.SCHEMAS``), rows sorted by key, and what the snapshot says."""

    tables: Mapping[str, pl.DataFrame]
    meta: SnapshotMeta


class GraphStore(Protocol):
    """A home of one network's node, lane and offer tables: frames in, the same frames out.

    Lead-time and freight state do not live here: they are files of the snapshot that ``meta`` names.
    """

    def write(self, tables: Mapping[str, pl.DataFrame], meta: SnapshotMeta) -> None:
        """Replace the stored network whole.

        BadInput, and nothing is written, when the tables do not make a network. After any other error
        ``read`` gives the old network or refuses until the next ``write``; never a mixture of both.
        """
        ...

    def read(self) -> StoredNetwork:
        """Return what was written last; SnapshotError when there is nothing or it is damaged."""
        ...

    def meta(self) -> SnapshotMeta:
        """Return only what the stored network says of itself; SnapshotError as in ``read``."""
        ...
