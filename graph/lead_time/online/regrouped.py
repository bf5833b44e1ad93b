"""The state of an engine under other node tables: every group's numbers moved to its new code.

A later history knows more sellers, regions and carriers, and the code of a thing is its row in a sorted
table: new rows push the others on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from graph.lead_time.journeys import IntArray
from graph.lead_time.online.parameters import OnlineParameters
from graph.lead_time.online.routes import RouteEffects
from graph.lead_time.online.rows import Rows
from graph.lead_time.online.saved import Arrays, put_together, taken_apart
from graph.lead_time.online.signals import Signals

_BITS: Final = 20
_CODE: Final = (1 << _BITS) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """The new code of every row of the old node tables, in their order."""

    states: IntArray
    regions: IntArray
    sellers: IntArray
    carriers: IntArray


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many codes journeys use: the largest, and one."""

    states: int
    regions: int
    sellers: int
    carriers: int

    @classmethod
    def of(cls, rows: Rows) -> Sizes:
        """Return the sizes of prepared journeys."""
        return cls(rows.states, rows.regions, rows.sellers, rows.carriers)


def regrouped(engine: Arrays, sizes: Sizes, codes: Codes | None = None) -> Arrays:
    """Return an engine that was taken apart, with room for ``sizes``, in new codes if there are some."""
    parameters = put_together(OnlineParameters, engine, "engine.parameters")
    sellers, carriers = sizes.sellers + 1, sizes.carriers + 1
    signals = Signals.empty((sizes.states + 1) ** 2, sizes.regions + 1, sellers, parameters)
    fresh = taken_apart(signals, "engine.signals")
    fresh |= taken_apart(RouteEffects.empty(sellers, carriers, parameters), "engine.routes")
    found = dict(engine)
    for name, place in _places(engine, sizes, codes).items():
        found[name] = fresh[name]
        found[name][..., place] = engine[name]
    return found if codes is None else found | _lanes(found, codes)


def _places(engine: Arrays, sizes: Sizes, codes: Codes | None) -> dict[str, IntArray]:
    """Return where the groups of each array go, by its name."""
    old = {
        "states": int(np.sqrt(engine["engine.signals.state_pair.total"].shape[1])),
        "regions": engine["engine.signals.dest_region.total"].shape[1],
        "sellers": engine["engine.signals.deliveries"].shape[0],
        "carriers": engine["engine.routes.carrier.total"].shape[1],
    }
    state, region, seller, carrier = (
        np.arange(size) if codes is None else _slots(getattr(codes, kind))[:size]
        for kind, size in old.items()
    )
    means = {
        "signals.state_pair": _both(state, state, sizes.states + 1),
        "signals.dest_region": region,
        "signals.seller": seller,
        "signals.recent": seller,
        "routes.carrier": carrier,
        "routes.used": _both(seller, carrier, sizes.carriers + 1),
    }
    plain = ("deliveries", "open_orders", "open_since_day", "last_handling", "last_handed_day")
    return {f"engine.{name}.{part}": at for name, at in means.items() for part in ("total", "weight")} | {
        f"engine.signals.{name}": seller for name in plain
    }


def _slots(codes: IntArray) -> IntArray:
    return np.append(0, codes + 1)


def _both(first: IntArray, second: IntArray, size: int) -> IntArray:
    found: IntArray = (first[:, None] * size + second).ravel()
    return found


def _lanes(engine: Arrays, codes: Codes) -> Arrays:
    """Return the lanes' means under new keys; the last key is nobody's."""
    region, carrier = _slots(codes.regions), _slots(codes.carriers)
    keys = engine["engine.routes.lane.keys"]
    origin, dest, by = keys[:-1] >> 2 * _BITS, keys[:-1] >> _BITS & _CODE, keys[:-1] & _CODE
    new = (region[origin] << 2 * _BITS) | (region[dest] << _BITS) | carrier[by]
    order = np.append(np.argsort(new), new.shape[0])
    means = {
        name: engine[name][:, order]
        for name in (f"engine.routes.lane.means.{part}" for part in ("total", "weight"))
    }
    return {"engine.routes.lane.keys": np.append(new, keys[-1])[order]} | means
