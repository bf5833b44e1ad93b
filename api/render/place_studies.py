"""What ``malha place`` was asked besides the plan, as tables for the terminal and the page alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class StudyTable:
    """A table of texts with its title, what it says, and its heads."""

    title: str
    note: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def study_tables(plan: Mapping[str, Any]) -> list[StudyTable]:
    """Return the studies that a plan holds; a table without rows says nothing."""
    found = [table(plan[name]) for name, tables in _TABLES.items() if name in plan for table in tables]
    return [table for table in found if table.rows]


def _frontier(points: list[Mapping[str, Any]]) -> StudyTable:
    cheapest = points[0]["value_cents"]
    rows = [
        (
            f"{point['on_time_share']:.2%}",
            money(point["value_cents"]),
            money(point["value_cents"] - cheapest),
            f"{point['gap']:.2%}",
            str(len(point["sites"])),
            ", ".join(point["sites"]),
        )
        for point in points
    ]
    note = (
        "Each row is the cheapest plan found that is on time so often; no row is both cheaper and more often "
        "on time than another. The last is the most often on time that any plan was found to be."
    )
    return StudyTable(
        "Cost against P(on time)",
        note,
        ("on time", "cost", "above the cheapest", "gap", "open", "sites"),
        rows,
    )


def _binding(worth: Mapping[str, Any]) -> StudyTable:
    rows = [
        (
            one["limit"],
            one["site"] or "",
            _amount(one["limit"], one["given"]),
            _amount(one["limit"], one["step"]),
            money(one["saves_cents"]),
            money(one["saves_cents_each"]),
            f"{money(one['least_cents'])} to {money(one['most_cents'])}",
        )
        for one in worth["binding"]
    ]
    note = (
        "Each limit that binds, and what a step more of it saves over the horizon (of what is asked for at "
        "least: a step less; a status, single sourcing and flows: without them), found by solving again; "
        "what is proven lies between the two amounts. Stocking can bring "
        f"{worth['reachable_share']:.1%} of the demand sooner at all."
    )
    heads = ("limit", "site", "given", "step", "saves", "per unit of it", "proven")
    return StudyTable("What binds", note, heads, rows)


def _break_even(worth: Mapping[str, Any]) -> StudyTable:
    rows = [
        (
            one["site"],
            "open" if one["open"] else "closed",
            money(one["fixed_cents"]),
            *(("none found", "") if one["at_cents"] is None else _limits_of(one)),
        )
        for one in worth["break_even"]
    ]
    note = (
        "The fixed cost at which an open site would just close and a closed one just open; below the first "
        "proven amount it is worth opening, above the second it is not."
    )
    heads = ("site", "now", "fixed cost", "break-even", "proven")
    return StudyTable("Break-even fixed cost", note, heads, rows)


def _limits_of(one: Mapping[str, Any]) -> tuple[str, str]:
    return money(one["at_cents"]), f"{money(one['least_cents'])} to {money(one['most_cents'])}"


def _amount(limit: str, number: float) -> str:
    if limit == "budget":
        return money(number)
    return f"{number:.1%}" if limit == "on_time" else f"{number:,.6g}"


def _bootstrap(found: Mapping[str, Any]) -> StudyTable:
    rows = [
        (one["site"], "open" if one["open"] else "closed", f"{one['share']:.0%}") for one in found["sites"]
    ]
    solved = found["draws"] - found["impossible"] - found["unknown"]
    note = (
        f"How often each site opens in {solved} plans for demand drawn anew (seed {found['seed']}), each "
        "demand by itself from its units and units_sd. What moves all demand together is not in it."
    )
    if found["impossible"]:
        note += f" {found['impossible']} of {found['draws']} draws left no plan."
    if found["unknown"]:
        note += f" {found['unknown']} were stopped before a plan was found."
    if solved:
        note += f" Plans cost {money(found['cost_cents'][0])} to {money(found['cost_cents'][1])}."
    return StudyTable("Stability of each site", note, ("site", "in the plan", "opens"), rows)


def _assortment(found: Mapping[str, Any]) -> StudyTable:
    nothing = found["nothing_cents"]
    rows = [("nothing", "0", "0", money(nothing), "")]
    rows += [
        (
            how + (" (this plan)" if how == found["how"] else ""),
            f"{one['units']:,}",
            f"{one['sent_units']:,.0f}",
            money(one["value_cents"]),
            f"{one['saved_share']:.2%}",
        )
        for how, one in found["judged"].items()
    ]
    most = (nothing - found["bound_cents"]) / max(nothing, 1e-9)
    rows.append(("bound for all", "", "", money(found["bound_cents"]), f"{most:.2%}"))
    room = "without a limit" if found["room"] is None else f"for {found['room']:,.0f} units"
    note = (
        f"{found['units']:,} units of {found['offers_stocked']:,} offers on {found['shelves']:,} shelves, "
        f"room {room}. The {found['offers']:,} offers that sell most were weighed, of which "
        f"{found['expected_units']:,.0f} units are expected; costs are means over {found['draws']} horizons "
        "drawn anew. The bound is that of demand which always comes as expected, and of parts of units."
    )
    if not found["bound_repeatable"]:
        note += " The clock stopped the search for it: another run may prove another one."
    return StudyTable("What to stock", note, ("chosen", "units", "go out", "cost", "saved"), rows)


def _unanswered(reasons: Mapping[str, str]) -> StudyTable:
    note = "The plan stands without them. More time for each solve, or fewer limits, may help."
    return StudyTable("Not answered", note, ("asked", "why there is no answer"), [*reasons.items()])


_TABLES: Final[Mapping[str, tuple[Callable[[Any], StudyTable], ...]]] = {
    "assortment": (_assortment,),
    "frontier": (_frontier,),
    "worth": (_binding, _break_even),
    "bootstrap": (_bootstrap,),
    "unanswered": (_unanswered,),
}


def money(cents: float) -> str:
    """Return an amount in the currency's unit."""
    return f"{cents / 100:,.2f}"
