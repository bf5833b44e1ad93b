"""Distances agree with known ones, and behave like distances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.distance import haversine_km
from graph.law import EARTH_RADIUS_KM

LAT = st.floats(-90, 90)
LNG = st.floats(-180, 180)


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        ((-23.5505, -46.6333), (-22.9068, -43.1729), 360.7),  # Sao Paulo, Rio de Janeiro
        ((-23.5505, -46.6333), (-3.1190, -60.0217), 2_689.0),  # Sao Paulo, Manaus
        ((0.0, 0.0), (0.0, 180.0), np.pi * EARTH_RADIUS_KM),
        ((0.0, 0.0), (0.0, 1.0), 111.195),
    ],
)
def test_known_distances(one: tuple[float, float], other: tuple[float, float], km: float) -> None:
    assert haversine_km(*one, *other) == pytest.approx(km, rel=2e-3)


@given(LAT, LNG, LAT, LNG)
def test_symmetric_and_bounded(lat1: float, lng1: float, lat2: float, lng2: float) -> None:
    there, back = haversine_km(lat1, lng1, lat2, lng2), haversine_km(lat2, lng2, lat1, lng1)
    assert there == pytest.approx(back, abs=1e-6)
    assert 0 <= there <= np.pi * EARTH_RADIUS_KM + 1e-6


def test_arrays_broadcast_and_unknown_stays_unknown() -> None:
    found = haversine_km([0.0, np.nan], [0.0, 0.0], 0.0, 0.0)
    assert found[0] == 0.0
    assert np.isnan(found[1])
