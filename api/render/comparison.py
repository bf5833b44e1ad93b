"""How a comparison of policies is shown: differences with intervals and verdicts, what stands behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from rich.console import Console
from rich.table import Table

_SIGNED: Final[Mapping[str, Callable[[float], str]]] = {
    "days": lambda value: f"{value:+.3f} d",
    "days²": lambda value: f"{value:+.2f} d²",
    "share": lambda value: f"{100 * value:+.2f} pp",
    "stars": lambda value: f"{value:+.4f}",
    "cents": lambda value: f"{value / 100:+.3f}",
    "packages": lambda value: f"{value:+.4f}",
    "lines": lambda value: f"{value:+.4f}",
}
"""How a difference is written by its unit; money in reais an order."""

WORDS: Final = {
    "expected_days": "lead time",
    "var_days": "variance of lead time",
    "p_on_time": "on time",
    "review_score": "review, stars",
    "freight_cents": "freight, reais",
    "packages": "packages",
    "split": "in several packages",
    "stock_outs": "short lines",
    "scarcity_cents": "scarcity, reais",
    "total_cents": "all costs, reais",
}
"""What each measure is called in a table."""

FEW_WEEKS: Final = 4
"""A claim from fewer weeks says from how many."""

VERDICTS: Final = {"gain": "[green]gain[/]", "loss": "[red]loss[/]", "none": "no claim"}


def rows(differences: list[dict[str, Any]], weeks: int = FEW_WEEKS) -> list[tuple[str, ...]]:
    """Return differences as they are written: who against whom, measure, mean, model, interval, verdict.

    ``weeks``: how many the intervals rest on; a claim from few of them says so.
    """
    return [
        (
            f"{one['policy']} - {one['against']}",
            WORDS[one["measure"]],
            signed(one["mean"], one["unit"]),
            signed(one["model"], one["unit"]),
            _interval(one),
            _verdict(one, weeks),
        )
        for one in differences
    ]


def signed(value: float, unit: str) -> str:
    """Return a difference with its sign and unit."""
    return _SIGNED[unit](value)


def foretold(told: Mapping[str, Any]) -> str:
    """Return the sentence on how well the models foretold the record."""
    as_is = told["as_is"]
    if not as_is["orders"]:
        return "No order bought long enough ago has arrived: nobody can tell how well the models foretell."
    covered = ", ".join(f"{100 * share:.1f} % in {level} %" for level, share in as_is["coverage"].items())
    return (
        f"The record of {as_is['orders']:,} orders came {as_is['bias_days']:+.2f} days off what was expected "
        f"on average, {as_is['mae_days']:.2f} days off one by one; intervals held {covered}."
    )


def unknown(told: Mapping[str, Any]) -> str:
    """Return the sentence on what cannot be judged."""
    shares = ", ".join(
        f"{100 * found['without_outcome']:.1f} % of {name}'s (with what was assumed: "
        f"{100 * found['share']:.1f} %)"
        for name, found in told["cannot_judge"].items()
    )
    return f"Decisions that no outcome can judge: {shares}."


def regrets(told: Mapping[str, Any]) -> str:
    """Return the sentence on what the policies' decisions cost beside the best of those compared."""
    totals = told["regret_totals"]
    how = "in hindsight" if totals["basis"] == "hindsight" else "by what was known"
    each = ", ".join(
        f"{found['cents'] / 100:,.2f} reais in {found['orders']:,} decisions of {name}"
        for name, found in totals["policies"].items()
    )
    return f"Beside the cheapest choice of each order, {how}: {each}."


def show_comparison(console: Console, told: Mapping[str, Any]) -> None:
    """Print what ``replay.comparison`` found."""
    title = f"Differences an order, {told['orders']:,} orders in {told['weeks']} weeks"
    grid = Table(title=title, title_justify="left")
    for name in ("", "measure", "difference", "by the model", "90 % interval", "verdict"):
        grid.add_column(
            name, justify="right" if name in ("difference", "by the model") else "left", no_wrap=True
        )
    effects = told["effects"]["placement"]
    for row in rows([*told["differences"], *effects], told["weeks"]):
        grid.add_row(*row)
    console.print(grid)
    for sentence in (foretold(told), unknown(told), regrets(told)):
        console.print(sentence, markup=False, highlight=False)
    console.print("The comparison assumes:")
    for sentence in told["assumptions"]:
        console.print(f"  - {sentence}", markup=False, highlight=False)


def _verdict(one: Mapping[str, Any], weeks: int) -> str:
    if not one["checked"]:
        return "unchecked"
    few = one["verdict"] != "none" and weeks < FEW_WEEKS
    return VERDICTS[one["verdict"]] + (f" (from only {weeks} weeks)" if few else "")


def _interval(one: Mapping[str, Any]) -> str:
    if one["low"] is None:
        return "a single week"
    return f"{signed(one['low'], one['unit'])} to {signed(one['high'], one['unit'])}"
