"""Reviews: scores that jump down at the promise, and the two dates of a survey."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graph.days import DAY_S
from graph.model import NEVER
from ingest.synthetic.arrays import Flags, Floats, Ints, Stream, generator, pick_each
from ingest.synthetic.calendar import Calendar
from ingest.synthetic.course import Course
from ingest.synthetic.demand import Demand
from ingest.synthetic.world import World

_SURVEY_AFTER_PROMISE_DAYS = 3
_TITLES = ("", "", "", "", "", "", "", "recomendo", "ok", "atraso")
_COMMENTS = {
    1: ("", "", "Não recebi no prazo.", "O pedido atrasou muito."),
    2: ("", "", "Demorou mais que o previsto."),
    3: ("", "", "", "Produto bom, entrega razoável."),
    4: ("", "", "", "Bom produto."),
    5: ("", "", "", "Chegou antes do prazo.", "Recomendo, tudo certo."),
}


@dataclass(frozen=True, slots=True)
class Reviews:
    """One row a review: the order's row, score 1 to 5, local wall seconds of the survey and of the answer."""

    order: Ints
    score: Ints
    created_local_s: Ints
    answered_local_s: Ints
    title: list[str]
    message: list[str]


def draw_reviews(world: World, calendar: Calendar, demand: Demand, course: Course, seed: int) -> Reviews:
    """Draw the reviews of a chunk: after delivery, or after a promise that passed without one."""
    rng = generator(seed, Stream.REVIEWS, int(demand.number[0]))
    count = demand.number.size
    score = 1 + pick_each(rng, _score_weights(world, calendar, course))
    delivered_day = np.where(
        course.delivered_s == NEVER,
        np.iinfo(np.int64).max // 2,
        calendar.local_s(course.delivered_s) // DAY_S,
    )
    created = DAY_S * np.minimum(delivered_day + 1, course.promised_day + _SURVEY_AFTER_PROMISE_DAYS)
    answered = created + 8 * 3600 + (np.exp(rng.normal(np.log(1.4), 0.85, count)) * DAY_S).astype(np.int64)
    keep = rng.random(count) < world.reviews.answered
    if not world.history.complete:
        keep &= answered < int(calendar.local_s(np.array([calendar.end_s]))[0])
    titles, words = rng.integers(0, len(_TITLES), count), rng.random(count)
    order = np.flatnonzero(keep)
    scores = score[order].tolist()
    return Reviews(
        order=order,
        score=score[order],
        created_local_s=created[order],
        answered_local_s=answered[order],
        title=[_TITLES[t] for t in titles[order].tolist()],
        message=[_comment(s, w) for s, w in zip(scores, words[order].tolist(), strict=True)],
    )


def _comment(score: int, lottery: float) -> str:
    texts = _COMMENTS[score]
    return texts[int(lottery * len(texts))]


def _score_weights(world: World, calendar: Calendar, course: Course) -> Floats:
    """Return five weights an order; an order that is never delivered counts as very late."""
    late_s = calendar.local_s(course.delivered_s) - course.promised_day * DAY_S
    never = course.delivered_s == NEVER
    very_late = never | (late_s > world.reviews.very_late_days * DAY_S)
    late: Flags = very_late | (late_s > 0)
    tables = np.array([world.reviews.on_time, world.reviews.late, world.reviews.very_late])
    weights: Floats = tables[late.astype(np.int64) + very_late]
    return weights
