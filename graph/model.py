"""The words of the network: closed lists of names, the unknown instant, what a snapshot says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, TypeVar

from graph.days import DAY_S

NEVER: Final = -(2**62)
"""An instant that is unknown, in arrays of int64 epoch seconds: earlier than any clock, and never a date."""

UNKNOWN: Final = -1
"""The code of a thing that has no row in its node table."""

UNKNOWN_CARRIER: Final = "unknown"
"""The one carrier of a source that names none."""

OFFER_LAPSE_DAYS: Final = 180
"""An offer that was not sold for so long has lapsed; the parameter ``offer_lapse_days`` overrides it."""

UNHANDED_DAYS: Final = 90
"""A package is lost to sight when it has waited for its hand-over for longer, counted from its purchase."""

UNDELIVERED_DAYS: Final = 120
"""Likewise when it has been on its way for longer, counted from its hand-over."""


_Answer_co = TypeVar("_Answer_co", covariant=True)


class _Waited(Protocol[_Answer_co]):
    def __gt__(self, seconds: int, /) -> _Answer_co: ...


def is_lost(waited_s: _Waited[_Answer_co], longest_days: int) -> _Answer_co:
    """Say of seconds waited (a number, an array, an expression) whether nobody waits any more.

    ``longest_days``: ``UNHANDED_DAYS`` or ``UNDELIVERED_DAYS``; to the very second they are still waited for.
    """
    return waited_s > longest_days * DAY_S


class Basis(StrEnum):
    """The narrowest level with n >= 5 that an estimate rests on; ``synthetic`` is assumed, not observed.

    A ``basis`` array holds the position in this list: ``BASES[code]``, ``BASIS_CODE[basis]``.
    """

    LANE = "lane"
    REGION = "region"
    STATE = "state"
    GLOBAL = "global"
    SYNTHETIC = "synthetic"


BASES: Final = tuple(Basis)
BASIS_CODE: Final[Mapping[Basis, int]] = {basis: code for code, basis in enumerate(BASES)}


class Rank(StrEnum):
    """What "best" means when routes are put in order."""

    RELIABLE = "reliable"
    FASTEST = "fastest"
    CHEAPEST = "cheapest"
    BALANCED = "balanced"


class SourceKind(StrEnum):
    """Who holds the stock that a route ships: the seller, or a warehouse on the seller's behalf."""

    SELLER = "seller"
    WAREHOUSE = "warehouse"


@dataclass(frozen=True, slots=True)
class SnapshotMeta:
    """What a snapshot says of itself.

    ``as_of`` is an aware instant: nothing stamped at it or later is in the snapshot.
    ``parameters`` are the settings that shaped it, as JSON values.
    """

    snapshot_id: str
    as_of: datetime
    parameters: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.as_of.tzinfo is None:
            raise ValueError("SnapshotMeta.as_of needs a time zone")

    @property
    def as_of_s(self) -> int:
        """``as_of`` in epoch seconds, as arrays of instants hold it."""
        return int(self.as_of.timestamp())
