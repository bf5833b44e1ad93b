"""How many packages places pack a day: what comes in and what goes out."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.capacity import MOST_PACKAGES
from api.http.models import Answer
from api.order_models import Id, Strict, whole

MOST_LIMITS: Final = 1_000


class PlaceLimitIn(Strict):
    """A place and its limit: a warehouse by its id, a seller's own place by the seller's."""

    location_id: Id
    packages_per_day: Annotated[int, Field(ge=0, le=MOST_PACKAGES), BeforeValidator(whole)] | None = Field(
        description="null lifts the limit."
    )


class PlaceLimitsIn(Strict):
    """Limits to be set; places that are not named keep theirs, of one named twice the last counts."""

    limits: list[PlaceLimitIn] = Field(min_length=1, max_length=MOST_LIMITS)

    def by_location(self) -> dict[str, int | None]:
        """Return the limits by place."""
        return {one.location_id: one.packages_per_day for one in self.limits}


class CapacityOut(BaseModel):
    """A place with a limit, and how many packages it can still pack on the day."""

    model_config = ConfigDict(extra="forbid")

    location_id: str
    packages_per_day: int
    left: int


class CapacitiesOut(Answer):
    """All places with a limit; ``day`` is the local day of the answer."""

    day: date
    capacity: list[CapacityOut]
