"""The story of the smart-routing page: five short answers, each with the one figure that carries it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from api.reports.cited import Cited
from api.reports.smart_routing.changes import COSTS, DAYS, Rows, headline, sentence
from api.reports.smart_routing.lost import untold_shares
from api.reports.smart_routing.words import say

_STAGES: Final = {
    "approval": "waiting for the payment's approval",
    "handling": "with the seller",
    "transit": "on the road",
}
_UNPLANNED: Final = " (no plan)"
_HAPPENED: Final = {
    "p90_days": " Nine in ten reached the customer within {it}.",
    "promise_mean_days": " The shop had told the customers {it} on average.",
    "late_share": " Of {due} orders handed over whose promised day has passed, {it} had not come by then.",
}
"""What is said of all orders, each where it is known: new orders cannot tell how long nine in ten take."""
_FORMS: Final = {"p90_days": "days", "promise_mean_days": "days", "late_share": "percent"}
_UNSERVED: Final = {
    "unserved": "By its rules <b data-plain>{policy}</b> does not serve {a} orders, "
    "<b data-plain>{record}</b> {b}.",
    "unanswered": "<b data-plain>{policy}</b> has no answer for {a} orders, "
    "<b data-plain>{record}</b> for {b}.",
}
_EFFECTS: Final = "/comparison/effects"
_DIAGNOSIS: Final = "/insight/diagnosis/stages"


@dataclass(frozen=True, slots=True)
class Part:
    """One answer: its question, the figure with what it counts, the words; ``tone`` colours the figure."""

    title: str
    figure: Markup
    unit: Markup | str
    words: list[Markup]
    tone: str = ""


def story(told: Cited) -> list[Part]:
    """Return the five answers, in the order a reader asks."""
    return [_happened(told), _lost(told), _routing(told), _placement(told), _unknown(told)]


def main_policy(told: Cited) -> str | None:
    """Return the policy that the story is about: the last one that does not repeat the record."""
    record = told.at("/comparison/against") or "as_is"
    names = [name for name in told.at("/replayed/policies") or () if name != record]
    return names[-1] if names else None


def effect(told: Cited, kind: str, measure: str) -> str | None:
    """Return the pointer to what routing or placement alone brought of a measure under the main policy."""
    policy = main_policy(told)
    for row in told.rows(f"{_EFFECTS}/{kind}"):
        name = str(told.at(f"{row}/policy")).removesuffix(_UNPLANNED)
        if name == policy and told.at(f"{row}/measure") == measure:
            return row
    return None


def _happened(told: Cited) -> Part:
    n = told.number
    words = [say("{orders} orders were bought.", orders=n("/happened/orders", "count"))]
    for path, text in _HAPPENED.items():
        if told.at(f"/happened/{path}") is not None:
            words[0] += say(text, it=n(f"/happened/{path}", _FORMS[path]), due=n("/happened/due", "count"))
    if told.at("/happened/open"):
        text = (
            "{open} had not arrived when the history ends; they count as taking longer than they have so far."
        )
        words.append(say(text, open=n("/happened/open", "count")))
    if told.at("/happened/lost"):
        text = "{lost} are lost from sight: not handed over, or not delivered, for months."
        words.append(say(text, lost=n("/happened/lost", "count")))
    unit = "until half of the orders were with the customer"
    return Part("What happened", n("/happened/median_days", "days"), unit, words)


def _lost(told: Cited) -> Part:
    n = told.number
    stages = {name: told.at(f"/happened/stages/{name}/share") or 0.0 for name in _STAGES}
    longest = max(stages, key=lambda name: stages[name])
    words = [
        say(
            "Of the mean way to the customer, {approval} pass before the payment is approved, {handling} "
            "with the seller, and {transit} on the road.",
            **{name: n(f"/happened/stages/{name}/mean_days", "days") for name in _STAGES},
        )
    ]
    lost = {str(told.at(f"{row}/stage")): f"{row}/late_excess_share" for row in told.rows(_DIAGNOSIS)}
    if told.at(lost.get("transit", "/")) is not None:
        words.append(
            untold_shares(told)
            or say(
                "Against what was expected of them, late packages lost {transit} of their extra days on the "
                "road and {handling} with the seller.",
                **{name: n(path, "percent") for name, path in lost.items()},
            )
        )
    figure = n(f"/happened/stages/{longest}/share", "percent")
    return Part("Where the time goes", figure, f"of an order's days pass {_STAGES[longest]}", words)


def _routing(told: Cited) -> Part:
    title, policy = "What routing would have changed", main_policy(told)
    choice = _choice(told)
    rows = _effects(told, "routing")
    row = rows[DAYS]
    if row is None:
        return Part(title, _nothing(), "no other policy was compared", [choice])
    words = [
        say(
            "The policy <b data-plain>{policy}</b> decides the same orders with what was known at each "
            "purchase. In days to the customer {change}",
            policy=policy,
            change=sentence(told, row, DAYS.change),
        )
    ]
    if cost := rows[COSTS]:
        words.append(say("In all costs an order {change}", change=sentence(told, cost, COSTS.change)))
    figure, unit, tone = headline(told, rows)
    return Part(title, figure, unit, [*words, *_unserved(told), choice], tone)


def _effects(told: Cited, kind: str) -> Rows:
    return {how: effect(told, kind, how.name) for how in (DAYS, COSTS)}


def _choice(told: Cited) -> Markup:
    """Say how much there was to choose from: sellers for some units, carriers (if several) for all."""
    text = "{choice} of the units had a real choice of seller; there is no more for routing to choose from."
    if (told.at("/happened/carriers") or 0) > 1:
        text = (
            "{choice} of the units had a real choice of seller; the carrier, of {carriers} that are known, "
            "is chosen for all."
        )
    return say(
        text,
        choice=told.number("/replayed/lines_with_choice/share", "percent"),
        carriers=told.number("/happened/carriers", "count"),
    )


def _unserved(told: Cited) -> list[Markup]:
    """Say how many orders the policies leave without service, where that is not the same number."""
    paths = [f"/replayed/policies/{name}" for name in (main_policy(told), told.at("/comparison/against"))]
    words = [
        say(
            text,
            policy=paths[0].rpartition("/")[2],
            record=paths[1].rpartition("/")[2],
            **{side: told.number(f"{path}/{key}", "count") for side, path in zip("ab", paths, strict=True)},
        )
        for key, text in _UNSERVED.items()
        if told.at(f"{paths[0]}/{key}") != told.at(f"{paths[1]}/{key}")
    ]
    if not words:
        return []
    text = (
        "{each} Totals are over what each serves; the differences told here are over the {orders} orders "
        "that all serve."
    )
    orders = told.number("/comparison/orders", "count")
    return [say(text, each=Markup(" ").join(words), orders=orders)]


def _placement(told: Cited) -> Part:
    title = "What pre-stocked warehouses would have changed"
    rows = _effects(told, "placement")
    row = rows[DAYS]
    if row is None:
        words = say("This report was made without a placement plan, so it says nothing on warehouses.")
        return Part(title, Markup("No plan"), "was given", [words], "none")
    words = say(
        "The same policy with the plan's stock in its warehouses, beside itself without. In days to the "
        "customer {change} What a "
        "warehouse takes is assumed: none of it has been seen.",
        change=sentence(told, row, DAYS.change),
    )
    costs = [
        say("In all costs an order {change}", change=sentence(told, cost, COSTS.change))
        for cost in (rows[COSTS],)
        if cost is not None
    ]
    figure, unit, tone = headline(told, rows)
    return Part(title, figure, unit, [words, *costs], tone)


def _unknown(told: Cited) -> Part:
    title, path = "What nobody can know", f"/comparison/cannot_judge/{main_policy(told)}"
    words = [
        say(
            "A parcel that was never sent another way has no true delivery day. Where a policy chose as "
            "recorded, its days are facts; everywhere else they are what a model expects."
        )
    ]
    if told.at(f"{path}/share") is None:
        return Part(title, _nothing(), "nothing was compared", words)
    reasons = {str(told.at(f"{row}/reason")): f"{row}/orders" for row in told.rows(f"{path}/reasons")}
    words.append(
        say(
            "Of {orders} orders the policy sends {moved} another way than they really went; for {short} the "
            "recorded seller's shelf had to be filled with what the record proves to have been there.",
            orders=told.number(f"{path}/orders", "count"),
            moved=told.number(reasons.get("not_kept", ""), "count"),
            short=told.number(reasons.get("short_units", ""), "count"),
        )
    )
    share = told.number(f"{path}/share", "percent")
    return Part(title, share, "of the decisions cannot be judged by what happened", words)


def _nothing() -> Markup:
    return Markup('<span class="none">–</span>')
