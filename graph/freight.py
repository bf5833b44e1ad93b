"""What a parcel's freight will cost: a carrier's tariff where there is one, else learned from items sold."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final, Self
from zipfile import BadZipFile

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from graph.csr import frozen
from graph.days import DAY_S
from graph.errors import SnapshotError
from graph.law import WIDTH, FreightLaw, billable_kg, freight_features

ERROR_WINDOW_S: Final = 60 * DAY_S
"""The error is measured on the last 60 days before T by a fit on what came before."""

HALF_LIFE_S: Final = 90 * DAY_S
"""Age at which an item counts half: tariffs change, and older prices mislead."""

MOST_ITEMS: Final = 300_000
"""The most items that are learned from, so that memory stays bounded."""

_NO_TARIFFS: Final = frozen(np.zeros((0, 3)))
_SHRINK: Final = 5.0
_STEPS: Final = 3
_RESIDUAL_FLOOR: Final = 0.05

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FreightQuery:
    """Parcels of equal units, in columns that broadcast (a scalar stands for all rows).

    ``seller``, ``dest_region`` and ``carrier`` are codes (-1 unknown); weight, volume and price are of
    one unit (NaN unknown, except price), ``quantity`` counts the units.
    """

    seller: ArrayLike
    dest_region: ArrayLike
    carrier: ArrayLike
    same_state: ArrayLike
    distance_km: ArrayLike
    weight_g: ArrayLike
    volume_cm3: ArrayLike
    price_cents: ArrayLike
    quantity: ArrayLike = 1

    def at(self, rows: NDArray[np.intp], size: int) -> FreightQuery:
        """Return some of the ``size`` parcels."""
        columns = {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}
        return FreightQuery(**{name: np.broadcast_to(column, size)[rows] for name, column in columns.items()})


@dataclass(frozen=True, slots=True)
class FreightSample:
    """Items sold, one row each: the unit as a query, when it was bought, and the freight it paid."""

    items: FreightQuery
    purchased_s: NDArray[np.int64]
    freight_cents: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FreightError:
    """How far estimates were off on items that the fit had not seen (bias = estimate - paid)."""

    mae_cents: float
    median_ape: float
    bias_cents: float
    n: int


@dataclass(frozen=True, slots=True)
class Freight:
    """A freight estimator: log-linear in weight, distance and price, with shrunk region and seller effects.

    Freight is per unit and grows in proportion to the quantity, as Olist's does (a second unit of the same
    product on the same lane pays as much as the first: median ratio 1.00 on 2 250 products). Items with
    free freight are the seller's gift and teach nothing about its cost; they are left out.
    """

    coefficients: Floats
    scale: float
    typical: Floats  # weight_g, volume_cm3, distance_km of the median item: they stand in for unknown ones
    region_effect: Floats  # one more than there are regions: code -1 reads the last, which is 0
    seller_effect: Floats
    error: FreightError | None
    tariffs: Floats | None = None  # (carriers + 1, 3): base, per kg, per km in cents; NaN = no tariff

    @classmethod
    def fit(
        cls,
        sample: FreightSample,
        as_of_s: int,
        carriers: pl.DataFrame | None = None,
        most_items: int = MOST_ITEMS,
        *,
        measured: bool = True,
    ) -> Self:
        """Learn from the items bought before ``as_of_s``; deterministic, about 60 ms for 90 000 items.

        A longer history is thinned evenly to at most ``most_items``. The error is that of the estimator that
        answers: with the tariffs of ``carriers`` where it has them; where not ``measured`` it is left out.
        """
        paid = (sample.freight_cents > 0) & (sample.purchased_s < as_of_s)
        rows = np.flatnonzero(paid)[np.argsort(sample.purchased_s[paid], kind="stable")]
        rows = rows[:: -(-len(rows) // most_items) or 1]
        known = int(np.searchsorted(sample.purchased_s[rows], as_of_s - ERROR_WINDOW_S))
        error = None
        if measured and 0 < known < len(rows):
            before = cls._fitted(_Table.of(sample, rows[:known]), as_of_s - ERROR_WINDOW_S)
            error = before.with_tariffs(carriers)._measured(sample, rows[known:])
        return replace(cls._fitted(_Table.of(sample, rows), as_of_s).with_tariffs(carriers), error=error)

    @classmethod
    def _fitted(cls, table: _Table, as_of_s: int) -> Self:
        if len(table.cents) == 0:
            none, typical = frozen(np.zeros(1)), frozen(np.array([500.0, 3000.0, 500.0]))
            return cls(frozen(np.zeros(WIDTH)), 0.0, typical, none, none, None)
        weight = np.exp2((table.purchased_s - as_of_s) / HALF_LIFE_S)
        log_cents = np.log(table.cents)
        beta = _least_absolute(table.design, log_cents, weight)
        residual = np.clip(log_cents - table.design @ beta, -1.0, 1.0)
        region = _shrunk(table.region, residual, weight)
        residual -= region[table.region]
        seller = _shrunk(table.seller, residual, weight)
        estimate = np.exp(table.design @ beta + region[table.region] + seller[table.seller])
        # A median on the log scale lies below the mean in cents, and money adds up by means.
        scale = float(weight @ table.cents / (weight @ estimate))
        return cls(frozen(beta), scale, table.typical, frozen(region), frozen(seller), None)

    def _measured(self, sample: FreightSample, rows: NDArray[np.intp]) -> FreightError:
        cents = sample.freight_cents[rows]
        off = self.estimate(sample.items.at(rows, len(sample.purchased_s))) - cents
        absolute = np.abs(off)
        return FreightError(
            float(absolute.mean()), float(np.median(absolute / cents)), float(off.mean()), len(off)
        )

    def with_tariffs(self, carriers: pl.DataFrame | None) -> Self:
        """Return an estimator that uses the tariffs in a network's ``carriers`` table where it has them.

        A carrier has a tariff when any of base, cents per kg and cents per km is given; the others are 0.
        It is taken at its word: base a parcel, real kilograms of all units, kilometres.
        """
        if carriers is None:
            return self
        tariffs = carriers.select("base_cents", "cents_per_kg", "cents_per_km").to_numpy().astype(np.float64)
        given = ~np.isnan(tariffs).all(axis=1)
        tariffs = np.where(given[:, None], np.nan_to_num(tariffs), np.nan)
        tariffs = np.vstack([tariffs, np.full(3, np.nan)])  # read by code -1: an unknown carrier has none
        return replace(self, tariffs=frozen(tariffs) if given.any() else None)

    @property
    def law(self) -> FreightLaw:
        """The state as the compiled pass over candidates takes it."""
        tariffs = _NO_TARIFFS if self.tariffs is None else self.tariffs
        return FreightLaw(
            self.coefficients, self.scale, self.typical, self.region_effect, self.seller_effect, tariffs
        )

    def estimate(self, query: FreightQuery) -> NDArray[np.int64]:
        """Return the freight in cents of each parcel (whole parcel, not unit)."""
        weight_g = _or(query.weight_g, self.typical[0])
        volume_cm3 = _or(query.volume_cm3, self.typical[1])
        distance_km = _or(query.distance_km, self.typical[2])
        columns = freight_features(
            billable_kg(weight_g, volume_cm3),
            distance_km,
            np.asarray(query.same_state, dtype=np.float64),
            np.asarray(query.price_cents, dtype=np.float64),
        )
        quantity = np.asarray(query.quantity, dtype=np.float64)
        log_cents = _effect(self.region_effect, query.dest_region) + _effect(self.seller_effect, query.seller)
        for coefficient, column in zip(self.coefficients.tolist(), columns, strict=True):
            log_cents = log_cents + coefficient * column
        cents = self.scale * np.exp(log_cents) * quantity
        if self.tariffs is not None:
            base, per_kg, per_km = self.tariffs[np.asarray(query.carrier)].T
            tariff = base + per_kg * weight_g * quantity * 1e-3 + per_km * distance_km
            cents = np.where(np.isnan(tariff), cents, tariff)
        return np.rint(cents).astype(np.int64)

    def parts(self, query: FreightQuery) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return what each parcel pays once and what it pays for every unit, in cents.

        A tariff is affine in weight: base and kilometres are paid once. Learned freight is all by the unit.
        """
        unit = self.estimate(replace(query, quantity=1))
        if self.tariffs is None:
            return np.zeros_like(unit), unit
        base, per_kg, per_km = self.tariffs[np.asarray(query.carrier)].T
        once = np.rint(base + per_km * _or(query.distance_km, self.typical[2]))
        each = np.rint(per_kg * _or(query.weight_g, self.typical[0]) * 1e-3)
        learned = np.isnan(base)
        return (
            np.where(learned, 0, np.nan_to_num(once)).astype(np.int64),
            np.where(learned, unit, np.nan_to_num(each)).astype(np.int64),
        )

    def cents_per_kg(self, query: FreightQuery) -> Floats:
        """Return the estimated freight of each parcel divided by its billable kilograms."""
        weight_g = _or(query.weight_g, self.typical[0])
        volume_cm3 = _or(query.volume_cm3, self.typical[1])
        kg = billable_kg(weight_g, volume_cm3) * np.asarray(query.quantity, dtype=np.float64)
        return np.asarray(self.estimate(query) / kg, dtype=np.float64)

    def save(self, path: Path) -> None:
        """Write the learned state to one file; tariffs stay in the network's ``carriers`` table."""
        error = json.dumps(asdict(self.error) if self.error else None)
        with path.open("wb") as file:
            np.savez(
                file,
                coefficients=self.coefficients,
                scale=self.scale,
                typical=self.typical,
                region_effect=self.region_effect,
                seller_effect=self.seller_effect,
                error=np.array(error),
            )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what ``save`` wrote, bit for bit; SnapshotError when it is missing or damaged."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as state:
                error = json.loads(str(state["error"]))
                return cls(
                    frozen(state["coefficients"]),
                    float(state["scale"]),
                    frozen(state["typical"]),
                    frozen(state["region_effect"]),
                    frozen(state["seller_effect"]),
                    FreightError(**error) if error else None,
                )
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
            raise SnapshotError(f"{path} cannot be read ({error!r}). Build the snapshot again.") from error


@dataclass(frozen=True, slots=True)
class _Table:
    """The sample's rows to learn from, sorted by purchase, with their design matrix."""

    design: Floats
    region: NDArray[np.intp]
    seller: NDArray[np.intp]
    typical: Floats
    purchased_s: NDArray[np.int64]
    cents: Floats

    @classmethod
    def of(cls, sample: FreightSample, rows: NDArray[np.intp]) -> Self:
        items, size = sample.items, len(sample.purchased_s)

        def column(values: ArrayLike) -> NDArray[Any]:
            return np.broadcast_to(values, size)[rows]

        weight_g, volume_cm3, distance_km = (
            column(values).astype(np.float64)
            for values in (items.weight_g, items.volume_cm3, items.distance_km)
        )
        typical = np.array([_median(values) for values in (weight_g, volume_cm3, distance_km)])
        design = np.column_stack(
            freight_features(
                billable_kg(_or(weight_g, typical[0]), _or(volume_cm3, typical[1])),
                _or(distance_km, typical[2]),
                column(items.same_state).astype(np.float64),
                column(items.price_cents),
            )
        )
        return cls(
            design,
            column(items.dest_region).astype(np.intp),
            column(items.seller).astype(np.intp),
            frozen(typical),
            sample.purchased_s[rows],
            sample.freight_cents[rows].astype(np.float64),
        )


def _or(values: ArrayLike, instead: np.float64) -> Floats:
    values = np.asarray(values, dtype=np.float64)
    return np.where(np.isnan(values), instead, values)


def _median(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else 1.0


def _least_absolute(design: Floats, target: Floats, weight: Floats) -> Floats:
    """Return coefficients of least absolute residuals, by a fixed number of reweighted least squares.

    Schlossmacher, JASA 68, 1973, doi 10.1080/01621459.1973.10481457. One observation's worth of ridge on
    the slopes lets a handful of items give a sensible mean instead of a wild extrapolation.
    """
    # A slow import, for fits only.
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    ridge = np.eye(design.shape[1])
    ridge[0, 0] = 1e-9
    row_weight = weight
    beta: Floats = np.zeros(design.shape[1])
    # One thread: same sums in the same order; and threads that wait for each other burn ten times the work.
    with threadpool_limits(limits=1, user_api="blas"):
        for _ in range(_STEPS + 1):
            weighted = design * row_weight[:, None]
            beta[:] = np.linalg.solve(weighted.T @ design + ridge, weighted.T @ target)
            row_weight = weight / np.maximum(np.abs(target - design @ beta), _RESIDUAL_FLOOR)
    return beta


def _shrunk(codes: NDArray[np.intp], residual: Floats, weight: Floats) -> Floats:
    """Return mean residuals by code, drawn to 0 by ``_SHRINK`` items; the last place (code -1) is 0."""
    size = int(codes.max()) + 1
    known = codes >= 0
    total = np.bincount(codes[known], (weight * residual)[known], minlength=size)
    count = np.bincount(codes[known], weight[known], minlength=size)
    return np.append(total / (count + _SHRINK), 0.0)


def _effect(effects: Floats, codes: ArrayLike) -> Floats:
    """Read effects by code; a code that the fit had not seen reads 0, as -1 does."""
    codes = np.asarray(codes)
    return effects[np.where(codes < len(effects) - 1, codes, -1)]
