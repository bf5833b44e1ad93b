"""The freight estimate: finds a planted law, follows tariffs, and knows its own error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from graph.errors import SnapshotError
from graph.freight import ERROR_WINDOW_S, HALF_LIFE_S, Freight, FreightQuery, FreightSample
from graph.law import Lines, Places, Routes, freight_of, unit_freight
from graph.tables import SCHEMAS

AS_OF_S = 1_525_000_000


def planted(rows: int, seed: int = 0, noise: float = 0.05) -> FreightSample:
    """Draw items whose freight is a power law of kilograms and kilometres, times a seller's habit."""
    rng = np.random.default_rng(seed)
    items = FreightQuery(
        seller=rng.integers(0, 20, rows),
        dest_region=rng.integers(0, 30, rows),
        carrier=0,
        same_state=rng.random(rows) < 0.3,
        distance_km=rng.uniform(5, 3_000, rows),
        weight_g=rng.lognormal(7, 1, rows),
        volume_cm3=rng.lognormal(8, 1, rows),
        price_cents=rng.lognormal(9, 1, rows),
    )
    cents = law(items) * np.exp(rng.normal(0, noise, rows))
    purchased = rng.integers(AS_OF_S - 400 * 86_400, AS_OF_S, rows)
    return FreightSample(items, purchased, np.rint(cents).astype(np.int64))


def law(items: FreightQuery) -> NDArray[np.float64]:
    kg = np.maximum(np.asarray(items.weight_g) / 1_000, np.asarray(items.volume_cm3) / 6_000)
    habit = np.where(np.asarray(items.seller) == 7, 1.5, 1.0)
    return 900 * np.maximum(kg, 0.05) ** 0.4 * (1 + np.asarray(items.distance_km)) ** 0.12 * habit


def one(**changed: object) -> FreightQuery:
    return replace(
        FreightQuery(
            seller=0,
            dest_region=0,
            carrier=0,
            same_state=False,
            distance_km=500.0,
            weight_g=1_500.0,
            volume_cm3=2_000.0,
            price_cents=9_000,
        ),
        **changed,
    )


@pytest.fixture(scope="module")
def fitted() -> Freight:
    return Freight.fit(planted(8_000), AS_OF_S)


def test_a_planted_law_is_found(fitted: Freight) -> None:
    fresh = planted(2_000, seed=1, noise=0.0)
    found = fitted.estimate(fresh.items)
    assert np.median(np.abs(found / fresh.freight_cents - 1)) < 0.03
    assert fitted.estimate(one(seller=7)) / fitted.estimate(one(seller=8)) == pytest.approx(1.5, rel=0.05)


def test_estimates_add_up_to_what_was_paid(fitted: Freight) -> None:
    sample = planted(8_000)
    recent = np.exp2((sample.purchased_s - AS_OF_S) / HALF_LIFE_S)
    found = fitted.estimate(sample.items)
    assert recent @ found == pytest.approx(recent @ sample.freight_cents, rel=1e-3)


def test_the_error_is_that_of_items_the_fit_had_not_seen(fitted: Freight) -> None:
    sample = planted(8_000)
    new = sample.purchased_s >= AS_OF_S - ERROR_WINDOW_S
    before = Freight.fit(sample, AS_OF_S - ERROR_WINDOW_S)
    unseen = replace(
        sample.items,
        **{
            name: np.broadcast_to(getattr(sample.items, name), new.shape)[new]
            for name in sample.items.__slots__
        },
    )
    off = before.estimate(unseen) - sample.freight_cents[new]
    assert fitted.error is not None
    assert fitted.error.n == new.sum()
    assert fitted.error.mae_cents == pytest.approx(np.abs(off).mean(), rel=1e-3)
    assert fitted.error.median_ape == pytest.approx(
        np.median(np.abs(off) / sample.freight_cents[new]), rel=1e-2
    )
    assert fitted.error.bias_cents == pytest.approx(off.mean(), abs=0.5)


def test_items_bought_later_and_free_freight_teach_nothing(fitted: Freight) -> None:
    sample = planted(8_000)
    later = sample.purchased_s >= AS_OF_S - 100 * 86_400
    spoiled = replace(sample, freight_cents=np.where(later, 99_999, sample.freight_cents))
    early = AS_OF_S - 100 * 86_400
    assert Freight.fit(spoiled, early).estimate(one()) == Freight.fit(sample, early).estimate(one())
    free = np.arange(8_000) % 3 == 0
    zeroed = Freight.fit(replace(sample, freight_cents=np.where(free, 0, sample.freight_cents)), AS_OF_S)
    assert zeroed.estimate(one()) == pytest.approx(fitted.estimate(one()), rel=0.02)


def test_a_few_absurd_freights_do_not_move_the_estimate(fitted: Freight) -> None:
    sample = planted(8_000)
    cents = sample.freight_cents.copy()
    cents[::50] *= 40
    robust = Freight.fit(replace(sample, freight_cents=cents), AS_OF_S)
    ratio = robust.estimate(one(seller=-1)) / robust.scale / (fitted.estimate(one(seller=-1)) / fitted.scale)
    assert ratio == pytest.approx(1.0, abs=0.05)


def test_two_fits_are_alike_to_the_last_bit(fitted: Freight) -> None:
    again = Freight.fit(planted(8_000), AS_OF_S)
    assert again.coefficients.tobytes() == fitted.coefficients.tobytes()
    assert again.seller_effect.tobytes() == fitted.seller_effect.tobytes()
    assert again.error == fitted.error


def test_freight_is_per_unit(fitted: Freight) -> None:
    assert fitted.estimate(one(quantity=3)) == pytest.approx(3 * fitted.estimate(one()), abs=2)


def test_the_larger_of_real_and_cubic_weight_counts(fitted: Freight) -> None:
    assert fitted.estimate(one(volume_cm3=9_000.0)) == fitted.estimate(one())
    assert fitted.estimate(one(volume_cm3=60_000.0)) == fitted.estimate(one(weight_g=10_000.0))


def test_unknown_features_and_codes_still_get_an_estimate(fitted: Freight) -> None:
    nan = float("nan")
    blank = one(seller=-1, dest_region=-1, distance_km=nan, weight_g=nan, volume_cm3=nan)
    assert 500 < fitted.estimate(blank) < 10_000
    assert fitted.estimate(one(seller=10_000)) == fitted.estimate(one(seller=-1))


def test_a_tariff_replaces_the_learned_estimate_for_its_carrier(fitted: Freight) -> None:
    carriers = pl.DataFrame(
        {"carrier_id": ["a", "b", "c"], "base_cents": [500.0, None, None], "cents_per_km": [2.0, None, 3.0]},
        schema_overrides=dict(SCHEMAS["carriers"].columns),
    ).with_columns(cents_per_kg=pl.lit(None, pl.Float64))
    priced = fitted.with_tariffs(carriers)
    found = priced.estimate(one(carrier=np.array([0, 1, 2]), quantity=2))
    assert found.tolist() == [500 + 1_000, int(fitted.estimate(one(quantity=2))), 1_500]
    kilograms = priced.with_tariffs(carriers.with_columns(cents_per_kg=pl.lit(100.0)))
    assert kilograms.estimate(one(carrier=np.array([0]), quantity=2, volume_cm3=9e4)).tolist() == [
        500 + 300 + 1_000
    ]


def test_cents_per_kilogram_is_the_estimate_over_billable_weight(fitted: Freight) -> None:
    assert fitted.cents_per_kg(one(quantity=2)) == pytest.approx(fitted.estimate(one(quantity=2)) / 3.0)


def test_saved_and_loaded_it_is_the_same(fitted: Freight, tmp_path: Path) -> None:
    fitted.save(tmp_path / "freight.npz")
    loaded = Freight.load(tmp_path / "freight.npz")
    assert loaded.error == fitted.error
    assert (
        loaded.estimate(planted(500, 2).items).tobytes() == fitted.estimate(planted(500, 2).items).tobytes()
    )


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_hardly_any_items_give_a_sane_estimate(rows: int) -> None:
    sample = planted(rows)
    freight = Freight.fit(sample, AS_OF_S)
    assert freight.error is None or freight.error.n <= rows
    most = 0 if rows == 0 else 4 * int(sample.freight_cents.max())
    assert 0 <= freight.estimate(one()) <= most


def test_a_long_history_is_thinned_evenly() -> None:
    error = Freight.fit(planted(8_000), AS_OF_S, most_items=5_000).error
    assert error is not None
    assert error.n == pytest.approx(4_000 * 60 / 400, rel=0.1)
    assert error.median_ape < 0.06


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_a_damaged_file_is_refused_or_reads_the_same(share: float, flip: int) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "freight.npz")
        Freight.fit(planted(30), AS_OF_S).save(path)
        data = bytearray(path.read_bytes())
        data[int(share * len(data))] ^= flip
        path.write_bytes(bytes(data))
        try:
            found = Freight.load(path)
        except SnapshotError:
            return
        assert found.estimate(one()) == Freight.fit(planted(30), AS_OF_S).estimate(one())


def test_a_truncated_file_is_refused(fitted: Freight, tmp_path: Path) -> None:
    fitted.save(tmp_path / "freight.npz")
    data = (tmp_path / "freight.npz").read_bytes()
    for size in (0, 2, 100, len(data) // 2, len(data) - 1):
        (tmp_path / "freight.npz").write_bytes(data[:size])
        with pytest.raises(SnapshotError, match="Build the snapshot again"):
            Freight.load(tmp_path / "freight.npz")


@pytest.mark.parametrize("tariffs", [False, True])
def test_the_compiled_freight_of_an_order_is_that_of_the_formula(fitted: Freight, tariffs: bool) -> None:
    rng = np.random.default_rng(5)
    freight = fitted.with_tariffs(carriers()) if tariffs else fitted
    places = Places(
        rng.uniform(-30, 0, 9),
        rng.uniform(-60, -40, 9),
        rng.integers(-1, 32, 9).astype(np.int32),
        rng.integers(-1, 2, 9).astype(np.int32),
    )
    for dest in range(9):
        shipper = np.repeat(rng.integers(-1, 25, 6), 3).astype(np.int32)
        origin = np.repeat(rng.integers(0, 9, 6), 3).astype(np.int32)
        carrier = np.tile(np.arange(3, dtype=np.int32), 6)
        km = np.repeat(np.where(rng.random(6) < 0.2, np.nan, rng.uniform(0, 3_000, 6)), 3)
        grams, cm3 = (np.where(rng.random(4) < 0.2, np.nan, rng.lognormal(7, 1, 4)) for _ in range(2))
        usual = rng.lognormal(9, 1, 4)
        asked = np.repeat(np.where(rng.random((4, 6)) < 0.5, np.nan, rng.lognormal(9, 1, (4, 6))), 3, axis=1)
        once, each = freight_of(
            freight.law, places, Lines(grams, cm3, usual), Routes(dest, shipper, origin, carrier, km), asked
        )
        state = places.state
        query = FreightQuery(
            seller=shipper,
            dest_region=int(places.region[dest]),
            carrier=carrier,
            same_state=(state[origin] == state[dest]) & (state[dest] >= 0),
            distance_km=km,
            weight_g=grams[:, None],
            volume_cm3=cm3[:, None],
            price_cents=np.where(np.isnan(asked), usual[:, None], asked),
        )
        paid_once, paid_each = freight.parts(query)
        assert (np.broadcast_to(paid_once, asked.shape) == once).all()
        assert (paid_each == each).all()


def test_the_freight_of_many_orders_is_that_of_each(fitted: Freight) -> None:
    rng = np.random.default_rng(6)
    places = Places(
        rng.uniform(-30, 0, 9),
        rng.uniform(-60, -40, 9),
        rng.integers(-1, 32, 9).astype(np.int32),
        rng.integers(-1, 2, 9).astype(np.int32),
    )
    dest, origin = (rng.integers(0, 9, 50).astype(np.int32) for _ in range(2))
    shipper, carrier = rng.integers(-1, 25, 50).astype(np.int32), np.zeros(50, np.int32)
    km = np.where(rng.random(50) < 0.2, np.nan, rng.uniform(0, 3_000, 50))
    grams, cm3 = (np.where(rng.random(50) < 0.2, np.nan, rng.lognormal(7, 1, 50)) for _ in range(2))
    price = rng.lognormal(9, 1, 50)
    cents = unit_freight(
        fitted.law, places, dest, Routes(-1, shipper, origin, carrier, km), Lines(grams, cm3, price)
    )
    for row in range(50):
        one = slice(row, row + 1)
        _, each = freight_of(
            fitted.law,
            places,
            Lines(grams[one], cm3[one], price[one]),
            Routes(int(dest[row]), shipper[one], origin[one], carrier[one], km[one]),
            price[None, one],
        )
        assert cents[row] == each[0, 0]


def carriers() -> pl.DataFrame:
    """Return three carriers, the second with a tariff."""
    told = {"base_cents": [None, 700.0, None], "cents_per_kg": [None, 90.0, None]}
    return pl.DataFrame({**told, "cents_per_km": [None, 0.4, None]}, strict=False)
