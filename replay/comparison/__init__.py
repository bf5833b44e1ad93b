"""What policies changed in a replay, how sure that is, and what nobody can know."""

from replay.comparison.comparison import Comparison, compare
from replay.comparison.measures import MEASURES, Verdict

__all__ = ["MEASURES", "Comparison", "Verdict", "compare"]
