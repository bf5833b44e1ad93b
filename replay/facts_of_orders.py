"""How every order really ended: one row an order, the answers against which a replay is checked."""

from __future__ import annotations

from typing import Final

import polars as pl

from graph.days import DAY_S
from ingest.checked import Checked
from ingest.facts import Facts

STAGES: Final = ("approval", "handling", "transit")

SCHEMA: Final = pl.Schema(
    {
        "order_id": pl.String(),
        "purchased_s": pl.Int64(),
        "promised_s": pl.Int64(),
        "delivered_s": pl.Int64(),
        "promised_days": pl.Float64(),
        "realised_days": pl.Float64(),
        "late": pl.Boolean(),
        **{f"{stage}_days": pl.Float64() for stage in STAGES},
        "review_score": pl.Int32(),
        "reviewed_s": pl.Int64(),
        "seller_ids": pl.String(),
        "customer_state": pl.String(),
        "category": pl.String(),
        "packages": pl.Int32(),
    }
)
"""The columns; instants are epoch seconds, ``…_days`` count from the purchase (stages: from the one before).

``realised_days`` and ``delivered_s`` are those of the last package and null until all have arrived; the
stages are that package's. ``late``: delivered after the promise. ``review_score`` is the last answer's,
``reviewed_s`` its instant. ``seller_ids``: sorted, joined by ``;``; ``category``: the first in the alphabet.
"""


def facts_of_orders(checked: Checked, facts: Facts) -> pl.DataFrame:
    """Return what became of every order with lines, in columns ``SCHEMA``, by (purchased_s, order_id).

    Everything a source holds is in it: who judges the past must cut by ``delivered_s`` and ``reviewed_s``.
    """
    coded = ("order_id", "seller_id", "to_state", "category")
    sent = facts.packages.filter(pl.col("seller_id").is_not_null())
    named = sent.with_columns(facts.names[name].gather(sent[name]).alias(name) for name in coded)
    last_first = named.sort(
        "order_id", "delivered_s", "seller_id", "carrier_id", descending=[False, True, False, False]
    )
    arrived = pl.col("delivered_s").null_count() == 0
    ended = last_first.group_by("order_id", maintain_order=True).agg(
        pl.col("purchased_s", "promised_s").first(),
        pl.when(arrived).then(pl.col("delivered_s").max()).alias("delivered_s"),
        pl.when(arrived).then(pl.col("total_seconds").max() / DAY_S).alias("realised_days"),
        *(
            pl.when(arrived).then(pl.col(f"{stage}_seconds").first() / DAY_S).alias(f"{stage}_days")
            for stage in STAGES
        ),
        pl.col("seller_id").unique().sort().str.join(";").alias("seller_ids"),
        pl.col("to_state").first().alias("customer_state"),
        pl.col("category").min(),
        pl.len().alias("packages"),
    )
    reviews = _last_reviews(checked)
    told = ended.join(reviews, on="order_id", how="left").with_columns(
        promised_days=(pl.col("promised_s") - pl.col("purchased_s")) / DAY_S,
        late=pl.col("delivered_s") > pl.col("promised_s"),
    )
    return told.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items()).sort(
        "purchased_s", "order_id"
    )


def _last_reviews(checked: Checked) -> pl.DataFrame:
    """Return the last answer of each order: (order_id, review_score, reviewed_s)."""
    answers = checked.named("reviews").select(
        "order_id",
        "review_id",
        pl.col("score").alias("review_score"),
        pl.col("answered_at").dt.epoch("s").alias("reviewed_s"),
    )
    known = answers.drop_nulls("reviewed_s").sort("order_id", "reviewed_s", "review_id")
    return known.unique("order_id", keep="last", maintain_order=True).drop("review_id")
