"""The routes, one file a topic."""

from __future__ import annotations

from fastapi import APIRouter

from api.http.routers import health, lanes, order_verbs, orders, routes, snapshot, sources, stock

ROUTERS: tuple[APIRouter, ...] = (
    routes.router,
    orders.reading_router,
    orders.router,
    order_verbs.router,
    stock.router,
    stock.events_router,
    lanes.router,
    sources.router,
    snapshot.router,
    snapshot.admin_router,
    health.router,
)

__all__ = ["ROUTERS"]
