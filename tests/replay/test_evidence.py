"""Evidence counts what was delivered before a purchase, and nothing else."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graph.lead_time import Journeys
from graph.model import BASES, NEVER, Basis
from replay.evidence import evidence, expected_carrier


def some(seed: int, rows: int = 60) -> Journeys:
    """Return journeys within two hundred seconds, so that many instants are equal."""
    rng = np.random.default_rng(seed)
    purchased = np.sort(rng.integers(1_000, 1_200, rows))
    handed = np.where(rng.random(rows) < 0.8, purchased + rng.integers(0, 50, rows), NEVER)
    arrived = (handed != NEVER) & (rng.random(rows) < 0.8)
    return Journeys.build(
        rows,
        purchased_s=purchased,
        handed_s=handed,
        delivered_s=np.where(arrived, handed + rng.integers(0, 60, rows), NEVER),
        seller=rng.integers(-1, 4, rows),
        carrier=np.where(handed == NEVER, -1, rng.integers(0, 3, rows)),
        origin_region=rng.integers(0, 2, rows),
        dest_region=rng.integers(0, 2, rows),
        origin_state=0,
        dest_state=rng.integers(0, 2, rows),
    )


def last_carrier(journeys: Journeys, row: int, seller: int | None) -> int:
    handed = [
        (journeys.handed_s[other], other)
        for other in range(len(journeys))
        if journeys.handed_s[other] != NEVER
        and journeys.handed_s[other] < journeys.purchased_s[row]
        and seller in (None, journeys.seller[other])
    ]
    return int(journeys.carrier[max(handed)[1]]) if handed else -1


@given(seed=st.integers(0, 10_000))
def test_counts_and_carriers_are_those_of_a_plain_search(seed: int) -> None:
    journeys = some(seed)
    row = np.arange(0, 60, 3)
    basis, n = evidence(journeys, row)
    carriers = expected_carrier(journeys, row)
    for place, mine in enumerate(row.tolist()):
        own = last_carrier(journeys, mine, int(journeys.seller[mine]))
        carrier = own if own >= 0 else last_carrier(journeys, mine, None)
        assert carriers[place] == carrier
        before = (journeys.delivered_s != NEVER) & (journeys.delivered_s < journeys.purchased_s[mine])
        same = {
            name: getattr(journeys, name) == getattr(journeys, name)[mine]
            for name in ("origin_region", "dest_region", "origin_state", "dest_state")
        }
        pair = before & same["origin_region"] & same["dest_region"]
        counts = {
            Basis.LANE: pair & (journeys.carrier == carrier),
            Basis.REGION: pair,
            Basis.STATE: before & same["origin_state"] & same["dest_state"],
        }
        known = [(level, int(rows.sum())) for level, rows in counts.items() if rows.sum() >= 5]
        assert (BASES[basis[place]], n[place]) == (known or [(Basis.GLOBAL, int(before.sum()))])[0]


def test_a_package_that_has_no_carrier_yet_is_expected_with_its_sellers_last() -> None:
    journeys = Journeys.build(
        2, purchased_s=[0, 10], handed_s=[5, NEVER], seller=0, carrier=[2, -1], origin_region=0, dest_region=0
    )
    assert expected_carrier(journeys, np.arange(2)).tolist() == [-1, 2]
