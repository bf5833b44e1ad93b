"""The story of the smart-routing page: it claims what was found, and says why where nothing can be said."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup

from api.reports.cited import Cited
from api.reports.smart_routing.changes import DAYS, sentence
from api.reports.smart_routing.claims import claims
from api.reports.smart_routing.happened import happened
from api.reports.smart_routing.known import known
from api.reports.smart_routing.lost import lost
from api.reports.smart_routing.policies import policies
from api.reports.smart_routing.rankings import routes, sellers
from api.reports.smart_routing.story import Part, story
from api.reports.smart_routing.tables import Table
from api.reports.smart_routing.words import verdict, verdict_label
from tests.api.reports.routing import change, changes, numbers

ROW = "/comparison/effects/routing/0"


def whole(**routed: Any) -> dict[str, Any]:
    """Return a report whose routing changed days and costs as told."""
    made: dict[str, Any] = json.loads(json.dumps(numbers()))
    if routed:
        made["comparison"]["effects"]["routing"] = list(routed.values())
    return made


def told_of(part: Part) -> str:
    """Return the words of a part as a reader sees them."""
    return (
        Markup(" ").join([part.figure, part.unit, *part.words]).striptags().replace("\N{NO-BREAK SPACE}", " ")
    )


def routing(made: dict[str, Any]) -> str:
    return told_of(story(Cited(made))[2])


def table(tables: list[Table | None], title: str) -> Table:
    return next(one for one in tables if one and one.title == title)


def heads(found: Table) -> list[str]:
    return [head for _, head in found.heads]


UNCHECKED = {"checked": False, "verdict": "none", "kept_orders": 0, "moved_orders": 0}


def test_an_unchecked_change_claims_nothing_and_gives_no_interval() -> None:
    days = change("priced", "expected_days", -0.5, 0.1, **UNCHECKED)
    costs = change("priced", "total_cents", -413.0, 140.0, **UNCHECKED | {"kept_orders": 12})
    text = routing(whole(days=days, costs=costs))
    assert text.startswith("No claim too few outcomes are old enough to judge by")
    assert "unchecked: no outcome is old enough to judge by, and nothing was corrected. No claim." in text
    assert "are 12 of orders that kept their way and 0 of others, too few to correct by. No claim." in text
    assert "holds zero" not in text
    assert "interval" not in text


def test_zero_is_held_only_where_it_is_held() -> None:
    none = change("priced", "expected_days", 0.01, 0.2)
    told = Cited(whole(days=none))
    assert str(sentence(told, ROW, DAYS.change)).endswith("interval), which holds zero: no claim.")
    near = Cited(whole(days=change("priced", "total_cents", -10.3, 10.0)))
    words = str(sentence(near, ROW, "money_change"))
    assert words.endswith("interval): a gain (zero lies outside: the bound is rounded).")
    held = Cited(whole(days=change("priced", "total_cents", -9.9, 10.0)))
    assert str(sentence(held, ROW, "money_change")).endswith("holds zero (the bound is rounded): no claim.")


def test_a_single_week_has_no_interval() -> None:
    one = change("priced", "expected_days", -0.5, 0.1, low=None, high=None, verdict="none")
    assert "a single week has no interval: no claim." in routing(whole(days=one))


def test_the_headline_tells_what_is_claimed() -> None:
    costs = change("priced", "total_cents", -484.0, 80.0)
    held = routing(whole(days=change("priced", "expected_days", -0.01, 0.2), costs=costs))
    assert held.startswith("R$ 4.84 less an order in all costs; no claim in days The policy")
    both = routing(whole(days=change("priced", "expected_days", -0.2, 0.1), costs=costs))
    assert both.startswith("0.20 days sooner on average; R$ 4.84 less an order in all costs The policy")
    neither = routing(whole(days=change("priced", "expected_days", 0.0, 0.1)))
    assert neither.startswith("No claim the change is smaller than what can be told apart")


def test_a_claim_from_few_weeks_says_so() -> None:
    made = whole(days=change("priced", "expected_days", -0.5, 0.1))
    made["comparison"]["weeks"] = 3
    told = Cited(made)
    assert verdict(told, ROW).striptags().endswith("gain (from only 3 weeks)")
    assert verdict_label(told, ROW).striptags().endswith("gain (from only 3 weeks)")
    assert ": a gain (from only 3 weeks)." in routing(made)
    made["comparison"]["weeks"] = 4
    assert "only" not in verdict(told, ROW)


def test_shares_of_what_late_packages_lost_need_packages_that_lost_something() -> None:
    few, fast = whole(), whole()
    few["insight"]["diagnosis"]["late"] = 29
    for row in fast["insight"]["diagnosis"]["stages"]:
        row["late_excess_days"] = 0.3
    for made, why in ((few, "Too few packages were late"), (fast, "took hardly longer than was expected")):
        told = Cited(made)
        section = lost(told)
        assert why in told_of(story(told)[1])
        assert why in section.words[0]
        assert "of their extra days" not in told_of(story(told)[1])
        assert "share of what they lost" not in heads(table(section.tables, "All stages"))
    section = lost(Cited(whole()))
    assert "were lost on the road" in section.words[0]
    assert "share of what they lost" in heads(table(section.tables, "All stages"))


def test_what_is_not_known_is_not_said() -> None:
    made = whole()
    made["happened"] |= {"p90_days": None, "late_share": None}
    first = told_of(story(Cited(made))[0])
    assert "Nine in ten" not in first
    assert "had not come by then" not in first
    assert "told the customers 23.4 days" in first
    assert "Nine in ten reached the customer within" in told_of(story(Cited(whole()))[0])


def test_several_carriers_are_a_choice() -> None:
    made = whole()
    assert "there is no more for routing to choose from" in routing(made)
    made["happened"]["carriers"] = 4
    assert "the carrier, of 4 that are known, is chosen for all" in routing(made)
    assert "no more for routing" not in routing(made)


def test_orders_that_one_policy_does_not_serve_are_told() -> None:
    made = whole()
    assert "Totals are over" not in routing(made)
    for name, left in (("as_is", 0), ("cheapest", 0), ("priced", 24)):
        made["replayed"]["policies"][name] |= {"unserved": left, "unanswered": 0}
    text = routing(made)
    assert "By its rules priced does not serve 24 orders, as_is 0." in text
    assert "over the 8,990 orders that all serve" in text
    assert "no answer" not in text
    totals = table(policies(Cited(made)).tables, "Totals of each policy")
    assert [row[0][1] for row in totals.rows if "orders without" in row[0][1]] == ["orders without an answer"]
    assert "8,990" in totals.note


def test_regret_names_carriers_only_where_there_are_several() -> None:
    made = whole()
    title = "The decisions that cost most"
    assert heads(table(known(Cited(made)).tables, title))[-2:] == ["its carriers", "the best one's carriers"]
    made["comparison"]["regret"][0] |= {"carrier_ids": "unknown", "best_carrier_ids": "unknown"}
    assert "its carriers" not in heads(table(known(Cited(made)).tables, title))


def test_shares_say_how_they_were_counted() -> None:
    told = Cited(whole())
    assert {"breaches, shrunk", "late, as counted"} <= set(heads(table(sellers(told).tables, "Ranked first")))
    assert {"late, shrunk", "late, as counted"} <= set(heads(table(routes(told).tables, "Ranked first")))
    assert "those still on their way are not among them" in lost(told).words[0]


def test_claims_about_olist_are_no_part_of_a_made_up_marketplace() -> None:
    made = whole()
    section = claims(Cited(made))
    assert "about the orders of Olist" in section.words[0]
    assert "(under: packages late)" in section.lines[0].striptags()
    assert claims(Cited(made | {"source": "synth://?orders=20000&seed=7"})).empty


def test_part_weeks_are_marked() -> None:
    section = happened(Cited(whole()))
    weeks = table(section.tables, "By week of purchase")
    assert "Only part of a week" in weeks.note
    assert Markup(weeks.note).striptags().endswith("from 14 May.")
    assert "Only part of a week" in section.figures[0].note
    assert heads(weeks)[1] == "days of it"
    made = whole()
    for row in made["happened"]["periods"]:
        row["part"] = False
    assert "Only part" not in happened(Cited(made)).figures[0].note


def test_a_gain_that_placement_brings_in_costs_is_its_headline() -> None:
    made = whole()
    rows = [
        change("priced", "expected_days", 0.0, 0.1),
        *(row for row in changes("priced", 20.0) if row["measure"] == "total_cents"),
    ]
    made["comparison"]["effects"]["placement"] = rows
    assert told_of(story(Cited(made))[3]).startswith("R$ 2.72 less an order in all costs; no claim in days")


def test_the_price_of_scarce_stock_is_explained_where_it_is_told() -> None:
    made = whole()
    assert "nobody pays it" not in table(policies(Cited(made)).tables, "All differences").note
    made["comparison"]["differences"].append(change("priced", "scarcity_cents", 20.0, 9.0))
    assert "nobody pays it" in table(policies(Cited(made)).tables, "All differences").note
