"""What can go wrong, in one small tree; the command line turns it into exit codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input: where it is, what it is, and what to do about it.

    ``row`` is the number a spreadsheet shows (the header is row 1), or the primary key where a source
    has no rows to count; ``None`` means the whole file or column.
    """

    table: str
    row: int | str | None
    column: str | None
    kind: str
    value: str
    remedy: str

    def __str__(self) -> str:
        place = [self.table]
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column:
            place.append(f"column {self.column}")
        found = f" ({self.value})" if self.value else ""
        return f"{', '.join(place)}: {self.kind}{found}. {self.remedy}"


class MalhaError(Exception):
    """Base of every error that Malha raises on purpose."""


class BadInput(MalhaError):
    """The input cannot be used; every fault that was found is listed at once (exit code 2)."""

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  - {fault}" for fault in self.faults)])


class SnapshotError(BadInput):
    """A snapshot folder is missing, damaged or of another format version."""


class UnknownName(BadInput):
    """A zip prefix, product or category that the network does not know."""

    def __init__(
        self, kind: Literal["zip prefix", "product", "category", "seller"], name: str, nearest: Sequence[str]
    ) -> None:
        self.kind = kind
        self.name = name
        self.nearest = tuple(nearest)
        hint = f" Nearest known: {', '.join(self.nearest)}." if self.nearest else ""
        super().__init__(f"Unknown {kind} {name!r}.{hint}")
