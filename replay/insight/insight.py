"""Everything that the past says as of one instant: each part worked out once, when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Self

import polars as pl

from replay.insight.bottlenecks import Bottlenecks, bottlenecks, on_offer
from replay.insight.claims import Claims, tried_claims
from replay.insight.diagnosis import Diagnosis, diagnose
from replay.insight.expected import with_expected
from replay.insight.kpis import Kpis, kpis
from replay.insight.packages import Log
from replay.insight.rankings import SellerRanking, rank_sellers
from replay.insight.routes import RouteLevel, RouteRanking, rank_routes
from replay.insight.satisfaction import Satisfaction, satisfaction
from replay.insight.settings import RankingSettings


class Insight:
    """The parts over one log. Nothing in it changes; threads may share it.

    Two threads that ask for the same part at once may both work it out, and get the same.
    """

    def __init__(self, log: Log, settings: RankingSettings) -> None:
        self.log = log
        self.settings = settings
        self._routes: dict[RouteLevel, RouteRanking] = {}

    @classmethod
    def of_snapshot(cls, path: str | Path, settings: RankingSettings) -> Self:
        """Return the insight of a snapshot folder; SnapshotError where it cannot be read."""
        return cls(Log.of_snapshot(path), settings)

    @cached_property
    def packages(self) -> pl.DataFrame:
        """All packages with what was expected of them."""
        return with_expected(self.log.packages())

    @cached_property
    def sellers(self) -> SellerRanking:
        """The ranking of sellers."""
        return rank_sellers(self.packages, self.log.as_of_s, self.settings)

    def routes(self, level: RouteLevel = RouteLevel.STATE) -> RouteRanking:
        """Return the ranking of routes between states or regions."""
        if level not in self._routes:
            self._routes[level] = rank_routes(self.packages, self.log.as_of_s, self.settings, level)
        return self._routes[level]

    @cached_property
    def bottlenecks(self) -> Bottlenecks:
        """The bottlenecks, with the stock that the network itself knows."""
        stock = on_offer(self.log.tables, self.log.as_of_s)
        return bottlenecks(self.packages, self.log.as_of_s, self.settings, stock)

    @cached_property
    def kpis(self) -> Kpis:
        """The key figures; alerts and stock at risk stay unknown."""
        return kpis(self.packages, self.log.as_of_s)

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """Where time was lost, over the whole history."""
        return diagnose(self.packages)

    @cached_property
    def satisfaction(self) -> Satisfaction:
        """Stars against delay, over the whole history."""
        return satisfaction(self.packages)

    @cached_property
    def claims(self) -> Claims:
        """The claims put to the test, over the whole history."""
        return tried_claims(self.packages)

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """Return all parts as JSON values; ``limit``: the most rows of each list of sellers and routes."""
        return {
            "as_of": self.log.as_of.isoformat(),
            "snapshot_id": self.log.snapshot_id,
            "sellers": self.sellers.to_dict(limit),
            "routes": self.routes().to_dict(limit),
            "bottlenecks": self.bottlenecks.to_dict(),
            "kpis": self.kpis.to_dict(),
            "diagnosis": self.diagnosis.to_dict(),
            "satisfaction": self.satisfaction.to_dict(),
            "claims": self.claims.to_dict(),
        }
