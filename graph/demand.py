"""What is expected to be ordered: units by product and region, and the kinds of orders they come in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from graph.errors import BadInput


@dataclass(frozen=True, slots=True)
class OrderType:
    """A kind of order: ``lines`` of (product_id, units), shipped to a region; how many come a day.

    ``var_per_day`` is the variance of the rate itself, as far as it is known: 0 for a known rate. The orders
    of d days then have mean ``mean * d`` and variance ``mean * d + var * d**2`` (gamma-Poisson).
    """

    lines: tuple[tuple[str, int], ...]
    region: str
    mean_per_day: float
    var_per_day: float

    def __post_init__(self) -> None:
        products = {product_id for product_id, _ in self.lines}
        if len(products) < max(len(self.lines), 1) or any(units < 1 for _, units in self.lines):
            raise BadInput(f"An order type needs different products, each with units: {self.lines}.")
        if not (_is_amount(self.mean_per_day) and _is_amount(self.var_per_day)):
            raise BadInput(f"A rate and its variance are finite and not negative: {self}.")


@dataclass(frozen=True, slots=True, eq=False)
class DemandEstimate:
    """Expected demand as of an instant, of N (product, region) pairs and of order types.

    ``product`` and ``region`` (N,) are positions in ``product_ids`` and ``regions``. ``mean_per_day`` and
    ``var_per_day`` (N,) are units a day and the variance of that rate, read as in OrderType.
    ``covered_share`` is the share of recent orders that are of one of the ``order_types``.
    Raises BadInput where lengths differ, positions are out of range, a figure is negative or not finite, or
    ``as_of`` has no time zone.
    """

    as_of: datetime
    product_ids: tuple[str, ...]
    regions: tuple[str, ...]
    product: NDArray[np.int32]
    region: NDArray[np.int32]
    mean_per_day: NDArray[np.float64]
    var_per_day: NDArray[np.float64]
    order_types: tuple[OrderType, ...]
    covered_share: float

    def __post_init__(self) -> None:
        pairs = (self.product, self.product_ids), (self.region, self.regions)
        figures = self.mean_per_day, self.var_per_day
        wrong = [
            (self.as_of.tzinfo is None, "as_of needs a time zone."),
            (len({len(array) for array in (self.product, self.region, *figures)}) > 1, "Lengths differ."),
            (
                not all(_points_into(codes, len(names)) for codes, names in pairs),
                "A position is out of range.",
            ),
            (not all(map(_are_amounts, figures)), "A figure is negative or not finite."),
            (not 0 <= self.covered_share <= 1, "covered_share lies between 0 and 1."),
        ]
        if faults := [text for bad, text in wrong if bad]:
            raise BadInput(f"The demand estimate cannot be used. {' '.join(faults)}")
        for array in (self.product, self.region, *figures):
            array.flags.writeable = False

    def of_product(self, product_id: str) -> tuple[float, float]:
        """Return units a day of a product over all regions, and the variance of that rate; (0, 0) if unknown.

        Regions are added up as if independent.
        """
        if product_id not in self.product_ids:
            return 0.0, 0.0
        rows = self.product == self.product_ids.index(product_id)
        return float(self.mean_per_day[rows].sum()), float(self.var_per_day[rows].sum())


def _is_amount(value: float) -> bool:
    return 0.0 <= value < np.inf  # NaN is not


def _are_amounts(values: NDArray[np.float64]) -> bool:
    return bool((np.isfinite(values) & (values >= 0)).all())


def _points_into(codes: NDArray[np.int32], count: int) -> bool:
    return bool(((codes >= 0) & (codes < count)).all())
