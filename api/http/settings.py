"""The settings of a server, checked once; every one can be given by the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from api.batches import MOST_HOLD_S
from api.policies import DEFAULT
from graph.errors import BadInput

ENVIRONMENT: Final[Mapping[str, str]] = {
    "MALHA_SNAPSHOT": "folder of snapshots to serve (its CURRENT names the one in force), or of one snapshot",
    "MALHA_PLACEMENT": "folder of a plan whose warehouses are sources too; unset: none",
    "MALHA_REPORTS": "folder of smart-routing reports, served under /reports; unset: none",
    "MALHA_HOST": "address to listen on",
    "MALHA_PORT": "port to listen on",
    "MALHA_WORKERS": "processes that share the port",
    "MALHA_KEYS": "file of API key hashes, made by `malha keys create`",
    "MALHA_AUTH": "on, or off: no keys at all, on loopback addresses only",
    "MALHA_MAX_BODY_BYTES": "largest request body",
    "MALHA_MAX_CANDIDATES": "most routes that one request may make the server compare",
    "MALHA_RELOAD_SECONDS": "how long a reload waits for all workers",
    "MALHA_DATABASE": "ledger of stock and orders: a SQLite file or postgresql://…; unset: preview only",
    "MALHA_POLICY": "policy of orders that name none: a name, or a TOML file",
    "MALHA_POLICIES": "folder with policies of your own",
    "MALHA_RESERVE_SECONDS": "how long stock is held for an unpaid order, by payment type",
    "MALHA_RESERVE_AT": "when an order holds its stock: purchase, or approval",
}
"""Every environment variable that ``malha serve`` reads, and what it sets."""

MOST_ROUTES: Final = 100
"""The most routes (k) that one request may ask for."""

MOST_EVENTS: Final = 1_000
"""The most stock events that one request may send."""

MOST_OFFERS: Final = 1_000
"""The most offers that one request may put."""

MOST_PAIRS: Final = 20_000
"""The most pairs of line and route that one order may have, unless the server is told otherwise."""

MOST_WORKERS: Final = 256

DEFAULT_HOLD: Final = "default"
HOLD_S: Final = "default=86400,boleto=432000"
"""A day; a boleto is paid within three working days and takes another to clear."""


class ReserveAt(StrEnum):
    """When an order holds its stock."""

    PURCHASE = "purchase"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a server runs. BadInput says what is wrong, all at once."""

    snapshot: Path
    keys: Path = Path("keys.json")
    auth: bool = True
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    max_body_bytes: int = 65_536
    max_candidates: int = MOST_PAIRS
    reload_seconds: float = 120.0
    database: str | None = None
    policy: str = DEFAULT
    policies: Path | None = None
    hold_s: Mapping[str, int] = field(default_factory=lambda: hold_seconds(HOLD_S))
    reserve_at: ReserveAt = ReserveAt.PURCHASE
    placement: Path | None = None
    reports: Path | None = None

    def __post_init__(self) -> None:
        wrong = [
            (not 0 <= self.port < 65_536, "The port lies between 0 and 65535 (0: any free one)."),
            (not 1 <= self.workers <= MOST_WORKERS, f"The workers are 1 to {MOST_WORKERS}."),
            (self.max_body_bytes < 1_024, "The largest body is at least 1024 bytes."),
            (self.max_candidates < 1, "The most candidates are at least 1."),
            (not self.reload_seconds > 0, "The seconds to wait for a reload are more than 0."),
            (
                self.policies is not None and not self.policies.is_dir(),
                f"There is no folder of policies {self.policies}.",
            ),
            (
                self.placement is not None and not self.placement.is_dir(),
                f"There is no folder of a plan {self.placement}.",
            ),
            (
                not self.auth and not is_loopback(self.host),
                f"MALHA_AUTH=off answers everybody, so it binds to a loopback address only, not to "
                f"{self.host}: make a key (malha keys create), or listen on 127.0.0.1.",
            ),
        ]
        if faults := [text for bad, text in wrong if bad]:
            raise BadInput(" ".join(faults))


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def auth_on(text: str) -> bool:
    """Return whether keys are asked for; BadInput for anything but ``on`` and ``off``."""
    if text not in ("on", "off"):
        raise BadInput(f"MALHA_AUTH is on or off, not {text!r}.")
    return text == "on"


def reserve_at(text: str) -> ReserveAt:
    """Return when orders hold their stock; BadInput for anything but ``purchase`` and ``approval``."""
    if text not in tuple(ReserveAt):
        raise BadInput(f"MALHA_RESERVE_AT is {' or '.join(ReserveAt)}, not {text!r}.")
    return ReserveAt(text)


def hold_seconds(text: str) -> dict[str, int]:
    """Return seconds by payment type from ``default=86400,boleto=432000``; a bare number is the default.

    BadInput for anything else.
    """
    found = dict([part.partition("=")[::2] for part in HOLD_S.split(",")])
    for part in filter(None, map(str.strip, text.split(","))):
        name, given, seconds = part.rpartition("=")
        found[name.strip() if given else DEFAULT_HOLD] = seconds.strip()
    if not all(value.isdecimal() and 1 <= int(value[:9]) <= MOST_HOLD_S for value in found.values()):
        raise BadInput(
            f"MALHA_RESERVE_SECONDS is {HOLD_S!r} or the like: whole seconds from 1 to {MOST_HOLD_S}, "
            f"not {text!r}."
        )
    return {name: int(value) for name, value in found.items()}
