"""One plain sentence, with numbers, for why a route stands where it stands."""

from __future__ import annotations

from math import isnan
from typing import NamedTuple

from graph.model import Basis, Rank
from graph.route import RouteRequest


class Facts(NamedTuple):
    """The numbers of one route that its sentence may speak of; ``score`` put it in order (less is better)."""

    score: float
    mean_days: float
    sd_days: float
    promise_days: float
    p_on_time: float
    freight_cents: int
    distance_km: float
    basis: Basis
    n: int


def why(request: RouteRequest, place: int, own: Facts, other: Facts | None) -> str:
    """Say why a route stands at ``place`` (1 is best), with the numbers of ``own``.

    ``other`` is the second for the first, the first for all others, None when no other route exists.
    """
    if other is None:
        comparison = "the only route there is"
    elif own.score == other.score:
        comparison = _tie(place, own, other)
    else:
        comparison = f"{_difference(request, place, own, other)} than the {_name(place)}"
    return f"{_headline(request, own)}: {comparison}; {_evidence(own)}."


def _name(place: int) -> str:
    return "second" if place == 1 else "first"


def _headline(request: RouteRequest, own: Facts) -> str:
    match request.rank:
        case Rank.FASTEST:
            return f"Takes {own.mean_days:.1f} days on average"
        case Rank.CHEAPEST:
            return f"Costs {_money(own.freight_cents)} in freight"
        case Rank.BALANCED:
            return (
                f"Scores {own.score:.0f} by the given weights ({own.mean_days:.1f} days, "
                f"{_money(own.freight_cents)} freight, {_percent(1.0 - own.p_on_time)} late)"
            )
    if request.promise_days is not None:
        return f"Arrives within {own.promise_days:g} days with {_percent(own.p_on_time)}"
    if request.probability is not None:
        return f"Arrives within {own.promise_days:.1f} days with {_percent(request.probability)}"
    padded = own.mean_days + request.z * own.sd_days
    return f"Takes {own.mean_days:.1f} days on average, {padded:.1f} with {request.z:g} sd added"


def _difference(request: RouteRequest, place: int, own: Facts, other: Facts) -> str:
    """Put the gap in score in the words of the rank; ``place`` 1 is ahead, every other is behind."""
    gap = abs(own.score - other.score)
    match request.rank:
        case Rank.FASTEST:
            return f"{_days(gap)} {'faster' if place == 1 else 'slower'}"
        case Rank.CHEAPEST:
            return f"{_money(round(gap))} {'cheaper' if place == 1 else 'dearer'}"
        case Rank.BALANCED:
            return f"{_at_least(gap, 0)} {'lower' if place == 1 else 'higher'}"
    if request.promise_days is not None:
        return f"{_at_least(100.0 * gap, 1)} points {'more' if place == 1 else 'less'} likely"
    if request.probability is not None:
        return f"{_days(gap)} {'sooner' if place == 1 else 'later'}"
    return f"{_days(gap)} {'less' if place == 1 else 'more'}"


def _tie(place: int, own: Facts, other: Facts) -> str:
    """Say which of the tie-breaks (freight, distance, name) put two level routes in order."""
    ahead = place == 1
    if own.freight_cents != other.freight_cents:
        reason = (
            f"{_money(abs(own.freight_cents - other.freight_cents))} {'less' if ahead else 'more'} freight"
        )
    elif own.distance_km == other.distance_km or (isnan(own.distance_km) and isnan(other.distance_km)):
        reason = "order of name only"
    elif isnan(own.distance_km) or isnan(other.distance_km):
        reason = "a known distance" if ahead else "an unknown distance"
    else:
        reason = f"a {'shorter' if ahead else 'longer'} distance"
    return f"level with the {_name(place)}, {'ahead' if ahead else 'behind'} by {reason}"


def _evidence(own: Facts) -> str:
    orders = f"{own.n} order{'' if own.n == 1 else 's'}"
    match own.basis:
        case Basis.LANE:
            return f"{orders} seen on this lane"
        case Basis.REGION:
            return f"{orders} seen on this region pair"
        case Basis.STATE:
            return f"{orders} seen on this state pair"
        case Basis.GLOBAL:
            return f"{orders} seen in the whole network, too few nearer by"
        case Basis.SYNTHETIC:
            return "assumed, not observed"


def _at_least(gap: float, digits: int) -> str:
    """Round a gap that is not zero, without letting it look like zero."""
    smallest = 10.0**-digits
    return f"{gap:.{digits}f}" if gap >= smallest / 2 else f"less than {smallest:.{digits}f}"


def _days(gap: float) -> str:
    return f"{_at_least(gap, 1)} days"


def _money(cents: int) -> str:
    return f"BRL {cents // 100}.{cents % 100:02d}"


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %"
