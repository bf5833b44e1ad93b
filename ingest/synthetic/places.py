"""Places: zip prefixes with positions, inside the CEP ranges of real states around real capitals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ingest.states import state_facts
from ingest.synthetic.arrays import Floats, Ints, Stream, generator, in_order, pick
from ingest.synthetic.world import World

MAINLAND = np.array([(-33.6, 5.1), (-73.8, -34.85)])
"""Least and greatest latitude and longitude of the zip prefixes that are drawn."""

_KM_PER_DEGREE = 111.2


@dataclass(frozen=True, slots=True)
class Places:
    """States and zip prefixes, sorted by code.

    State arrays have one entry a state; ``zip_*`` arrays one a zip prefix: ``zip_state`` and ``zip_region``
    are positions in ``states`` and ``regions``; ``zip_lat`` and ``zip_lng`` (degrees) are the true positions,
    from which the law measures distance; ``zip_buyers`` is the relative number of orders that come from it.
    """

    states: pl.DataFrame
    regions: tuple[str, ...]
    zip_prefixes: tuple[str, ...]
    zip_state: Ints
    zip_region: Ints
    zip_lat: Floats
    zip_lng: Floats
    zip_in_capital: Ints
    zip_buyers: Floats

    @property
    def state_codes(self) -> list[str]:
        """State codes, sorted."""
        return self.states["state"].to_list()

    def macro_regions(self) -> list[str]:
        """Return the macro region of each state."""
        return self.states["macro_region"].to_list()

    def cities(self) -> list[str]:
        """Return a city name for each zip prefix: the capital's, or one made of its region's digits."""
        capitals = self.states["capital"].to_list()
        return [
            capitals[state] if capital else f"cidade {prefix[:3]}"
            for prefix, state, capital in zip(
                self.zip_prefixes, self.zip_state, self.zip_in_capital, strict=True
            )
        ]


def draw_places(world: World, seed: int) -> Places:
    """Draw the zip prefixes of a world: more where more people live, a part of each state in its capital."""
    rng = generator(seed, Stream.PLACES)
    facts = state_facts()
    codes, state, in_capital = _draw_prefixes(world, facts, rng)
    prefixes = tuple(f"{code:05d}" for code in codes.tolist())
    regions, region = np.unique(codes // 100, return_inverse=True)
    lat, lng = _positions(facts, state, region, in_capital, rng)
    return Places(
        states=facts,
        regions=tuple(f"{code:03d}" for code in regions.tolist()),
        zip_prefixes=prefixes,
        zip_state=state,
        zip_region=region.astype(np.int64),
        zip_lat=lat,
        zip_lng=lng,
        zip_in_capital=in_capital,
        zip_buyers=_buyers(world, facts, state, region, rng),
    )


def _buyers(world: World, facts: pl.DataFrame, state: Ints, region: Ints, rng: np.random.Generator) -> Floats:
    """Spread each state's orders over its zip prefixes: regions differ much, prefixes of a region less."""
    a_head = in_order(world.buyers.macro_region_weights, facts["macro_region"].to_list())
    wanted = facts["population"].to_numpy() * a_head
    by_region = rng.normal(0.0, 0.9, int(region.max()) + 1)
    within = np.exp(by_region[region] + rng.normal(0.0, 0.6, state.size))
    share = within / np.bincount(state, within, len(wanted))[state] * wanted[state]
    buyers: Floats = share / share.sum()
    return buyers


def _draw_prefixes(world: World, facts: pl.DataFrame, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Return codes (sorted), states, and whether each lies in the capital (1) or not (0)."""
    weight = facts["population"].to_numpy() ** 0.8
    weight = weight / weight.sum()
    found: list[tuple[Ints, int, Ints]] = []
    for at, ranges in enumerate(facts["zip_prefix_ranges"].to_list()):
        codes = _codes(ranges)
        regions = np.unique(codes // 100)
        keep = min(regions.size, max(1, round(world.places.regions * weight[at])))
        # The first regions of a range are its capital's, as CEP counts outwards from there.
        capital = max(1, round(keep * world.places.capital_share)) if keep > 1 else 1
        others = (
            rng.choice(regions[capital:], keep - capital, replace=False) if keep > capital else regions[:0]
        )
        codes = codes[np.isin(codes // 100, np.concatenate([regions[:capital], others]))]
        count = min(codes.size, max(2, round(world.places.zip_prefixes * weight[at])))
        drawn = np.sort(rng.choice(codes, count, replace=False))
        found.append((drawn, at, np.isin(drawn // 100, regions[:capital]).astype(np.int64)))
    codes = np.concatenate([drawn for drawn, _, _ in found])
    states = np.concatenate([np.full(drawn.size, at) for drawn, at, _ in found])
    capitals = np.concatenate([capital for _, _, capital in found])
    order = np.argsort(codes, kind="stable")
    return codes[order], states[order], capitals[order]


def _codes(ranges: str) -> Ints:
    bounds = [part.split("-") for part in ranges.split(";")]
    return np.concatenate([np.arange(int(first), int(last) + 1) for first, last in bounds])


def _positions(
    facts: pl.DataFrame, state: Ints, region: Ints, in_capital: Ints, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Put regions around their capital or in a disc about the state's middle, and prefixes around them."""
    count = int(region.max()) + 1
    turn, reach = rng.uniform(0, 2 * np.pi, count)[region], np.sqrt(rng.random(count))[region]
    radius_km = np.sqrt(facts["area_km2"].to_numpy()[state] / np.pi) * 0.75 * reach
    radius_km = np.where(in_capital == 1, 12.0 * reach, radius_km)
    centre = {
        axis: np.where(
            in_capital == 1,
            facts[f"capital_{axis}"].to_numpy()[state],
            facts[f"middle_{axis}"].to_numpy()[state],
        )
        for axis in ("lat", "lng")
    }
    spread = np.where(in_capital == 1, 0.04, 0.12)
    lat = centre["lat"] + radius_km * np.sin(turn) / _KM_PER_DEGREE + rng.normal(0, 1, state.size) * spread
    lng = centre["lng"] + radius_km * np.cos(turn) / _KM_PER_DEGREE + rng.normal(0, 1, state.size) * spread
    inside: Floats = np.clip(np.stack([lat, lng]), *MAINLAND.T[:, :, None])
    rounded = inside.round(6)
    return rounded[0], rounded[1]


def zip_near(places: Places, rng: np.random.Generator, states: Ints) -> Ints:
    """Return a zip prefix (its position) in each of the given states, likelier where buyers are many."""
    found = np.zeros(states.size, dtype=np.int64)
    for state in np.unique(states).tolist():
        inside = np.flatnonzero(places.zip_state == state)
        rows = np.flatnonzero(states == state)
        found[rows] = inside[pick(rng, places.zip_buyers[inside], rows.size)]
    return found
