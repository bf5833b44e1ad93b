"""Claims are recomputed from the plain tables, and their verdicts are those of planted worlds."""

from __future__ import annotations

import json
from statistics import fmean

import polars as pl
import pytest

from replay.insight.claims import CLAIMED, STATE, Verdict, tried_claims
from replay.insight.day_handling import day_handling
from replay.insight.selections import SELECTIONS, delivered, selected, told
from tests.replay.insight.raw import Row

DAY_S, HOUR_S = 86_400, 3_600


def test_the_figures_of_selections_agree_with_the_plain_tables(
    packages: pl.DataFrame, rows: list[Row]
) -> None:
    whole = [
        row
        for row in rows
        if row.handling_days is not None
        and row.transit_days is not None
        and row.total_days
        and (row.handed_s or 0) >= row.purchased_s
    ]
    since_purchase = [((row.handed_s or 0) - row.purchased_s) / HOUR_S for row in whole]
    hours = [24 * (row.handling_days or 0.0) for row in whole]
    plain = {
        "all": [(row, prep) for row, prep in zip(whole, hours, strict=True)],
        "late": [(row, prep) for row, prep in zip(whole, hours, strict=True) if row.late],
        "low_rated": [(row, p) for row, p in zip(whole, hours, strict=True) if row.score in (1, 2)],
        "over_100_hours": [(row, prep) for row, prep in zip(whole, hours, strict=True) if prep > 100],
        "over_6_days": [
            (row, prep)
            for row, prep in zip(whole, since_purchase, strict=True)
            if prep > 144
            for _ in range(row.n_lines)
        ],
    }
    found = {tried.selection.name: tried for tried in tried_claims(packages).tried}
    for name, own in plain.items():
        one = found[name].everywhere
        assert one.n == len(own) > 0, name
        assert one.hours == pytest.approx(fmean(prep for _, prep in own)), name
        leads = [24 * (row.total_days or 0.0) for row, _ in own]
        assert one.share == pytest.approx(sum(prep for _, prep in own) / sum(leads)), name
        shares = [prep / lead for (_, prep), lead in zip(own, leads, strict=True)]
        assert one.mean_share == pytest.approx(fmean(shares)), name
        there = [row for row, _ in own if row.seller_state == STATE]
        assert found[name].state.n == len(there), name
    assert found["after_limit"].everywhere.n == sum((row.handed_s or 0) > (row.limit_s or 0) for row in whole)


def test_the_slowest_are_so_many_and_slower_than_all_others(packages: pl.DataFrame) -> None:
    done = delivered(packages)
    slowest = next(s for s in SELECTIONS if s.name == "slowest_15_percent")
    chosen = selected(done, slowest)
    assert chosen.height == pytest.approx(0.15 * done["n_lines"].sum(), rel=0.05)


def test_what_24_hours_change_is_arithmetic_on_the_selection() -> None:
    frame = _world([(100, "SP", 224.0, 400.0, False)])
    one = told(selected(delivered(frame), SELECTIONS[0]))
    assert (one.n, one.hours, one.lead_hours, one.saved_hours) == (100, 224.0, 624.0, 200.0)
    assert one.share == pytest.approx(224 / 624)
    assert one.after_share == pytest.approx(24 / 424)
    assert one.shorter == pytest.approx(200 / 624)


def test_long_preparation_everywhere_makes_the_claim_hold_without_picking() -> None:
    """Preparation is 60 % of every lead time, of late orders too: nobody has to pick orders by it."""
    world = [(400, "SP", 180.0, 120.0, False), (40, "SP", 300.0, 200.0, True)]
    claims = {claim.name: claim for claim in tried_claims(_world(world)).claims}
    assert claims["preparation_share"].verdict is Verdict.HOLDS
    assert "late" in claims["preparation_share"].under
    assert claims["sao_paulo"].verdict is Verdict.FAILS


def test_a_claim_that_holds_for_picked_orders_only_says_so() -> None:
    """Transit makes orders late; a few others are prepared for long: only picking those finds them."""
    world = [(800, "SP", 30.0, 200.0, False), (100, "SP", 30.0, 700.0, True), (90, "SP", 260.0, 250.0, False)]
    found = tried_claims(_world(world))
    claims = {claim.name: claim for claim in found.claims}
    assert claims["preparation_share"].verdict is Verdict.HOLDS_BY_SELECTION
    assert "late" not in claims["preparation_share"].under
    assert claims["day_handling"].verdict is Verdict.HOLDS_BY_SELECTION
    assert found.day_handling["all"]["rescued"] == 0
    assert found.day_handling["all"]["late_in_transit"] == 100


def test_24_hours_rescue_whom_preparation_made_late_and_nobody_else() -> None:
    world = [(50, "SP", 100.0, 100.0, True), (25, "RJ", 30.0, 700.0, True), (25, "SP", 10.0, 100.0, False)]
    found = day_handling(delivered(_world(world)))
    assert (found["packages"], found["late"], found["rescued"], found["late_in_transit"]) == (100, 75, 50, 25)
    assert found["already_within_share"] == 0.25
    assert found["late_share_after"] == 0.25
    before = (50 * 200 + 25 * 730 + 25 * 110) / 100
    assert found["lead_hours"] == pytest.approx(before)
    assert found["lead_hours_after"] == pytest.approx(before - (50 * 76 + 25 * 6) / 100)
    assert found["exactly_lead_hours_after"] == pytest.approx(before - (50 * 76 + 25 * 6 - 25 * 14) / 100)


def test_a_history_without_deliveries_fails_every_claim(packages: pl.DataFrame) -> None:
    found = tried_claims(packages.clear())
    assert {claim.verdict for claim in found.claims} == {Verdict.FAILS}
    assert found.day_handling["all"] == {"packages": 0}
    json.dumps(found.to_dict(), allow_nan=False)


def test_every_claim_says_what_was_claimed_and_why(packages: pl.DataFrame) -> None:
    told_claims = tried_claims(packages).to_dict()
    assert [claim["name"] for claim in told_claims["claims"]] == list(CLAIMED)
    for claim in told_claims["claims"]:
        assert claim["claimed"]
        assert claim["why"].endswith(".")
        assert claim["nearest_selection"] in {tried["name"] for tried in told_claims["selections"]}
    json.dumps(told_claims, allow_nan=False)


def _world(groups: list[tuple[int, str, float, float, bool]]) -> pl.DataFrame:
    """Return packages of (count, state, handling hours, transit hours, late); late ones miss by 50 h."""
    rows = []
    for count, state, handling, transit, late in groups:
        handed = round(handling * HOUR_S)
        there = handed + round(transit * HOUR_S)
        row = {
            "seller_id": state,
            "seller_state": state,
            "purchased_s": 0,
            "approved_s": 0,
            "handed_s": handed,
            "delivered_s": there,
            "promised_s": there + (-50 if late else 50) * HOUR_S,
            "shipping_limit_s": 120 * HOUR_S,
            "handling_days": handling / 24,
            "transit_days": transit / 24,
            "total_days": (handling + transit) / 24,
            "late": late,
            "n_lines": 1,
            "review_score": 1 if late else 5,
        }
        rows += [row] * count
    return pl.DataFrame(rows)
