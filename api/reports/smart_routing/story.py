"""The story of the smart-routing page: five short answers, each with the one figure that carries it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from api.reports.cited import Cited
from api.reports.smart_routing.words import LEVEL, say

_STAGES: Final = {
    "approval": "waiting for the payment's approval",
    "handling": "with the seller",
    "transit": "on the road",
}
_UNPLANNED: Final = " (no plan)"
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
    words = [
        say(
            "{orders} orders were bought. Nine in ten reached the customer within {p90}; the shop had told "
            "the customers {promise} on average. Of {due} orders handed over whose promised day has passed, "
            "{late} had not come by then.",
            orders=n("/happened/orders", "count"),
            p90=n("/happened/p90_days", "days"),
            promise=n("/happened/promise_mean_days", "days"),
            due=n("/happened/due", "count"),
            late=n("/happened/late_share", "percent"),
        )
    ]
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
            say(
                "Against what was expected of them, late packages lost {transit} of their extra days on the "
                "road and {handling} with the seller.",
                **{name: n(path, "percent") for name, path in lost.items()},
            )
        )
    figure = n(f"/happened/stages/{longest}/share", "percent")
    return Part("Where the time goes", figure, f"of an order's days pass {_STAGES[longest]}", words)


def _routing(told: Cited) -> Part:
    title, policy = "What routing would have changed", main_policy(told)
    choice = say(
        "{choice} of the units had a real choice of seller; there is no more for routing to choose from.",
        choice=told.number("/replayed/lines_with_choice/share", "percent"),
    )
    row = effect(told, "routing", "expected_days")
    if row is None:
        return Part(title, _nothing(), "no other policy was compared", [choice])
    words = [
        say(
            "The policy <b data-plain>{policy}</b> decides the same orders with what was known at each "
            "purchase. In days to the customer {change}",
            policy=policy,
            change=_change(told, row, "days_change"),
        )
    ]
    if cost := effect(told, "routing", "total_cents"):
        words.append(say("In all costs an order {change}", change=_change(told, cost, "money_change")))
    figure, unit, tone = _figure(told, row)
    return Part(title, figure, unit, [*words, choice], tone)


def _placement(told: Cited) -> Part:
    title = "What pre-stocked warehouses would have changed"
    row = effect(told, "placement", "expected_days")
    if row is None:
        words = say("This report was made without a placement plan, so it says nothing on warehouses.")
        return Part(title, Markup("No plan"), "was given", [words], "none")
    words = say(
        "The same policy with the plan's stock in its warehouses, beside itself without. In days to the "
        "customer {change} What a "
        "warehouse takes is assumed: none of it has been seen.",
        change=_change(told, row, "days_change"),
    )
    figure, unit, tone = _figure(told, row)
    return Part(title, figure, unit, [words], tone)


def _figure(told: Cited, row: str) -> tuple[Markup, str, str]:
    """Return the change of expected days as the figure of a part; without a claim there is no figure."""
    mean, claim = told.at(f"{row}/mean"), str(told.at(f"{row}/verdict"))
    if claim not in {"gain", "loss"}:
        return Markup("No claim"), "the change is smaller than what can be told apart", "none"
    figure = told.number(f"{row}/mean", "days_fine", turned=mean < 0.0)
    return figure, f"{'sooner' if mean < 0.0 else 'later'} on average", claim


def _change(told: Cited, row: str, form: str) -> Markup:
    """Return a sentence on a change: what the model expects, and what may be said of it."""
    model = told.number(f"{row}/model", form)
    if told.at(f"{row}/low") is None:
        return say("the model expects {model}; too few orders kept their way to check that.", model=model)
    return say(
        "the model expects {model}; corrected by what really came, the change lies between {low} and {high} "
        "({level} interval){end}",
        model=model,
        low=told.number(f"{row}/low", form),
        high=told.number(f"{row}/high", form),
        level=LEVEL,
        end={"gain": ": a gain.", "loss": ": a loss."}.get(
            str(told.at(f"{row}/verdict")), ", which holds zero: no claim."
        ),
    )


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
            "Of {orders} orders {moved} went another way than they did; for {short} the recorded seller's "
            "shelf had to be filled with what the record proves to have been there.",
            orders=told.number(f"{path}/orders", "count"),
            moved=told.number(reasons.get("not_kept", ""), "count"),
            short=told.number(reasons.get("short_units", ""), "count"),
        )
    )
    share = told.number(f"{path}/share", "percent")
    return Part(title, share, "of the decisions cannot be judged by what happened", words)


def _nothing() -> Markup:
    return Markup('<span class="none">–</span>')
