"""Closed lists of words that commands offer; apart, because what they name takes long to import."""

from __future__ import annotations

from enum import StrEnum


class Law(StrEnum):
    """How demand over a stretch of time is spread."""

    NORMAL = "normal"
    POISSON = "poisson"
    NEGATIVE_BINOMIAL = "negative_binomial"
    EMPIRICAL = "empirical"
