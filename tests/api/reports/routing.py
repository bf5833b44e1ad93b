"""Made-up numbers of a smart-routing report, with every part in it."""

from __future__ import annotations

from typing import Any

from replay.report import Asked, SmartRouting

SPAN_S = (1_522_551_600, 1_527_735_600)  # 1 April to 31 May 2018, midnight in São Paulo

PLACES = {"SP": (-23.5, -46.6), "RJ": (-22.9, -43.2), "AM": (-3.1, -60.0), "PE": (-8.0, -34.9)}


def told(orders: int, days: float, late: float | None = 0.05) -> dict[str, Any]:
    """Return what is told of some orders."""
    return {
        "orders": orders,
        "arrived": orders - 3,
        "open": 3,
        "lost": 2,
        "due": orders - 5,
        "late": 2,
        "late_share": late,
        "mean_days": days + 2.0,
        "median_days": days,
        "p90_days": 2.5 * days,
        "promise_mean_days": 23.4,
    }


def happened() -> dict[str, Any]:
    """Return what happened in nine weeks and four states."""
    weeks = [f"2018-04-{day:02d}" for day in (2, 9, 16, 23, 30)] + [f"2018-05-{day:02d}" for day in (7, 14)]
    states = [
        {
            "state": state,
            "lat": lat,
            "lng": lng,
            **told(4_000 // (row + 1), 6.0 + 5.0 * row),
            **{"approval_days": 0.4, "handling_days": 2.6, "transit_days": 3.5 + 5.0 * row},
        }
        for row, (state, (lat, lng)) in enumerate(PLACES.items())
    ]
    return {
        **told(9_000, 9.3),
        "packages": 9_100,
        "carriers": 1,
        "stages": {
            "approval": {"mean_days": 0.5, "share": 0.04},
            "handling": {"mean_days": 2.5, "share": 0.2},
            "transit": {"mean_days": 9.5, "share": 0.76},
        },
        "period": "week",
        "periods": [
            {"from": week, "days": 7 - row // 6, "part": row == 6}
            | told(1_000 + 37 * row, 9.0 - 0.4 * row, None if row == 6 else 0.01 * row)
            for row, week in enumerate(weeks)
        ],
        "states": states,
        "outline": [[lng + 0.5, lat - 0.5] for lat, lng in PLACES.values()],
    }


def totals(days: float, cents: int) -> dict[str, Any]:
    """Return the totals of a policy."""
    return {
        **{"orders": 9_000, "kept_share": 0.97, "packages": 9_120, "split_orders": 118, "stock_outs": 40},
        **{"expected_days": days, "p_on_time": 0.897, "freight_cents": cents - 20_000},
        **{"package_cents": 12_000, "handling_cents": 3_000, "time_cents": 4_000, "late_cents": 1_000},
        "cost_cents": cents,
    }


def replayed() -> dict[str, Any]:
    """Return what a replay tells of three policies."""
    return {
        "from": "2018-04-01T03:00:00+00:00",
        "to": "2018-05-31T03:00:00+00:00",
        "orders": {"purchased": 9_006, "decided": 9_000, "without_lines": 6, "refused": 0},
        "lines_with_choice": {"units": 10_400, "share": 0.094},
        "assumptions": ["As-is is the recorded choice: 100 % of it.", "Shelves <hold> what was sold & more."],
        "policies": {
            "as_is": totals(13.04, 24_088_754),
            "cheapest": totals(13.0, 24_012_938),
            "priced": totals(12.96, 23_994_461),
        },
    }


def change(policy: str, measure: str, mean: float, half: float, **other: Any) -> dict[str, Any]:
    """Return a difference with its interval."""
    low, high = mean - half, mean + half
    better = {"p_on_time": 1, "review_score": 1}.get(measure, -1)
    sign = 0 if low <= 0.0 <= high else (1 if mean > 0.0 else -1)
    verdict = {0: "none", better: "gain"}.get(sign, "loss")
    told = {"policy": policy, "against": "as_is", "measure": measure, "unit": "of its own"}
    return {
        **told,
        **{"mean": mean, "low": low, "high": high, "verdict": verdict, "model": 0.9 * mean},
        **{"correction": 0.1 * mean, "kept_orders": 8_700, "moved_orders": 300, "checked": True},
        **other,
    }


def changes(policy: str, times: float) -> list[dict[str, Any]]:
    """Return a policy's differences from the record."""
    return [
        change(policy, "expected_days", -0.08 * times, 0.03),
        change(policy, "p_on_time", 0.0017 * times, 0.0011),
        change(policy, "review_score", 0.002 * times, 0.004),
        change(policy, "freight_cents", -4.25 * times, 2.5),
        change(policy, "split", 0.001 * times, 0.0004),
        change(policy, "total_cents", -13.6 * times, 9.0),
        change(policy, "var_days", 0.0, 0.0, low=None, high=None, verdict="none", checked=False),
    ]


def unjudged(share: float) -> dict[str, Any]:
    """Return what cannot be judged of a policy."""
    reasons = [
        {"reason": "not_kept", "orders": 300, "words": "the policy picks another way than the record"},
        {"reason": "short_units", "orders": 4_100, "words": "the recorded seller's shelf lacked units"},
    ]
    return {"share": share, "orders": 9_000, "reasons": reasons}


def compared() -> dict[str, Any]:
    """Return what a comparison tells of three policies, the last with and without a plan."""
    kept = {"orders": 8_500, "expected_days": 12.4, "realised_days": 12.0}
    coverage = {"50": 0.52, "80": 0.83, "95": 0.961}
    model = {"orders": 8_400, "bias_days": -0.19, "mae_days": 4.06, "p_on_time": 0.912, "on_time": 0.952}
    regret = {
        **{"policy": "priced", "order_id": "a" * 32, "purchased": "2018-04-28T16:19:25+00:00"},
        **{"customer_state": "SP", "regret_cents": 2997.0, "best_policy": "as_is", "why": "freight"},
        **{"source_ids": "seller:x", "best_source_ids": "seller:y", "cents_more": {"freight": 3428.0}},
        **{"carrier_ids": "slow", "best_carrier_ids": "quick"},
    }
    return {
        "against": "as_is",
        "interval": 0.9,
        "weeks": 9,
        "orders": 8_990,
        "policies": {name: {"moved_share": 0.03, "kept": kept} for name in ("as_is", "cheapest", "priced")},
        "differences": [*changes("cheapest", 0.5), *changes("priced", 1.0)],
        "as_is": {
            **model,
            "coverage": coverage,
            "months": [{"month": "2018-04", **model, "coverage": coverage}],
        },
        "cannot_judge": {"cheapest": unjudged(0.44), "priced": unjudged(0.47)},
        "regret": [regret],
        "effects": {
            "routing": changes("priced (no plan)", 1.0),
            "placement": [{**row, "against": "priced (no plan)"} for row in changes("priced", 20.0)],
        },
        "assumptions": ["Differences are means over 9,000 orders."],
    }


STAGES = ("approval", "handling", "transit")


def stages(state: str | None, late: float | None) -> list[dict[str, Any]]:
    """Return the diagnosis of each stage."""
    return [
        {
            **({} if state is None else {"state": state}),
            **{"stage": stage, "n": 700, "mean_days": 0.4 + 3.1 * row, "expected_days": 0.5 + 3.0 * row},
            **{"excess_days": 0.1 * row, "total_excess_days": 70.0 * row, "variance_share": 0.3 * row},
            **{"late_n": 40, "late_mean_days": 1.0 + 7.0 * row},
            **{"late_excess_days": None if late is None else late * row - 0.2},
            "late_excess_share": None if late is None else 0.3 * row + 0.03,
        }
        for row, stage in enumerate(STAGES)
    ]


def seller(rank: int | None, name: str) -> dict[str, Any]:
    """Return a seller of the ranking."""
    return {
        **{"rank": rank, "status": "ranked" if rank else "new", "seller_id": name * 32, "seller_state": "SP"},
        **{"n": 40, "waiting": 1, "score": 0.4, "score_low": -0.1, "score_high": 0.9, "handling_days": 2.31},
        **{"speed_factor": 0.81, "due": 39, "breaches": 2, "breach_share": 0.06, "late_share": 0.05},
        **{"review": 4.21, "reviews": 30, "exposure_share": 0.0021},
    }


def route(rank: int, end: str) -> dict[str, Any]:
    """Return a route of the ranking."""
    return {
        **{"rank": rank, "from": "SP", "to": end, "carrier_id": "unknown", "n": 321, "distance_km": 433.2},
        **{"transit_days": 9.12, "usual_days": 7.7, "transit_factor": 1.18, "days_lost": 455.1},
        **{"late_share": 0.081, "late_share_raw": 0.053},
    }


def jump(width: int) -> dict[str, Any]:
    """Return the jump at the promise under a bandwidth."""
    return {
        **{"bandwidth_days": width, "stars": -0.9, "low": -1.1, "high": -0.7, "slope_before": -0.02},
        **{"slope_after": -0.11, "n_before": 4_000, "n_after": 900},
    }


def picked(name: str) -> dict[str, Any]:
    """Return a selection under which claims were tried."""
    figures = {"n": 500, "hours": 120.2, "lead_hours": 400.5, "share": 0.3, "mean_share": 0.35}
    figures |= {"after_share": 0.08, "after_mean_share": 0.1, "saved_hours": 96.2, "shorter": 0.24}
    return {"name": name, "about": f"packages {name}", "unit": "package", "all": figures, "SP": figures}


def claim(name: str, verdict: str) -> dict[str, Any]:
    """Return a claim with its verdict."""
    under = [] if verdict == "fails" else ["late"]
    told = {"name": name, "claim": f"{name}: 53% & more", "verdict": verdict, "holds_under": under}
    return {**told, "why": "Of late packages it is 17.3%."}


def insight() -> dict[str, Any]:
    """Return what the past says by itself."""
    stuck = {
        **{"state": "SP", "packages": 900, "current_outlier_count": 12, "waiting_outliers": 3},
        **{"avg_prep_delay_hrs": 231.7, "lost_hours": 1_433.2, "impact_share": 0.41},
        **{"system_impact_potential": "CRITICAL", "recommendation": "Pre-stock: 12 packages, 96 h earlier."},
        "slow_sellers": [
            {"seller_id": "c" * 32, "packages": 12, "outliers": 4, "avg_prep_hrs": 130.1, "products": 7}
        ],
    }
    scores = [
        {"days_after_promise": day, "n": 50, "score": 4.2 - 0.1 * max(day, 0) - 0.8 * (day > 0)}
        for day in range(-21, 22)
    ]
    ranked = {"ranked": 120, "new": 44, "least_packages": 10, "window_days": 180}
    states = [*stages("SP", 4.0), *stages("AM", None)]
    month = {"from": "2018-05-01T03:00:00+00:00", "orders": 6_600, "delivered": 7_000, "delay_rate": 0.065}
    month |= {"waiting_packages": 601, "travelling_packages": 2_406, "reviews": 7_371, "review_score": 4.2}
    return {
        "kpis": {"now": month, "before": month, "year_before": {"orders": 0}},
        "diagnosis": {
            **{
                "expected_from": "the model at the purchase",
                "packages": 700,
                "late": 40,
                "stages": stages(None, 3.0),
            },
            "by_state": {"customer": states, "seller": states},
        },
        "bottlenecks": {"fence_hours": 199.1, "bottlenecks": [stuck]},
        "sellers": {
            **ranked,
            "new_exposure_share": 0.21,
            "sellers": [seller(row + 1, letter) for row, letter in enumerate("abcdefghijklmnopqrst")],
            "new_sellers": [seller(None, "z")],
            "seller_of_the_month": seller(1, "a"),
            "breaches": [
                {
                    **{"seller_id": "c" * 32, "n": 40, "breaches": 20, "share": 0.5, "share_low": 0.38},
                    **{"usual_share": 0.09, "excess_breaches": 16.4},
                }
            ],
        },
        "sellers_last": [seller(120, "y")],
        "routes": {**ranked, "routes": [route(1, "SP"), route(2, "RJ")]},
        "routes_last": [route(99, "AM")],
        "satisfaction": {
            "reviews": 8_000,
            "by_days_after_promise": scores,
            "by_delivery_days": [
                {"from_days": 0.0, "to_days": 5.0, "n": 900, "score": 4.4, "bad_share": 0.07},
                {"from_days": 40.0, "to_days": None, "n": 90, "score": 2.1, "bad_share": 0.6},
            ],
            "jump_at_promise": [jump(width) for width in (4, 7, 14)],
            "jump_answered_after_delivery": [jump(7)],
        },
        "claims": {
            "state": "SP",
            "claims": [
                claim("share", "holds_by_selection"),
                claim("sao_paulo", "fails"),
                claim("day", "holds"),
            ],
            "selections": [picked("late"), picked("all")],
            "day_handling": {
                "all": {
                    **{"lead_hours": 318.7, "lead_hours_after": 269.7, "shorter": 0.154, "late": 6_215},
                    **{"late_share": 0.082, "late_share_after": 0.058, "rescued": 1_790},
                    **{"late_in_transit": 3_953, "already_within_share": 0.26, "transit_share": 0.747},
                }
            },
        },
    }


def alerts() -> dict[str, Any]:
    """Return how good the warnings were."""
    of_orders = {
        **{"judged": 8_000, "late": 600, "in_advance": 900, "precision": 0.41, "recall": 0.62},
        **{"warned_days": {"1": 0.6, "3": 0.5, "7": 0.2}, "warning_days": {"p50": 4.2}},
    }
    return {
        "from": "2018-04-01T03:00:00+00:00",
        "delivery_at_risk": of_orders,
        "handover_overdue": of_orders | {"warning_days": None, "precision": None},
        "seller_slow": {"alerts": 30, "judged": 20, "still_slow": 0.7, "hours_after": {"p50": 131.5}},
    }


def numbers(**parts: Any) -> dict[str, Any]:
    """Return a whole report, with some of its parts changed."""
    asked = Asked("tables/", SPAN_S, 7)
    made = {"happened": happened(), "replayed": replayed(), "comparison": compared(), "insight": insight()}
    made |= {"alerts": alerts()} | parts
    return SmartRouting(asked, **made).to_dict()
