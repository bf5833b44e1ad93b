"""How one order's decision is shown."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from api.render.routes import short
from replay.decision import Decision


def show_decision(console: Console, decision: Decision) -> None:
    """Print the packages, the lines, the next best choices, and what would change the decision."""
    told = decision.to_dict()
    policy, solver = told["policy"], told["solver"]
    console.print(
        f"Order {told['order_id']}: {told['status'].replace('_', ' ')} for {told['cost_cents'] / 100:,.2f} "
        f"by {policy['name']} {policy['version']} ({solver['engine']}, {solver['status']}), "
        f"as of {told['as_of']}",
        highlight=False,
    )
    if told["packages"]:
        console.print(_packages(told))
    console.print(_lines(told))
    cost = ", ".join(f"{term} {cents / 100:,.2f}" for term, cents in told["cost"].items() if cents)
    console.print(f"Cost: {cost}", highlight=False)
    if told["left_out"]:
        names = ", ".join(map(short, told["left_out"]))
        console.print(f"Left out, at no place that the network knows: {names}", markup=False, highlight=False)
    for text in _what_would_change_it(told):
        console.print(f"  {text}", markup=False, highlight=False, soft_wrap=True)


def _packages(told: dict[str, Any]) -> Table:
    grid = Table(title="Packages", title_justify="left")
    for name in ("package", "source", "carrier"):
        grid.add_column(name)
    for name in ("km", "waits", "mean", "50 / 80 / 95 %", f"P(≤ {told['promise_days']:.1f} d)", "evidence"):
        grid.add_column(name, justify="right")
    for package in told["packages"]:
        time, km = package["lead_time"], package["distance_km"]
        grid.add_row(
            package["package_id"],
            short(package["source_id"]),
            package["carrier_id"],
            "?" if km is None else f"{km:,.0f}",
            f"{package['wait_days']:.0f} d",
            f"{time['mean_days']:.1f} d",
            " / ".join(f"{time[name]:.1f}" for name in ("p50_days", "p80_days", "p95_days")),
            f"{package['p_on_time']:.1%}",
            f"{time['basis']}, n={time['n']:,}",
        )
    return grid


def _lines(told: dict[str, Any]) -> Table:
    grid = Table(title="Lines", title_justify="left")
    for name in ("line", "product", "units", "goes by", "next best", "cannot serve it"):
        grid.add_column(name)
    for line in told["lines"]:
        grid.add_row(
            line["line_id"],
            short(f"product:{line['product_id']}").removeprefix("product:"),
            str(line["quantity"]),
            "\n".join(_part(part) for part in line["parts"]),
            "\n".join(_alternative(other) for other in line.get("alternatives", [])[:3]),
            "\n".join(_rejections(line.get("rejected", []))[:3]),
        )
    return grid


def _part(part: dict[str, Any]) -> str:
    if part["source_id"] is None:
        return f"{part['quantity']} x nobody"
    cents = sum(part["cost"].values())
    return f"{part['quantity']} x {short(part['source_id'])}, {part['package_id']} ({cents / 100:,.2f})"


def _alternative(other: dict[str, Any]) -> str:
    if other["source_id"] is None:
        return f"nobody: +{other['cost_delta_cents'] / 100:,.2f}"
    return f"{short(other['source_id'])} by {other['carrier_id']}: {other['cost_delta_cents'] / 100:+,.2f}"


def _rejections(rejected: list[dict[str, Any]]) -> list[str]:
    """Return a text for each source and what speaks against it, with the carriers that it speaks against."""
    carriers: dict[tuple[str, str], list[str]] = {}
    for found in rejected:
        reasons = ", ".join(_reason(reason) for reason in found["reasons"]) or "reason not proven"
        carriers.setdefault((found["source_id"], reasons), []).append(found["carrier_id"])
    return [
        f"{short(source)} by {', '.join(names)}: {reasons}" for (source, reasons), names in carriers.items()
    ]


def _reason(reason: dict[str, Any]) -> str:
    if reason["needed"] is None:
        return str(reason["code"])
    return f"{reason['code']} (needs {reason['needed']:g}, has {reason['available']:g})"


def _what_would_change_it(told: dict[str, Any]) -> list[str]:
    texts = [
        f"{short(found['source_id'])} by {found['carrier_id']} is used if its package's freight falls from "
        f"{found['freight_cents'] / 100:,.2f} below {found['would_win_if']['freight_cents_below'] / 100:,.2f}"
        for found in told["break_evens"]
    ]
    for line in told["lines"]:
        texts += [
            f"line {line['line_id']} goes by {short(found['source_id'])} from {found['quantity']} units on"
            for found in line.get("would_win_from_quantity", [])
            if found["source_id"]
        ]
    return texts
