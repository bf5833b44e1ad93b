"""What the lead-time model learns from: one row a package, as known at one instant."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from graph.model import NEVER, UNKNOWN

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
CodeArray = NDArray[np.int32]

STAGES: Final = ("approval", "handling", "transit")
COMPONENTS: Final = ("total", *STAGES)
"""What is estimated, in this order everywhere: the whole lead time, then its stages."""


@dataclass(frozen=True, slots=True, eq=False)
class Journeys:
    """Equally long arrays, one row a package (order x seller), sorted by (purchased_s, order_id, seller_id).

    ``*_s``: int64 epoch seconds, ``NEVER`` where the event was not known at the as-of instant.
    ``*_days``: float days, NaN where unknown or blanked by cleaning. Codes: int32, -1 = unknown.
    ``distance_km``, ``weight_g``, ``volume_cm3``: NaN where unknown; weight and volume are summed over lines.
    """

    purchased_s: IntArray
    approved_s: IntArray
    handed_s: IntArray
    delivered_s: IntArray
    promised_s: IntArray
    shipping_limit_s: IntArray
    approval_days: FloatArray
    handling_days: FloatArray
    transit_days: FloatArray
    total_days: FloatArray
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
    n_lines: CodeArray
    n_sellers: CodeArray

    def __post_init__(self) -> None:
        lengths = {field.name: getattr(self, field.name).shape for field in fields(self)}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"the arrays of Journeys differ in shape: {lengths}")

    def __len__(self) -> int:
        return int(self.purchased_s.shape[0])

    def days(self, component: str) -> FloatArray:
        """Return the days of ``total`` or of one stage; NaN where unknown."""
        found: FloatArray = getattr(self, f"{component}_days")
        return found

    def ended_s(self, component: str) -> IntArray:
        """Return the instant at which the days of a component became known; NEVER where they are not."""
        name = {"approval": "approved_s", "handling": "handed_s"}.get(component, "delivered_s")
        found: IntArray = getattr(self, name)
        return found

    @classmethod
    def build(cls, rows: int, **columns: Any) -> Journeys:
        """Make journeys from some columns, each an array or a scalar; the others are unknown.

        ``n_lines`` and ``n_sellers`` are 1 when not given; prices and freights are 0.
        """
        defaults: dict[str, Any] = {
            field.name: _unknown(field.name) for field in fields(cls) if field.name not in columns
        }
        both = defaults | columns
        return cls(
            **{
                field.name: np.ascontiguousarray(
                    np.broadcast_to(both[field.name], (rows,)), _dtype(field.name)
                )
                for field in fields(cls)
            }
        )


def _dtype(name: str) -> type[np.generic]:
    if name.endswith("_s"):
        return np.int64
    floats = name.endswith(("_days", "_km", "_g", "_cm3", "_cents"))
    return np.float64 if floats else np.int32


def _unknown(name: str) -> float | int:
    if name.endswith("_s"):
        return NEVER
    if name.endswith("_cents"):
        return 0
    if name in ("n_lines", "n_sellers"):
        return 1
    return UNKNOWN if _dtype(name) is np.int32 else np.nan
