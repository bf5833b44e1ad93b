"""Distance on the Earth's surface."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from graph.law import great_circle_km


def haversine_km(lat1: ArrayLike, lng1: ArrayLike, lat2: ArrayLike, lng2: ArrayLike) -> NDArray[np.float64]:
    """Return great-circle distances in km between points in degrees; arguments broadcast, NaN stays NaN.

    The haversine form keeps its accuracy for near points, where the law of cosines loses it: Sinnott,
    "Virtues of the haversine", Sky and Telescope 68(2), 1984. The sphere is at most 0.6 % off.
    """
    return np.asarray(great_circle_km(lat1, lng1, lat2, np.asarray(lng2)), dtype=np.float64)
