"""Whether a comparison's claims hold in synthetic marketplaces, where the truth is known.

Three kinds of worlds, many seeds of each: one like Olist's whose buyers choose by money, one where all ways
are alike (nothing to gain), one where carriers cost the same and the record picks blindly (much to gain).
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from api import policies
from benchmarks.truth import Truth
from graph.days import DAY_S
from graph.lead_time import OnlineParameters
from ingest.source import open_source
from ingest.synthetic.marketplace import write
from ingest.synthetic.world import World
from ingest.synthetic.world_files import load_world, world_of
from replay.comparison import Comparison, Verdict, compare
from replay.comparison.joined import Outcomes
from replay.opened import opening_stock
from replay.recorded import read_past
from replay.replayed import replay

ORDERS: Final = 2_700
FROM_S: Final = int(datetime(2017, 6, 12, 3, tzinfo=UTC).timestamp())
"""A Monday, after more than five months of learning."""
WEEKS: Final = 10
"""So many are judged: about 700 orders."""

FEW_TREES: Final = OnlineParameters(lane_trees=30, seller_trees=8, base_minimum=500, refit_growth=2.0)
ENOUGH_DAYS: Final = 0.5

_SMALL: Final[Mapping[str, Mapping[str, Any]]] = {
    "history": {"months": 9, "complete": True},
    "volume": {"growth_per_year": 0.0},
    "places": {"regions": 60, "zip_prefixes": 400, "rows_per_zip_prefix": 1.0},
    "baskets": {"two_products": 0.0},
    "stock": {"events": False},
}
_ALIKE: Final = {"base_cents": 900, "cents_per_kg": 250.0, "cents_per_km": 0.3}


def world(kind: str) -> World:
    """Return a world: ``market`` (a record made by money alone), ``null``, ``gain``, or ``knowing``.

    In ``knowing`` buyers see the true lead times, which no model can: what a comparison takes for granted
    does not hold there.
    """
    settings = load_world("null" if kind == "null" else "default").model_dump()
    for part, values in _SMALL.items():
        settings[part] |= values
    if kind == "market":
        settings["rule"]["cents_per_day"] = 0.0
    if kind == "gain":
        settings["rule"]["name"] = "random"
        settings["carriers"] = [{**carrier, **_ALIKE} for carrier in settings["carriers"]]
    return world_of(settings)


@dataclass(frozen=True, slots=True)
class Judged:
    """One world's claim of ``priced`` over ``as_is`` in expected days (below 0: faster), and its truth."""

    kind: str
    seed: int
    orders: int
    true_days: float
    mean: float
    low: float
    high: float
    model: float
    verdict: str
    moved: int
    kept: int
    cpu_seconds: float

    @property
    def covered(self) -> bool:
        """Whether the truth lies in the interval."""
        return self.low <= self.true_days <= self.high


def judge(kind: str, seed: int, weeks: int = WEEKS) -> Judged:
    """Make a marketplace, replay it, compare, and look up the truth."""
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        market = Path(folder) / "market"
        write(world(kind), ORDERS, seed, market, "parquet")
        truth = Truth.open(market / "truth")
        past = read_past(open_source(str(market)))
    named = [policies.load(name) for name in ("as_is", "priced")]
    span_s = FROM_S, FROM_S + weeks * 7 * DAY_S
    done = replay(past, span_s, named, named[1].costs, opening_stock(past, span_s[0]), parameters=FEW_TREES)
    compared = compare(done, past.facts, seed=seed)
    claim = compared.found("priced", "expected_days")
    if claim.low is None or claim.high is None:
        raise AssertionError("several weeks give an interval")
    return Judged(
        kind=kind,
        seed=seed,
        orders=len(compared.weeks.code),
        true_days=true_difference(truth, compared, "priced"),
        mean=claim.mean,
        low=claim.low,
        high=claim.high,
        model=claim.model,
        verdict=claim.verdict.value,
        moved=claim.moved,
        kept=claim.kept,
        cpu_seconds=time.process_time() - started,
    )


def true_difference(truth: Truth, compared: Comparison, policy: str) -> float:
    """Return the mean over the compared orders of a policy's true mean days less the record's."""
    outcomes: Outcomes = compared.joined.outcomes
    means = [
        truth.law(outcomes[name].select("order_id", source_id="source_ids", carrier_id="carrier_ids"))
        for name in (policy, compared.joined.as_is)
    ]
    return float((means[0]["mean_days"] - means[1]["mean_days"]).to_numpy().mean())


def summary(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return by kind of world how often claims hold, how wide and how biased they are."""
    told = pl.DataFrame([asdict(one) | {"covered": one.covered} for one in judged])
    width, bias = pl.col("high") - pl.col("low"), pl.col("mean") - pl.col("true_days")
    found = told.group_by("kind", maintain_order=True).agg(
        worlds=pl.len(),
        covered=pl.col("covered").sum(),
        mean_width_days=width.mean(),
        bias_days=bias.mean(),
        bias_of_model_days=(pl.col("model") - pl.col("true_days")).mean(),
        error_days=(bias**2).mean().sqrt(),
        claimed_gain=(pl.col("verdict") == Verdict.GAIN.value).sum(),
        much_to_gain=(pl.col("true_days") <= -ENOUGH_DAYS).sum(),
        claimed_of_much=((pl.col("true_days") <= -ENOUGH_DAYS) & (pl.col("verdict") == "gain")).sum(),
        true_days=pl.col("true_days").mean(),
        orders=pl.col("orders").mean(),
        cpu_seconds=pl.col("cpu_seconds").mean(),
    )
    return {row["kind"]: row for row in found.to_dicts()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", action="append", choices=["market", "null", "gain", "knowing"])
    parser.add_argument("--first", type=int, default=1, help="first seed")
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--json", type=Path, help="write every world's figures here, a line each")
    asked = parser.parse_args()
    judged = []
    for seed in range(asked.first, asked.first + asked.seeds):
        for kind in asked.kind or ("market", "null", "gain"):
            judged.append(judge(kind, seed))
            line = json.dumps(asdict(judged[-1]))
            print(line, flush=True)
            if asked.json is not None:
                with asked.json.open("a", encoding="utf-8") as file:
                    file.write(line + "\n")
    print(json.dumps(summary(judged), indent=1))


if __name__ == "__main__":
    main()
