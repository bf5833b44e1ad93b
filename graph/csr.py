"""Rows grouped by an integer code, as compressed sparse rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
A = TypeVar("A", bound=NDArray[Any])


def frozen(array: A) -> A:
    """Return the array with its write flag off: a network is never changed in place."""
    array.flags.writeable = False
    return array


@dataclass(frozen=True, slots=True)
class Csr:
    """Which rows carry which code: ``rows[pointers[c]:pointers[c + 1]]``, in rising order of row.

    Rows whose code is negative (unknown) belong to no group.
    """

    pointers: Ints
    rows: Ints

    @classmethod
    def group(cls, codes: NDArray[np.integer], size: int) -> Self:
        """Group row numbers by code, for codes from 0 to ``size - 1``."""
        known = np.flatnonzero(codes >= 0)
        counts = np.bincount(codes[known], minlength=size)
        pointers = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        rows = known[np.argsort(codes[known], kind="stable")].astype(np.int64)
        return cls(frozen(pointers), frozen(rows))

    def __len__(self) -> int:
        return len(self.pointers) - 1

    @property
    def counts(self) -> Ints:
        """How many rows each code has."""
        return np.diff(self.pointers)

    def of(self, code: int) -> Ints:
        """Return the rows of one code."""
        return self.rows[self.pointers[code] : self.pointers[code + 1]]
