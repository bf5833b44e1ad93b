"""The routes, one file a topic."""

from __future__ import annotations

from fastapi import APIRouter

from api.http.routers import (
    alerts,
    capacity,
    events,
    health,
    insight,
    jobs,
    lanes,
    offers,
    order_verbs,
    orders,
    placements,
    purchase_orders,
    reorder,
    replays,
    reports,
    routes,
    snapshot,
    sources,
    stock,
)

ROUTERS: tuple[APIRouter, ...] = (
    routes.router,
    # Before /orders/{order_id}, which has its form but takes other methods.
    jobs.router,
    jobs.reading_router,
    placements.router,
    replays.router,
    reports.router,
    reports.pages_router,
    orders.reading_router,
    orders.router,
    order_verbs.router,
    offers.router,
    capacity.reading_router,
    capacity.router,
    reorder.router,
    stock.router,
    stock.events_router,
    alerts.router,
    events.router,
    purchase_orders.reading_router,
    purchase_orders.router,
    insight.router,
    lanes.router,
    sources.router,
    snapshot.router,
    snapshot.admin_router,
    health.router,
)

__all__ = ["ROUTERS"]
