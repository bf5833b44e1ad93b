"""Who is told: receivers of webhooks, read with care from a file; secrets stand in the environment."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from graph.errors import BadInput, Fault

LEAST_SECRET: Final = 16
"""Bytes of the shortest secret."""

_PREFIX: Final = "whsec_"
_KEYS: Final = ("url", "secret_from", "takes")


class Topic(StrEnum):
    """What a receiver may take: the alerts of an audience, or purchase orders."""

    CUSTOMER = "customer"
    SELLER = "seller"
    OPERATOR = "operator"
    PURCHASE_ORDERS = "purchase_orders"


@dataclass(frozen=True, slots=True)
class Receiver:
    """An address to send to, the key of its signatures, and what it takes."""

    name: str
    url: str
    secret: bytes = field(repr=False)
    takes: frozenset[Topic]


def receivers_of(
    given: Mapping[str, Any], where: str, environ: Mapping[str, str] = os.environ
) -> list[Receiver]:
    """Return the receivers of a TOML file, one table each. Raises BadInput with every fault.

    A secret that begins with ``whsec_`` is base64, as Standard Webhooks have it; others are taken as is.
    """
    faults: list[Fault] = []
    found = []
    for name, table in given.items():
        own = [Fault(where, None, *fault) for fault in _faults(name, table, environ)]
        faults += own
        if not own:
            secret = _secret(environ[table["secret_from"]])
            found.append(Receiver(name, table["url"], secret, frozenset(map(Topic, table["takes"]))))
    if faults:
        raise BadInput(f"The receivers {where} cannot be used.", faults)
    return found


def _faults(name: str, table: Any, environ: Mapping[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """Yield column, kind, value and remedy of what is wrong with one table."""
    if not isinstance(table, Mapping):
        yield name, "not a table", repr(table), f"Write it as [{name}]."
        return
    for key in table:
        if key not in _KEYS:
            yield f"{name}.{key}", "unknown key", "", f"One of {', '.join(_KEYS)}."
    if why := _wrong_url(table.get("url")):
        yield f"{name}.url", "no usable address", repr(table.get("url")), why
    variable = table.get("secret_from")
    if not isinstance(variable, str) or len(_secret(environ.get(variable, ""))) < LEAST_SECRET:
        remedy = f"Name an environment variable that holds a secret of at least {LEAST_SECRET} bytes."
        yield f"{name}.secret_from", "no secret", repr(variable), remedy
    takes = table.get("takes")
    if not isinstance(takes, list) or not takes or any(one not in list(Topic) for one in takes):
        yield f"{name}.takes", "not such a list", repr(takes), f"Some of {', '.join(Topic)}."


def _wrong_url(url: object) -> str | None:
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return "Write https://host/path."
    if not str(url).isascii():
        return "Write it in ASCII: a host as xn--…, other letters as %XX."
    if parts.scheme == "http" and not _is_here(parts.hostname):
        return "Use https: what is sent names orders. Plain http is for this machine only."
    if parts.username or parts.password or parts.fragment:
        return "Leave out user, password and fragment: the signature says who sends."
    return None


def _split(url: object) -> SplitResult | None:
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        if parts is not None:
            _ = parts.port  # a wrong port is told only when it is asked for
    except ValueError:
        return None
    return parts


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _secret(text: str) -> bytes:
    if not text.startswith(_PREFIX):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        return b""
