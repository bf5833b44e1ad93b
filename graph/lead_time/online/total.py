"""The online model as of an instant, ready to be read: what a snapshot carries of the engine."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graph.days import weekday_and_hour
from graph.lead_time.compiled import locate
from graph.lead_time.journeys import FloatArray, IntArray
from graph.lead_time.laid_out import NO_TREES, Moment, Online
from graph.lead_time.online.base import Base
from graph.lead_time.online.engine import BUCKETS, Engine, bucket_of
from graph.lead_time.online.routes import RouteEffects
from graph.lead_time.online.rows import to_day
from graph.lead_time.online.saved import put_together, taken_apart
from graph.lead_time.online.trees import Forest
from graph.lead_time.query import RouteQuery
from graph.lead_time.spread import Spread
from graph.model import NEVER

_ARRAYS: Final = ("state_pair", "dest_region", "effect_log")
_FOREST: Final = ("root", "feature", "threshold", "child", "missing_left", "value")


@dataclass(frozen=True, eq=False)
class OnlineTotal:
    """Location of the whole lead time = level + lane part (forest) + seller part + routes, all as of T.

    ``state_pair``: (4, (states + 1)^2) and ``dest_region``: (4, regions + 1), the lane signals by component;
    ``effect_log``: (sellers + 1,), row 0 = unknown seller = 0. ``base`` holds the lane forest alone: the
    seller forest has been read for every seller. ``spread``: its first BUCKETS rows are for forecasts that do
    not know the carrier, the others for those that are told it.
    """

    as_of_s: int
    level: float
    state_pair: FloatArray
    dest_region: FloatArray
    effect_log: FloatArray
    routes: RouteEffects
    base: Base
    spread: Spread

    @classmethod
    def of(cls, engine: Engine, as_of_s: int) -> OnlineTotal:
        """Take from an engine what reading needs."""
        signals, day = engine.signals, float(to_day(np.array([as_of_s]))[0])
        every = np.arange(signals.deliveries.shape[0])
        effect = engine.base.seller(signals.of_seller(every, day))
        effect[0] = 0.0
        return cls(
            as_of_s=as_of_s,
            level=engine.period.level,
            state_pair=signals.state_pair.values(),
            dest_region=signals.dest_region.values(),
            effect_log=effect,
            routes=put_together(RouteEffects, taken_apart(engine.routes, "routes"), "routes"),
            base=Base(engine.base.lane_forest, None, engine.base.shift),
            spread=_both(engine.spread, engine.named_spread),
        )

    @cached_property
    def compiled(self) -> Online:
        """The state as the compiled read takes it: everything worked out that no query changes."""
        routes, forest = self.routes, self.base.lane_forest
        return Online(
            start=self.level + self.base.shift + forest.baseline if forest else self.level,
            state_pair=self.state_pair,
            dest_region=self.dest_region,
            bucket=self._buckets(),
            seller=self.effect_log,
            carrier=routes.of_carriers(),
            share=routes.shares(np.arange(self.effect_log.shape[0])),
            lane_keys=routes.lane.keys,
            lane=routes.lane.means.values()[0],
            trees=forest.leaves if forest else NO_TREES,
        )

    def _buckets(self) -> IntArray:
        """Return the spread's buckets by state pair; see ``laid_out.Online``."""
        side = int(np.sqrt(self.state_pair.shape[1]))
        state = np.arange(side)
        same = (state[:, None] == state) & (state > 0)
        untold = bucket_of(np.append(self.state_pair[:1], 0.0)[:, None], np.append(same, True))
        return np.stack([untold, untold + BUCKETS])

    def moment(self, query: RouteQuery) -> Moment:
        """Return the moment of each row's purchase; an unknown instant reads as of T."""
        at_s = np.broadcast_to(query.at_s, len(query))
        weekday, hour = weekday_and_hour(np.where(at_s == NEVER, self.as_of_s, at_s))
        return Moment(weekday.astype(np.float64), hour)

    def locate(self, query: RouteQuery) -> tuple[FloatArray, IntArray]:
        """Return the location on log days and the spread bucket of each row.

        A row with the handling time of a site has no seller effect. An unknown instant reads as of T.
        """
        return locate(query.asked, self.moment(query), self.compiled)

    def effect_of(self, row: IntArray) -> FloatArray:
        """Return the log effect of sellers given by their rows here (0 = unknown)."""
        return np.take(self.effect_log, row)

    def save(self, file: Path) -> None:
        """Write everything as one NPZ file, no pickle."""
        arrays: dict[str, NDArray[np.generic]] = {name: getattr(self, name) for name in _ARRAYS}
        numbers = [self.level, self.base.shift]
        forest = self.base.lane_forest
        if forest is not None:
            numbers.append(forest.baseline)
            arrays |= {f"forest_{name}": getattr(forest, name) for name in _FOREST}
        spread = {f"spread_{part}": getattr(self.spread, part) for part in ("cdf", "m1", "m2")}
        np.savez(
            file,
            allow_pickle=False,
            as_of_s=np.array(self.as_of_s),
            numbers=np.array(numbers),
            **arrays,
            **spread,
            **taken_apart(self.routes, "routes"),
        )

    @classmethod
    def load(cls, file: Path) -> OnlineTotal:
        """Read what ``save`` wrote, the same bits."""
        with file.open("rb") as raw, np.load(raw, allow_pickle=False) as saved:
            arrays = {name: saved[name] for name in saved.files}
        level, shift, *baseline = arrays["numbers"].tolist()
        forest = Forest(baseline[0], *(arrays[f"forest_{name}"] for name in _FOREST)) if baseline else None
        return cls(
            as_of_s=int(arrays["as_of_s"]),
            level=level,
            routes=put_together(RouteEffects, arrays, "routes"),
            base=Base(forest, None, shift),
            spread=Spread(*(arrays[f"spread_{part}"] for part in ("cdf", "m1", "m2"))),
            **{name: arrays[name] for name in _ARRAYS},
        )


def _both(one: Spread, other: Spread) -> Spread:
    parts = ("cdf", "m1", "m2")
    return Spread(*(np.concatenate([getattr(one, part), getattr(other, part)]) for part in parts))
