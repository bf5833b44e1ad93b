"""Means that forget: sums and counts by group, decayed once a day, shrunk towards zero when read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graph.lead_time.journeys import FloatArray, IntArray


@dataclass(slots=True, eq=False)
class ForgetfulMeans:
    """Forgotten mean deviations of groups, several components at once.

    ``total``, ``weight``: (components, groups), sums of 2^(-age / half_life) times value, and of the weights.
    A group's value is total / (weight + k): the empirical-Bayes mean with prior weight ``k`` at zero.
    """

    total: FloatArray
    weight: FloatArray
    half_life_days: float
    k: float

    @classmethod
    def empty(cls, components: int, groups: int, half_life_days: float, k: float) -> ForgetfulMeans:
        """Return means that have seen nothing."""
        shape = (components, groups)
        return cls(np.zeros(shape), np.zeros(shape), half_life_days, k)

    def values(self) -> FloatArray:
        """Return the shrunk means of all groups, (components, groups)."""
        return self.total / (self.weight + self.k)

    def at(self, component: int, group: IntArray) -> FloatArray:
        """Return the shrunk means of some groups, one number a row."""
        found: FloatArray = self.total[component, group] / (self.weight[component, group] + self.k)
        return found

    def forget(self, days: float) -> None:
        """Let ``days`` pass."""
        keep = 2.0 ** (-days / self.half_life_days)
        self.total *= keep
        self.weight *= keep

    def add(self, component: int, group: IntArray, value: FloatArray) -> None:
        """Learn from observed deviations; repeated groups add up."""
        size = self.total.shape[1]
        self.total[component] += np.bincount(group, weights=value, minlength=size)
        self.weight[component] += np.bincount(group, minlength=size)
