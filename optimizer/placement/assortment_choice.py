"""What to stock, chosen one way and judged beside the other, with a bound for both."""

from __future__ import annotations

from collections.abc import Callable

from optimizer.placement.answer import Progress
from optimizer.placement.assortment import AssortmentLimits, assort
from optimizer.placement.assortment_draws import Draws
from optimizer.placement.assortment_sellers import best_sellers
from optimizer.placement.assortment_tables import DRAWS, Assorted, Assorting, Range
from optimizer.placement.assortment_units import lay_in, likeliest_first


def choose(
    asked: Range,
    how: Assorting,
    limits: AssortmentLimits,
    seed: int = 1,
    progress: Callable[[Progress], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Assorted:
    """Return what to stock in whole units, within the capacity of the sites.

    The bound is that of expected flows (`assort`, as far as ``limits`` go): what random orders take from
    whole units is on average a flow of expected demand too, so no stock costs less. The stock does not
    depend on it, nor on when the search for it is cancelled. The same ``seed`` gives the same stock.
    """
    problem, spread = asked.problem, asked.relative_var
    units = {
        Assorting.WEIGHED: lay_in(Draws.of(problem, spread, DRAWS, seed)),
        Assorting.BEST_SELLERS: likeliest_first(problem, best_sellers(problem), spread),
    }
    fresh = Draws.of(problem, spread, DRAWS, seed + 1)
    judged = {one: (int(laid.sum()), fresh.judge(laid)) for one, laid in units.items()}
    bound = assort(problem, limits=limits, progress=progress, cancelled=cancelled).bound
    return Assorted(asked, how, units[how], bound, judged)
