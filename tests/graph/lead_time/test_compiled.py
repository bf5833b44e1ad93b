"""The compiled read finds what plain array formulas find, row by row, for everything that can be asked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.days import DAY_S
from graph.lead_time import Journeys, LeadTimes, RouteQuery
from graph.lead_time.journeys import COMPONENTS, STAGES
from graph.lead_time.levels import lane_key, narrowest, pair_key, pair_slot, slot
from graph.lead_time.online.base import PARCEL, parcel_features
from graph.lead_time.online.engine import BUCKETS, bucket_of
from graph.lead_time.online.parameters import OnlineParameters
from graph.lead_time.online.total import OnlineTotal
from graph.model import BASIS_CODE, UNKNOWN, Basis

START = 17_000 * DAY_S + 3 * 3600
DAYS = 120
AS_OF = START + DAYS * DAY_S
SMALL = OnlineParameters(base_minimum=500, lane_trees=12, seller_trees=6)
HANDLING = COMPONENTS.index("handling")


def journeys(carriers: int, rows: int = 2_500) -> Journeys:
    """Return parcels between three regions of three states, all known at ``AS_OF``."""
    rng = np.random.default_rng(carriers)
    origin, dest = rng.integers(0, 3, rows), rng.integers(0, 3, rows)
    carrier = rng.integers(0, carriers, rows)
    distance = np.where(origin == dest, 90.0, 700.0) * rng.uniform(0.5, 1.5, rows)
    total = np.exp(0.2 * np.log(distance) + 0.1 * carrier + rng.normal(0.5, 0.3, rows))
    purchased = np.sort(START + rng.integers(0, (DAYS - 60) * DAY_S, rows))
    parts = np.minimum(total, 50.0)[:, None] * np.array([0.05, 0.25, 0.7])
    stamps = purchased[:, None] + (np.cumsum(parts, axis=1) * DAY_S).astype(np.int64)
    return Journeys.build(
        rows,
        purchased_s=purchased,
        **dict(zip(("approved_s", "handed_s", "delivered_s"), stamps.T, strict=True)),
        **dict(zip((f"{stage}_days" for stage in STAGES), parts.T, strict=True)),
        total_days=parts.sum(axis=1),
        seller=rng.integers(0, 12, rows),
        carrier=carrier,
        origin_region=origin * 10,
        dest_region=dest * 10,
        origin_state=origin,
        dest_state=dest,
        distance_km=distance,
        weight_g=rng.uniform(50.0, 9_000.0, rows),
        volume_cm3=3_000.0,
        price_cents=10_000.0,
    )


MODELS = {
    "levels, one carrier": LeadTimes.fit(journeys(1), AS_OF),
    "levels, three carriers": LeadTimes.fit(journeys(3), AS_OF),
    "nothing seen": LeadTimes.online(Journeys.build(0), AS_OF),
    "online, without trees": LeadTimes.online(journeys(2), AS_OF),
    "online, one carrier": LeadTimes.online(journeys(1), AS_OF, SMALL),
    "online, three carriers": LeadTimes.online(journeys(3), AS_OF, SMALL),
}


def plain_total(total: OnlineTotal, query: RouteQuery) -> tuple[np.ndarray, np.ndarray]:
    """Return the online model's location and bucket by array operations."""
    states = int(np.sqrt(total.state_pair.shape[1])) - 1
    pair = pair_slot(query.origin_state, query.dest_state, states)
    region = slot(query.dest_region, total.dest_region.shape[1] - 1)
    lane = np.concatenate([total.state_pair[:, pair], total.dest_region[:, region]]).T
    parcel = parcel_features(query, query.at_s)
    parcel[:, PARCEL.index("n_lines")] += query.quantity - 1.0
    carrier = slot(query.carrier, total.routes.carriers - 1)
    seller = sellers(query, total.effect_log.shape[0])
    location = total.level + total.base.lane(lane, parcel) + total.effect_log[seller]
    location += total.routes.of(pair_key(query.origin_region, query.dest_region), seller, carrier)
    same = (query.origin_state == query.dest_state) & (query.origin_state >= 0)
    return location, bucket_of(lane, same) + BUCKETS * (carrier > 0)


def sellers(query: RouteQuery, size: int) -> np.ndarray:
    assert query.site_handling_days is not None
    return np.where(np.isnan(query.site_handling_days), slot(query.seller, size - 1), 0)


def plain(model: LeadTimes, query: RouteQuery) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return means (rows, components), the total's bucket, basis and n by array operations."""
    assert query.assumed is not None
    assert query.site_handling_days is not None
    side = int(np.sqrt(model.state.shape[0]))
    state = slot(query.origin_state, side - 1) * side + slot(query.dest_state, side - 1)
    code = pair_key(query.origin_region, query.dest_region)
    pair = model.pair.rows(code)
    location = model.state[state] + model.pair.effect[pair]
    location += model.carrier[slot(query.carrier, model.carrier.shape[0] - 1)]
    lane_n = model.pair.n[pair]
    if model.lane.keys.shape[0]:
        lane = model.lane.rows(lane_key(code, query.carrier))
        location += model.lane.effect[lane]
        lane_n = model.lane.n[lane]
    location += model.seller[sellers(query, model.seller.shape[0])]
    overall = np.full(len(query), int(model.state_n.sum()))
    basis, n = narrowest((lane_n, model.pair.n[pair], model.state_n[state], overall))
    basis = np.where(query.assumed, BASIS_CODE[Basis.SYNTHETIC], basis)
    buckets, spreads = [model.bucket[state]] * len(COMPONENTS), model.spreads
    if model.total is not None:
        location[:, 0], buckets[0] = plain_total(model.total, query)
        spreads = (model.total.spread, *spreads[1:])
    m1 = np.column_stack([spread.m1[row] for spread, row in zip(spreads, buckets, strict=True)])
    mean = np.exp(location) * m1
    mean[:, 1:] *= (mean[:, 0] / mean[:, 1:].sum(axis=1))[:, None]
    site = ~np.isnan(query.site_handling_days)
    mean[site, HANDLING] = np.maximum(query.site_handling_days[site], 1e-3)
    mean[site, 0] = mean[site, 1:].sum(axis=1)
    return mean, buckets[0], basis, n


def unknown_or(rng: np.random.Generator, most: int, rows: int) -> np.ndarray:
    return rng.integers(UNKNOWN, most, rows)


def query_of(seed: int, rows: int, *, alike: bool) -> RouteQuery:
    """Return a query with known, unknown and never seen codes; ``alike``: one parcel, as a request has."""
    rng = np.random.default_rng(seed)
    weight = rng.choice([np.nan, 40.0, 700.0, 20_000.0], 1 if alike else rows)
    state = unknown_or(rng, 5, rows)
    return RouteQuery.build(
        rows,
        at_s=AS_OF + int(rng.integers(0, 20 * DAY_S)),
        seller=unknown_or(rng, 15, rows),
        origin_region=10 * rng.integers(0, 4, rows),
        dest_region=10 * rng.integers(0, 4, 1 if alike else rows),
        origin_state=state,
        dest_state=np.where(rng.random(rows) < 0.3, state, unknown_or(rng, 5, rows)),
        carrier=unknown_or(rng, 5, rows),
        payment_type=unknown_or(rng, 2, rows),
        distance_km=rng.choice([np.nan, 20.0, 300.0, 2_000.0], rows),
        weight_g=weight,
        volume_cm3=weight * 3.0,
        price_cents=rng.uniform(0.0, 90_000.0, 1 if alike else rows),
        quantity=rng.integers(1, 4, rows),
        n_lines=rng.integers(1, 3, rows),
        site_handling_days=rng.choice([np.nan, np.nan, 0.0, 1.5], rows),
        assumed=rng.random(rows) < 0.2,
    )


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), rows=st.integers(0, 70), alike=st.booleans())
def test_the_compiled_read_is_the_plain_one(name: str, seed: int, rows: int, alike: bool) -> None:
    model, query = MODELS[name], query_of(seed, rows, alike=alike)
    read = model.read(query)
    mean, bucket, basis, n = plain(model, query)
    assert read.mean_days == pytest.approx(mean[:, 0], rel=1e-12)
    for column, stage in enumerate(STAGES, 1):
        assert read.stage(stage).mean_days == pytest.approx(mean[:, column], rel=1e-12)
    assert read.bucket.tolist() == bucket.tolist()
    assert read.basis.tolist() == basis.tolist()
    assert read.n.tolist() == n.tolist()


@pytest.mark.parametrize("name", MODELS)
def test_a_row_reads_the_same_bits_alone_and_among_others(name: str) -> None:
    model, query = MODELS[name], query_of(3, 60, alike=True)
    whole = model.read(query)
    for row in (0, 17, 59):
        columns = {
            field: value[row]
            for field in query.__slots__
            if (value := getattr(query, field)) is not query.at_s
        }
        alone = model.read(RouteQuery.build(1, query.at_s, **columns))
        assert alone.mean_days[0] == whole.mean_days[row]
        assert [stage.mean_days[0] for stage in map(alone.stage, STAGES)] == [
            stage.mean_days[row] for stage in map(whole.stage, STAGES)
        ]


@pytest.mark.parametrize("name", MODELS)
def test_each_row_may_have_its_own_instant(name: str) -> None:
    model, query = MODELS[name], query_of(6, 40, alike=False)
    columns = {field: getattr(query, field) for field in query.__slots__ if field != "at_s"}
    at_s = query.at_s + np.arange(40) * 7_321
    together = model.read(RouteQuery.build(40, at_s, **columns))
    for row in (0, 7, 39):
        alone = model.read(RouteQuery.build(40, int(at_s[row]), **columns))
        assert alone.mean_days[row] == together.mean_days[row]


def test_only_the_hour_of_the_week_counts_of_the_instant() -> None:
    model, query = MODELS["online, three carriers"], query_of(5, 30, alike=False)
    columns = {field: getattr(query, field) for field in query.__slots__ if field != "at_s"}
    later = model.read(RouteQuery.build(30, query.at_s + 7 * DAY_S, **columns))
    assert later.mean_days.tobytes() == model.read(query).mean_days.tobytes()


@pytest.mark.parametrize("name", MODELS)
def test_the_carriers_of_one_source_read_the_same_bits_as_apart(name: str) -> None:
    model, query = MODELS[name], query_of(4, 40, alike=True)
    apart = {field: getattr(query, field) for field in query.__slots__ if field != "at_s"}
    carriers = np.array([UNKNOWN, 0, 1, 2])
    columns = {field: np.repeat(value, 4) for field, value in apart.items()} | {
        "carrier": np.tile(carriers, 40)
    }
    together = model.read(RouteQuery.build(160, query.at_s, **columns))
    for place, carrier in enumerate(carriers):
        alone = model.read(RouteQuery.build(40, query.at_s, **apart | {"carrier": carrier}))
        assert together.mean_days[place::4].tobytes() == alone.mean_days.tobytes()
        assert together.bucket[place::4].tolist() == alone.bucket.tolist()
