"""The lead-time model as events teach it: the engine of build and backtest, on rows that events append.

Rows are appended at the tick after a purchase and their stamps filled at the tick after they became known, so
the engine sees what `replay.moving.MovingTimes` shows it, day by day, and learns the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np

from graph.days import DAY_S, start_of
from graph.distance import haversine_km
from graph.lead_time import Journeys, LeadTimes, OnlineParameters
from graph.lead_time.journeys import IntArray
from graph.lead_time.online.engine import Engine
from graph.lead_time.online.rows import DayEvents, Issued, Rows
from graph.lead_time.online.saved import put_together, taken_apart
from graph.lead_time.online.total import OnlineTotal
from graph.model import NEVER
from replay.stream.columns import Array, Columns
from replay.stream.orders import Package, Sent, Today
from replay.stream.reference import Reference

_OWN_SIZES: Final = ("states", "regions", "sellers", "carriers")
_STAGES: Final = {
    "approval_days": ("purchased_s", "approved_s"),
    "handling_days": ("approved_s", "handed_s"),
    "transit_days": ("handed_s", "delivered_s"),
    "total_days": ("purchased_s", "delivered_s"),
}


@dataclass(slots=True, eq=False)
class Learner:
    """``journeys``, ``rows``, ``issued``: columns by package row. ``day``: the next epoch day to learn.

    ``told``: what was forecast at the purchase, by row: ``expected_days`` and ``p_late`` (NaN: no promise).
    """

    reference: Reference
    engine: Engine
    journeys: Columns
    rows: Columns
    issued: Columns
    told: Columns
    sizes: Mapping[str, int]
    largest: Mapping[str, Array]
    day: int | None = None

    @classmethod
    def start(cls, reference: Reference, parameters: OnlineParameters) -> Learner:
        """Return a model that has seen nothing."""
        largest = _columns(_largest(reference))
        empty = Rows.of(Journeys(**largest))
        return cls(
            reference=reference,
            engine=Engine.start(empty, parameters),
            journeys=Columns(_columns(Journeys.build(0))),
            rows=Columns(_arrays(empty)),
            issued=Columns(_columns(Issued.empty(0))),
            told=Columns({"expected_days": np.zeros(0), "p_late": np.zeros(0)}),
            largest=largest,
            sizes={name: getattr(empty, name) for name in _OWN_SIZES},
        )

    def close(self, day: int, today: Today) -> None:
        """Learn what happened on a day; days follow each other, from that of the first purchase on."""
        bought = [(order, one) for order in today.bought for one in order.packages.values()]
        if self.day is not None or bought:
            self._learn(day, bought, today)
            self.day = day + 1

    def lead_times(self) -> LeadTimes:
        """Return the model as of the start of ``day``, to be asked; its stages cost a fit of seconds."""
        as_of_s = NEVER if self.day is None else start_of(self.day)
        fit = LeadTimes.fit(Journeys(**self.journeys.arrays()), as_of_s)
        return replace(fit, total=OnlineTotal.of(self.engine, as_of_s))

    def _learn(self, day: int, bought: Sequence[Sent], today: Today) -> None:
        self.engine.refit_if_due(self._rows(), self._issued(), day, {})
        new = self._append(bought)
        rows, issued = self._rows(), self._issued()
        self.engine.issue(rows, issued, new, day)
        self._tell(new)
        events = DayEvents(*(_in_order(part) for part in self._stamp(today)))
        self._refresh(np.unique(np.concatenate([events.approved, events.handed, events.delivered])))
        self.engine.learn(rows, issued, day, day + 1.0, events)
        self.engine.bases.clear()  # of use to who plays the same history again

    def _append(self, bought: Sequence[Sent]) -> IntArray:
        ordered = sorted(bought, key=lambda sent: (sent[0].purchased_s, sent[0].order_id, sent[1].seller_id))
        made = Journeys.build(len(ordered), **self._bought(ordered))
        new = self.journeys.extend(_columns(made))
        self.rows.extend(self._prepared(made))
        self.issued.extend(_columns(Issued.empty(len(new))))
        self.told.extend({name: np.full(len(new), np.nan) for name in ("expected_days", "p_late")})
        for row, (_, package) in zip(new.tolist(), ordered, strict=True):
            package.row = row
        return new

    def _bought(self, sent: Sequence[Sent]) -> dict[str, Array]:
        """Return the journeys' columns as known at the purchase: every package leaves its seller's place."""
        orders, packages = [order for order, _ in sent], [package for _, package in sent]
        zips = (
            self.reference.zip_of_seller[[one.seller for one in packages]] if packages else np.zeros(0, int)
        )
        return {
            "purchased_s": np.array([one.purchased_s for one in orders], np.int64),
            "promised_s": np.array([one.promised_s for one in orders], np.int64),
            "payment_type": np.array([one.payment for one in orders], np.int32),
            "n_sellers": np.array([len(one.packages) for one in orders], np.int32),
            **{
                name: np.array([getattr(one, name) for one in packages])
                for name in ("seller", "category", "weight_g", "volume_cm3", "n_lines")
            },
            **{
                name: np.array([getattr(one, name) for one in packages], np.float64)
                for name in ("price_cents", "freight_cents")
            },
            **self._places(np.asarray(zips, np.int32), np.array([one.to_zip for one in orders], np.int32)),
        }

    def _places(self, origin: Array, dest: Array) -> dict[str, Array]:
        told, ends = self.reference, {"origin": origin, "dest": dest}
        places = {f"{end}_zip": zips for end, zips in ends.items()}
        places |= {f"{end}_region": told.region_of_zip[zips] for end, zips in ends.items()}
        places |= {f"{end}_state": told.state_of_zip[zips] for end, zips in ends.items()}
        spots = (told.lat[origin], told.lng[origin], told.lat[dest], told.lng[dest])
        return places | {"distance_km": haversine_km(*spots)}

    def _tell(self, new: IntArray) -> None:
        """Note the mean and the chance to break the promise of what was forecast just now."""
        if not len(new):
            return
        location, bucket = self.issued["location"][new], self.issued["bucket"][new]
        spread, promised = self.engine.spread, self.journeys["promised_s"][new]
        days = (promised - self.journeys["purchased_s"][new]) / DAY_S
        with np.errstate(invalid="ignore", divide="ignore"):
            late = 1.0 - spread.probability_below(np.log(np.maximum(days, 1e-9)) - location, bucket)
        self.told["expected_days"][new] = np.exp(location) * spread.m1[bucket]
        self.told["p_late"][new] = np.where(promised == NEVER, np.nan, late)

    def _stamp(self, today: Today) -> tuple[list[tuple[int, int]], ...]:
        """Fill in the stamps that became known; return (instant, row) by approval, hand-over, delivery."""
        approved = [
            (order.approved_s, order, one) for order in today.approved for one in order.packages.values()
        ]
        parts: list[list[tuple[int, int]]] = []
        for name, some in (
            ("approved_s", approved),
            ("handed_s", [(one.handed_s, order, one) for order, one in today.handed]),
            ("delivered_s", [(one.delivered_s, order, one) for order, one in today.delivered]),
        ):
            known = [(at_s, order, one) for at_s, order, one in some if one.row >= 0]
            rows = np.array([one.row for _, _, one in known], np.int64)
            self.journeys[name][rows] = [at_s for at_s, _, _ in known]
            if name == "approved_s":
                self.journeys["shipping_limit_s"][rows] = [order.shipping_limit_s for _, order, _ in known]
            else:
                self._left(rows, [one for _, _, one in known])
            parts.append([(at_s, one.row) for at_s, _, one in known])
        return tuple(parts)

    def _left(self, rows: IntArray, packages: Sequence[Package]) -> None:
        """Take note of the carrier and of the place that packages left from."""
        self.journeys["carrier"][rows] = [one.carrier for one in packages]
        zips = np.array([one.from_zip for one in packages], np.int32)
        for name, values in self._places(zips, self.journeys["dest_zip"][rows]).items():
            self.journeys[name][rows] = values

    def _refresh(self, rows: IntArray) -> None:
        """Work out anew what follows from the columns of some rows."""
        for name, (start, end) in _STAGES.items():
            begun, ended = self.journeys[start][rows], self.journeys[end][rows]
            known = (begun != NEVER) & (ended != NEVER) & (ended >= begun)
            self.journeys[name][rows] = np.where(known, (ended - begun) / DAY_S, np.nan)
        made = Journeys(**{name: column[rows] for name, column in self.journeys.arrays().items()})
        for name, values in self._prepared(made).items():
            self.rows[name][rows] = values

    def _prepared(self, made: Journeys) -> dict[str, Array]:
        """Return the rows' columns of journeys, with groups for everything that the reference names."""
        columns = _columns(made)
        both = Journeys(**{name: np.concatenate([columns[name], self.largest[name]]) for name in columns})
        return {name: values[: len(made)] for name, values in _arrays(Rows.of(both)).items()}

    def _rows(self) -> Rows:
        columns = self.rows.arrays()
        told: dict[str, Any] = {**columns, "log_days": columns["log_days"].T, **self.sizes}
        return Rows(**told)

    def _issued(self) -> Issued:
        return Issued(**self.issued.arrays())

    def save(self) -> dict[str, Array]:
        """Return everything as arrays by name."""
        found = {"learner.day": np.array(-1 if self.day is None else self.day)}
        for part in ("journeys", "rows", "issued", "told"):
            found |= {f"{part}.{name}": column for name, column in getattr(self, part).arrays().items()}
        return found | taken_apart(self.engine, "engine")

    @classmethod
    def restore(cls, reference: Reference, saved: Mapping[str, Array]) -> Learner:
        """Return what ``save`` told, the same bits."""
        found = cls.start(reference, OnlineParameters())
        for part in ("journeys", "rows", "issued", "told"):
            columns: Columns = getattr(found, part)
            columns.extend({name: saved[f"{part}.{name}"] for name in columns.arrays()})
        found.engine = put_together(Engine, saved, "engine")
        day = int(saved["learner.day"])
        found.day = None if day < 0 else day
        return found


def _columns(made: Journeys | Issued) -> dict[str, Array]:
    return {one.name: getattr(made, one.name) for one in fields(made)}


def _arrays(rows: Rows) -> dict[str, Array]:
    """Return the columns of rows, each with the rows as its first axis."""
    found = {name: value for name in Rows.__slots__ if isinstance(value := getattr(rows, name), np.ndarray)}
    return found | {"log_days": found["log_days"].T}


def _largest(reference: Reference) -> Journeys:
    """Return a journey that is never bought: it holds the largest codes there are."""
    return Journeys.build(
        1,
        seller=len(reference.sellers) - 1,
        carrier=len(reference.carriers) - 1,
        dest_region=len(reference.regions) - 1,
        dest_state=len(reference.states) - 1,
    )


def _in_order(stamped: Sequence[tuple[int, int]]) -> IntArray:
    """Return the rows of (instant, row) pairs in order of both."""
    return np.array([row for _, row in sorted(stamped)], np.int64)
