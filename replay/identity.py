"""The name of a snapshot: a digest of the facts known as of T and of everything that shaped it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

import polars as pl
import polars.selectors as cs

from ingest.checked import Checked

MISSING = -(2**63)
AT_A_TIME = 1_000_000
"""Rows that are turned into bytes at once."""


def snapshot_id(tables: Mapping[str, pl.DataFrame], as_of: datetime, parameters: Mapping[str, object]) -> str:
    """Return the SHA-256 (64 hex digits) over canonical facts, instant and parameters.

    ``tables`` hold facts only: strings, integers, instants, sorted by key; a float column is refused
    (ValueError), since a fitted or rounded number must never name a snapshot.
    """
    digest = hashlib.sha256()
    digest.update(f"{as_of.timestamp():.0f}\n{json.dumps(parameters, sort_keys=True)}\n".encode())
    for name in sorted(tables):
        frame = tables[name]
        digest.update(f"{name} {frame.height}\n".encode())
        for column in sorted(frame.columns):
            digest.update(f"{column}\n".encode())
            _add(digest, frame[column])
    return digest.hexdigest()


def canonical(checked: Checked, nodes: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Return what a source says as of T, as integers, instants and strings in rows sorted by key.

    Names stand once, in tables of their own; what refers to them are their codes. The final ``status`` of an
    order is no fact of T. Geolocation counts as what it says of each zip prefix, in micro-degrees; other
    numbers that are not whole (weights, tariffs) as thousandths.
    """
    tables = {name: frame.lazy() for name, frame in checked.tables.items() if name != "geolocation"}
    tables["orders"] = tables["orders"].drop("status")
    places = {"zip_prefixes": nodes["zip_prefixes"].lazy().with_columns(_scaled(1_000_000))}
    whole = {name: frame.with_columns(_scaled(1_000)) for name, frame in tables.items()}
    names = {
        f"names of {space}": names.to_frame("name")
        for space, names in checked.names.items()
        if space != "statuses" and not space.endswith(" of geolocation")
    }
    return names | {name: frame.collect() for name, frame in (whole | places).items()}


def _scaled(factor: int) -> pl.Expr:
    return (cs.float() * factor).round().cast(pl.Int64)


def _add(digest: hashlib._Hash, column: pl.Series) -> None:
    """Feed one column: integers as 64 bits, strings as their lengths and then their bytes."""
    if column.dtype == pl.String:
        sizes = column.str.len_bytes().cast(pl.Int64).fill_null(MISSING)
        digest.update(sizes.to_numpy().data)
        for part in column.fill_null("").to_frame().iter_slices(AT_A_TIME):
            digest.update(part.to_series().str.join("").item().encode())
        return
    if column.dtype.is_temporal():
        column = column.dt.epoch("s")
    if not column.dtype.is_integer():
        raise ValueError(f"column {column.name} is {column.dtype}: facts are integers, instants and strings")
    for part in column.to_frame().iter_slices(AT_A_TIME):
        digest.update(part.to_series().cast(pl.Int64).fill_null(MISSING).to_numpy().data)
