"""From the options of an order to numbers that the optimizer can decide on: one place, past or live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from graph.arrays import NetworkArrays
from graph.options import Options
from optimizer.policy import Policy
from optimizer.prices import PriceTable
from optimizer.problem import Block, OrderProblem
from optimizer.words import UNLIMITED, Floats, Ints, Reason, Term


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds at the instant of a decision, beside the network.

    ``stock``: units that may be promised, (products of the order, sources); None: every source has enough.
    ``room``: packages that a place (``graph.orders.location_of``) may still pack today; places that are not
    named have no limit. ``wait_days``: what each route's parcel waits for its pickup, (routes,); None: not
    at all. ``blocks``: what else keeps lines off routes.
    """

    stock: Ints | None = None
    room: Mapping[str, int] | None = None
    wait_days: Floats | None = None
    blocks: tuple[Block, ...] = ()


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
    promised = order.promise_days is not None
    p_on_time, days = options.p_on_time, options.times.mean_days
    item_ids, source_ids = options.product_ids, options.source_ids
    place_ids = tuple(dict.fromkeys(options.places))
    line_rows = {line.line_id: row for row, line in enumerate(lines)}
    costs, routes = policy.costs, len(options.source)
    stock = now.stock
    if stock is None:
        stock = np.full((len(item_ids), len(source_ids)), UNLIMITED)
    item = np.array([item_ids.index(line.product_id) for line in lines])
    return OrderProblem(
        order_id=order.order_id,
        line_ids=tuple(line_rows),
        item_ids=item_ids,
        source_ids=source_ids,
        place_ids=place_ids,
        carrier_ids=options.carrier_ids,
        item=item,
        quantity=np.array([line.quantity for line in lines]),
        source=options.source,
        carrier=options.carrier,
        place=_rows_of(options.places, place_ids),
        stock=stock,
        candidate=options.candidate,
        package_terms={Term.FREIGHT: options.package_freight, **costs.package_terms(routes)},
        part_terms=costs.part_terms(
            days if now.wait_days is None else days + now.wait_days,
            p_on_time if promised else np.ones(routes),
            len(lines),
        ),
        unit_terms={Term.FREIGHT: options.unit_freight, **_scarcity(options, item, prices)},
        unfilled_cents=np.full(len(lines), costs.unfilled_cents_per_unit),
        unfilled_fixed_cents=costs.unfilled_fixed_cents,
        limits=policy.limits(order.max_packages, promised=promised),
        together=tuple(tuple(line_rows[name] for name in group) for group in order.together),
        blocks=(*_blocks(options), *now.blocks),
        weight_g=_whole(options.weight_g),
        volume_cm3=_whole(options.volume_cm3),
        side_cm=_known(options.side_cm),
        max_weight_g=np.minimum(arrays.carrier_max_weight_g, UNLIMITED)[options.carrier],
        max_side_cm=arrays.carrier_max_side_cm[options.carrier],
        capacity=_capacity(place_ids, now.room),
        mean_days=options.times.mean_days,
        p_on_time=p_on_time,
        distance_km=options.distance_km,
    )


def _rows_of(names: tuple[str, ...], known: tuple[str, ...]) -> Ints:
    if len(names) == len(known):  # each once, in their order
        return np.arange(len(names))
    rows = {name: row for row, name in enumerate(known)}
    return np.array([rows[name] for name in names], np.int64)


def _capacity(place_ids: tuple[str, ...], room: Mapping[str, int] | None) -> Ints:
    if not room:
        return np.full(len(place_ids), UNLIMITED)
    return np.array([room.get(place, UNLIMITED) for place in place_ids], np.int64)


def _scarcity(options: Options, item: Ints, prices: PriceTable | None) -> dict[Term, Ints]:
    if prices is None:
        return {}
    cents = prices.of_order(options.product_ids, options.source_ids)
    return {Term.SCARCITY: cents[np.ix_(item, options.source)]}


def _blocks(options: Options) -> Iterator[Block]:
    """Yield what the order and the offers themselves forbid."""
    if options.lapsed.any():
        yield Block(Reason.OFFER_LAPSED, options.lapsed)
    lines, names = options.order.lines, options.source_ids
    if any(line.pin for line in lines):
        pinned = np.array([[bool(line.pin) and name not in line.pin for name in names] for line in lines])
        if pinned.any():
            yield Block(Reason.NOT_PINNED, pinned[:, options.source])
    if any(line.exclude for line in lines):
        excluded = np.array([[name in line.exclude for name in names] for line in lines])
        if excluded.any():
            yield Block(Reason.EXCLUDED, excluded[:, options.source])


def _known(values: Floats) -> Floats:
    return np.where(np.isnan(values), 0.0, values)


def _whole(values: Floats) -> Ints:
    return np.ceil(_known(values)).astype(np.int64)
