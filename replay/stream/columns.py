"""Columns that grow: arrays of one length with room to spare, read and written in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Columns:
    """Arrays by name whose first axis is the rows; room doubles, so that a row costs the same on average."""

    def __init__(self, empty: Mapping[str, Array]) -> None:
        """Take arrays without rows: they tell types and the other axes."""
        self._room = {name: array[:0].copy() for name, array in empty.items()}
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    def __getitem__(self, name: str) -> Array:
        """Return the rows of a column, to be read and written; after `extend` ask anew."""
        return self._room[name][: self._rows]

    def extend(self, more: Mapping[str, Array]) -> NDArray[np.int64]:
        """Append rows to every column; return the new rows."""
        added = len(next(iter(more.values())))
        first, self._rows = self._rows, self._rows + added
        for name, column in self._room.items():
            if self._rows > len(column):
                grown = np.empty((max(2 * self._rows, 1024), *column.shape[1:]), column.dtype)
                grown[:first] = column[:first]
                self._room[name] = grown
            self._room[name][first : self._rows] = more[name]
        return np.arange(first, self._rows)

    def arrays(self) -> dict[str, Array]:
        """Return all columns."""
        return {name: self[name] for name in self._room}
