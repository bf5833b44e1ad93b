from __future__ import annotations

import polars as pl
import pytest

from graph.errors import BadInput
from inventory.events import StockKey
from inventory.opening import DEMAND
from inventory.places import past_stretches, place_shares
from tests.inventory.make import DEPOT, SHELF, T0

BIA = StockKey("lamp", "bia", "bia")


def sold(*rows: tuple[str, int, int]) -> pl.DataFrame:
    """Return the sales of lamps: seller, days ago, units."""
    epoch_day = int(T0.timestamp()) // 86_400
    told = [("lamp", seller, "010", epoch_day - ago, units) for seller, ago, units in rows]
    return pl.DataFrame(told, schema=list(DEMAND), orient="row")


def test_shares_follow_sales_and_a_sellers_places_share_alike() -> None:
    told = sold(("ana", 10, 30), ("bia", 10, 10), ("ana", 0, 999), ("ana", -3, 999))
    shares = place_shares([BIA, DEPOT, SHELF], told, T0)
    left = 2 ** (-10 / 90)
    whole = 40 * left + 1
    assert shares[BIA].mean == pytest.approx((10 * left + 0.5) / whole, rel=1e-5)
    assert shares[SHELF] == shares[DEPOT]
    assert sum(share.mean for share in shares.values()) == pytest.approx(1.0)
    mean, var = shares[BIA].of(2.0, 0.5)
    assert mean == pytest.approx(2 * shares[BIA].mean)
    assert var > 0.5 * shares[BIA].mean ** 2


def test_a_seller_without_stock_keeps_its_part() -> None:
    told = sold(("ana", 10, 30), ("bia", 10, 30))
    assert place_shares([SHELF], told, T0)[SHELF].mean == pytest.approx(0.5)
    with pytest.raises(BadInput, match="lacks units"):
        place_shares([SHELF], told.drop("units"), T0)


def test_stretches_go_back_to_the_first_sale() -> None:
    told = sold(("ana", 1, 3), ("ana", 7, 1), ("ana", 22, 5), ("ana", 40, 2), ("ana", 0, 50))
    found = past_stretches([SHELF, BIA], told, T0, 7)
    assert found == {SHELF: (4.0, 0.0, 0.0, 5.0, 0.0), BIA: ()}
    assert past_stretches([SHELF, DEPOT], told, T0, 7)[DEPOT] == (2.0, 0.0, 0.0, 2.5, 0.0)
