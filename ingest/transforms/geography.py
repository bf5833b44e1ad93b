"""From geolocation rows to zip prefixes and regions with robust centres."""

from __future__ import annotations

import narwhals as nw

from ingest.transforms.frames import Frame

MICRO = 1_000_000
REGION_DIGITS = 3


def region_of(zip_prefix: nw.Expr) -> nw.Expr:
    """Return the region (first three digits) of a zip prefix."""
    return zip_prefix.str.slice(0, REGION_DIGITS)


def centroids(points: Frame) -> Frame:
    """Return the median point of each zip prefix: ``zip_prefix, lat_e6, lng_e6``.

    ``points`` has ``zip_prefix, lat_e6, lng_e6`` (null where the point was blanked). Equal points count
    once, so that a building entered a hundred times does not draw the centre to itself; the median keeps
    single wild points from moving it.
    """
    distinct = points.drop_nulls(["lat_e6", "lng_e6"]).select("zip_prefix", "lat_e6", "lng_e6").unique()
    medians = distinct.group_by("zip_prefix").agg(nw.col("lat_e6").median(), nw.col("lng_e6").median())
    return _floored(medians)


def towns(points: Frame) -> Frame:
    """Return the most frequent city and state of each zip prefix: ``zip_prefix, city, state``.

    Ties go to the name that comes first in the alphabet. Rows without state have no vote; where no row has
    a state, the state is null.
    """
    votes = _votes(points, "zip_prefix", "state", "city")
    top = votes.filter(nw.col("votes") == nw.col("votes").max().over("zip_prefix"))
    # A state without vote is on top only where there is no other: such a prefix stays.
    first_name = nw.col("state") == nw.col("state").min().over("zip_prefix")
    first = top.filter(first_name | nw.col("state").is_null())
    return first.group_by("zip_prefix").agg(nw.col("state").min(), nw.col("city").min())


def regions(zip_prefixes: Frame) -> Frame:
    """Return ``region, lat_e6, lng_e6, state`` from zip prefixes (``zip_prefix, state, lat_e6, lng_e6``).

    The centre is the median of the prefixes' own centres (null where none is known); the state is the most
    frequent one (null where no prefix has one).
    """
    placed = zip_prefixes.with_columns(region_of(nw.col("zip_prefix")).alias("region"))
    votes = _votes(placed, "region", "state")
    top = votes.filter(nw.col("votes") == nw.col("votes").max().over("region"))
    states = top.group_by("region").agg(nw.col("state").min())
    return states.join(centres(placed, "region"), on="region", how="left")


def centres(places: Frame, by: str) -> Frame:
    """Return the median centre of the places that share ``by``: ``by, lat_e6, lng_e6``."""
    known = places.drop_nulls([by, "lat_e6", "lng_e6"])
    return _floored(known.group_by(by).agg(nw.col("lat_e6").median(), nw.col("lng_e6").median()))


def placed(towns: Frame, centroids: Frame) -> Frame:
    """Return every zip prefix with the best centre known: its own, else its region's, else its state's.

    ``located`` says which (``prefix, region, state, none``). A town without state takes its region's.
    """
    own = towns.with_columns(region_of(nw.col("zip_prefix")).alias("region"))
    own = own.join(centroids, on="zip_prefix", how="left")
    by_region = regions(own).rename({"lat_e6": "r_lat", "lng_e6": "r_lng", "state": "r_state"})
    by_state = centres(own, "state").rename({"lat_e6": "s_lat", "lng_e6": "s_lng"})
    located = own.join(by_region, on="region", how="left").with_columns(
        nw.coalesce(nw.col("state"), nw.col("r_state")).alias("state")
    )
    located = located.join(by_state, on="state", how="left")
    level = nw.lit("none")
    for name, column in (("state", "s_lat"), ("region", "r_lat"), ("prefix", "lat_e6")):
        level = nw.when(~nw.col(column).is_null()).then(nw.lit(name)).otherwise(level)
    return located.select(
        "zip_prefix",
        "city",
        "state",
        "region",
        nw.coalesce(nw.col("lat_e6"), nw.col("r_lat"), nw.col("s_lat")).alias("lat_e6"),
        nw.coalesce(nw.col("lng_e6"), nw.col("r_lng"), nw.col("s_lng")).alias("lng_e6"),
        level.alias("located"),
    )


def _votes(places: Frame, *key: str) -> Frame:
    """Return how many rows speak for each ``key``, in ``votes``; rows without state speak for nothing."""
    counted = places.group_by(*key).agg(nw.len().alias("votes"))
    return counted.with_columns(
        nw.when(nw.col("state").is_null()).then(0).otherwise(nw.col("votes")).alias("votes")
    )


def _floored(medians: Frame) -> Frame:
    """Return medians as integers: half a micro-degree (5 cm) is dropped, so that every engine agrees."""
    return medians.with_columns(nw.col("lat_e6", "lng_e6").floor().cast(nw.Int64))
