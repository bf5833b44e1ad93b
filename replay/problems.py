"""From the options of an order to numbers that the optimizer can decide on: one place, past or live."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from graph.arrays import NetworkArrays
from graph.options import Options
from graph.orders import location_of
from inventory.events import StockKey
from optimizer.policy import Policy
from optimizer.prices import PriceTable
from optimizer.problem import Block, OrderProblem
from optimizer.words import UNLIMITED, Floats, Ints, Reason, Term

PROMISE_PROBABILITY: Final = 0.9
"""Without a promise routes are compared by the shortest one that any of them keeps with this probability."""

Available = Callable[[StockKey], int]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds at the instant of a decision, beside the network.

    ``available``: units that may be promised (None: every source has enough). ``room``: packages that a
    place (``graph.orders.location_of``) may still pack today; places that are not named have no limit.
    """

    available: Available | None = None
    room: Mapping[str, int] | None = None


def order_problem(
    arrays: NetworkArrays,
    options: Options,
    policy: Policy,
    now: Circumstances,
    prices: PriceTable | None = None,
) -> OrderProblem:
    """Return the problem of one order under a policy; without ``prices`` stock costs nothing.

    Raises BadInput with every fault of the order (a line pinned to nobody is none: it stays unserved).
    """
    order, lines = options.order, options.order.lines
    promise, p_on_time = _promise(options)
    mean_days = options.times.mean_days
    item_ids = tuple(dict.fromkeys(line.product_id for line in lines))
    place_ids = tuple(dict.fromkeys(location_of(name) for name in options.source_ids))
    line_rows = {line.line_id: row for row, line in enumerate(lines)}
    costs, carriers = policy.costs, len(options.carrier_ids)
    judged = p_on_time if promise else np.ones_like(p_on_time)
    return OrderProblem(
        order_id=order.order_id,
        line_ids=tuple(line_rows),
        item_ids=item_ids,
        source_ids=options.source_ids,
        place_ids=place_ids,
        carrier_ids=options.carrier_ids,
        item=np.array([item_ids.index(line.product_id) for line in lines]),
        quantity=np.array([line.quantity for line in lines]),
        source=options.source,
        carrier=options.carrier,
        place=np.array([place_ids.index(location_of(name)) for name in options.source_ids], np.int64),
        stock=_stock(options.source_ids, item_ids, now.available),
        candidate=options.candidate,
        package_terms={Term.FREIGHT: options.package_freight, **costs.package_terms(len(options.source))},
        part_terms=costs.part_terms(mean_days, judged, len(lines)),
        unit_terms={Term.FREIGHT: options.unit_freight, **_scarcity(options, item_ids, prices)},
        unfilled_cents=np.full(len(lines), costs.unfilled_cents_per_unit),
        unfilled_fixed_cents=costs.unfilled_fixed_cents,
        limits=policy.limits(order.max_packages, promised=promise),
        together=tuple(tuple(line_rows[name] for name in group) for group in order.together),
        blocks=tuple(_blocks(options)),
        weight_g=_whole(options.weight_g),
        volume_cm3=_whole(options.volume_cm3),
        side_cm=np.nan_to_num(options.side_cm),
        max_weight_g=np.minimum(
            np.tile(arrays.carrier_max_weight_g, len(options.source) // carriers), UNLIMITED
        ),
        max_side_cm=np.tile(arrays.carrier_max_side_cm, len(options.source) // carriers),
        capacity=np.array([(now.room or {}).get(place, UNLIMITED) for place in place_ids], np.int64),
        mean_days=mean_days,
        p_on_time=p_on_time,
        distance_km=options.distance_km,
    )


def promise_days(options: Options) -> float:
    """Return the promise of an order, or the one by which its routes are compared when it has none."""
    if options.order.promise_days is not None:
        return options.order.promise_days
    return float(options.times.quantile(PROMISE_PROBABILITY).min(initial=np.inf))


def _promise(options: Options) -> tuple[bool, Floats]:
    return options.order.promise_days is not None, options.times.cdf(promise_days(options))


def _stock(source_ids: tuple[str, ...], item_ids: tuple[str, ...], available: Available | None) -> Ints:
    if available is None:
        return np.full((len(item_ids), len(source_ids)), UNLIMITED)
    units = [
        [min(max(available(StockKey.of_source(item, source)), 0), UNLIMITED) for source in source_ids]
        for item in item_ids
    ]
    return np.array(units, np.int64).reshape(len(item_ids), len(source_ids))


def _scarcity(options: Options, item_ids: tuple[str, ...], prices: PriceTable | None) -> dict[Term, Ints]:
    if prices is None:
        return {}
    cents = prices.of_order(item_ids, options.source_ids)
    item = np.array([item_ids.index(line.product_id) for line in options.order.lines])
    return {Term.SCARCITY: cents[np.ix_(item, options.source)]}


def _blocks(options: Options) -> Iterator[Block]:
    """Yield what the order and the offers themselves forbid."""
    if options.lapsed.any():
        yield Block(Reason.OFFER_LAPSED, options.lapsed)
    lines, names = options.order.lines, options.source_ids
    pinned = np.array([[bool(line.pin) and name not in line.pin for name in names] for line in lines])
    excluded = np.array([[name in line.exclude for name in names] for line in lines])
    for reason, where in ((Reason.NOT_PINNED, pinned), (Reason.EXCLUDED, excluded)):
        if where.any():
            yield Block(reason, where[:, options.source])


def _whole(values: Floats) -> Ints:
    return np.ceil(np.nan_to_num(values)).astype(np.int64)
