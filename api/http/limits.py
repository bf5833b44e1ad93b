"""How much work one request may ask for, checked before the work is done."""

from __future__ import annotations

from api.http.problems import Code, Problem
from graph import Network, RouteRequest
from graph.names import category_row, product_row
from graph.orders import Order


def check_candidates(network: Network, request: RouteRequest, limit: int) -> None:
    """Refuse a request that could make the network compare more than ``limit`` routes.

    Counts offers of the product or category times carriers, lapsed offers included. Raises the problem
    ``too_many_candidates``, and UnknownName for a product or category that is not known.
    """
    arrays = network.arrays
    if request.product_id is not None:
        row = product_row(arrays.product_rows, arrays.product_ids, request.product_id)
        sources = arrays.product_sources
    else:
        row = category_row(arrays.category_rows, request.category or "")
        sources = arrays.category_sources
    possible = len(sources.index.of(row)) * len(arrays.carrier_ids)
    if possible > limit:
        raise Problem(
            Code.TOO_MANY_CANDIDATES,
            f"{possible} routes would be compared; one request may compare {limit}. Ask for a product.",
            limit=limit,
            possible=possible,
        )


def check_order(network: Network, order: Order, limit: int) -> None:
    """Refuse an order that could make the network compare more than ``limit`` pairs of line and route.

    Every line is compared on every route of any line. Of products that are not known only the candidates
    count. Raises the problem ``too_many_candidates``.
    """
    arrays = network.arrays
    rows = [arrays.product_rows.get(line.product_id) for line in order.lines]
    sources = sum(len(arrays.product_sources.index.of(row)) for row in set(rows) if row is not None)
    sources += sum(len(line.candidates) for line in order.lines)
    possible = sources * len(arrays.carrier_ids) * len(rows)
    if possible > limit:
        raise Problem(
            Code.TOO_MANY_CANDIDATES,
            f"{possible} pairs of line and route would be compared; an order may have {limit}.",
            limit=limit,
            possible=possible,
        )
