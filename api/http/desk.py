"""What a worker holds to decide orders: policies, the ledger, and how long stock is held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches

from api import policies
from api.http.problems import Code, Problem
from api.http.settings import DEFAULT_HOLD, Settings
from graph import Network
from inventory.sql import SqlHome
from optimizer.policy import Policy
from replay.desk import Desk
from replay.prices_in_force import PricesInForce


@dataclass(frozen=True, slots=True)
class Counter:
    """The counter at which orders are taken; ``home`` and ``prices`` are None where no database is set."""

    policies: Mapping[str, Policy]
    default: str
    hold_s: Mapping[str, int]
    home: SqlHome | None
    prices: PricesInForce | None = None

    @classmethod
    def open(cls, settings: Settings) -> Counter:
        """Read the policies and open the ledger; BadInput or DatabaseDown when something cannot be used."""
        folder = settings.policies
        known = {name: policies.load(name, folder) for name in policies.names(folder)}
        first = policies.load(settings.policy, folder)
        known |= {first.name: first}
        if not settings.database:
            return cls(known, first.name, settings.hold_s, None)
        home = SqlHome.open(settings.database)
        prices = PricesInForce(home)
        for policy in known.values():
            prices.of(policy)  # before requests come, so that none of them waits for the first look
        return cls(known, first.name, settings.hold_s, home, prices)

    def close(self) -> None:
        """Let go of the database."""
        if self.home is not None:
            self.home.close()

    @property
    def ledger(self) -> SqlHome:
        """The ledger; the problem ``database_not_set`` where there is none."""
        if self.home is None:
            raise Problem(
                Code.DATABASE_NOT_SET,
                "This server only previews: set MALHA_DATABASE (a SQLite file, or postgresql://user@host/name).",
            )
        return self.home

    def desk(self, network: Network, policy: str | None) -> Desk:
        """Return the desk for a policy by name (None: the server's), with its prices in force.

        The problem ``policy_unknown``.
        """
        found = self.policies.get(policy or self.default)
        if found is None:
            nearest = get_close_matches(str(policy), sorted(self.policies), n=3, cutoff=0.0)
            raise Problem(Code.POLICY_UNKNOWN, "There is no policy of this name.", nearest=nearest)
        return Desk(network, found, None if self.prices is None else self.prices.of(found))

    def until(self, now: datetime, payment_type: str | None) -> datetime:
        """Return until when stock is held for an order that waits for its payment."""
        seconds = self.hold_s.get(payment_type or DEFAULT_HOLD, self.hold_s[DEFAULT_HOLD])
        return now + timedelta(seconds=seconds)
