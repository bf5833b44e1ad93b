"""Figures for Prometheus: counts and durations by route and status; never an id as a label."""

from __future__ import annotations

import os
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Where several workers add up their figures; the server sets it before they start."""

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

_SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class Metrics:
    """What a server counts; times are real durations, never instants of a replayed past."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "malha_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self.seconds = Histogram(
            "malha_http_request_seconds",
            "Time to answer a request.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.candidates = Histogram(
            "malha_recommend_candidates",
            "Routes compared for one recommendation.",
            buckets=(0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000, 20_000),
            registry=self._registry,
        )
        self.snapshots = Counter(
            "malha_snapshots_taken", "Snapshots that workers have put into force.", registry=self._registry
        )

    def page(self) -> bytes:
        """Return the figures of all workers in Prometheus' text format."""
        if FOLDER not in os.environ:
            return generate_latest(self._registry)
        everyone = CollectorRegistry()
        multiprocess.MultiProcessCollector(everyone)  # type: ignore[no-untyped-call]
        return generate_latest(everyone)
