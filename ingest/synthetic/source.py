"""The synthetic marketplace as a source that is read like any other, without a folder in between."""

from __future__ import annotations

import polars as pl

from ingest.raw import RawTable
from ingest.synthetic.marketplace import make
from ingest.synthetic.world import World
from ingest.synthetic.world_files import load_world
from ingest.tables import Table


class SyntheticSource:
    """A marketplace made in memory: for tests and demonstrations, not for millions of orders.

    ``world`` is a :class:`World`, the name of a shipped one or a TOML file. Raises ``BadInput`` when world,
    number of orders or seed cannot be used.
    """

    def __init__(self, world: World | str, orders: int, seed: int) -> None:
        settings = world if isinstance(world, World) else load_world(world)
        self._name = f"synth://?orders={orders}&seed={seed}"
        if isinstance(world, str) and world != "default":
            self._name += f"&world={world}"
        parts: dict[str, list[pl.DataFrame]] = {}
        for made in make(settings, orders, seed, with_truth=False):
            for stem, frame in made.tables.items():
                parts.setdefault(stem, []).append(frame)
        self._tables = {stem: pl.concat(frames) for stem, frames in parts.items()}

    @property
    def name(self) -> str:
        """The address by which the same marketplace can be opened again."""
        return self._name

    def read(self, table: Table) -> RawTable | None:
        """Return one table, or ``None`` if the world has none of it (stock events can be switched off)."""
        frame = self._tables.get(table.file)
        return None if frame is None else RawTable.from_frame(table, frame)
