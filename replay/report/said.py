"""What the past says by itself, cut to a report: who and what was slow, what stars cost, what was claimed."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from replay.insight.bottlenecks import bottlenecks, on_offer
from replay.insight.claims import tried_claims
from replay.insight.diagnosis import diagnose
from replay.insight.expected import with_expected
from replay.insight.kpis import kpis
from replay.insight.modelled import BASIS, with_modelled
from replay.insight.packages import Log
from replay.insight.rankings import rank_sellers
from replay.insight.routes import rank_routes
from replay.insight.satisfaction import satisfaction
from replay.insight.settings import RankingSettings
from replay.recorded import Past

MOST_ROWS: Final = 50
"""Sellers and routes in a report's numbers: the best and the last so many."""


def said(past: Past, log: Log, span_s: tuple[int, int], settings: RankingSettings) -> dict[str, Any]:
    """Return the parts of ``replay.insight`` over a stretch [from, to), as JSON values by name.

    Rankings, bottlenecks and key figures are as of its end: nothing later is in them. The diagnosis is of
    the packages purchased in the stretch, with all that came of them, held against what the lead-time model
    expected; satisfaction and claims are of the whole history.
    """
    at_s = min(span_s[1], log.as_of_s)
    everything = with_expected(log.packages())
    known = everything if at_s == log.as_of_s else with_expected(log.packages(at_s))
    sellers, routes = rank_sellers(known, at_s, settings), rank_routes(known, at_s, settings)
    stock = on_offer(_shelves(past, at_s), at_s)
    return {
        "as_of_s": at_s,
        "diagnosis": diagnose(with_modelled(everything, past, span_s), BASIS).to_dict(),
        "bottlenecks": bottlenecks(known, at_s, settings, stock).to_dict(),
        "sellers": sellers.to_dict(MOST_ROWS),
        "sellers_last": sellers.to_dict(MOST_ROWS, worst=True)["sellers"],
        "routes": routes.to_dict(MOST_ROWS),
        "routes_last": routes.to_dict(MOST_ROWS, worst=True)["routes"],
        "satisfaction": satisfaction(everything).to_dict(),
        "claims": tried_claims(everything).to_dict(),
        "kpis": kpis(known, at_s).to_dict(),
    }


def _shelves(past: Past, at_s: int) -> dict[str, pl.DataFrame]:
    """Return the offers sold before an instant, with their last sale, and what warehouses hold."""
    sold = (
        past.sales.filter(pl.col("at_s") < at_s)
        .group_by("offer", maintain_order=True)
        .agg(pl.col("at_s").max())
    )
    named = past.tables["offers"].select("product_id", "seller_id").with_row_index("offer")
    last = pl.from_epoch("at_s").dt.cast_time_unit("us").dt.replace_time_zone("UTC")
    offers = named.join(sold.with_columns(pl.col("offer").cast(pl.UInt32)), on="offer")
    return {
        "offers": offers.with_columns(last.alias("last_sold")),
        "stocks": past.tables["stocks"],
    }
