"""What a placement comes to in one line, and what must be known beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from api.render.place_studies import money

Plan = Mapping[str, Any]

_SELLERS: Final = "shipping everything from the sellers"
_OFF: Final = 0.1
"""Share by which modelled days may differ from those observed, and nothing is said."""


def headline(plan: Plan) -> str:
    """Return what the plan does, in one line: with a stock by product, what that stock brings."""
    sites = plan["sites"]
    opened = f"{len(sites)} site{'' if len(sites) == 1 else 's'}"
    brings = _stock_brings(plan) if "assortment" in plan else _flows_bring(plan)
    return f"Opens {opened}{': ' if sites else ''}{', '.join(sites)}{brings and f'; {brings}'}"


def caveats(plan: Plan) -> list[str]:
    """Return what the headline must not be read without, a sentence each."""
    return [*_of_stock(plan), *_of_model(plan)]


def _stock_brings(plan: Plan) -> str:
    """Return what the stock that fits saves, less what its sites cost."""
    found = plan["assortment"]
    saved = found["nothing_cents"] - found["judged"][found["how"]]["value_cents"]
    fixed = plan["charges_cents"]["fixed"]
    net = f"{money(abs(saved - fixed))} {'below' if saved >= fixed else 'above'} {_SELLERS}"
    return f"their stock saves {money(saved)}, the sites cost {money(fixed)}: {net}"


def _flows_bring(plan: Plan) -> str:
    if plan["as_is"] is None:
        return ""
    before, after = plan["as_is"]["value_cents"], plan["value_cents"]
    share = (before - after) / before if before else 0.0
    return f"{money(abs(before - after))} ({abs(share):.1%}) {'below' if share >= 0 else 'above'} {_SELLERS}"


def _of_stock(plan: Plan) -> Iterator[str]:
    if "assortment" not in plan:
        return
    flows = _flows_bring(plan)
    yield (
        "The flows that chose the sites assume room for all that can be stocked"
        f"{flows and f' ({flows})'}; the stock is what fits."
    )
    if crowded := plan["assortment"]["crowded"]:
        told = ", ".join(
            f"{one['site']} {one['flow_units']:,.0f} for a room of {one['room_units']:,.0f}"
            for one in crowded
        )
        yield f"Far more units flow through these sites than have room there: {told}."


def _of_model(plan: Plan) -> Iterator[str]:
    figures = plan["inputs"]["settings"].get("calibration", {})
    observed, modelled = figures.get("days_observed", 0.0), figures.get("days_modelled", 0.0)
    if observed > 0 and modelled > 0 and abs(off := modelled / observed - 1.0) > _OFF:
        word = "slower" if off > 0 else "faster"
        yield (
            f"As is is modelled {abs(off):.0%} {word} than observed ({modelled:.1f} days, {observed:.1f} "
            "observed): take days and what they cost with that in mind."
        )
