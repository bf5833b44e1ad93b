"""What can be known and what cannot: judged decisions, the model against the record, regret."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from api.reports.cited import Cited
from api.reports.smart_routing import intervals
from api.reports.smart_routing.section import Drawing, Section
from api.reports.smart_routing.tables import Column, Table, table
from api.reports.smart_routing.words import say

_MODEL: Final = "/comparison/as_is"
_CARRIERS: Final = (
    Column("its carriers", "carrier_ids"),
    Column("the best one's carriers", "best_carrier_ids"),
)


def known(told: Cited) -> Section:
    """Tell what cannot be judged, and how well the model tells what did happen."""
    section = Section("known", "What can be known, and what cannot")
    if not told.at("/comparison"):
        return section
    if told.at(f"{_MODEL}/orders"):
        section.words = [_model(told)]
        section.figures = [
            Drawing(
                "Does the model keep its word?",
                "How often a central interval of the forecast held what came; the tick is how often it "
                "should.",
                intervals.coverage(told, told.rows(f"{_MODEL}/coverage")),
            )
        ]
    section.tables = [*_unjudged(told), _months(told), _regret(told)]
    return section


def _model(told: Cited) -> Markup:
    slow = (told.at(f"{_MODEL}/bias_days") or 0.0) < 0.0
    return say(
        "Of what was recorded, {orders} orders arrived and were bought long enough ago to judge by: they "
        "took {bias} {less} than expected on average, and a forecast's middle was off by {mae}. It "
        "expected {p} on time; {came} were.",
        orders=told.number(f"{_MODEL}/orders", "count"),
        bias=told.number(f"{_MODEL}/bias_days", "days_fine", turned=slow),
        less="less" if slow else "more",
        mae=told.number(f"{_MODEL}/mae_days", "days_fine"),
        p=told.number(f"{_MODEL}/p_on_time", "percent"),
        came=told.number(f"{_MODEL}/on_time", "percent"),
    )


def _unjudged(told: Cited) -> list[Table | None]:
    """Return for each policy why decisions cannot be judged."""
    columns = (Column("orders", "orders", "count"), Column("because", "words", "wide"))
    return [
        table(
            told,
            f"Decisions of {name.rpartition('/')[2]} that cannot be judged",
            f"{name}/reasons",
            columns,
            say(
                "{share} of {orders} orders; an order counts under each reason that holds.",
                share=told.number(f"{name}/share", "percent"),
                orders=told.number(f"{name}/orders", "count"),
            ),
        )
        for name in told.rows("/comparison/cannot_judge")
    ]


def _months(told: Cited) -> Table | None:
    columns = (
        Column("month", "month"),
        Column("orders", "orders", "count"),
        Column("bias", "bias_days", "days_fine"),
        Column("mean absolute error", "mae_days", "days_fine"),
        Column("expected on time", "p_on_time", "percent"),
        Column("on time", "on_time", "percent"),
        *(Column(f"central {level} held", f"coverage/{level}", "percent") for level in _levels(told)),
    )
    return table(told, "The model against the record, by month", f"{_MODEL}/months", columns)


def _levels(told: Cited) -> list[str]:
    return [path.rpartition("/")[2] for path in told.rows(f"{_MODEL}/coverage")]


def _regret(told: Cited) -> Table | None:
    columns = (
        Column("regret", "regret_cents", "money"),
        Column("policy", "policy"),
        Column("order", "order_id", "id"),
        Column("bought", "purchased", "day"),
        Column("to", "customer_state"),
        Column("best was", "best_policy"),
        Column("because of", "why"),
        Column("its sources", "source_ids", "id"),
        Column("the best one's", "best_source_ids", "id"),
        *(_CARRIERS if _several_carriers(told) else ()),
    )
    rows = told.rows("/comparison/regret")
    dearest = sorted(rows, key=lambda row: -float(told.at(f"{row}/regret_cents")))
    note = "Each decision beside the cheapest that any of the policies made for the same order."
    return table(told, "The decisions that cost most", dearest, columns, note)


def _several_carriers(told: Cited) -> bool:
    """Tell whether decisions that cost most name several carriers; else no column shows any."""
    named = {
        told.at(f"{row}/{column.key}") for row in told.rows("/comparison/regret") for column in _CARRIERS
    }
    return len(named - {None, ""}) > 1
