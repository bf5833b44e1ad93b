"""From a source to a snapshot: read, check, gather facts, learn from them, write the network as of T."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from threadpoolctl import threadpool_limits

from graph.freight import Freight, FreightError, FreightQuery, FreightSample
from graph.lead_time import Journeys, LeadTimes, Parameters
from graph.model import SnapshotMeta
from graph.network import OFFER_LAPSE_DAYS, Network
from graph.stores.files import replaced_folder, set_current
from graph.stores.parquet import FORMAT
from graph.tables import SCHEMAS
from ingest import quarantine
from ingest.checked import Checked, TableReport
from ingest.checks import Progress, check, silent
from ingest.facts import AT_A_TIME, Facts, event_log, gather, gather_nodes
from ingest.source import Source
from replay import lanes
from replay.encode import journeys
from replay.identity import canonical, snapshot_id

MODEL_VERSION = 1
"""Raised whenever the same facts would give another network: the identity of a snapshot depends on it."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build read, set aside and made, and how many seconds it took."""

    snapshot_id: str
    as_of: datetime
    tables: Mapping[str, TableReport]
    nodes: Mapping[str, int]
    lanes: int
    offers: int
    events: int
    freight_error: FreightError | None
    seconds: float

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON values, in the keys of ``build.json``."""
        error = self.freight_error
        return {
            "snapshot_id": self.snapshot_id,
            "as_of": self.as_of.isoformat(),
            "tables": {name: account(table) for name, table in self.tables.items()},
            "nodes": dict(self.nodes),
            "lanes": self.lanes,
            "offers": self.offers,
            "events": self.events,
            "freight_error": None if error is None else asdict(error),
            "seconds": round(self.seconds, 3),
        }


def account(report: TableReport) -> dict[str, object]:
    """Return where the rows of one table went, as JSON values."""
    return {
        "read": report.read,
        "used": report.used,
        "set_aside": report.set_aside,
        "later_than_as_of": report.later_than_as_of,
        "cleaned": dict(report.cleaned),
        "reasons": dict(report.reasons),
    }


def build(source: Source, as_of: datetime | None, out: Path, progress: Progress = silent) -> BuildReport:
    """Build the snapshot of ``source`` as of an instant into ``out`` and let ``CURRENT`` name it.

    ``as_of`` None is the second after the last believable event. ``progress`` is told each step.
    Raises BadInput (all faults at once) when the source holds no usable order; ``out`` stays as it was.
    """
    started = time.perf_counter()
    out.mkdir(parents=True, exist_ok=True)  # first, so that nobody waits to hear that it may not be written
    checked = check(source, as_of, progress)
    progress("Gathering facts")
    with ThreadPoolExecutor(max_workers=1) as beside:
        nodes = gather_nodes(checked)
        named = beside.submit(_identify, checked, nodes)
        facts = gather(checked, nodes)
        meta = named.result()
        progress("Learning lead times and freight")
        with replaced_folder(out / meta.snapshot_id) as folder:
            log = beside.submit(write_events, folder, checked, facts)
            network = learn(facts, meta)
            progress("Writing the snapshot")
            network.save(folder)
            facts.evidence["demand"].sort(pl.all()).write_parquet(folder / "demand.parquet")
            events = log.result()
    report = BuildReport(
        snapshot_id=meta.snapshot_id,
        as_of=meta.as_of,
        tables=checked.reports,
        nodes={name: frame.height for name, frame in facts.nodes.items()},
        lanes=network.tables["lanes"].height,
        offers=network.tables["offers"].height,
        events=events,
        freight_error=network.freight.error,
        seconds=time.perf_counter() - started,
    )
    _write_report(out, report)
    set_current(out, meta.snapshot_id)
    return report


def learn(facts: Facts, meta: SnapshotMeta) -> Network:
    """Return the network that the facts teach as of ``meta.as_of``."""
    seen = journeys(facts.packages, facts.nodes)
    # Sums split over threads differ in their last bits from one machine to the next.
    with threadpool_limits(1, user_api="blas"):
        lead_times = LeadTimes.fit(seen, meta.as_of_s)
        freight = Freight.fit(_freight_sample(seen), meta.as_of_s, facts.nodes["carriers"])
    tables = {
        **{name: schema.empty() for name, schema in SCHEMAS.items()},
        **facts.nodes,
        **lanes.observed(facts.evidence, facts.nodes),
        "sellers": lanes.sellers(facts.nodes, lead_times),
        "lanes": lanes.lanes(facts.evidence, facts.nodes, lead_times, freight),
    }
    return Network.from_tables(tables, lead_times, freight, meta)


def _freight_sample(seen: Journeys) -> FreightSample:
    """Return the packages of one unit: their freight belongs to that unit alone."""
    one = seen.n_lines == 1
    parcels = FreightQuery(
        seller=seen.seller[one],
        dest_region=seen.dest_region[one],
        carrier=seen.carrier[one],
        same_state=(seen.origin_state == seen.dest_state)[one],
        distance_km=seen.distance_km[one],
        weight_g=seen.weight_g[one],
        volume_cm3=seen.volume_cm3[one],
        price_cents=seen.price_cents[one],
    )
    return FreightSample(parcels, seen.purchased_s[one], seen.freight_cents[one].astype("int64"))


def _identify(checked: Checked, nodes: Mapping[str, pl.DataFrame]) -> SnapshotMeta:
    parameters: dict[str, object] = {
        "model_version": MODEL_VERSION,
        "format": FORMAT,
        "offer_lapse_days": OFFER_LAPSE_DAYS,
        "lead_time": asdict(Parameters()),
    }
    identity = snapshot_id(canonical(checked, nodes), checked.as_of, parameters)
    return SnapshotMeta(identity, checked.as_of, parameters)


def write_events(folder: Path, checked: Checked, facts: Facts, at_a_time: int = AT_A_TIME) -> int:
    """Write ``events.parquet`` stretch by stretch; return how many rows it has."""
    stretches: list[Path] = []
    rows = 0
    for events in event_log(checked, facts, at_a_time):
        stretches.append(folder / f"events.{len(stretches)}.parquet")
        events.write_parquet(stretches[-1], compression="lz4", statistics=False)
        rows += events.height
    whole = folder / "events.parquet"
    if len(stretches) == 1:
        stretches[0].rename(whole)
        return rows
    pl.scan_parquet(stretches).sink_parquet(whole, compression="lz4", statistics=False, maintain_order=True)
    for stretch in stretches:
        stretch.unlink()
    return rows


def _write_report(out: Path, report: BuildReport) -> None:
    """Write what was read and set aside, beside the snapshot and outside its identity."""
    with replaced_folder(out / f"{report.snapshot_id}.build") as folder:
        text = json.dumps(report.to_dict(), indent=1, ensure_ascii=False)
        (folder / "build.json").write_text(text + "\n", "utf-8")
        quarantine.write(report.tables, folder / "quarantine")
