"""Running a transform on every engine at hand: it is written once and must say the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import narwhals as nw
import polars as pl

from ingest.transforms.frames import Frame


def on_polars(transform: Callable[..., Frame], *frames: pl.DataFrame, **settings: Any) -> pl.DataFrame:
    given = [nw.from_native(frame.lazy()) for frame in frames]
    return transform(*given, **settings).to_native().collect()  # type: ignore[no-any-return]


def on_duckdb(transform: Callable[..., Frame], *frames: pl.DataFrame, **settings: Any) -> pl.DataFrame:
    with duckdb.connect() as connection:
        given = [nw.from_native(connection.from_arrow(frame.to_arrow())) for frame in frames]
        return transform(*given, **settings).to_native().pl()  # type: ignore[no-any-return]


ENGINES = [on_polars, on_duckdb]
Engine = Callable[..., pl.DataFrame]


def rows(frame: pl.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """Return the rows of some columns, sorted: engines promise no order."""
    return sorted(frame.select(*columns).rows(), key=repr)
