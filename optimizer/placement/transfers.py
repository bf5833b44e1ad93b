"""Who sends what to which site, and by when."""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil
from typing import Final

import numpy as np
import polars as pl

from optimizer.placement.scenario import Scenario
from optimizer.placement.service import Inbound
from optimizer.words import Floats, Ints

TRANSFERS: Final = {
    **dict.fromkeys(("seller_id", "warehouse_id", "item"), pl.String()),
    **dict.fromkeys(("units", "units_first", "unit_cost_cents", "lead_time_days"), pl.Float64()),
    **dict.fromkeys(("send_by", "arrive_by"), pl.Date()),
}


def transfer_table(
    scenario: Scenario, place: tuple[Ints, Ints], items: pl.Series, units: Floats, units_first: Floats
) -> pl.DataFrame:
    """Return transfers of ``units`` from sellers to sites, sorted; all arrays have one length.

    ``place``: the site of each, and its row in the scenario's inbound transport. ``units_first`` must be
    there when the horizon starts; the rest follows evenly.
    """
    inbound = known_inbound(scenario)
    site, pair = place
    start, days = scenario.settings.start, inbound.seller_days[place]
    return pl.DataFrame(
        {
            "seller_id": pl.Series(inbound.seller_ids, dtype=pl.String)[inbound.seller[pair]],
            "warehouse_id": pl.Series(scenario.site_ids, dtype=pl.String)[site],
            "item": items,
            "units": units.round(6),
            "units_first": units_first.round(6),
            "unit_cost_cents": inbound.seller_cents[place].round(2),
            "lead_time_days": days.round(3),
            "send_by": pl.Series([_before(start, late) for late in days.tolist()], dtype=pl.Date),
            "arrive_by": pl.Series([start] * len(site), dtype=pl.Date),
        },
        schema=TRANSFERS,
    ).sort("warehouse_id", "item", "seller_id")


def group_transfers(scenario: Scenario, site: Ints, demand: Ints, units: Floats) -> pl.DataFrame:
    """Return what sellers send of each item, in their shares, for flows of ``units`` from sites to demands.

    What must be there at the start is the demand of ``cover_days``.
    """
    if scenario.inbound is None:
        return pl.DataFrame(schema=TRANSFERS)
    inbound, own = scenario.inbound, scenario.sites.height
    handled = np.zeros((own, len(scenario.items)))
    kept = site < own
    np.add.at(handled, (site[kept], scenario.item[demand[kept]]), units[kept])
    sent = handled[:, inbound.item] * inbound.share
    to, pair = np.nonzero(sent > 0)
    items = pl.Series(scenario.items, dtype=pl.String)[inbound.item[pair]]
    first = min(scenario.settings.cover_days / scenario.settings.horizon_days, 1.0)
    return transfer_table(scenario, (to, pair), items, sent[to, pair], sent[to, pair] * first)


def known_inbound(scenario: Scenario) -> Inbound:
    """Return the inbound transport of a completed scenario with a supply."""
    if scenario.inbound is None:
        raise ValueError("The scenario has no inbound transport: complete it first.")
    return scenario.inbound


def _before(start: date | None, days: float) -> date | None:
    return None if start is None else start - timedelta(days=ceil(days))
