"""From a source to a snapshot: read, check, gather facts, learn from them, write the network as of T."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source
from threadpoolctl import threadpool_limits

from graph.freight import Freight, FreightError
from graph.lead_time import Journeys, LeadTimes, OnlineParameters, Parameters
from graph.model import OFFER_LAPSE_DAYS, SnapshotMeta
from graph.network import Network
from graph.stores.files import replaced_folder, set_current
from graph.stores.parquet import FORMAT
from graph.tables import SCHEMAS
from ingest import quarantine
from ingest.checked import Checked, TableReport
from ingest.checks import Progress, check, silent
from ingest.doubts import doubts
from ingest.facts import Facts, gather, gather_nodes
from ingest.log import AT_A_TIME, event_log
from ingest.log import SCHEMA as LOG_SCHEMA
from ingest.source import Source
from replay import lanes
from replay.drift import drift_of
from replay.encode import freight_sample, journeys
from replay.identity import canonical, snapshot_id

MODEL_VERSION = 2
"""Raised whenever the same facts would give another network: the identity of a snapshot depends on it."""

ROW_GROUP = 250_000
"""Rows of the event log that its readers take at once."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build read, set aside and made, and how many seconds it took.

    ``fit_seconds`` of ``seconds`` went into fits of the base of lead times. ``doubts`` are sentences about
    what is unlikely to be meant (`ingest.doubts`).
    """

    snapshot_id: str
    as_of: datetime
    tables: Mapping[str, TableReport]
    nodes: Mapping[str, int]
    lanes: int
    offers: int
    events: int
    freight_error: FreightError | None
    seconds: float
    fit_seconds: float
    doubts: tuple[str, ...] = ()

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
            "fit_seconds": round(self.fit_seconds, 3),
            "doubts": list(self.doubts),
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


def build(
    source: Source,
    as_of: datetime | None,
    out: Path,
    progress: Progress = silent,
    settings: OnlineParameters | None = None,
) -> BuildReport:
    """Build the snapshot of ``source`` as of an instant into ``out`` and let ``CURRENT`` name it.

    ``as_of`` None is the second after the last believable event. ``progress`` is told each step; ``settings``
    are those of the lead-time model. Raises BadInput (all faults at once) when the source holds no usable
    order; ``out`` stays as it was.
    """
    started, fits = time.perf_counter(), [0.0]
    out.mkdir(parents=True, exist_ok=True)  # first, so that nobody waits to hear that it may not be written
    checked = check(source, as_of, progress)
    progress("Gathering facts")
    with ThreadPoolExecutor(max_workers=1) as beside:
        nodes = gather_nodes(checked)
        named = beside.submit(_identify, checked, nodes, settings or OnlineParameters())
        facts = gather(checked, nodes)
        meta = named.result()
        progress("Learning lead times and freight")
        with replaced_folder(out / meta.snapshot_id) as folder:
            facts.evidence["demand"].write_parquet(folder / "demand.parquet")
            log = beside.submit(write_events, folder, checked, facts)
            if facts.packages.height > AT_A_TIME:
                log.result()  # the tables of a long history leave before its model needs their memory
            reports, doubted = checked.reports, doubts(checked)
            del checked
            seen, facts = journeys(facts.packages), facts.without_packages()
            network = learn(seen, facts, meta, progress, settings, fits.append)
            progress("Writing the snapshot")
            network.save(folder)
            events = log.result()
    report = BuildReport(
        snapshot_id=meta.snapshot_id,
        as_of=meta.as_of,
        tables=reports,
        nodes={name: frame.height for name, frame in facts.nodes.items()},
        lanes=network.tables["lanes"].height,
        offers=network.tables["offers"].height,
        events=events,
        freight_error=network.freight.error,
        seconds=time.perf_counter() - started,
        fit_seconds=sum(fits),
        doubts=doubted,
    )
    _write_report(out, report)
    set_current(out, meta.snapshot_id)
    return report


def learn(
    seen: Journeys,
    facts: Facts,
    meta: SnapshotMeta,
    progress: Progress = silent,
    settings: OnlineParameters | None = None,
    fitted: Callable[[float], None] | None = None,
) -> Network:
    """Return the network that journeys and facts teach as of ``meta.as_of``.

    ``progress`` is told how far the history was played, ``fitted`` the seconds of each base fit; ``settings``
    are those of the lead-time model.
    """
    # Sums split over threads differ in their last bits from one machine to the next.
    with threadpool_limits(1, user_api="blas"):
        told = _percent("Learning lead times and freight", progress)
        lead_times = LeadTimes.online(seen, meta.as_of_s, settings, progress=told, fitted=fitted)
        freight = Freight.fit(freight_sample(seen), meta.as_of_s, facts.nodes["carriers"])
    tables = {
        **{name: schema.empty() for name, schema in SCHEMAS.items()},
        **facts.nodes,
        **lanes.observed(facts.evidence, facts.nodes),
        "sellers": lanes.sellers(facts.nodes, lead_times),
        "lanes": lanes.lanes(facts.evidence, facts.nodes, lead_times, freight, drift_of(seen, lead_times)),
    }
    return Network.from_tables(tables, lead_times, freight, meta)


def _percent(step: str, progress: Progress) -> Callable[[float], None]:
    """Return what tells ``progress`` a share of a step, each percent once."""
    told = 0

    def tell(share: float) -> None:
        nonlocal told
        if (percent := int(100.0 * share)) > told:
            told = percent
            progress(f"{step}: {percent} % of the history")

    return tell


def _identify(
    checked: Checked, nodes: Mapping[str, pl.DataFrame], settings: OnlineParameters
) -> SnapshotMeta:
    parameters: dict[str, object] = {
        "model_version": MODEL_VERSION,
        "format": FORMAT,
        "offer_lapse_days": OFFER_LAPSE_DAYS,
        "lead_time": asdict(Parameters()),
        "lead_time_online": asdict(settings),
    }
    identity = snapshot_id(canonical(checked, nodes), checked.as_of, parameters)
    return SnapshotMeta(identity, checked.as_of, parameters)


def write_events(folder: Path, checked: Checked, facts: Facts, at_a_time: int = AT_A_TIME) -> int:
    """Write ``events.parquet`` stretch by stretch; return how many rows it has."""
    rows = 0

    def played(*_: object) -> Iterator[pl.DataFrame]:
        nonlocal rows
        for events in event_log(checked, facts, at_a_time):
            rows += events.height
            yield events

    log = register_io_source(played, schema=LOG_SCHEMA)
    log.sink_parquet(
        folder / "events.parquet",
        compression="lz4",
        statistics=False,
        maintain_order=True,
        row_group_size=ROW_GROUP,
    )
    return rows


def _write_report(out: Path, report: BuildReport) -> None:
    """Write what was read and set aside, beside the snapshot and outside its identity."""
    with replaced_folder(out / f"{report.snapshot_id}.build") as folder:
        text = json.dumps(report.to_dict(), indent=1, ensure_ascii=False)
        (folder / "build.json").write_text(text + "\n", "utf-8")
        quarantine.write(report.tables, folder / "quarantine")
