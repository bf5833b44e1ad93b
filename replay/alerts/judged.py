"""How good the alerts would have been: those of a past, held against what came of it.

Judged are the orders purchased in a stretch of time, from there until their fate is known or the history
ends; orders whose final status is canceled are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from graph.days import DAY_S, iso
from graph.lead_time.journeys import FloatArray, IntArray
from graph.model import NEVER, UNDELIVERED_DAYS
from replay.alerts.alert import Alert, Changed, Kind
from replay.alerts.detectors import handling_hours
from replay.alerts.fates import Fates, Span, limits, promises
from replay.alerts.settings import AlertSettings
from replay.alerts.watch import EVERY, Told, Watch, Watched, changes
from replay.backtest import check_span

AHEAD_DAYS: Final = (1, 3, 7)
"""Days of warning that are counted."""

NEXT_DAYS: Final = 30
DRIFT_DAYS: Final = 14
"""How far ahead alerts of sellers, and of drift, are held against what came."""

Scores = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The figures as JSON values, and every alert as it opened, in order of time."""

    scores: Scores
    alerts: tuple[Alert, ...]


def judge(
    watched: Watched,
    settings: AlertSettings,
    span_s: Span,
    every: timedelta = EVERY,
    told: Told = lambda _share: None,
) -> Judgement:
    """Watch the orders purchased in [from, to) and say how good the alerts about them were.

    Stock is not looked at: a recorded past has no ledger. Raises BadInput where the span has no purchase.
    """
    check_span(watched.history, span_s)
    end_s = _end(watched)
    until_s = min(span_s[1] + UNDELIVERED_DAYS * DAY_S, end_s)
    watch = Watch(watched, settings, span_s[0])
    opened: dict[Kind, list[Alert]] = {kind: [] for kind in settings.thresholds}
    for _, made in changes(watch, (span_s[0], until_s), every, told):
        for change in made:
            if change.what is Changed.OPENED:
                opened[change.alert.kind].append(change.alert)
    scores: Scores = {
        "from": iso(span_s[0]),
        "to": iso(span_s[1]),
        "watched_until": iso(until_s),
        "tick_hours": every.total_seconds() / 3600,
    }
    for kind, alerts in opened.items():
        if kind is Kind.DELIVERY_AT_RISK:
            scores[str(kind)] = of_orders(alerts, promises(watched, span_s, end_s))
        elif kind is Kind.HANDOVER_OVERDUE:
            scores[str(kind)] = of_orders(alerts, limits(watched, span_s, end_s))
        elif kind is Kind.SELLER_SLOW:
            scores[str(kind)] = of_sellers(alerts, watched, settings.thresholds[kind].open_at, end_s)
        elif kind is Kind.LANE_DRIFT:
            scores[str(kind)] = of_drift(alerts, watch, end_s)
    every_alert = sorted((alert for alerts in opened.values() for alert in alerts), key=_by_time)
    return Judgement(scores, tuple(every_alert))


def of_orders(alerts: Sequence[Alert], fates: Fates) -> Scores:
    """Return how good alerts about single orders or packages were.

    An alert that opened before the due instant is ``in_advance``; of several the first counts. ``precision``
    is the share of those whose subject was late, ``recall`` the share of the late that had one,
    ``warned_days`` the share of the late that had it so many days before. ``warning_days``: those days.
    ``waiting``: see `at_days`.
    """
    first = {alert.subject: alert for alert in reversed(alerts)}
    opened_s = np.array([_at(first.get(key)) for key in fates.key.to_list()], np.int64)
    late, told = fates.late, opened_s != NEVER
    ahead = told & (opened_s < fates.due_s)
    warning = (fates.due_s - opened_s)[ahead & late] / DAY_S
    return {
        "judged": len(fates),
        "unknown": fates.unknown,
        "late": int(late.sum()),
        "late_share": _share(late.sum(), len(fates)),
        "alerts": int(told.sum()),
        "in_advance": int(ahead.sum()),
        "precision": _share((ahead & late).sum(), ahead.sum()),
        "precision_of_all": _share((told & late).sum(), told.sum()),
        "recall": _share((ahead & late).sum(), late.sum()),
        "warned_days": {str(days): _share((warning >= days).sum(), late.sum()) for days in AHEAD_DAYS},
        "warning_days": _quartiles(warning),
        "waiting": {str(days): at_days(fates, opened_s, days) for days in AHEAD_DAYS},
    }


def at_days(fates: Fates, opened_s: IntArray, days: int) -> Scores:
    """Return what an alert tells beyond the calendar, so many days before the due instant.

    ``all``: what was not done by then, and the share of it that came late: the alert by the calendar alone,
    which misses nothing. ``alerted``: those of them with an alert by then, and how many of the late that is.
    """
    then_s = fates.due_s - days * DAY_S
    every = (fates.done_s == NEVER) | (fates.done_s > then_s)
    some = every & (opened_s != NEVER) & (opened_s <= then_s)
    return {
        "all": int(every.sum()),
        "late_share": _share(fates.late.sum(), every.sum()),
        "alerted": int(some.sum()),
        "alerted_late_share": _share((some & fates.late).sum(), some.sum()),
        "alerted_recall": _share((some & fates.late).sum(), fates.late.sum()),
    }


def of_sellers(alerts: Sequence[Alert], watched: Watched, open_at: float, end_s: int) -> Scores:
    """Return how slow sellers were in the days after their alert; those days must lie in the history."""
    sellers = {name: code for code, name in enumerate(watched.named.seller_id.to_list())}
    judged, means = 0, []
    for alert in alerts:
        from_s = _at(alert)
        if from_s + NEXT_DAYS * DAY_S > end_s:
            continue
        judged += 1
        hours, n = handling_hours(watched.history.journeys, from_s, from_s + NEXT_DAYS * DAY_S)
        code = sellers[alert.subject]
        if n[code]:
            means.append(hours[code] / n[code])
    after = np.array(means)
    return {
        "alerts": len(alerts),
        "judged": judged,
        "silent": judged - len(after),
        "still_slow": _share((after >= open_at).sum(), len(after)),
        "hours_after": _quartiles(after),
    }


def of_drift(alerts: Sequence[Alert], watch: Watch, end_s: int) -> Scores:
    """Return by how much deliveries went on to exceed their forecasts, against all of the same days.

    ``excess_log``: mean of log days over forecast, less that of everybody, in the days after the alert.
    """
    arrived, excess = _errors(watch), []
    for alert in alerts:
        from_s = _at(alert)
        if from_s + DRIFT_DAYS * DAY_S > end_s:
            continue
        then = arrived.filter(pl.col("at_s").is_between(from_s, from_s + DRIFT_DAYS * DAY_S))
        own = then.filter((pl.col("pair") == alert.subject) | (pl.col("lane") == alert.subject))["error"]
        if own.len():
            excess.append(float(np.mean(own.to_numpy())) - float(np.mean(then["error"].to_numpy())))
    found = np.array(excess)
    return {
        "alerts": len(alerts),
        "judged": len(found),
        "still_slower": _share((found > 0.0).sum(), len(found)),
        "excess_log": _quartiles(found),
    }


def _errors(watch: Watch) -> pl.DataFrame:
    """Return the error of every forecast that came true, with the names of where it went."""
    journeys, location = watch.named.journeys, watch.times.issued.location
    row = np.flatnonzero((journeys.delivered_s != NEVER) & (journeys.total_days > 0.0) & ~np.isnan(location))

    def pairs(names: Sequence[str], start: Any, end: Any) -> pl.Series:
        named = pl.Series([*names, ""])
        return named.gather(start[row]) + ">" + named.gather(end[row])

    return pl.DataFrame(
        {
            "at_s": journeys.delivered_s[row],
            "error": np.log(journeys.total_days[row]) - location[row],
            "pair": pairs(watch.states, journeys.origin_state, journeys.dest_state),
            "lane": pairs(watch.regions, journeys.origin_region, journeys.dest_region),
        }
    )


def _end(watched: Watched) -> int:
    """Return the second after the last stamp of a history."""
    journeys = watched.history.journeys
    stamps = (journeys.purchased_s, journeys.approved_s, journeys.handed_s, journeys.delivered_s)
    return 1 + max(int(stamp.max()) for stamp in stamps)


def _quartiles(values: FloatArray) -> dict[str, float] | None:
    if not len(values):
        return None
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75]).tolist()
    return {"p25": low, "p50": middle, "p75": high, "mean": float(values.mean())}


def _share(part: Any, whole: Any) -> float | None:
    return float(part) / float(whole) if whole else None


def _at(alert: Alert | None) -> int:
    return NEVER if alert is None else int(alert.opened_at.timestamp())


def _by_time(alert: Alert) -> tuple[datetime, str, str]:
    return alert.opened_at, alert.kind, alert.subject
