"""The routes, one file a topic."""

from __future__ import annotations

from fastapi import APIRouter

from api.http.routers import health, lanes, routes, snapshot, sources

ROUTERS: tuple[APIRouter, ...] = (
    routes.router,
    lanes.router,
    sources.router,
    snapshot.router,
    snapshot.admin_router,
    health.router,
)

__all__ = ["ROUTERS"]
