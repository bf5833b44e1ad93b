"""The headline of a placement says what the plan brings, and beside it what it must not be read without."""

from __future__ import annotations

from io import StringIO
from typing import Any

from rich.console import Console

from api.render.place import service_rows, show_comparison
from api.render.place_headline import caveats, headline
from api.render.place_studies import study_tables
from api.scenarios.compare import Comparison

PLAN: dict[str, Any] = {
    "sites": ["MG", "SP"],
    "value_cents": 90_000,
    "charges_cents": {"fixed": 3_200, "freight": 86_800},
    "as_is": {"value_cents": 100_000},
    "inputs": {"settings": {}},
}
STOCKED = {
    "how": "weighed",
    "nothing_cents": 100_000,
    "judged": {"weighed": {"value_cents": 99_000}, "best-sellers": {"value_cents": 99_500}},
    "crowded": [{"site": "SP", "flow_units": 12_000.0, "room_units": 1_000.0}],
}


def test_a_plan_of_flows_tells_what_they_save() -> None:
    assert headline(PLAN) == (
        "Opens 2 sites: MG, SP; 100.00 (10.0%) below shipping everything from the sellers"
    )
    assert headline({**PLAN, "as_is": None}) == "Opens 2 sites: MG, SP"
    assert caveats(PLAN) == []


def test_with_a_stock_the_headline_is_what_the_stock_saves_less_what_its_sites_cost() -> None:
    plan = {**PLAN, "assortment": STOCKED}
    assert headline(plan) == (
        "Opens 2 sites: MG, SP; their stock saves 10.00, the sites cost 32.00: 22.00 above shipping "
        "everything from the sellers"
    )
    assumed, crowded = caveats(plan)
    assert "assume room for all that can be stocked" in assumed
    assert "100.00 (10.0%) below" in assumed
    assert crowded == (
        "Far more units flow through these sites than have room there: SP 12,000 for a room of 1,000."
    )
    dear = {**STOCKED, "nothing_cents": 104_000, "crowded": []}
    assert headline({**plan, "assortment": dear}).endswith("18.00 below shipping everything from the sellers")
    assert len(caveats({**plan, "assortment": dear})) == 1


def test_days_that_are_modelled_far_from_those_observed_are_told() -> None:
    def told(modelled: float) -> list[str]:
        figures = {"days_observed": 10.0, "days_modelled": modelled}
        return caveats({**PLAN, "inputs": {"settings": {"calibration": figures}}})

    assert told(10.9) == []
    assert told(11.7)[0].startswith("As is is modelled 17% slower than observed (11.7 days, 10.0 observed)")
    assert "20% faster" in told(8.0)[0]


def test_what_counts_as_kept_is_told_where_it_is_not_p_on_time() -> None:
    service = dict.fromkeys(("served_share", "from_sites_share", "mean_days", "p_on_time"), 0.9)
    rest = {"stockable_share": 1.0, "reachable_share": 1.0}
    for kept in (0.9, 0.7):
        plan = {**PLAN, "as_is": None, "service": {**service, **rest, "kept_share": kept}}
        assert ("counted as kept" in [label for label, *_ in service_rows(plan)]) is (kept != 0.9)


def test_a_study_without_rows_is_not_shown() -> None:
    even = {"site": "SP", "open": True, "fixed_cents": 1.0, "at_cents": None}
    worth = {"binding": [], "break_even": [even], "reachable_share": 0.5}
    assert [table.title for table in study_tables({"worth": worth})] == ["Break-even fixed cost"]


def test_a_comparison_names_its_rows_in_words() -> None:
    rows: dict[str, list[tuple[str, list[Any]]]] = {
        "result": [("as_is_cents", [1_000])],
        "service": [("kept_share", [0.5]), ("served_share", [1.0])],
    }
    screen = Console(file=StringIO(), width=100)
    show_comparison(screen, Comparison(("base",), rows))
    shown = screen.file.getvalue()  # type: ignore[attr-defined]
    for words in ("as is", "10.00", "counted as kept", "demand served"):
        assert words in shown
    assert "_" not in shown
