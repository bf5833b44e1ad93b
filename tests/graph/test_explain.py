"""The sentence of a route is true: its numbers and its direction are those of the routes compared."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import Basis, Network, Rank, Recommendation, RouteRequest, Weights
from graph.explain import Facts, why
from tests.graph.make import World, network

FACTS = Facts(
    score=6.0,
    mean_days=6.0,
    sd_days=2.5,
    promise_days=9.0,
    p_on_time=0.931,
    freight_cents=1_430,
    distance_km=400.0,
    basis=Basis.LANE,
    n=23,
)
REQUEST = RouteRequest("01310", category="pcs")


@pytest.fixture(scope="module")
def net() -> Network:
    return network(3, World(zips=6, products=9, sellers=9, warehouses=0, carriers=2))


def numbers(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"\d+(?:\.\d+)?", text)]


def ask(net: Network, **changed: object) -> Recommendation:
    found = net.recommend(**{"zip_prefix": "10470", "category": "pcs", "k": 50} | changed)
    assert len(found) > 3
    return found


def test_reliable_within_a_promise_speaks_of_points_of_probability(net: Network) -> None:
    routes = ask(net, promise_days=7.5).routes
    for route in routes:
        other = routes[0] if route.rank > 1 else routes[1]
        head = f"Arrives within 7.5 days with {100 * route.p_on_time:.1f} %: "
        assert route.why.startswith(head)
        gap = 100 * abs(route.p_on_time - other.p_on_time)
        if gap >= 0.05:
            name, way = ("second", "more") if route.rank == 1 else ("first", "less")
            assert route.why[len(head) :].startswith(f"{gap:.1f} points {way} likely than the {name}; ")


def test_reliable_with_a_probability_speaks_of_the_promise(net: Network) -> None:
    routes = ask(net, probability=0.8).routes
    gap = routes[1].promise_days - routes[0].promise_days
    assert routes[0].why.startswith(
        f"Arrives within {routes[0].promise_days:.1f} days with 80.0 %: {gap:.1f} days sooner than the second"
    )
    last = routes[-1].promise_days - routes[0].promise_days
    assert f": {last:.1f} days later than the first; " in routes[-1].why


def test_reliable_without_either_speaks_of_mean_and_spread(net: Network) -> None:
    routes = ask(net, z=2.0).routes
    padded = [r.lead_time.mean_days + 2 * r.lead_time.sd_days for r in routes]
    assert routes[0].why.startswith(
        f"Takes {routes[0].lead_time.mean_days:.1f} days on average, {padded[0]:.1f} with 2 sd added: "
    )
    assert f": {padded[-1] - padded[0]:.1f} days more than the first; " in routes[-1].why


def test_fastest_speaks_of_the_mean(net: Network) -> None:
    routes = ask(net, rank="fastest").routes
    last, first = routes[-1].lead_time.mean_days, routes[0].lead_time.mean_days
    assert routes[-1].why.startswith(
        f"Takes {last:.1f} days on average: {last - first:.1f} days slower than the first; "
    )


def test_cheapest_speaks_of_money(net: Network) -> None:
    routes = ask(net, rank="cheapest").routes
    last, first = routes[-1].freight_cents, routes[0].freight_cents
    assert routes[-1].why.startswith(
        f"Costs BRL {last / 100:.2f} in freight: BRL {(last - first) / 100:.2f} dearer than the first; "
    )


def test_balanced_speaks_of_its_score_and_its_parts(net: Network) -> None:
    weights = Weights(days=200, freight=1, late=30)
    routes = ask(net, rank="balanced", weights=weights, promise_days=8).routes
    scores = [200 * r.lead_time.mean_days + r.freight_cents + 30 * 100 * (1 - r.p_on_time) for r in routes]
    assert scores == sorted(scores)
    for route, score in zip(routes, scores, strict=True):
        assert numbers(route.why)[:4] == pytest.approx(
            [score, route.lead_time.mean_days, route.freight_cents / 100, 100 * (1 - route.p_on_time)],
            abs=0.51,
        )
    assert f": {scores[-1] - scores[0]:.0f} higher than the first; " in routes[-1].why


def test_every_sentence_names_its_evidence(net: Network) -> None:
    words = {"lane": "lane", "region": "region pair", "state": "state pair", "global": "whole network"}
    for route in ask(net):
        assert f"{route.lead_time.n} order" in route.why
        assert words[route.lead_time.basis] in route.why


@pytest.mark.parametrize(
    ("basis", "n", "words"),
    [
        (Basis.LANE, 23, "23 orders seen on this lane."),
        (Basis.REGION, 7, "7 orders seen on this region pair."),
        (Basis.STATE, 5, "5 orders seen on this state pair."),
        (Basis.GLOBAL, 1, "1 order seen in the whole network, too few nearer by."),
        (Basis.SYNTHETIC, 0, "assumed, not observed."),
    ],
)
def test_the_evidence_in_words(basis: Basis, n: int, words: str) -> None:
    assert why(REQUEST, 1, FACTS._replace(basis=basis, n=n), None).endswith(words)


def test_the_only_route_is_called_so() -> None:
    assert "the only route there is" in why(REQUEST, 1, FACTS, None)


@pytest.mark.parametrize(
    ("own", "other", "words"),
    [
        (1_430, 1_433, "level with the second, ahead by BRL 0.03 less freight; "),
        (1_430, 1_430, "level with the second, ahead by a shorter distance; "),
    ],
)
def test_a_tie_says_what_broke_it(own: int, other: int, words: str) -> None:
    one, two = FACTS._replace(freight_cents=own), FACTS._replace(freight_cents=other, distance_km=900.0)
    assert words in why(REQUEST, 1, one, two)
    assert "behind by" in why(REQUEST, 2, two, one)


@pytest.mark.parametrize(
    ("own", "other", "words"),
    [
        (400.0, 400.0, "ahead by order of name only"),
        (float("nan"), float("nan"), "ahead by order of name only"),
        (400.0, float("nan"), "ahead by a known distance"),
    ],
)
def test_a_tie_without_distances_says_so(own: float, other: float, words: str) -> None:
    assert words in why(REQUEST, 1, FACTS._replace(distance_km=own), FACTS._replace(distance_km=other))


@given(st.floats(1e-12, 50), st.sampled_from(Rank), st.integers(1, 5))
def test_a_difference_never_looks_like_none(gap: float, rank: Rank, place: int) -> None:
    request = replace(REQUEST, rank=rank, promise_days=9 if rank is Rank.RELIABLE else None)
    gap = float(round(gap) + 1) if rank is Rank.CHEAPEST else gap
    other = FACTS._replace(score=FACTS.score + gap)
    own, other = (FACTS, other) if place == 1 else (other, FACTS)
    if own.score == other.score:
        return
    comparison = why(request, place, own, other).split(": ")[1]
    found = numbers(comparison)[0]
    assert found > 0


def test_a_gap_too_small_to_print_is_called_less_than_the_smallest() -> None:
    request = replace(REQUEST, rank=Rank.FASTEST)
    sentence = why(request, 1, FACTS, FACTS._replace(score=FACTS.score + 0.003))
    assert "less than 0.1 days faster than the second" in sentence
