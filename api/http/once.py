"""A request that is done once, however often it is sent: its answer is stored beside what it did."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import Header
from pydantic import BaseModel
from starlette.requests import Request

from inventory.ledger import Answer
from inventory.sql import SqlHome, SqlUnit

_KEY = r"^[\x21-\x7e]+$"
_ABOUT = "Any text that names this request: sent again with it, the request is answered from what was stored."

Key = Annotated[str, Header(alias="Idempotency-Key", pattern=_KEY, max_length=200, description=_ABOUT)]
MaybeKey = Annotated[
    str | None, Header(alias="Idempotency-Key", pattern=_KEY, max_length=200, description=_ABOUT)
]


@dataclass(frozen=True, slots=True)
class Once:
    """A request by a client under a key (None: it is done each time); ``digest`` tells one from another."""

    client: str
    key: str | None
    digest: str

    @classmethod
    def of(cls, request: Request, body: BaseModel, key: str | None) -> Once:
        """Return who asks for what: the path and the body, whatever order its members came in."""
        told = f"{request.url.path}\n{body.model_dump_json()}"
        client = request.scope["state"].get("key_id") or "nobody"
        return cls(client, key, hashlib.sha256(told.encode()).hexdigest())

    def do(
        self, home: SqlHome, now: datetime, work: Callable[[SqlUnit], Mapping[str, Any]]
    ) -> tuple[Mapping[str, Any], bool]:
        """Return what ``work`` answers and False, or what it answered before and True.

        Raises KeyReused, KeyInFlight, and what ``work`` raises: then nothing is done and nothing stored.
        """

        def all_of_it(unit: SqlUnit) -> tuple[Mapping[str, Any], bool]:
            if self.key is None:
                return work(unit), False
            if stored := unit.answers.claim(self.client, self.key, self.digest):
                return orjson.loads(stored.content), True
            values = work(unit)
            kept = Answer(self.digest, 200, orjson.dumps(values).decode())
            unit.answers.keep(self.client, self.key, kept, now)
            return values, False

        return home.run(all_of_it)
