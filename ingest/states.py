"""Facts about Brazil's states that ship with the package: no history has to tell them."""

from __future__ import annotations

from importlib.resources import files

import polars as pl


def state_facts() -> pl.DataFrame:
    """Return one row a state, sorted by its code: capital, positions in degrees, people, zip prefixes."""
    source = files("ingest").joinpath("states.csv").read_bytes()
    return pl.read_csv(source, comment_prefix="#").sort("state")
