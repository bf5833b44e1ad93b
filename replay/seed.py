"""The seed of a comparison's intervals where nobody names one, by whichever way it is asked for."""

from __future__ import annotations

from typing import Final

SEED: Final = 7
