"""Distance on the Earth's surface."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

EARTH_RADIUS_KM: Final = 6371.0088
"""Mean radius R1 of the Earth: Moritz, Geodetic Reference System 1980, doi 10.1007/s001900050278."""


def haversine_km(lat1: ArrayLike, lng1: ArrayLike, lat2: ArrayLike, lng2: ArrayLike) -> NDArray[np.float64]:
    """Return great-circle distances in km between points in degrees; arguments broadcast, NaN stays NaN.

    The haversine form keeps its accuracy for near points, where the law of cosines loses it: Sinnott,
    "Virtues of the haversine", Sky and Telescope 68(2), 1984. The sphere is at most 0.6 % off.
    """
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    half_phi = (phi2 - phi1) * 0.5
    half_lambda = np.radians(np.subtract(lng2, lng1)) * 0.5
    chord = np.sin(half_phi) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(half_lambda) ** 2
    return np.asarray(2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(chord, 1.0))), dtype=np.float64)
