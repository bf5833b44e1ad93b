"""Distance and freight as formulas for arrays and, compiled, for every candidate of a request in one pass.

The pass costs microseconds, where small arrays cost as much for each of their sixty operations.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS_KM: Final = 6371.0088
"""Mean radius R1 of the Earth: Moritz, Geodetic Reference System 1980, doi 10.1007/s001900050278."""

CUBIC_CM3_PER_KG: Final = 6000.0
"""Volume that is billed as one kilogram: the divisor of Correios' parcel tariffs (PAC, SEDEX) and of IATA's
TACT rules for air cargo."""

Codes = NDArray[np.int32]
Floats = NDArray[np.float64]
Longs = NDArray[np.int64]

_LOG_KG: Final = tuple(np.log([0.5, 2.0, 8.0, 20.0]).tolist())
_LOG_KM: Final = tuple(np.log([60.0, 300.0, 900.0]).tolist())
_LOG_PRICE: Final = tuple(np.log([80.0, 250.0]).tolist())


def great_circle_km(lat1: Any, lng1: Any, lat2: Any, lng2: Any) -> Any:
    """Return the great-circle distance in km between points in degrees; see ``graph.distance``."""
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    half_phi = (phi2 - phi1) * 0.5
    half_lambda = np.radians(lng2 - lng1) * 0.5
    chord = np.sin(half_phi) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(half_lambda) ** 2
    return 2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))


def billable_kg(weight_g: Any, volume_cm3: Any) -> Any:
    """Return the larger of real and cubic weight, at least 50 g."""
    return np.maximum(np.maximum(weight_g * 1e-3, volume_cm3 * (1.0 / CUBIC_CM3_PER_KG)), 0.05)


def freight_features(kg: Any, km: Any, same_state: Any, price_cents: Any) -> tuple[Any, ...]:
    """Return what log freight is linear in, a one first: straight lines on the log scale that bend."""
    log_kg, log_km = np.log(kg), np.log1p(km)
    log_price = np.log(np.maximum(price_cents, 100.0) / 100.0)
    return (
        same_state * 0.0 + 1.0,
        log_kg,
        np.maximum(log_kg - _LOG_KG[0], 0.0),
        np.maximum(log_kg - _LOG_KG[1], 0.0),
        np.maximum(log_kg - _LOG_KG[2], 0.0),
        np.maximum(log_kg - _LOG_KG[3], 0.0),
        log_km,
        np.maximum(log_km - _LOG_KM[0], 0.0),
        np.maximum(log_km - _LOG_KM[1], 0.0),
        np.maximum(log_km - _LOG_KM[2], 0.0),
        log_kg * log_km,
        same_state,
        same_state * log_kg,
        log_price,
        np.maximum(log_price - _LOG_PRICE[0], 0.0),
        np.maximum(log_price - _LOG_PRICE[1], 0.0),
    )


WIDTH: Final = 16
"""Features of a parcel."""


class Places(NamedTuple):
    """Zip prefixes: degrees, and codes of region and state."""

    lat: Floats
    lng: Floats
    region: Codes
    state: Codes


class Goods(NamedTuple):
    """Who could ship what, one row a (product or category, seller, warehouse); see ``arrays.Sources``."""

    seller: Codes
    warehouse: Codes
    shipper: Codes
    origin_zip: Codes
    handling_days: Floats
    units: Longs
    last_sold_s: Longs
    price_cents: Floats


class FreightLaw(NamedTuple):
    """What a parcel's freight follows; see ``graph.freight.Freight``."""

    coefficients: Floats
    scale: float
    typical: Floats
    region_effect: Floats
    seller_effect: Floats
    tariffs: Floats


class Ask(NamedTuple):
    """Units of one parcel to the zip prefix ``dest``; offers last sold before ``sold_since_s`` lapsed."""

    dest: int
    quantity: int
    sold_since_s: int
    weight_g: float
    volume_cm3: float
    price_cents: float


class Shared(NamedTuple):
    """What all candidates of a request share: codes and numbers, a row of the answer each."""

    codes: Codes
    numbers: Floats


class Swept(NamedTuple):
    """All candidates, a column each: in order of row and, within it, of carrier.

    ``codes``: seller, warehouse, carrier, shipper, origin's zip prefix, region and state, then the shared
    ones. ``numbers``: distance in km, price of a unit in cents, the site's handling in days, then the shared.
    """

    codes: NDArray[np.int32]
    numbers: Floats
    cents: Longs


class Lines(NamedTuple):
    """One unit of each line of an order: grams, cm3 (NaN unknown), and cents where a route tells no price."""

    weight_g: Floats
    volume_cm3: Floats
    price_cents: Floats


class Routes(NamedTuple):
    """Routes of an order to the zip prefix ``dest``, those of one source side by side."""

    dest: int
    shipper: Codes
    origin_zip: Codes
    carrier: Codes
    distance_km: Floats


def freight_of(
    law: FreightLaw, places: Places, lines: Lines, routes: Routes, price_cents: Floats
) -> tuple[Longs, Longs]:
    """Return what a package pays once (routes,) and for each unit (lines, routes); see ``Freight.parts``.

    ``price_cents``, of one unit, is (lines, routes): NaN where it is the usual one.
    """
    return _compiled_freight()(law, places, lines, routes, price_cents)


def _freight_of(
    law: FreightLaw, places: Places, lines: Lines, routes: Routes, price_cents: Floats
) -> tuple[Longs, Longs]:
    once, each = np.zeros(price_cents.shape[1], np.int64), np.empty(price_cents.shape, np.int64)
    for line in range(len(each)):
        usual, learned, known = lines.price_cents[line], 0.0, -1
        ask = Ask(routes.dest, 1, 0, lines.weight_g[line], lines.volume_cm3[line], usual)
        for route in range(len(once)):
            km, own = routes.distance_km[route], price_cents[line, route]
            if len(law.tariffs) and not np.isnan(law.tariffs[routes.carrier[route], 0]):
                base, per_kg, per_km = law.tariffs[routes.carrier[route]]
                weight = law.typical[0] if np.isnan(ask.weight_g) else ask.weight_g
                once[route] = int(np.rint(base + per_km * (law.typical[2] if np.isnan(km) else km)))
                each[line, route] = int(np.rint(per_kg * weight * 1e-3))
                continue
            if known < 0 or not _is_same_source(routes, price_cents[line], known, route):
                price = usual if np.isnan(own) else own
                shipper, origin = routes.shipper[route], routes.origin_zip[route]
                learned, known = _learned_cents(law, places, ask, shipper, origin, km, price), route
            each[line, route] = int(np.rint(learned))
    return once, each


def _is_same_source(routes: Routes, price_cents: Floats, one: int, other: int) -> bool:
    """Tell whether two routes differ in nothing but their carriers, as far as freight can see."""
    same = routes.shipper[one] == routes.shipper[other] and routes.origin_zip[one] == routes.origin_zip[other]
    price, told = price_cents[one], price_cents[other]
    return bool(same and (price == told or (np.isnan(price) and np.isnan(told))))


def unit_freight(law: FreightLaw, places: Places, dest: Codes, routes: Routes, units: Lines) -> Longs:
    """Return the learned freight of one unit on each route, (routes,): of ``units``, to its own ``dest``.

    Tariffs are not looked at. All else as ``freight_of``, which asks for one destination.
    """
    cents: Longs = _compiled_units()(law, places, dest, routes, units)
    return cents


def _unit_freight(law: FreightLaw, places: Places, dest: Codes, routes: Routes, units: Lines) -> Longs:
    cents = np.empty(len(dest), np.int64)
    for row in range(len(dest)):
        price = units.price_cents[row]
        ask = Ask(dest[row], 1, 0, units.weight_g[row], units.volume_cm3[row], price)
        shipper, origin, km = routes.shipper[row], routes.origin_zip[row], routes.distance_km[row]
        cents[row] = int(np.rint(_learned_cents(law, places, ask, shipper, origin, km, price)))
    return cents


def sweep(
    rows: Longs, carriers: Codes, goods: Goods, places: Places, law: FreightLaw, ask: Ask, shared: Shared
) -> Swept:
    """Lay out every route of the sources in ``rows`` that can ship, with its distance and freight."""
    return Swept(*_compiled()(rows, carriers, goods, places, law, ask, shared))


def _sweep(
    rows: Longs, carriers: Codes, goods: Goods, places: Places, law: FreightLaw, ask: Ask, shared: Shared
) -> tuple[Codes, Floats, Longs]:
    rows = _active(rows, goods, ask)
    codes = np.empty((7 + len(shared.codes), len(rows) * len(carriers)), np.int32)
    numbers = np.empty((3 + len(shared.numbers), codes.shape[1]))
    cents = np.empty(codes.shape[1], np.int64)
    for place, code in enumerate(shared.codes):
        codes[7 + place] = code
    for place, number in enumerate(shared.numbers):
        numbers[3 + place] = number
    at = 0
    for row in rows:
        origin = goods.origin_zip[row]
        km = great_circle_km(
            places.lat[origin], places.lng[origin], places.lat[ask.dest], places.lng[ask.dest]
        )
        price = ask.price_cents if np.isnan(goods.price_cents[row]) else goods.price_cents[row]
        learned = _learned_cents(law, places, ask, goods.shipper[row], origin, km, price)
        for carrier in carriers:
            codes[0, at], codes[1, at] = goods.seller[row], goods.warehouse[row]
            codes[2, at], codes[3, at] = carrier, goods.shipper[row]
            codes[4, at], codes[5, at] = origin, places.region[origin]
            codes[6, at] = places.state[origin]
            numbers[0, at], numbers[1, at], numbers[2, at] = km, price, goods.handling_days[row]
            cents[at] = _rounded(learned, law, ask, carrier, km)
            at += 1
    return codes, numbers, cents


def _active(rows: Longs, goods: Goods, ask: Ask) -> Longs:
    """Return the rows that can ship: not lapsed, and units enough; no source twice."""
    kept, size = np.empty_like(rows), 0
    for row in rows:
        if goods.last_sold_s[row] < ask.sold_since_s or goods.units[row] < ask.quantity:
            continue
        last = kept[size - 1] if size else row
        same = goods.seller[row] == goods.seller[last] and goods.warehouse[row] == goods.warehouse[last]
        if size and same:
            continue
        kept[size] = row
        size += 1
    return kept[:size]


def _learned_cents(
    law: FreightLaw, places: Places, ask: Ask, shipper: int, origin: int, km: float, price: float
) -> float:
    weight, volume, usual_km = law.typical
    weight = weight if np.isnan(ask.weight_g) else ask.weight_g
    volume = volume if np.isnan(ask.volume_cm3) else ask.volume_cm3
    state, region = places.state[ask.dest], places.region[ask.dest]
    same_state = 1.0 if state >= 0 and places.state[origin] == state else 0.0
    log_cents = _effect(law.region_effect, region) + _effect(law.seller_effect, shipper)
    features = freight_features(
        billable_kg(weight, volume), usual_km if np.isnan(km) else km, same_state, price
    )
    for place, feature in enumerate(features):
        log_cents += law.coefficients[place] * feature
    cents: float = law.scale * np.exp(log_cents) * ask.quantity
    return cents


def _effect(effects: Floats, code: int) -> float:
    effect: float = effects[code] if code < len(effects) - 1 else effects[-1]
    return effect


def _rounded(learned: float, law: FreightLaw, ask: Ask, carrier: int, km: float) -> int:
    """Return the carrier's tariff where it has one, else what was learned."""
    cents = learned
    if len(law.tariffs):
        base, per_kg, per_km = law.tariffs[carrier]
        if not np.isnan(base):
            weight = law.typical[0] if np.isnan(ask.weight_g) else ask.weight_g
            cents = base + per_kg * weight * ask.quantity * 1e-3
            cents += per_km * (law.typical[2] if np.isnan(km) else km)
    return int(np.rint(cents))


@cache
def _compiled() -> Callable[..., tuple[Codes, Floats, Longs]]:
    # Slow imports, for those who ask for routes.
    from numba import njit  # noqa: PLC0415
    from numba.extending import register_jitable  # noqa: PLC0415

    for part in (great_circle_km, billable_kg, freight_features, _active, _learned_cents, _effect, _rounded):
        register_jitable(part)
    compiled: Callable[..., tuple[Codes, Floats, Longs]] = njit(cache=True)(_sweep)
    return compiled


@cache
def _compiled_freight() -> Callable[..., tuple[Longs, Longs]]:
    # Slow imports, for those who decide orders.
    from numba import njit  # noqa: PLC0415
    from numba.extending import register_jitable  # noqa: PLC0415

    for part in (billable_kg, freight_features, _learned_cents, _effect, _is_same_source):
        register_jitable(part)
    compiled: Callable[..., tuple[Longs, Longs]] = njit(cache=True)(_freight_of)
    return compiled


@cache
def _compiled_units() -> Callable[..., Longs]:
    # Slow imports, for those who decide the orders of a day.
    from numba import njit  # noqa: PLC0415
    from numba.extending import register_jitable  # noqa: PLC0415

    for part in (billable_kg, freight_features, _learned_cents, _effect):
        register_jitable(part)
    compiled: Callable[..., Longs] = njit(cache=True)(_unit_freight)
    return compiled
