"""Offers told: put once or again, read by product, in SQLite and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from graph.errors import BadInput
from graph.orders import Candidate, Order, OrderLine
from inventory.offers import Offer, Put, with_offers
from inventory.sql import SqlHome
from inventory.sql.offers import SqlOffers
from tests.services.databases import NewDatabase

AT = datetime(2018, 6, 1, tzinfo=UTC)
OFFER = Offer("p1", "s1", 1_500, "01310", "toys", 300.0, 20.0, 10.0, 5.0)


@pytest.fixture(params=["sqlite", "postgres"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlHome]:
    new: NewDatabase = lambda: str(tmp_path / "new.db")  # noqa: E731
    if request.param == "postgres":
        new = request.getfixturevalue("new_postgres")
    made = SqlHome.open(new())
    yield made
    made.close()


def put(home: SqlHome, offers: list[Offer]) -> list[Put]:
    return home.run(lambda unit: SqlOffers(unit.connection).put(offers, AT))


def test_what_is_put_is_read_and_said_again_changes_nothing(home: SqlHome) -> None:
    other = Offer("p1", "s0", 900)
    for offers, told in (
        ([OFFER, other], [Put.CREATED, Put.CREATED]),
        ([OFFER, other], [Put.UNCHANGED, Put.UNCHANGED]),
        ([replace(OFFER, price_cents=1), other], [Put.CHANGED, Put.UNCHANGED]),
        ([replace(OFFER, price_cents=1, active=False)], [Put.CHANGED]),
    ):
        assert put(home, offers) == told
    with home.reading() as unit:
        found = SqlOffers(unit.connection)
        assert found.of_products(["p1", "p2"], 10) == [other, replace(OFFER, price_cents=1, active=False)]
        assert found.of_products(["p1"], 1) == [other]
        assert found.of_products(["p2"], 10) == []


def test_many_are_put_at_once(home: SqlHome) -> None:
    many = [Offer(f"p{number % 7}", f"s{number}", number) for number in range(1_000)]
    for told in (Put.CREATED, Put.UNCHANGED):
        assert put(home, many) == [told] * 1_000


@pytest.mark.parametrize(
    "wrong",
    [{"price_cents": -1}, {"weight_g": 0.0}, {"width_cm": float("inf")}, {"seller_id": ""}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_is_no_offer_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        replace(OFFER, **wrong)  # type: ignore[arg-type]


def test_an_offer_is_a_candidate_with_the_sizes_of_its_sides() -> None:
    assert OFFER.candidate() == Candidate("s1", 1_500, "01310", "toys", 300.0, 1_000.0, 20.0)
    some = replace(OFFER, height_cm=None).candidate()
    assert (some.volume_cm3, some.longest_side_cm) == (None, None)


def test_what_the_order_says_counts_more_than_what_was_told() -> None:
    own = Candidate("s1", 10)
    lines = (OrderLine("l1", "p1", 1, candidates=(own,)), OrderLine("l2", "p2", 1))
    order = Order("o", "01310", lines)
    told = with_offers(order, [OFFER, Offer("p1", "s2", 20), Offer("p3", "s3", 30)])
    assert told.lines[0].candidates == (own, Candidate("s2", 20))
    assert told.lines[1] == lines[1]
    assert with_offers(order, []) is order
