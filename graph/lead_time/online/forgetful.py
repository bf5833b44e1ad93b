"""Means that forget: sums and counts by group, old observations weighing less; shrunk when read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from graph.lead_time.journeys import FloatArray, IntArray

_LARGEST: Final = 2.0**64
_NOBODY: Final = np.iinfo(np.int64).max


@dataclass(slots=True, eq=False)
class ForgetfulMeans:
    """Forgotten mean deviations of groups, several components at once.

    ``total``, ``weight``: (components, groups), sums of 2^(-age / half_life) times value, and of the weights,
    both times ``scale``: with time it is the weight of a new observation that grows, so that letting time
    pass costs the same however many groups there are.
    A group's value is total / (weight + k): the empirical-Bayes mean with prior weight ``k`` at zero.
    """

    total: FloatArray
    weight: FloatArray
    half_life_days: float
    k: float
    scale: float = 1.0

    @classmethod
    def empty(cls, components: int, groups: int, half_life_days: float, k: float) -> ForgetfulMeans:
        """Return means that have seen nothing."""
        shape = (components, groups)
        return cls(np.zeros(shape), np.zeros(shape), half_life_days, k)

    def values(self) -> FloatArray:
        """Return the shrunk means of all groups, (components, groups)."""
        return self.total / (self.weight + self.k * self.scale)

    def at(self, component: int, group: IntArray) -> FloatArray:
        """Return the shrunk means of some groups, of the shape of ``group``."""
        evidence = self.weight[component][group] + self.k * self.scale
        found: FloatArray = self.total[component][group] / evidence
        return found

    def rows(self, group: IntArray) -> FloatArray:
        """Return the shrunk means of some groups, (rows, components)."""
        found: FloatArray = (self.total[:, group] / (self.weight[:, group] + self.k * self.scale)).T
        return found

    def forget(self, days: float) -> None:
        """Let ``days`` pass."""
        self.scale *= 2.0 ** (days / self.half_life_days)
        if self.scale > _LARGEST:
            self.total /= self.scale
            self.weight /= self.scale
            self.scale = 1.0

    def add(self, component: int, group: IntArray, value: FloatArray) -> None:
        """Learn from observed deviations; repeated groups add up."""
        _compiled()(self.total[component], self.weight[component], self.scale, group, value)


@dataclass(slots=True, eq=False)
class KeyedMeans:
    """Forgotten means of groups that are known by sparse keys and come up as time goes by.

    ``keys``: (groups,), sorted; ``means``: (1, groups). The last group, with the largest number for a key, is
    nobody's and stays at zero.
    """

    keys: IntArray
    means: ForgetfulMeans

    @classmethod
    def empty(cls, half_life_days: float, k: float) -> KeyedMeans:
        """Return means that have seen nothing."""
        return cls(np.array([_NOBODY]), ForgetfulMeans.empty(1, 1, half_life_days, k))

    def group(self, key: IntArray) -> IntArray:
        """Return the group of each key, of the shape of ``key``; nobody's for a key that was never seen."""
        place = np.searchsorted(self.keys, key)
        found: IntArray = np.where(self.keys[place] == key, place, self.keys.shape[0] - 1)
        return found

    def at(self, key: IntArray) -> FloatArray:
        """Return the shrunk mean of each key, of the shape of ``key``."""
        return self.means.at(0, self.group(key))

    def add(self, key: IntArray, value: FloatArray) -> None:
        """Learn from observed deviations."""
        new = np.unique(key[self.group(key) == self.keys.shape[0] - 1])
        place = np.searchsorted(self.keys, new)
        self.keys = np.insert(self.keys, place, new)
        self.means.total = np.insert(self.means.total, place, 0.0, axis=1)
        self.means.weight = np.insert(self.means.weight, place, 0.0, axis=1)
        self.means.add(0, self.group(key), value)


def _add_rows(
    total: FloatArray, weight: FloatArray, scale: float, group: IntArray, value: FloatArray
) -> None:
    for row in range(group.shape[0]):
        total[group[row]] += scale * value[row]
        weight[group[row]] += scale


@cache
def _compiled() -> Callable[..., None]:
    import numba  # noqa: PLC0415 - slow, and reading a snapshot needs none of it

    found: Callable[..., None] = numba.njit(cache=True)(_add_rows)
    return found
