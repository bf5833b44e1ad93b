"""The lead-time model: fitted on journeys as of an instant, read for many candidate routes at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from graph.errors import SnapshotError
from graph.lead_time.compiled import read
from graph.lead_time.fit import (
    ComponentFit,
    Groups,
    Parameters,
    buckets_of_states,
    fit_component,
    spread_of,
)
from graph.lead_time.journeys import COMPONENTS, FloatArray, IntArray, Journeys
from graph.lead_time.laid_out import Levels, Moment
from graph.lead_time.levels import LevelTable, slot
from graph.lead_time.online.learning import Paused, learn
from graph.lead_time.online.parameters import OnlineParameters
from graph.lead_time.online.regrouped import Codes
from graph.lead_time.online.total import OnlineTotal
from graph.lead_time.query import RouteQuery
from graph.lead_time.shrink import shrunk_means
from graph.lead_time.spread import Spread
from graph.lead_time.value import LeadTimeBatch

FORMAT: Final = 1

_HANDLING = COMPONENTS.index("handling")
_ANY_MOMENT: Final = Moment(np.zeros(0), np.zeros(0))
_TABLES: Final = ("pair", "lane")
_ONLINE: Final = "online.npz"
PAUSED: Final = "paused.npz"
"""The file of ``LeadTimes.paused``."""


@dataclass(frozen=True, slots=True, eq=False)
class SellerTimes:
    """What the sellers' node table carries, one row a seller code.

    ``effect_log``: a source's lead time is the lane's times e^effect_log; handling in days; ``n`` journeys.
    """

    effect_log: FloatArray
    handling_mean_days: FloatArray
    handling_var_days: FloatArray
    n: IntArray


@dataclass(frozen=True, eq=False)
class LeadTimes:
    """Locations on log days = state pair + carrier + region pair + lane + seller; spread by bucket.

    The last axis is the component: total, approval, handling, transit. ``state``: ((states + 1)^2, 4) with
    the drift included, row 0 of each side = unknown state; ``carrier``: (carriers + 1, 4); ``seller``:
    (sellers + 1, 4), row 0 = unknown; ``handling_level``: (sellers + 1,), log days on a seller's own lanes.
    ``total``: the online model of the whole lead time, which then replaces the first column; the stages
    explain it in proportion. ``paused``: where its learning goes on; ``save`` writes it, ``load`` leaves it
    on disk (``Paused.load``), since reading needs none of it.
    """

    parameters: Parameters
    as_of_s: int
    state: FloatArray
    state_n: IntArray
    bucket: IntArray
    carrier: FloatArray
    pair: LevelTable
    lane: LevelTable
    seller: FloatArray
    seller_n: IntArray
    handling_level: FloatArray
    spreads: tuple[Spread, ...]
    total: OnlineTotal | None = None
    paused: Paused | None = None

    @classmethod
    def fit(cls, journeys: Journeys, as_of_s: int, parameters: Parameters | None = None) -> LeadTimes:
        """Learn from journeys that are cut at ``as_of_s`` (epoch seconds); no journeys give a wide guess.

        ValueError when a journey holds a stamp at or after ``as_of_s``: nothing later may be learned from.
        """
        _refuse_the_future(journeys, as_of_s)
        parameters = parameters or Parameters()
        groups = Groups.of(journeys)
        fits: list[ComponentFit] = []
        spreads: list[Spread] = []
        for name in COMPONENTS:
            fit = fit_component(name, journeys, groups, as_of_s, parameters)
            buckets = buckets_of_states((fits or [fit])[0].state, groups)
            spreads.append(spread_of(fit, buckets, groups, parameters))
            fits.append(replace(fit, residual=np.zeros(0), age_days=np.zeros(0)))  # large, and done with

        def columns(name: str) -> FloatArray:
            return np.stack([getattr(fit, name) for fit in fits], axis=1)

        def count(group: IntArray, size: int) -> IntArray:
            return np.bincount(group[fits[0].journey], minlength=size).astype(np.int64)

        def table(keys: IntArray, effects: FloatArray, group: IntArray) -> LevelTable:
            padded = np.zeros((keys.shape[0] + 1, len(COMPONENTS)))
            padded[:-1] = effects[: keys.shape[0]]
            return LevelTable(keys, padded, np.append(count(group, keys.shape[0])[: keys.shape[0]], 0))

        return cls(
            parameters=parameters,
            as_of_s=as_of_s,
            state=columns("state") + np.array([fit.level for fit in fits]),
            state_n=count(groups.state, (groups.states + 1) ** 2),
            bucket=buckets,
            carrier=columns("carrier"),
            pair=table(groups.pair_keys, columns("pair"), groups.pair),
            lane=table(groups.lane_keys, columns("lane"), groups.lane),
            seller=columns("seller"),
            seller_n=count(groups.seller, groups.sellers + 1),
            handling_level=_handling_level(fits[_HANDLING], groups),
            spreads=tuple(spreads),
        )

    @classmethod
    def online(
        cls,
        journeys: Journeys,
        as_of_s: int,
        parameters: OnlineParameters | None = None,
        *,
        paused: Paused | None = None,
        codes: Codes | None = None,
        progress: Callable[[float], None] | None = None,
        fitted: Callable[[float], None] | None = None,
    ) -> LeadTimes:
        """Learn as ``fit`` does, and let the whole lead time follow the online model (see ``online``).

        ``paused``, ``codes``: where an earlier model stopped, to go on from; see ``online.learning.learn``.
        ``progress`` is told the played share, 0..1, ``fitted`` the seconds of each base fit. ValueError as
        for ``fit``.
        """
        model = cls.fit(journeys, as_of_s)
        engine, paused = learn(
            journeys, as_of_s, parameters, paused=paused, codes=codes, progress=progress, fitted=fitted
        )
        return replace(model, total=OnlineTotal.of(engine, as_of_s), paused=paused)

    def read(self, query: RouteQuery) -> LeadTimeBatch:
        """Return the lead times of all rows, with stages whose means are scaled to add up to the total's.

        A handling time given by the site replaces the seller's handling and the seller's effect; the rest of
        the lead time keeps its mean, and the whole its relative spread.
        """
        total = self.total
        moment = _ANY_MOMENT if total is None else total.moment(query)
        found = read(query.asked, moment, self._levels, None if total is None else total.compiled)
        stages = tuple(
            LeadTimeBatch(found.location[column], found.stage_bucket, spread, found.basis, found.n)
            for column, spread in enumerate(self.spreads[1:], 1)
        )
        spread = self.spreads[0] if total is None else total.spread
        return LeadTimeBatch(found.location[0], found.total_bucket, spread, found.basis, found.n, stages)

    @cached_property
    def _levels(self) -> Levels:
        return Levels(
            state=self.state,
            state_n=self.state_n,
            bucket=self.bucket,
            carrier=self.carrier,
            pair_keys=self.pair.keys,
            pair=self.pair.effect,
            pair_n=self.pair.n,
            lane_keys=self.lane.keys,
            lane=self.lane.effect,
            lane_n=self.lane.n,
            seller=self.seller,
            overall_n=int(self.state_n.sum()),
            m1=np.stack([spread.m1 for spread in self.spreads]),
            m1_total=(self.spreads[0] if self.total is None else self.total.spread).m1,
        )

    def sellers(self, count: int) -> SellerTimes:
        """Return what is known of the sellers with codes 0 .. count - 1; unseen ones are average, n = 0."""
        row = slot(np.arange(count, dtype=np.int32), self.seller.shape[0] - 1)
        location = self.handling_level[row] + self.seller[row, _HANDLING]
        # A seller ships to all buckets: its handling spread is the middle one's.
        spread, middle = self.spreads[_HANDLING], 1
        relative = spread.m2[middle] - spread.m1[middle] ** 2
        return SellerTimes(
            effect_log=self.seller[row, 0] if self.total is None else self.total.effect_of(row),
            handling_mean_days=np.exp(location) * spread.m1[middle],
            handling_var_days=np.exp(2.0 * location) * relative,
            n=np.where(row > 0, self.seller_n[row], 0),
        )

    def save(self, folder: Path) -> None:
        """Write the model into ``folder`` (made if absent): parameters as JSON, arrays as NPZ, no pickle."""
        folder.mkdir(parents=True, exist_ok=True)
        about = {"format": FORMAT, "as_of_s": self.as_of_s, "parameters": asdict(self.parameters)}
        (folder / "parameters.json").write_text(json.dumps(about, indent=1, sort_keys=True) + "\n", "utf-8")
        np.savez(folder / "state.npz", allow_pickle=False, **self._arrays())
        for name, part in ((_ONLINE, self.total), (PAUSED, self.paused)):
            (folder / name).unlink(missing_ok=True)
            if part is not None:
                part.save(folder / name)

    @classmethod
    def load(cls, folder: Path) -> LeadTimes:
        """Read what ``save`` wrote, the same bits; SnapshotError if missing, damaged or of another format."""
        try:
            about = json.loads((folder / "parameters.json").read_text("utf-8"))
            if about["format"] != FORMAT:
                raise SnapshotError(
                    f"{folder}: lead-time format {about['format']}, this version reads {FORMAT}"
                )
            with (folder / "state.npz").open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            return cls(
                parameters=Parameters(**about["parameters"]),
                as_of_s=about["as_of_s"],
                spreads=tuple(
                    Spread(*(arrays.pop(f"spread_{name}_{part}") for part in ("cdf", "m1", "m2")))
                    for name in COMPONENTS
                ),
                pair=LevelTable(*(arrays.pop(f"pair_{part}") for part in ("keys", "effect", "n"))),
                lane=LevelTable(*(arrays.pop(f"lane_{part}") for part in ("keys", "effect", "n"))),
                total=OnlineTotal.load(folder / _ONLINE) if (folder / _ONLINE).exists() else None,
                **arrays,
            )
        except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
            raise SnapshotError(
                f"{folder}: the lead-time model cannot be read ({error}); build again"
            ) from error

    def _arrays(self) -> dict[str, NDArray[np.generic]]:
        plain = {
            field.name: value
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), np.ndarray)
        }
        tables = {
            f"{name}_{part}": getattr(getattr(self, name), part)
            for name in _TABLES
            for part in ("keys", "effect", "n")
        }
        shapes = {
            f"spread_{name}_{part}": getattr(spread, part)
            for name, spread in zip(COMPONENTS, self.spreads, strict=True)
            for part in ("cdf", "m1", "m2")
        }
        return plain | tables | shapes


def _refuse_the_future(journeys: Journeys, as_of_s: int) -> None:
    for name in ("purchased_s", "approved_s", "handed_s", "delivered_s"):
        late = int((getattr(journeys, name) >= as_of_s).sum())
        if late:
            raise ValueError(f"{late} journeys have {name} at or after the instant they should be cut at")


def _handling_level(fit: ComponentFit, groups: Groups) -> FloatArray:
    """Return each seller's handling location without its own effect: the average of its journeys' lanes."""
    sparse = (groups.pair, fit.pair), (groups.lane, fit.lane), (groups.carrier, fit.carrier)
    at = fit.state[groups.state[fit.journey]]
    for group, effect in sparse:
        at = at + effect[group[fit.journey]]
    group = groups.seller[fit.journey]
    return fit.level + shrunk_means(at, np.ones(at.shape[0]), group, groups.sellers + 1, 1.0)
