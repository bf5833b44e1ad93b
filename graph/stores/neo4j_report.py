"""What a load did to the database, kind by kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from graph.stores.neo4j_elements import Changes


@dataclass(frozen=True, slots=True)
class KindReport:
    """How many elements of a kind there are now, and how many were created, updated, removed on the way."""

    kind: str
    elements: int
    created: int
    updated: int
    removed: int

    @classmethod
    def of(cls, done: Changes) -> Self:
        """Count what was done to one kind."""
        return cls(done.kind.title, done.elements, len(done.create), len(done.update), len(done.remove))

    @property
    def written(self) -> int:
        """Elements that the load touched."""
        return self.created + self.updated + self.removed


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did: by kind, and as the database itself counted it (no counter: nothing was written)."""

    snapshot_id: str
    kinds: Sequence[KindReport]
    counters: Mapping[str, int]
    seconds: float

    @property
    def written(self) -> int:
        """Elements that the load touched."""
        return sum(kind.written for kind in self.kinds)

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON values."""
        fields = ("elements", "created", "updated", "removed")
        return {
            "snapshot_id": self.snapshot_id,
            "kinds": {kind.kind: {name: getattr(kind, name) for name in fields} for kind in self.kinds},
            "counters": dict(self.counters),
            "seconds": round(self.seconds, 3),
        }
