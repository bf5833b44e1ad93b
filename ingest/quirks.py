"""Known quirks of real data: the row stays, what is wrong is blanked or noted, and each kind is counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from ingest.cut import TypedTable
from ingest.rows import Usable

BRAZIL: Final = {"lat": (-33.76, 5.28), "lng": (-74.0, -28.8)}
"""The box round Brazil, in degrees: from the Chui (33°45' S) to Monte Caburai (5°16' N), and from the source
of the Moa (73°59' W) to the islands of Martim Vaz (28°50' W). Source: IBGE, Anuario Estatistico do Brasil,
table of the extreme points of the territory."""

STAMPS_OUT_OF_ORDER: Final = (
    ("approved_before_purchase", "approved_at", "purchased_at"),
    ("handed_over_before_purchase", "handed_over_at", "purchased_at"),
    ("handed_over_before_approval", "handed_over_at", "approved_at"),
    ("delivered_before_purchase", "delivered_at", "purchased_at"),
    ("delivered_before_hand_over", "delivered_at", "handed_over_at"),
)
"""Kind, and the stamp that lies before the one that it should follow. The stamps stay: the transforms blank
the stage between them."""

Tables = Mapping[str, pl.DataFrame]


def clean(typed: TypedTable, rows: Usable, known: Tables) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return the rows of one table with its quirks blanked, and how many of each kind there were.

    ``known`` holds the checked tables that come before this one.
    """
    counts = _noted(typed, rows)
    frame = rows.frame
    if typed.table.name == "geolocation":
        frame, more = _clean_points(frame)
    else:
        more = frame.select(mask.sum().alias(kind) for kind, mask in _masks(frame, known).items())
    counts |= {kind: int(more[kind].sum()) for kind in more.columns}
    return frame, {kind: count for kind, count in sorted(counts.items()) if count}


def _noted(typed: TypedTable, rows: Usable) -> dict[str, int]:
    """Count what was mended while reading, in the rows that are used."""
    counts: dict[str, int] = {}
    for cells in typed.cells.values():
        for kind, where in cells.notes:
            kept = int(where.is_in(rows.at.implode()).sum())
            counts[kind] = counts.get(kind, 0) + kept
    return counts


def _clean_points(points: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Count the rows that say what another one says; blank and count the points outside Brazil.

    Rows are told apart by a 64-bit hash, four times as fast as by their values. Among a million different
    rows two share a hash once in 3e7 tables (n**2 / 2**65); then the count is one too high, no row is lost.
    """
    twice = points.height - points.hash_rows().n_unique()
    inside = pl.all_horizontal(pl.col(axis).is_between(*limits) for axis, limits in BRAZIL.items())
    counts = points.select(exact_duplicate=pl.lit(twice), outside_brazil=(~inside).sum())
    blanked = points.with_columns(pl.when(inside).then(pl.col(axis)).alias(axis) for axis in BRAZIL)
    return blanked, counts


def _masks(frame: pl.DataFrame, known: Tables) -> dict[str, pl.Expr]:
    masks = {
        kind: pl.col(stamp) < pl.col(before)
        for kind, stamp, before in STAMPS_OUT_OF_ORDER
        if stamp in frame.columns and before in frame.columns
    }
    if "zip_prefix" in frame.columns:
        located = known["geolocation"]["zip_prefix"].unique().implode()
        masks["zip_prefix_not_in_geolocation"] = ~pl.col("zip_prefix").is_in(located)
    if "category" in frame.columns and "categories" in known:
        translated = known["categories"]["category"].implode()
        missing = pl.col("category").is_null()
        masks["category_missing"] = missing
        masks["category_untranslated"] = ~pl.col("category").is_in(translated) & ~missing
    return masks
