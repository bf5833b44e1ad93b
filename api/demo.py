"""The demonstration: build a network, route some newest orders, report the last weeks by two policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from api import policies
from api.inspection import evidence
from api.replay_jobs import history_name
from api.report_files import write_report
from graph import Network, Recommendation
from graph.days import DAY_S
from ingest.source import Source, open_source
from replay.build import BuildReport, build
from replay.report.making import LAST_DAYS, Sources, Wanted, make

NEWEST = 500
"""Lines to choose from: the newest of the history, those with most sellers to choose between first."""

PROBABILITY = 0.9
"""The promise of a route is the shortest that holds with this probability."""

POLICIES = ("as_is", "priced")
REPORT = "smart_routing"
"""The folder of the report, in the demonstration's."""

SHOWN = 5
ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class RoutedLine:
    """One line of a real order, routed as of the snapshot, beside the seller that was recorded."""

    zip_prefix: str
    product_id: str
    title: str
    answer: Recommendation
    verdict: str


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demonstration did."""

    source: str
    report: BuildReport
    evidence: Mapping[str, Mapping[str, int]]
    routed: list[RoutedLine]
    numbers: Mapping[str, Any]

    @property
    def replayed(self) -> Mapping[str, Any]:
        """The totals of the replay in the smart-routing report."""
        told: Mapping[str, Any] = self.numbers["replayed"]
        return told


def run_demo(source: str, out: Path, orders: int, progress: Callable[[str], None]) -> Demo:
    """Build a snapshot of ``source`` in ``out/snapshots``, route some newest lines, report the last weeks."""
    snapshots, tables = out / "snapshots", open_source(source)
    report = build(tables, None, snapshots, progress)
    network = Network.open(snapshots)
    progress("Routing the newest orders")
    lines = newest_lines(snapshots / report.snapshot_id / "events.parquet", network, orders)
    routed = [route_line(network, line) for line in lines]
    numbers = report_newest(source, tables, out / REPORT, progress)
    return Demo(source, report, evidence(network.tables["lanes"]), routed, numbers)


def report_newest(
    source: str, tables: Source, folder: Path, progress: Callable[[str], None]
) -> Mapping[str, Any]:
    """Write the smart-routing report of the last 60 days, each order decided as of its own purchase."""
    sources = Sources.read(history_name(source), tables, progress)
    chosen = [policies.load(name) for name in POLICIES]

    def tell(share: float, text: str) -> None:
        progress(f"The last {LAST_DAYS} days: {text.lower()} ({share:.0%})")

    wanted = Wanted(chosen, chosen[-1].costs, in_two=True)
    made = make(sources, sources.span_s(None, None), wanted, tell)
    return write_report(folder, made)


def newest_lines(events: Path, network: Network, count: int) -> list[dict[str, Any]]:
    """Return lines of the newest orders, those whose product has most sellers first, then the newest.

    A choice is what routing is about; a line that only one seller offers has one only between carriers.
    """
    sellers = network.tables["offers"].lazy().group_by("product_id").agg(pl.len().alias("sellers"))
    bought = pl.scan_parquet(events).filter(kind="OrderPurchased").drop_nulls("product_id").tail(NEWEST)
    ranked = bought.join(sellers, on="product_id").sort(
        "sellers", "time_s", "subject", "part", descending=[True, True, False, False]
    )
    one_a_product = ranked.unique("product_id", keep="first", maintain_order=True)
    return one_a_product.head(count).collect().to_dicts()


def route_line(network: Network, line: Mapping[str, Any]) -> RoutedLine:
    """Return the routes for one purchased line, and where the recorded seller stands among them."""
    asked = {"zip_prefix": line["zip_prefix"], "product_id": line["product_id"], "probability": PROBABILITY}
    everyone = network.recommend(**asked, k=ALL)
    title = f"Order {line['subject'][:8]}…: product {line['product_id'][:8]}… to {line['zip_prefix']}."
    if line["promised_s"] is not None:
        promise = (line["promised_s"] - line["time_s"]) / DAY_S
        title += f" The marketplace promised {promise:.1f} days."
    shown = replace(everyone, routes=everyone.routes[:SHOWN])
    verdict = _verdict(line["seller_id"], everyone)
    return RoutedLine(line["zip_prefix"], line["product_id"], title, shown, verdict)


def _verdict(seller_id: str, everyone: Recommendation) -> str:
    """Say where the seller that the marketplace recorded stands, and what the best would have changed."""
    own = [route for route in everyone if seller_id in route.source_id.split(":")]
    if not own:
        return "The recorded seller's offer has lapsed or cannot be carried: no comparison."
    best, recorded = everyone[0], own[0]
    if recorded is best:
        return "The recorded seller is also the best choice."
    days = recorded.lead_time.mean_days - best.lead_time.mean_days
    cents = recorded.freight_cents - best.freight_cents
    return (
        f"The recorded seller's best route is number {recorded.rank} of {len(everyone)}. The first one is "
        f"expected {abs(days):.1f} days {'sooner' if days >= 0 else 'later'}; its {PROBABILITY:.0%} promise "
        f"is {best.promise_days:.1f} instead of {recorded.promise_days:.1f} days, its freight "
        f"{abs(cents) / 100:.2f} {'less' if cents >= 0 else 'more'}."
    )
