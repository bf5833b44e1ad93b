from __future__ import annotations

import polars as pl
import pytest

from ingest.transforms import geography
from ingest.transforms.frames import Frame
from tests.ingest.transforms.engines import ENGINES, Engine, rows

pytestmark = pytest.mark.parametrize("run", ENGINES)


def points(*given: tuple[str, int | None, int | None]) -> pl.DataFrame:
    schema = {"zip_prefix": pl.String, "lat_e6": pl.Int64, "lng_e6": pl.Int64}
    return pl.DataFrame(given, schema=schema, orient="row")


def test_the_centre_is_the_median_of_distinct_points(run: Engine) -> None:
    repeated = [("01000", 0, 0)] * 100
    found = run(geography.centroids, points(*repeated, ("01000", 10, 20), ("01000", 12, 22)))
    assert rows(found, "zip_prefix", "lat_e6", "lng_e6") == [("01000", 10, 20)]


def test_one_wild_point_does_not_move_the_centre(run: Engine) -> None:
    near = [("01000", 10 + i, 20 + i) for i in range(9)]
    found = run(geography.centroids, points(*near, ("01000", 90_000_000, 0)))
    lat = found["lat_e6"].item()
    assert 10 <= lat <= 18


def test_half_a_micro_degree_is_dropped_and_blanked_points_do_not_count(run: Engine) -> None:
    found = run(geography.centroids, points(("01000", -3, 1), ("01000", 0, 2), ("01000", None, None)))
    assert rows(found, "lat_e6", "lng_e6") == [(-2, 1)]


def test_a_town_is_the_most_frequent_name_and_ties_go_by_the_alphabet(run: Engine) -> None:
    named = pl.DataFrame(
        [
            *[("01000", "SP", "sao paulo")] * 2,
            ("01000", "SP", "osasco"),
            ("02000", "SP", "b"),
            ("02000", "SP", "a"),
            ("03000", "RJ", "x"),
            ("03000", "ES", "y"),
        ],
        schema=["zip_prefix", "state", "city"],
        orient="row",
    )
    found = run(geography.towns, named)
    expected = [("01000", "SP", "sao paulo"), ("02000", "SP", "a"), ("03000", "ES", "y")]
    assert rows(found, "zip_prefix", "state", "city") == expected


def test_a_prefix_without_points_takes_the_centre_of_its_region_then_of_its_state(run: Engine) -> None:
    towns = pl.DataFrame(
        {
            "zip_prefix": ["01000", "01001", "02000", "99000", "01002"],
            "city": ["a", "b", "c", "d", None],
            "state": ["SP", "SP", "SP", "RS", None],
        }
    )
    found = run(geography.placed, towns, points(("01000", 5, 7)))
    assert rows(found, "zip_prefix", "state", "region", "lat_e6", "lng_e6", "located") == [
        ("01000", "SP", "010", 5, 7, "prefix"),
        ("01001", "SP", "010", 5, 7, "region"),
        ("01002", "SP", "010", 5, 7, "region"),
        ("02000", "SP", "020", 5, 7, "state"),
        ("99000", "RS", "990", None, None, "none"),
    ]


def test_regions_have_the_most_frequent_state_and_the_median_centre(run: Engine) -> None:
    places = pl.DataFrame(
        {
            "zip_prefix": ["01000", "01001", "01002"],
            "state": ["SP", "SP", "MG"],
            "lat_e6": [1, 3, 100],
            "lng_e6": [1, 3, 100],
        }
    )
    found = run(geography.regions, places)
    assert rows(found, "region", "state", "lat_e6", "lng_e6") == [("010", "SP", 3, 3)]


def test_a_region_takes_the_state_of_those_that_have_one(run: Engine) -> None:
    places = pl.DataFrame(
        {
            "zip_prefix": ["01000", "01001", "01002", "02000"],
            "state": [None, None, "SP", None],
            "lat_e6": [1, 1, 1, 1],
            "lng_e6": [1, 1, 1, 1],
        }
    )
    assert rows(run(geography.regions, places), "region", "state") == [("010", "SP"), ("020", None)]


def _located(named: Frame, points: Frame) -> Frame:
    return geography.placed(geography.towns(named), geography.centroids(points))


def test_no_zip_prefix_is_lost_for_want_of_a_state(run: Engine) -> None:
    named = pl.DataFrame(
        [
            *[("01000", None, "sao paulo")] * 3,
            ("01000", "SP", "osasco"),
            *[("01001", None, None)] * 2,
            ("01001", None, "cotia"),
            ("99000", None, None),
        ],
        schema=dict.fromkeys(("zip_prefix", "state", "city"), pl.String),
        orient="row",
    )
    found = run(_located, named, points(("01000", 5, 7)))
    assert rows(found, "zip_prefix", "state", "city", "located") == [
        ("01000", "SP", "osasco", "prefix"),
        ("01001", "SP", "cotia", "region"),
        ("99000", None, None, "none"),
    ]
