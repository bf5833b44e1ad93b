"""Array types, random streams and identifiers: what every other file here draws on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Stream(IntEnum):
    """One independent random stream a topic, so that changing one topic leaves the others as they were."""

    PLACES = 0
    SELLERS = 1
    PRODUCTS = 2
    EFFECTS = 3
    CALENDAR = 4
    DEMAND = 5
    ROUTING = 6
    COURSE = 7
    REVIEWS = 8
    PAYMENTS = 9
    STOCK = 10
    QUIRKS = 11


class Kind(IntEnum):
    """What an identifier names; part of its hash, so that no two kinds share one."""

    ORDER = 1
    CUSTOMER = 2
    PERSON = 3
    SELLER = 4
    PRODUCT = 5
    REVIEW = 6
    STOCK_EVENT = 7
    OPENING = 8


def generator(seed: int, stream: Stream, chunk: int = 0) -> np.random.Generator:
    """Return the random generator of one topic in one chunk of one seed."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(int(stream), chunk)))


def hex_ids(seed: int, kind: Kind, numbers: Ints) -> pl.Series:
    """Return identifiers of 32 hexadecimal digits, one a number; different numbers never share one."""
    salt = np.random.SeedSequence(seed, spawn_key=(1000 + int(kind),)).generate_state(2, np.uint64)
    low = numbers.astype(np.uint64)
    words = np.empty((numbers.size, 2), dtype=">u8")
    words[:, 0] = _scramble(low ^ salt[0])
    words[:, 1] = _scramble(low + salt[1])
    text = words.tobytes().hex()
    return pl.Series([text[at : at + 32] for at in range(0, len(text), 32)], dtype=pl.String)


def _scramble(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return SplitMix64's finaliser, a bijection (Steele, Lea, Flood 2014, doi 10.1145/2660193.2660195)."""
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def pick(rng: np.random.Generator, weights: Floats, size: int) -> Ints:
    """Return ``size`` positions drawn in proportion to ``weights`` (one dimension, not negative)."""
    edges = np.cumsum(weights)
    drawn = np.searchsorted(edges, rng.random(size) * edges[-1], side="right")
    found: Ints = np.minimum(drawn, np.flatnonzero(weights > 0)[-1]).astype(np.int64)
    return found


def in_order(given: Mapping[Any, float], names: Iterable[str]) -> Floats:
    """Return what is given for each name, 0 where nothing is."""
    return np.array([given.get(name, 0.0) for name in names], dtype=np.float64)


def falling(rng: np.random.Generator, count: int, exponent: float) -> Floats:
    """Return the weights 1, 2 ** -exponent, 3 ** -exponent, ... in random order (Zipf's law)."""
    ranks = 1.0 + rng.permutation(count).astype(np.float64)
    weights: Floats = ranks**-exponent
    return weights


def pick_each(rng: np.random.Generator, weights: Floats) -> Ints:
    """Return one position a row, drawn in proportion to the row's ``weights`` (two dimensions)."""
    edges = np.cumsum(weights, axis=1)
    drawn: Ints = (edges <= (rng.random(len(weights)) * edges[:, -1])[:, None]).sum(axis=1)
    return drawn


def count_up(counts: Ints) -> Ints:
    """Return 0..n-1 for each n of ``counts``, one after the other."""
    ends = np.cumsum(counts)
    return np.arange(int(ends[-1]) if counts.size else 0) - np.repeat(ends - counts, counts)
