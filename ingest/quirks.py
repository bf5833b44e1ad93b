"""Known quirks of real data: the row stays, what is wrong is blanked or noted, and each kind is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from ingest.names import coded, holds, marked
from ingest.rows import Usable
from ingest.typed import TypedTable

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


@dataclass(frozen=True, slots=True)
class Known:
    """What the tables before this one say: zip prefixes with a point, categories with a translation."""

    located: pl.Series
    translated: pl.Series


def clean(typed: TypedTable, rows: Usable, known: Known) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return the rows of one table with its quirks blanked, and how many of each kind there were."""
    counts = _noted(typed, rows)
    frame = rows.frame
    if typed.table.name == "geolocation":
        frame, more = _clean_points(frame)
    else:
        more = {kind: int(mask.sum()) for kind, mask in _masks(typed, frame, known).items()}
    counts |= more
    return frame, {kind: count for kind, count in sorted(counts.items()) if count}


def _noted(typed: TypedTable, rows: Usable) -> dict[str, int]:
    """Count what was mended while reading, in the rows that are used."""
    counts: dict[str, int] = {}
    for cells in typed.cells.values():
        for kind, where in cells.notes:
            kept = int(where.is_in(rows.at.implode()).sum())
            counts[kind] = counts.get(kind, 0) + kept
    return counts


def _clean_points(points: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """Count the rows that say what another one says; blank and count the points outside Brazil.

    Rows are told apart by a 64-bit hash, four times as fast as by their values. Among a million different
    rows two share a hash once in 3e7 tables (n**2 / 2**65); then the count is one too high, no row is lost.
    """
    twice = points.height - points.hash_rows().n_unique()
    inside = pl.all_horizontal(pl.col(axis).is_between(*limits) for axis, limits in BRAZIL.items())
    within = points.select(inside.alias("inside"))["inside"]
    outside = points.height - int(within.sum())
    if outside:
        points = points.with_columns(pl.when(inside).then(pl.col(axis)).alias(axis) for axis in BRAZIL)
    return points, {"exact_duplicate": twice, "outside_brazil": outside}


def _masks(typed: TypedTable, frame: pl.DataFrame, known: Known) -> dict[str, pl.Series]:
    masks = {
        kind: frame[stamp] < frame[before]
        for kind, stamp, before in STAMPS_OUT_OF_ORDER
        if stamp in frame.columns and before in frame.columns
    }
    if "zip_prefix" in frame.columns:
        names = typed.names("zip_prefix")
        located = marked(names.len(), coded(known.located, names).drop_nulls())
        masks["zip_prefix_not_in_geolocation"] = ~holds(located, frame["zip_prefix"])
    if typed.table.name == "products":
        missing = frame["category"].is_null()
        masks["category_missing"] = missing
        masks["category_untranslated"] = ~frame["category"].is_in(known.translated.implode()) & ~missing
    return masks
