"""Sellers and routes from best to worst, with how sure that is."""

from __future__ import annotations

from typing import Final

from api.reports.cited import Cited
from api.reports.smart_routing.section import Section
from api.reports.smart_routing.tables import Column, table
from api.reports.smart_routing.words import LEVEL, say

_SELLERS: Final = "/insight/sellers"
_ROUTES: Final = "/insight/routes"

_SELLER: Final = (
    Column("rank", "rank", "count"),
    Column("seller", "seller_id", "id"),
    Column("state", "seller_state"),
    Column("packages", "n", "count"),
    Column("score", "score", "plain_change"),
    Column("from", "score_low", "plain_change"),
    Column("to", "score_high", "plain_change"),
    Column("handling, days", "handling_days", "days_bare_fine"),
    Column("handling against usual", "speed_factor", "times"),
    Column("breaches, shrunk", "breach_share", "percent"),
    Column("late, as counted", "late_share", "percent"),
    Column("stars", "review", "plain"),
    Column("exposure, if new", "exposure_share", "percent"),
)
_BREACH: Final = (
    Column("seller", "seller_id", "id"),
    Column("due", "n", "count"),
    Column("breaches", "breaches", "count"),
    Column("share", "share", "percent"),
    Column("at least", "share_low", "percent"),
    Column("usual", "usual_share", "percent"),
    Column("beyond usual", "excess_breaches", "hours_bare"),
)
_ROUTE: Final = (
    Column("rank", "rank", "count"),
    Column("from", "from"),
    Column("to", "to"),
    Column("carrier", "carrier_id"),
    Column("packages", "n", "count"),
    Column("km", "distance_km", "count"),
    Column("transit, days", "transit_days", "days_bare_fine"),
    Column("usual so far", "usual_days", "days_bare_fine"),
    Column("against usual", "transit_factor", "times"),
    Column("days lost", "days_lost", "count"),
    Column("late, shrunk", "late_share", "percent"),
    Column("late, as counted", "late_share_raw", "percent"),
)


def sellers(told: Cited) -> Section:
    """Rank the sellers."""
    section = Section("sellers", "Sellers")
    if not told.rows(f"{_SELLERS}/sellers"):
        return section
    section.words = [
        say(
            "{ranked} sellers have at least {least} packages in {days} days and are ranked; {new} are new "
            "and get {share} of the exposure. The score weighs speed, kept shipping limits and stars, each "
            "drawn towards the typical seller as far as the evidence is thin ({level} interval).",
            ranked=told.number(f"{_SELLERS}/ranked", "count"),
            least=told.number(f"{_SELLERS}/least_packages", "count"),
            days=told.number(f"{_SELLERS}/window_days", "count"),
            new=told.number(f"{_SELLERS}/new", "count"),
            share=told.number(f"{_SELLERS}/new_exposure_share", "percent"),
            level=LEVEL,
        )
    ]
    if told.at(f"{_SELLERS}/seller_of_the_month"):
        row = f"{_SELLERS}/seller_of_the_month"
        section.lines = [
            say(
                "Seller of the month: {seller} ({state}), {n} packages, {breaches} of them handed over late.",
                seller=told.text(f"{row}/seller_id"),
                state=told.text(f"{row}/seller_state"),
                n=told.number(f"{row}/n", "count"),
                breaches=told.number(f"{row}/breaches", "count"),
            )
        ]
    proof = "Handed over after the shipping limit; the whole interval lies above the share of all sellers."
    section.tables = [
        table(told, "Ranked first", f"{_SELLERS}/sellers", _SELLER[:-1]),
        table(told, "Ranked last", "/insight/sellers_last", _SELLER[:-1]),
        table(told, "New sellers with most exposure", f"{_SELLERS}/new_sellers", _SELLER),
        table(told, "Strong evidence of breaches", f"{_SELLERS}/breaches", _BREACH, proof),
    ]
    return section


def routes(told: Cited) -> Section:
    """Rank the routes."""
    section = Section("routes", "Routes")
    if not told.rows(f"{_ROUTES}/routes"):
        return section
    section.words = [
        say(
            "Routes between states, by transit against what such distances usually take and by kept "
            "promises. {ranked} have at least {least} packages in {days} days. A share that is "
            "<i>shrunk</i> is drawn towards that of all as far as its evidence is thin.",
            ranked=told.number(f"{_ROUTES}/ranked", "count"),
            least=told.number(f"{_ROUTES}/least_packages", "count"),
            days=told.number(f"{_ROUTES}/window_days", "count"),
        )
    ]
    section.tables = [
        table(told, "Ranked first", f"{_ROUTES}/routes", _ROUTE),
        table(told, "Ranked last", "/insight/routes_last", _ROUTE),
    ]
    return section
