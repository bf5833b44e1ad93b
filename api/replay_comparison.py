"""What the command line adds to a replay: its policies compared, where the record is one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

    from replay.replayed import Replayed


def comparison_of(
    done: Replayed,
    facts: pl.DataFrame,
    *,
    seed: int,
    hindsight: bool = False,
    unplanned: Replayed | None = None,
) -> dict[str, Any] | None:
    """Return what ``replay.comparison`` says of a replay; None without the record or another policy."""
    from replay.comparison import compare  # noqa: PLC0415 (slow to import)
    from replay.comparison.joined import repeats_record  # noqa: PLC0415

    records = [repeats_record(outcomes) for outcomes in done.outcomes.values()]
    if len(records) < 2 or not any(records):
        return None
    return compare(done, facts, seed=seed, hindsight=hindsight, unplanned=unplanned).to_dict()
