"""Demand that comes now and then: a rate that is only roughly known, and counts that are Poisson given it.

With a gamma(shape, rate) belief about units a day, the units of several days are negative binomial
(Greenwood & Yule 1920, doi:10.2307/2341080): no normal distribution says how deep to stock what sells twice a
month.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_MOST: Final = 100_000
"""Units beyond which no quantile is sought: a demand like that is not intermittent."""


def moments(shape: Floats, rate: Floats, days: float) -> tuple[Floats, Floats]:
    """Return mean and variance of the units in so many days, what is unknown of the rate included.

    ``shape`` counts units, ``rate`` days (both at least as large as what was observed).
    """
    mean = shape / rate * days
    return mean, mean * (1.0 + days / rate)


def quantile(shape: Floats, rate: Floats, days: float, level: float) -> npt.NDArray[np.int64]:
    """Return the least number of units that covers the demand of so many days with probability ``level``.

    ``shape``, ``rate``: arrays of one length, above zero. Raises ValueError for a level outside (0, 1).
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"a probability between 0 and 1, not {level}")
    units = np.zeros(shape.size, dtype=np.int64)
    success = rate / (rate + days)
    mass = np.exp(shape * np.log(success))
    below = mass.copy()
    waiting = np.flatnonzero(below < level)
    for count in range(1, _MOST + 1):
        if not waiting.size:
            break
        mass[waiting] *= (shape[waiting] + count - 1) / count * (1.0 - success[waiting])
        below[waiting] += mass[waiting]
        units[waiting] = count
        waiting = waiting[below[waiting] < level]
    return units
