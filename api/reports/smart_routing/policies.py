"""What the policies changed: side by side against the record, and placement apart from routing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from api.reports.cited import FORMS, Cited
from api.reports.smart_routing import intervals
from api.reports.smart_routing.section import Drawing, Section
from api.reports.smart_routing.tables import Table
from api.reports.smart_routing.words import LEVEL, Measure, measure, say, verdict

_CHARTED: Final = ("expected_days", "p_on_time", "total_cents", "review_score")
_DIFFERENCES: Final = "/comparison/differences"

_SCARCITY: Final = Markup(
    " The price of scarce stock steers a policy to where there is plenty; nobody pays it, so it is no cost."
)
_TOTALS: Final = (
    ("orders", "orders", "count"),
    ("lines", "lines", "count"),
    ("served", "orders served whole", "count"),
    ("partly_served", "orders served in part", "count"),
    ("unserved", "orders not served", "count"),
    ("unanswered", "orders without an answer", "count"),
    ("kept_share", "lines as recorded", "percent"),
    ("packages", "packages", "count"),
    ("split_orders", "orders in several packages", "count"),
    ("stock_outs", "lines some seller had too little for", "count"),
    ("expected_days", "expected days, mean", "days_fine"),
    ("p_on_time", "P(on time), mean", "percent"),
    ("freight_cents", "freight", "money_whole"),
    ("package_cents", "packages, cost", "money_whole"),
    ("handling_cents", "handling, cost", "money_whole"),
    ("time_cents", "time, cost", "money_whole"),
    ("late_cents", "lateness, cost", "money_whole"),
    ("cost_cents", "all costs", "money_whole"),
)


def policies(told: Cited) -> Section:
    """Set the policies side by side."""
    record = told.at("/comparison/against")
    rows = [row for row in told.rows(_DIFFERENCES) if told.at(f"{row}/against") == record]
    words = say(
        "The same orders, decided by each policy as of their purchase, against what was recorded "
        "(<b data-plain>{record}</b>). A dot is the mean change an order, its line the {level} interval "
        "over weeks drawn anew. What the model expects was corrected by what really came of the orders "
        "that kept their way; a change is <i>unchecked</i> where too few of them have an outcome old enough "
        "to judge by.",
        record=record,
        level=LEVEL,
    )
    return Section(
        "policies",
        "Policies side by side",
        words=[words] if rows else [],
        figures=_charts(told, [(str(told.at(f"{row}/policy")), row) for row in rows]),
        tables=[_differences(told), _totals(told), _kept(told)],
    )


def effects(told: Cited) -> Section:
    """Tell placement and routing apart; without a plan there is nothing to tell apart."""
    section = Section("effects", "Placement and routing apart")
    placed = told.rows("/comparison/effects/placement")
    if placed:
        routed = told.rows("/comparison/effects/routing")
        named = [*((_effect(told, row, "routing"), row) for row in routed)]
        named += [(_effect(told, row, "placement"), row) for row in placed]
        section.words = [
            say(
                "<i>Routing</i>: the policy without the plan, against the record. <i>Placement</i>: the same "
                "policy with the plan's stock in its warehouses, against itself without. What a warehouse "
                "would have taken is assumed, not observed."
            )
        ]
        section.figures = _charts(told, named)
    return section


def _effect(told: Cited, row: str, kind: str) -> str:
    policy = str(told.at(f"{row}/policy")).removesuffix(" (no plan)")
    return f"{kind}, {policy}"


def _charts(told: Cited, rows: Sequence[tuple[str, str]]) -> list[Drawing]:
    found = []
    for name in _CHARTED:
        chosen = [
            (label, row)
            for label, row in rows
            if told.at(f"{row}/measure") == name and told.at(f"{row}/low") is not None
        ]
        if chosen:
            how = measure(name)
            drawn = intervals.differences(told, f"Change: {how.words}", chosen, FORMS[how.change].times)
            side = "left" if how.less_is_better else "right"
            note = f"{how.unit}; {side} of zero is better."
            found.append(Drawing(f"{how.title}.", note, drawn))
    return found


def _differences(told: Cited) -> Table | None:
    """Return every difference with its interval; each measure is written in its own unit."""
    rows = [_difference(told, row) for row in told.rows(_DIFFERENCES)]
    if not rows:
        return None
    heads = ("policy", "against", "measure", "change", "from", "to", "verdict", "as the model expects")
    styles = ("text", "text", "text", "r", "r", "r", "text", "r")
    note = say("Mean changes an order, with their {level} intervals.", level=LEVEL)
    if any(told.at(f"{row}/measure") == "scarcity_cents" for row in told.rows(_DIFFERENCES)):
        note += _SCARCITY
    return Table("All differences", list(zip(styles, heads, strict=True)), rows, more=False, note=note)


def _difference(told: Cited, row: str) -> list[tuple[str, Markup]]:
    how: Measure = measure(str(told.at(f"{row}/measure")))
    return [
        ("text", told.text(f"{row}/policy")),
        ("text", told.text(f"{row}/against")),
        ("text", Markup("{}").format(how.words)),
        *(("r", told.number(f"{row}/{end}", how.change)) for end in ("mean", "low", "high")),
        ("text", verdict(told, row)),
        ("r", told.number(f"{row}/model", how.change)),
    ]


def _totals(told: Cited) -> Table | None:
    names = told.rows("/replayed/policies")
    rows = [
        [("text", Markup(words)), *(("r", told.number(f"{name}/{key}", form)) for name in names)]
        for key, words, form in _TOTALS
        if any(told.at(f"{name}/{key}") is not None for name in names)
    ]
    heads = [("text", ""), *(("r", name.rpartition("/")[2]) for name in names)]
    note = say(
        "Each policy's over the orders that it serves itself, which need not be the same; differences are "
        "over the {orders} that all of them serve.",
        orders=told.number("/comparison/orders", "count"),
    )
    return Table("Totals of each policy", heads, rows, more=False, note=note) if rows else None


def _kept(told: Cited) -> Table | None:
    """Return what came of the orders whose recorded way each policy kept."""
    names = told.rows("/comparison/policies")
    rows = [
        [
            ("text", Markup("{}").format(name.rpartition("/")[2])),
            ("r", told.number(f"{name}/kept/orders", "count")),
            ("r", told.number(f"{name}/kept/expected_days", "days_fine")),
            ("r", told.number(f"{name}/kept/realised_days", "days_fine")),
            ("r", told.number(f"{name}/moved_share", "percent")),
        ]
        for name in names
    ]
    heads = ["policy", "orders that kept their way and arrived", "expected", "realised", "orders moved"]
    styles = ["text", "r", "r", "r", "r"]
    title = "Expected and realised, where the recorded way was kept"
    return Table(title, list(zip(styles, heads, strict=True)), rows, more=False) if rows else None
