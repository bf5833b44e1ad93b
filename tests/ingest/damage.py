"""Seeded damage to the files of a small marketplace, with a record of what it may have cost.

A case is written as CSV or Parquet and suffers one to four blows: to cells, rows, columns, lines of the file
or whole files. ``Damage.touched`` names the rows that a blow reached, by file and key (old and new), so that
a test can demand every other row back.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

from tests.ingest import tiny
from tests.ingest.blows import Damage
from tests.ingest.file_blows import FILE_BLOWS
from tests.ingest.sheet_blows import SHEET_BLOWS


def damaged(seed: int, folder: Path) -> Damage:
    """Write a damaged marketplace into ``folder`` and say what was done."""
    rng = Random(seed)
    damage = Damage(rng.choice(("csv", "csv", "csv", "parquet")), tiny.marketplace())
    blows = rng.choices((1, 2, 3, 4), (6, 2, 1, 1))[0]
    late = FILE_BLOWS[damage.fmt]
    later = []
    for _ in range(blows):
        file = rng.choice(sorted(damage.sheets))
        blow = rng.choice(SHEET_BLOWS if rng.random() < 0.5 else late)
        damage.blows.append(f"{blow.__name__} {file}")
        if blow in SHEET_BLOWS:
            blow(rng, damage, file)
        else:
            later.append((blow, file))
    tiny.write(damage.sheets, folder, damage.fmt)
    for blow, file in later:
        path = folder / f"{file}.{damage.fmt}"
        if path.is_file():
            blow(rng, damage, path)
    return damage
