"""What happened, counted by hand on a few packages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from replay.insight.packages import SCHEMA
from replay.report.happened import happened

DAY_S = 86_400
FROM_S = int(datetime(2018, 4, 2, 3, tzinfo=UTC).timestamp())  # a Monday's midnight in São Paulo
SPAN_S = (FROM_S, FROM_S + 14 * DAY_S)
AS_OF_S = FROM_S + 30 * DAY_S

TABLES = {
    "zip_prefixes": pl.DataFrame(
        {"zip_prefix": ["01001", "01002", "20000"], "lat": [-23.0, -24.0, -22.9], "lng": [-46.0, -47.0, None]}
        | {"state": ["SP", "SP", "RJ"]}
    ),
    "regions": pl.DataFrame({"region": ["010", "200"], "lat": [-23.456, None], "lng": [-46.0, None]}),
}


def package(order: str, day: float, days: float | None, **other: Any) -> dict[str, Any]:
    """Return a package bought ``day`` days after the start that takes so many days; half of it is transit.

    Without days it is still with its seller.
    """
    bought = int(FROM_S + day * DAY_S)
    end = None if days is None else int(bought + days * DAY_S)
    told = dict.fromkeys(SCHEMA) | {
        **{"order_id": order, "seller_id": "s", "customer_state": "SP", "purchased_s": bought},
        **{"approved_s": bought, "handed_s": None if days is None else int(bought + days * DAY_S / 2)},
        **{"delivered_s": end, "promised_s": bought + 10 * DAY_S, "promise_days": 10.0},
        **{"total_days": days, "at": "handling" if days is None else "delivered"},
    }
    return told | other


def told(*packages: dict[str, Any]) -> dict[str, Any]:
    return happened(pl.DataFrame(packages, schema=SCHEMA), TABLES, SPAN_S, AS_OF_S)


def test_an_order_has_arrived_with_its_last_package() -> None:
    whole = told(package("a", 0, 4.0), package("a", 0, 12.0, seller_id="t"), package("b", 8, 6.0))
    assert (whole["orders"], whole["packages"], whole["arrived"], whole["open"]) == (2, 3, 2, 0)
    assert (whole["due"], whole["late"], whole["late_share"]) == (2, 1, 0.5)
    assert (whole["median_days"], whole["mean_days"]) == (6.0, 9.0)
    assert [row["from"] for row in whole["periods"]] == ["2018-04-02", "2018-04-09"]
    assert [row["median_days"] for row in whole["periods"]] == [12.0, 6.0]


def test_an_order_under_way_counts_as_long_as_it_has_taken() -> None:
    way = package("b", 0, None, handed_s=FROM_S + DAY_S, at="transit")
    whole = told(package("a", 0, 4.0), way, package("c", 10, None))
    assert (whole["arrived"], whole["open"]) == (1, 2)
    assert whole["median_days"] is None
    # The one that was never handed over may have been canceled: it is neither due nor late.
    assert (whole["due"], whole["late"]) == (2, 1)


def test_what_is_lost_is_counted_and_prolongs_nothing() -> None:
    """Of a history that has ended the means are those of what was delivered."""
    gone = package("x", 1, None, at="lost")
    half = package("y", 2, None, handed_s=FROM_S + 3 * DAY_S, at="lost")
    whole = told(package("a", 0, 4.0), package("b", 8, 6.0), gone, half, package("y", 2, 8.0, seller_id="t"))
    assert (whole["orders"], whole["arrived"], whole["open"], whole["lost"]) == (4, 2, 0, 2)
    assert (whole["mean_days"], whole["p90_days"]) == (5.0, 6.0)
    # The order that came in part had a promise all the same; the one never handed over has none to break.
    assert (whole["due"], whole["late"]) == (3, 1)
    days = {name: stage["mean_days"] for name, stage in whole["stages"].items()}
    assert days == pytest.approx({"approval": 0.0, "handling": (2 + 3 + 1 + 4) / 4, "transit": 3.0})


def test_a_stage_is_open_only_while_the_package_is_in_it() -> None:
    unapproved = package("b", 0, 6.0, approved_s=None)
    whole = told(package("a", 0, 4.0), unapproved, package("c", 20, None, at="lost", approved_s=None))
    assert whole["stages"]["approval"]["mean_days"] == 0.0
    waiting = told(package("a", 0, 20.0), package("c", 25, None, approved_s=None, at="approval"))
    assert waiting["stages"]["handling"]["mean_days"] == 10.0
    slow = told(package("a", 0, 4.0), package("b", 0, 20.0), package("c", 5, None))
    assert slow["stages"]["handling"]["mean_days"] > (2.0 + 10.0) / 2


def test_stages_and_states() -> None:
    whole = told(package("a", 0, 4.0), package("b", 0, 8.0), package("c", 0, 2.0, customer_state="RJ"))
    assert whole["stages"]["handling"] == {"mean_days": pytest.approx(7 / 3), "share": pytest.approx(0.5)}
    assert whole["stages"]["approval"]["mean_days"] == 0.0
    busiest, other = whole["states"]
    assert (busiest["state"], busiest["orders"], busiest["transit_days"]) == ("SP", 2, 3.0)
    assert (busiest["lat"], busiest["lng"]) == (-23.5, -46.5)
    assert (other["state"], other["lat"]) == ("RJ", None)
    assert whole["outline"] == [[-46.0, -23.46]]


def test_other_days_and_orders_without_lines_are_left_out() -> None:
    early, late = package("x", -0.1, 4.0), package("y", 14, 4.0)
    assert told(package("a", 0, 4.0), early, late, package("z", 1, None, seller_id=None))["orders"] == 1


def test_a_long_stretch_is_told_by_months() -> None:
    frame = pl.DataFrame([package("a", 0, 4.0), package("b", 40, 4.0)], schema=SCHEMA)
    whole = happened(frame, TABLES, (FROM_S, FROM_S + 300 * DAY_S), AS_OF_S + 60 * DAY_S)
    assert whole["period"] == "month"
    assert [row["from"] for row in whole["periods"]] == ["2018-04-01", "2018-05-01"]


def test_a_period_that_reaches_beyond_the_stretch_is_a_part() -> None:
    frame = pl.DataFrame([package("a", 2, 4.0), package("b", 8, 4.0)], schema=SCHEMA)
    # From Wednesday to the noon of the second Monday, whose day counts whole.
    whole = happened(frame, TABLES, (FROM_S + 2 * DAY_S, FROM_S + 8 * DAY_S + DAY_S // 2), AS_OF_S)
    assert [(row["days"], row["part"]) for row in whole["periods"]] == [(5, True), (2, True)]
    exact = happened(frame, TABLES, SPAN_S, AS_OF_S)
    assert [(row["days"], row["part"]) for row in exact["periods"]] == [(7, False), (7, False)]
    months = happened(frame, TABLES, (FROM_S, FROM_S + 300 * DAY_S), AS_OF_S)
    assert [(row["days"], row["part"]) for row in months["periods"]] == [(29, True)]


def test_carriers_are_counted_where_they_are_known() -> None:
    known = [package("a", 0, 4.0, carrier_id="quick"), package("b", 0, 4.0, carrier_id="slow")]
    assert told(*known, package("c", 0, None))["carriers"] == 2
