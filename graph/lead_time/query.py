"""What is asked of the lead-time model: candidate routes, one row each, all at one instant."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from graph.lead_time.journeys import CodeArray, FloatArray, IntArray
from graph.lead_time.laid_out import Asked
from graph.model import NEVER, UNKNOWN

_FLOATS: Final = frozenset(
    {
        "distance_km",
        "weight_g",
        "volume_cm3",
        "price_cents",
        "freight_cents",
        "quantity",
        "site_handling_days",
    }
)
_INSTANT: Final = "at_s"
_NO_DAYS: Final = np.zeros(0)
_NO_MARKS: Final = np.zeros(0, np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class RouteQuery:
    """Equally long arrays, one row a candidate (source, carrier, destination, product), at ``at_s``.

    The instant (epoch seconds) is one for all rows, or an array with one a row.

    Codes are rows of the node tables (int32), -1 = unknown. ``seller`` -1 asks for a seller without effect,
    which is how a lane's reference parcel is read. ``site_handling_days``: the handling time of the warehouse
    that ships, NaN = the seller's own. ``assumed``: True marks a row that rests on an assumption (its basis
    is then ``synthetic``). Weight and volume are of the whole line (all its units); NaN = unknown.
    """

    seller: CodeArray
    origin_zip: CodeArray
    dest_zip: CodeArray
    origin_region: CodeArray
    dest_region: CodeArray
    origin_state: CodeArray
    dest_state: CodeArray
    carrier: CodeArray
    category: CodeArray
    payment_type: CodeArray
    distance_km: FloatArray
    weight_g: FloatArray
    volume_cm3: FloatArray
    price_cents: FloatArray
    freight_cents: FloatArray
    quantity: FloatArray
    n_lines: CodeArray
    n_sellers: CodeArray
    at_s: int | IntArray = NEVER
    site_handling_days: FloatArray | None = None
    assumed: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return int(self.seller.shape[0])

    @property
    def asked(self) -> Asked:
        """The columns that the compiled read looks at."""
        return Asked(
            self.seller,
            self.origin_region,
            self.dest_region,
            self.origin_state,
            self.dest_state,
            self.carrier,
            self.payment_type,
            self.n_lines,
            self.n_sellers,
            self.distance_km,
            self.weight_g,
            self.volume_cm3,
            self.price_cents,
            self.quantity,
            _NO_DAYS if self.site_handling_days is None else self.site_handling_days,
            _NO_MARKS if self.assumed is None else self.assumed,
        )

    @classmethod
    def build(cls, rows: int, at_s: int | IntArray = NEVER, **columns: Any) -> RouteQuery:
        """Make a query from some columns, each an array or a scalar; the others are unknown.

        ``quantity``, ``n_lines`` and ``n_sellers`` are 1 when not given. A misspelt column raises TypeError.
        """
        names = {field.name for field in fields(cls)} - {_INSTANT}
        if wrong := sorted(set(columns) - names):
            raise TypeError(f"no such column in a RouteQuery: {', '.join(wrong)}")
        optional = {name: columns.pop(name, None) for name in ("site_handling_days", "assumed")}
        made: dict[str, Any] = {
            # A copy: compiled code knows arrays that can be written to, and would be made anew for others.
            name: np.array(np.broadcast_to(columns.get(name, _unknown(name)), rows), _dtype(name), order="C")
            for name in names - set(optional)
        }
        for name, given in optional.items():
            dtype = np.bool_ if name == "assumed" else np.float64
            made[name] = None if given is None else np.broadcast_to(given, (rows,)).astype(dtype)
        return cls(at_s=at_s, **made)


def _dtype(name: str) -> type[np.generic]:
    return np.float64 if name in _FLOATS else np.int32


def _unknown(name: str) -> float | int:
    if name in ("quantity", "n_lines", "n_sellers"):
        return 1
    return np.nan if name in _FLOATS else UNKNOWN
