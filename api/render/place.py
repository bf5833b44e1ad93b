"""Plans and comparisons of scenarios as tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from api.render.place_headline import Plan, caveats, headline
from api.render.place_studies import money, study_tables
from api.scenarios.compare import Comparison
from replay.placing_calibration import FIGURES


def show_plan(console: Console, plan: Plan, out: Path) -> None:
    """Print a plan: what it opens, costs and promises, beside shipping everything from the sellers."""
    console.print(f"[bold]{headline(plan)}[/]", highlight=False)
    for caveat in caveats(plan):
        console.print(caveat, highlight=False)
    console.print(proof(plan), highlight=False)
    as_is = plan["as_is"]
    names = ("plan", "as is")[: 1 if as_is is None else 2]
    grid = Table(title=f"Cost over {plan['horizon_days']:g} days", title_justify="left")
    grid.add_column("")
    for name in names:
        grid.add_column(name, justify="right")
    for label, *values in cost_rows(plan):
        grid.add_row(label, *values)
    console.print(grid)
    grid = Table("", *names, title="Service", title_justify="left")
    for label, *values in service_rows(plan):
        grid.add_row(label, *values)
    console.print(grid)
    for study in study_tables(plan):
        grid = Table(
            *study.heads, title=study.title, title_justify="left", caption=study.note, caption_justify="left"
        )
        for row in study.rows:
            grid.add_row(*row)
        console.print(grid)
    console.print(f"Written: {out}", highlight=False, soft_wrap=True)


def proof(plan: Plan) -> str:
    """Return what is proven, in one line."""
    repeat = "" if plan["repeatable"] else " Not repeatable: another run may end elsewhere."
    return (
        f"Costs {money(plan['value_cents'])}; no plan costs less than {money(plan['bound_cents'])} "
        f"(gap {plan['gap']:.3%}, {plan['status']}, {plan['method']}, {plan['seconds']:.1f} s).{repeat}"
    )


def cost_rows(plan: Plan) -> list[tuple[str, ...]]:
    """Return the charges that are not nothing, and their sum: of the plan, and as is."""
    found = [plan, plan["as_is"]] if plan["as_is"] is not None else [plan]
    rows = [
        (name, *(money(one["charges_cents"][name]) for one in found))
        for name in plan["charges_cents"]
        if any(one["charges_cents"][name] for one in found)
    ]
    return [*rows, ("all", *(money(one["value_cents"]) for one in found))]


SERVICE = {
    "served_share": "demand served",
    "from_sites_share": "of it from sites",
    "mean_days": "expected days",
    "p_on_time": "P(on time)",
    "kept_share": "counted as kept",
    "stockable_share": "sites can stock at all",
    "reachable_share": "stocking can speed up",
}


def service_rows(plan: Plan) -> list[tuple[str, ...]]:
    """Return the service figures of the plan, and as is; what counts as kept, where it is not P(on time)."""
    found = [plan, plan["as_is"]] if plan["as_is"] is not None else [plan]
    alike = all(one["service"]["kept_share"] == one["service"]["p_on_time"] for one in found)

    def told(name: str, value: float) -> str:
        return f"{value:.1f}" if name == "mean_days" else f"{value:.1%}"

    return [
        (label, *(told(name, one["service"][name]) for one in found))
        for name, label in SERVICE.items()
        if not (alike and name == "kept_share")
    ]


def show_calibration(console: Console, figures: Mapping[str, float]) -> None:
    """Print how modelled freight and days compare with the history."""
    told = calibration_lines(figures) or ["The history holds no settled orders to compare the model with."]
    for line in told:
        console.print(line, highlight=False)


def calibration_lines(figures: Mapping[str, float]) -> list[str]:
    """Return the comparison of the model with the history as sentences; none where figures are missing."""
    if not {*FIGURES} <= {*figures}:
        return []
    paid, modelled = figures["freight_cents_paid"], figures["freight_cents_modelled"]
    off = modelled / max(paid, 1.0) - 1.0
    return [
        f"Against {figures['lines']:,.0f} lines of the history, on which it was fitted (so this says how "
        "well the model describes, not how well it forecasts):",
        f"freight of a unit {money(modelled)} modelled, {money(paid)} paid ({off:+.1%});",
        f"days {figures['days_modelled']:.1f} modelled, {figures['days_observed']:.1f} observed; on time "
        f"{figures['on_time_modelled']:.1%} modelled, {figures['on_time_observed']:.1%} observed.",
    ]


def show_comparison(console: Console, told: Comparison) -> None:
    """Print scenarios side by side."""
    for title, rows in told.sections.items():
        grid = Table("", title=_words(title), title_justify="left")
        for name in told.names:
            grid.add_column(name, justify="right", overflow="fold")
        for label, values in rows:
            shown = _words(label) if title in {"result", "service"} else label.replace("_cents", "")
            grid.add_row(shown, *(_cell(title, label, value) for value in values))
        console.print(grid)


def _words(name: str) -> str:
    """Return the name of a figure as words."""
    return SERVICE.get(name, name.removesuffix("_cents").replace("_", " "))


def _cell(section: str, label: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if section == "cost_cents" or label.endswith("_cents"):
        return money(value)
    if label.endswith("_share") or label in {"p_on_time", "gap", "moved"}:
        return f"{value:.2%}"
    return f"{value:,.6g}"
