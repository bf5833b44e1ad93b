"""A small scenario whose figures can be followed by hand."""

from __future__ import annotations

from typing import Any

import polars as pl

SETTINGS: dict[str, Any] = {
    "horizon_days": 30.0,
    "cover_days": 10.0,
    "service": {"promise_days": 5.0},
    "weights": {"time_cents_per_day": 2.0, "late_cents": 100.0},
}


def tables() -> dict[str, pl.DataFrame]:
    """Return two sites, three demands of two groups, two sellers; every table but flows."""
    return {
        "sites": pl.DataFrame(
            {
                "warehouse_id": ["north", "south"],
                "zip_prefix": ["01310", "20010"],
                "fixed_cost_cents": [500, 300],
                "capacity_units": [None, 12],
                "handling_cost_cents": [3, 4],
                "handling_hours": [24, 12],
            }
        ),
        "demand": pl.DataFrame(
            {
                "demand_id": ["a", "b", "c"],
                "region": ["013", "200", "200"],
                "group": ["toys", "toys", "books"],
                "units": [10.0, 4.0, 6.0],
                "units_sd": [1.0, 0.5, 2.0],
            }
        ),
        "service": pl.DataFrame(
            {
                "warehouse_id": ["north"] * 3 + ["south"] * 3,
                "demand_id": ["a", "b", "c"] * 2,
                "unit_cost_cents": [10, 20, 30, 25, 5, 8],
                "lead_time_mean_days": [2.0, 6.0, 6.0, 4.0, 1.0, 1.0],
                "lead_time_sd_days": [0.0] * 6,
            }
        ),
        "inbound": pl.DataFrame(
            {
                "seller_id": ["s", "s", "t", "t"],
                "warehouse_id": ["north", "south"] * 2,
                "unit_cost_cents": [1.0, 2.0, 3.0, 4.0],
                "lead_time_days": [1.0, 2.5, 3.0, 0.5],
            }
        ),
        "products": pl.DataFrame({"group": ["toys", "books"], "holding_cost_cents_per_day": [0.1, 0.2]}),
        "supply": pl.DataFrame(
            {"group": ["toys", "toys", "books"], "seller_id": ["s", "t", "s"], "units": [1, 3, 5]}
        ),
    }
