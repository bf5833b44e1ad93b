"""Replays and reports over HTTP: what comes in and what goes out."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.http.models import Answer
from api.replay_jobs import ReplayIn


class ReplayQuestion(ReplayIn):
    """A stretch of the worker's history, decided anew; see docs/smart_routing.md."""


class ReportOut(Answer):
    """The newest smart-routing report: its name, where its page is, its numbers."""

    name: str
    page: str = Field(description="Path of the page on this server.")
    report: dict[str, Any] = Field(description="The numbers, as smart_routing.json has them.")
