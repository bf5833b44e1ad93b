"""What a worker keeps of a snapshot's past: worked out at the first question, once a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any, Final, Self

import polars as pl

from api.http.desk import Counter
from api.http.insight_models import From
from api.http.problems import Code, Problem
from api.http.service import Loaded
from api.rankings import load_rankings
from graph.errors import SnapshotError
from replay.insight.bottlenecks import Bottlenecks, on_offer
from replay.insight.insight import Insight
from replay.insight.kpis import Kpis
from replay.insight.live import alerts_open, stock_at_risk, units_by_seller
from replay.insight.packages import Log
from replay.insight.rankings import SellerRanking
from replay.insight.routes import RouteLevel, RouteRanking

MOST_ROWS: Final = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """The rankings, bottlenecks and key figures of one snapshot; the packages behind them are let go."""

    tables: Mapping[str, pl.DataFrame]
    as_of_s: int
    sellers: SellerRanking
    routes: Mapping[RouteLevel, RouteRanking]
    bottlenecks: Bottlenecks
    kpis: Kpis

    @classmethod
    def of(cls, loaded: Loaded) -> Self:
        """Work all of it out; the problem ``not_ready`` where the snapshot's event log is missing."""
        network = loaded.network
        try:
            log = Log.of_tables(Path(loaded.folder), network.tables, network.meta)
        except SnapshotError as error:
            raise Problem(
                Code.NOT_READY, "The snapshot in force has no event log: build it again."
            ) from error
        told = Insight(log, load_rankings())
        routes = {level: told.routes(level) for level in RouteLevel}
        return cls(log.tables, log.as_of_s, told.sellers, routes, told.bottlenecks, told.kpis)


class Standings:
    """The standing of the snapshot that was asked about last; threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._snapshot_id = ""
        self._standing: Standing | None = None

    def of(self, loaded: Loaded) -> Standing:
        """Return the standing of a snapshot; whoever asks while it is worked out waits for it."""
        with self._lock:
            if self._standing is None or self._snapshot_id != loaded.snapshot_id:
                self._standing, self._snapshot_id = Standing.of(loaded), loaded.snapshot_id
            return self._standing


STANDINGS: Final = Standings()
"""One for each worker: a snapshot's id names its content, so whose server asks makes no difference."""


def seller_values(loaded: Loaded, order: From, limit: int) -> dict[str, Any]:
    """Return the ranking of sellers as JSON values."""
    return STANDINGS.of(loaded).sellers.to_dict(limit, worst=order is From.WORST)


def route_values(loaded: Loaded, level: RouteLevel, order: From, limit: int) -> dict[str, Any]:
    """Return the ranking of routes as JSON values."""
    return STANDINGS.of(loaded).routes[level].to_dict(limit, worst=order is From.WORST)


def bottleneck_values(loaded: Loaded, counter: Counter, limit: int) -> dict[str, Any]:
    """Return the bottlenecks as JSON values, with the units of the ledger where there is one."""
    standing = STANDINGS.of(loaded)
    if counter.home is None:
        return standing.bottlenecks.to_dict(limit)
    with counter.home.reading() as unit:
        units = units_by_seller(unit.connection)
    stock = on_offer(standing.tables, standing.as_of_s, units)
    return standing.bottlenecks.with_stock(stock).to_dict(limit)


def kpi_values(loaded: Loaded, counter: Counter) -> dict[str, Any]:
    """Return the key figures as JSON values, with alerts and stock at risk where there is a database."""
    found = STANDINGS.of(loaded).kpis
    if counter.home is not None:
        with counter.home.reading() as unit:
            alerts, risk = alerts_open(unit.connection), stock_at_risk(unit.connection)
        found = replace(found, alerts_open=alerts, stock_at_risk=risk)
    return found.to_dict()
