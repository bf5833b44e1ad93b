"""Order-fulfilment instances with known values: files read as our problems, and the Jasin-Sinha generator.

Set-up: Jasin and Sinha 2015 (Operations Research 63(6):1336-1351) with the parameters of Ma 2023 (M&SOM
25(4):1324-1337): a package costs 8.759, a unit 0.423 + 0.000541 a mile; leaving an order (partly) unserved
costs twice a package, and per unit twice the dearest source.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from graph.distance import haversine_km
from optimizer.batch_problem import BatchProblem
from optimizer.limits import Limits, Tariff
from optimizer.problem import OrderProblem
from optimizer.words import MUST_SERVE, UNLIMITED, Floats, Ints, Term

PACKAGE: Final = 8.759
UNIT: Final = 0.423
UNIT_MILE: Final = 0.000541
KM_PER_MILE: Final = 1.61  # as in Ma's figures

SOURCES: Final = (
    ("OAK4", 37.7448, -121.3985),
    ("IND1", 39.9797, -86.3833),
    ("AVP3", 41.2776, -75.4973),
    ("CAE1", 33.9114, -81.0501),
    ("DFW7", 32.9709, -97.3348),
)
CITIES: Final = (
    ("New York", 40.6943, -73.9249, 18_680_025),
    ("Los Angeles", 34.1141, -118.4068, 12_531_334),
    ("Chicago", 41.8375, -87.6866, 8_586_888),
    ("Miami", 25.784, -80.2101, 6_076_316),
    ("Dallas", 32.7935, -96.7667, 5_910_669),
    ("Houston", 29.786, -95.3885, 5_724_418),
    ("Philadelphia", 40.0077, -75.1339, 5_540_199),
    ("Atlanta", 33.7628, -84.422, 5_151_496),
    ("Washington", 38.9047, -77.0163, 5_066_973),
    ("Boston", 42.3188, -71.0852, 4_465_966),
)
ITEMS: Final = 20
LARGEST_ORDER: Final = 5
BASKETS_PER_SIZE: Final = 5
P_STOCKED: Final = 0.75


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """Baskets of items ordered from cities, and sources that stock them; money in one unit, any.

    K sources, J cities, I items. ``rate[b, j]`` is the chance that a period brings basket b from city j.
    """

    baskets: tuple[tuple[int, ...], ...]
    rate: Floats  # (baskets, J)
    unit: Floats  # (K, J) cost of one unit
    package: float
    lost_package: float
    lost_unit: Floats  # (J,)
    stock: Ints  # (K, I)
    periods: int

    @property
    def cities(self) -> int:
        """J."""
        return len(self.lost_unit)


def jasin_sinha(seed: int, periods: int) -> Market:
    """Draw one instance of the small network: 5 sources, 10 cities, 20 items, orders of 1 to 5 items."""
    rng = np.random.default_rng(seed)
    baskets: list[tuple[int, ...]] = [()]
    for size in range(1, LARGEST_ORDER + 1):
        draws = (rng.choice(ITEMS, size, replace=False) for _ in range(BASKETS_PER_SIZE))
        baskets += [tuple(sorted(items.tolist())) for items in draws]
    of_size = _shares(rng.random(LARGEST_ORDER + 1))
    inside = [np.ones(1), *(_shares(rng.random(BASKETS_PER_SIZE)) for _ in range(LARGEST_ORDER))]
    of_basket = np.concatenate([share * within for share, within in zip(of_size, inside, strict=True)])
    people = _shares(np.array([city[3] for city in CITIES], dtype=np.float64))
    rate = of_basket[:, None] * people
    miles = _miles()
    unit = UNIT + UNIT_MILE * miles
    stocked = rng.random((len(SOURCES), ITEMS)) < P_STOCKED
    stock = _planned_stock(baskets, rate, np.where(stocked[:, None, :], miles[:, :, None], np.inf), periods)
    return Market(tuple(baskets), rate, unit, PACKAGE, 2 * PACKAGE, 2 * unit.max(axis=0), stock, periods)


def read_market(path: Path) -> Market:
    """Read a ``js_dlp_*.json``."""
    told = json.loads(path.read_text())
    return Market(
        baskets=tuple(tuple(basket) for basket in told["order_types"]),
        rate=np.array(told["lam"]),
        unit=np.array(told["unit"]),
        package=told["fixed"],
        lost_package=told["miss_fixed"],
        lost_unit=np.array(told["miss_unit"]),
        stock=np.array(told["inventory"], dtype=np.int64),
        periods=told["T"],
    )


def types_of(market: Market, scale: int) -> tuple[BatchProblem, Floats]:
    """Return one problem per (basket, city) that is not empty, and how many of each a period brings.

    Money is ``scale`` times the market's, in whole numbers.
    """
    orders, rates = [], []
    for b, basket in enumerate(market.baskets):
        for j in range(market.cities if basket else 0):
            costs = _Costs(*(_whole(cost * scale) for cost in _costs(market, j)))
            orders.append(_problem(f"{b}:{j}", basket, costs, market.stock))
            rates.append(market.rate[b, j])
    return BatchProblem.of(orders), np.array(rates)


def read_orders(path: Path) -> BatchProblem:
    """Read a ``js_offline_*.json``: concrete orders, money in cents."""
    told = json.loads(path.read_text())
    stock, unit = np.array(told["inventory"], dtype=np.int64), np.array(told["unit_c"], dtype=np.int64)
    orders = []
    for number, order in enumerate(told["orders"]):
        if order["items"]:
            city = order["city"]
            lost = np.int64(told["miss_unit_c"][city])
            costs = _Costs(unit[:, city], np.int64(told["fixed_c"]), np.int64(told["miss_fixed_c"]), lost)
            orders.append(_problem(f"{number:04d}", order["items"], costs, stock))
    return BatchProblem.of(orders)


@dataclass(frozen=True, slots=True)
class _Costs:
    """Of one destination: ``unit`` by source, the package, and what unserved orders and units cost."""

    unit: NDArray[Any]
    package: Any
    lost_package: Any
    lost_unit: Any


def _costs(market: Market, city: int) -> tuple[Any, ...]:
    return market.unit[:, city], market.package, market.lost_package, market.lost_unit[city]


def _problem(name: str, basket: ArrayLike, costs: _Costs, stock: Ints) -> OrderProblem:
    """Return an order of one unit of each item; the sources are the routes."""
    items = np.asarray(basket, dtype=np.int64)
    lines, routes = len(items), len(stock)
    some = np.zeros(lines, np.int64)
    sources = tuple(f"seller:{k:02d}" for k in range(routes))
    return OrderProblem(
        order_id=name,
        line_ids=tuple(str(line) for line in range(lines)),
        item_ids=tuple(f"{item:03d}" for item in items),
        source_ids=sources,
        place_ids=sources,
        carrier_ids=("unknown",),
        item=np.arange(lines),
        quantity=some + 1,
        source=np.arange(routes),
        carrier=np.zeros(routes, np.int64),
        place=np.arange(routes),
        stock=stock.T[items],
        candidate=np.ones((lines, routes), bool),
        package_terms={Term.PACKAGE: np.full(routes, int(costs.package))},
        part_terms={},
        unit_terms={Term.FREIGHT: np.broadcast_to(costs.unit, (lines, routes))},
        unfilled_cents=some + int(costs.lost_unit),
        unfilled_fixed_cents=int(costs.lost_package),
        weight_g=some,
        volume_cm3=some,
        side_cm=np.zeros(lines),
        max_weight_g=np.full(routes, UNLIMITED),
        max_side_cm=np.full(routes, np.inf),
        capacity=np.full(routes, UNLIMITED),
        mean_days=np.zeros(routes),
        p_on_time=np.ones(routes),
    )


def read_nextmv(path: Path) -> tuple[BatchProblem, int]:
    """Read Nextmv's order fulfilment: one order whose lines split freely over centres and carriers.

    Money is in mills (1/1000), weight in grams, volume in cm3. Nextmv charges the first tier of every carrier
    even where nothing is shipped: that constant is returned beside the problem, and left out of its tariffs.
    Raises ValueError where a volume limit could bind: packages have none here.
    """
    told = json.loads(path.read_text())
    items, centres = told["items"], told["distribution_centers"]
    routes = [
        (k, carrier) for k, c in enumerate(centres) for carrier in told["carrier_capacities"][_centre_id(c)]
    ]
    volume = np.array([_whole(1000 * item["unit_volume"]) for item in items])
    quantity = np.array([item["quantity"] for item in items])
    limit = min(room for rooms in told["carrier_capacities"].values() for room in rooms.values())
    if volume @ quantity > 1000 * limit:
        raise ValueError(f"{path}: the order may exceed a carrier's volume of {limit}")
    tariffs, first = zip(*(_tariff(told, _centre_id(centres[k]), name) for k, name in routes), strict=True)
    handling = np.array([centres[k]["handling_cost"] for k, _ in routes])
    carriers = tuple(sorted({name for _, name in routes}))
    sources = tuple(f"seller:{_centre_id(centre)}" for centre in centres)
    problem = OrderProblem(
        order_id="nextmv",
        line_ids=tuple(item["item_id"] for item in items),
        item_ids=tuple(item["item_id"] for item in items),
        source_ids=sources,
        place_ids=sources,
        carrier_ids=carriers,
        item=np.arange(len(items)),
        quantity=quantity,
        source=np.array([k for k, _ in routes]),
        carrier=np.array([carriers.index(name) for _, name in routes]),
        place=np.arange(len(sources)),
        stock=np.array([[c["inventory"][item["item_id"]] for c in centres] for item in items]),
        candidate=np.ones((len(items), len(routes)), bool),
        package_terms={},
        part_terms={},
        unit_terms={Term.HANDLING: _whole(volume[:, None] * handling / told["carton_volume"])},
        unfilled_cents=np.full(len(items), MUST_SERVE),
        limits=Limits(max_parts=len(routes)),
        weight_g=np.array([_whole(1000 * item["unit_weight"]) for item in items]),
        volume_cm3=volume,
        side_cm=np.zeros(len(items)),
        max_weight_g=np.full(len(routes), UNLIMITED),
        max_side_cm=np.full(len(routes), np.inf),
        capacity=np.full(len(sources), UNLIMITED),
        tariffs=tariffs,
        mean_days=np.zeros(len(routes)),
        p_on_time=np.ones(len(routes)),
    )
    return BatchProblem.of([problem]), sum(first)


def _centre_id(centre: dict[str, Any]) -> str:
    return str(centre["distribution_center_id"])


def _tariff(told: dict[str, Any], centre: str, carrier: str) -> tuple[Tariff, int]:
    """Return a carrier's tariff over its first tier, and that tier's price."""
    tiers = told["carrier_delivery_costs"][centre][carrier]
    rates = [int(_whole(1000 * rate)) for rate in tiers["weight_rates"]]
    up_to_g = tuple(int(_whole(1000 * edge)) for edge in tiers["weight_tiers"])
    g_per_litre = int(_whole(1000 * told["carrier_dimensional_weight_factors"][carrier]))
    return Tariff(up_to_g, tuple(rate - rates[0] for rate in rates), g_per_litre), rates[0]


def _whole(values: ArrayLike) -> NDArray[np.int64]:
    return np.rint(values).astype(np.int64)


def _shares(draws: Floats) -> Floats:
    return np.asarray(draws / draws.sum())


def _miles() -> Floats:
    """Return the great-circle miles from each source to each city, (K, J)."""
    source, city = np.array([s[1:3] for s in SOURCES]), np.array([c[1:3] for c in CITIES])
    km = haversine_km(source[:, None, 0], source[:, None, 1], city[None, :, 0], city[None, :, 1])
    return np.asarray(km) / KM_PER_MILE


def _planned_stock(
    baskets: list[tuple[int, ...]], rate: Floats, miles: NDArray[np.float64], periods: int
) -> Ints:
    """Return (K, I) units: the demand of the cities for which a source is the nearest that stocks the item.

    Half a standard deviation is added. ``miles`` is (K, J, I), inf where the item is not stocked.
    """
    wanted = np.zeros((rate.shape[1], ITEMS))  # (J, I) a period
    for basket, by_city in zip(baskets, rate, strict=True):
        wanted[:, list(basket)] += by_city[:, None]
    nearest = miles.argmin(axis=0)  # (J, I)
    mean = np.zeros((len(SOURCES), ITEMS))
    city, item = np.nonzero(np.isfinite(miles.min(axis=0)))
    np.add.at(mean, (nearest[city, item], item), wanted[city, item])
    return _whole(periods * mean + 0.5 * np.sqrt(periods * mean * (1 - mean)))
