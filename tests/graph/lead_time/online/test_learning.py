"""Learning in stretches, or paused and gone on with, is learning at one go: the same bits."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from graph.days import DAY_S
from graph.lead_time import Journeys, LeadTimes, RouteQuery
from graph.lead_time.model import PAUSED
from graph.lead_time.online.engine import Engine
from graph.lead_time.online.history import play
from graph.lead_time.online.learning import Paused, learn
from graph.lead_time.online.regrouped import Codes
from graph.lead_time.online.saved import taken_apart
from graph.model import NEVER
from tests.graph.lead_time.online.test_history import AS_OF, SMALL, START, as_known, history

MANY_FITS = replace(SMALL, refit_days=40.0, base_rows=2_000, lane_trees=8, seller_trees=4)


def with_gaps(journeys: Journeys) -> Journeys:
    """Return the history with stamps that stay unknown, and hand-overs stamped after the delivery."""
    rng = np.random.default_rng(3)
    rows = len(journeys)
    columns = {}
    for name in ("approved_s", "handed_s", "delivered_s"):
        stamps = getattr(journeys, name).copy()
        stamps[rng.random(rows) < 0.05] = NEVER
        columns[name] = stamps
    late = rng.random(rows) < 0.02
    columns["handed_s"][late] = journeys.delivered_s[late] + 3 * DAY_S
    undelivered = columns["delivered_s"] == NEVER
    columns["total_days"] = np.where(undelivered, np.nan, journeys.total_days)
    columns["transit_days"] = np.where(undelivered | late, np.nan, journeys.transit_days)
    return replace(journeys, **columns)


def differing(one: Engine, two: Engine) -> list[str]:
    first, second = taken_apart(one, "engine"), taken_apart(two, "engine")
    assert first.keys() == second.keys()
    return [
        name for name in first if name != "engine.open" and first[name].tobytes() != second[name].tobytes()
    ]


@pytest.fixture(scope="module", params=[1, 3], ids=["one carrier", "three carriers"])
def whole(request: pytest.FixtureRequest) -> Journeys:
    return known_at(with_carriers(with_gaps(history()), request.param), AS_OF - 4_321)


def with_carriers(journeys: Journeys, carriers: int) -> Journeys:
    """Return the history with carriers, the last one slower; each handed-over parcel has one."""
    carrier = np.random.default_rng(4).integers(0, carriers, len(journeys)).astype(np.int32)
    factor = 1.0 + 0.3 * (carrier == carriers - 1)
    slow = journeys.purchased_s + ((journeys.delivered_s - journeys.purchased_s) * factor).astype(np.int64)
    delivered = np.where(journeys.delivered_s == NEVER, NEVER, slow)
    return replace(journeys, carrier=carrier, delivered_s=delivered, total_days=journeys.total_days * factor)


def known_at(journeys: Journeys, at_s: int) -> Journeys:
    """Return what is known at an instant: a carrier once its parcel was handed over or has arrived."""
    cut = as_known(journeys, at_s)
    waiting = (cut.handed_s == NEVER) & (cut.delivered_s == NEVER)
    return replace(cut, carrier=np.where(waiting, -1, cut.carrier).astype(np.int32))


@pytest.fixture(scope="module")
def learned(whole: Journeys) -> Engine:
    return learn(whole, AS_OF - 4_321, MANY_FITS)[0]


def test_it_learns_what_playing_learns(whole: Journeys, learned: Engine) -> None:
    played = play(whole, AS_OF - 4_321, MANY_FITS)
    assert len(played.engine.bases) >= 4
    assert differing(played.engine, learned) == []
    assert learned.open.shape == played.engine.open.shape


@pytest.mark.parametrize("at_once", [200, 5_000])
def test_short_stretches_change_nothing(whole: Journeys, learned: Engine, at_once: int) -> None:
    assert differing(learn(whole, AS_OF - 4_321, MANY_FITS, at_once=at_once)[0], learned) == []


@pytest.mark.parametrize("day", [5, 150, 299])
def test_paused_and_gone_on_with_is_uninterrupted(
    whole: Journeys, learned: Engine, day: int, tmp_path: Path
) -> None:
    at_s = START + day * DAY_S + 50_000
    _, paused = learn(known_at(whole, at_s), at_s, MANY_FITS)
    paused.save(tmp_path / "paused.npz")
    again = Paused.load(tmp_path / "paused.npz")
    for _ in range(2):  # going on does not use the pause up
        assert differing(learn(whole, AS_OF - 4_321, paused=again)[0], learned) == []


def test_only_what_later_days_need_is_carried_on(whole: Journeys) -> None:
    _, paused = learn(whole, AS_OF - 4_321, MANY_FITS)
    unfinished = int((whole.delivered_s == NEVER).sum())
    assert paused.row.shape[0] < MANY_FITS.base_rows + 2 * unfinished + 2_000
    assert paused.played > 8_500


def test_other_journeys_are_refused(whole: Journeys) -> None:
    at_s = START + 200 * DAY_S
    _, paused = learn(as_known(whole, at_s), at_s, SMALL)
    other = replace(whole, seller=(whole.seller + 1) % 30)
    for strange in (other, Journeys.build(0)):
        with pytest.raises(ValueError, match="do not go on"):
            learn(strange, AS_OF, paused=paused)


def test_days_and_fits_are_told(whole: Journeys) -> None:
    shares: list[float] = []
    fits: list[float] = []
    learn(whole, AS_OF - 4_321, MANY_FITS, progress=shares.append, fitted=fits.append, at_once=2_000)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) == 300
    assert len(fits) >= 4
    assert min(fits) > 0.0


def test_a_saved_model_can_be_gone_on_with(whole: Journeys, tmp_path: Path) -> None:
    at_s = START + 200 * DAY_S + 777
    model = LeadTimes.online(known_at(whole, at_s), at_s, MANY_FITS)
    model.save(tmp_path)
    later = LeadTimes.online(whole, AS_OF - 4_321, paused=Paused.load(tmp_path / PAUSED))
    fresh = LeadTimes.online(whole, AS_OF - 4_321, MANY_FITS)
    query = RouteQuery.build(30, seller=np.arange(30), origin_state=0, dest_state=1, distance_km=500.0)
    assert later.read(query).mean_days.tobytes() == fresh.read(query).mean_days.tobytes()
    later.save(tmp_path / "later")
    fresh.save(tmp_path / "fresh")
    for name in ("online.npz", PAUSED, "state.npz"):
        assert (tmp_path / "later" / name).read_bytes() == (tmp_path / "fresh" / name).read_bytes()
    LeadTimes.fit(whole, AS_OF).save(tmp_path)
    assert not (tmp_path / PAUSED).exists()


def recoded(journeys: Journeys, codes: Codes) -> Journeys:
    """Return the journeys in new codes."""
    kinds = {
        "sellers": ("seller",),
        "regions": ("origin_region", "dest_region"),
        "states": ("origin_state", "dest_state"),
        "carriers": ("carrier",),
    }
    return replace(
        journeys,
        **{
            name: np.append(getattr(codes, kind), -1)[getattr(journeys, name)].astype(np.int32)
            for kind, names in kinds.items()
            for name in names
        },
    )


@pytest.mark.parametrize("new_carrier", [False, True])
def test_newer_journeys_may_bring_new_sellers_regions_and_states(whole: Journeys, new_carrier: bool) -> None:
    """The tables of the pause lack every third seller, and rows before and between the others are new."""
    at_s, end_s = START + 180 * DAY_S + 50_000, AS_OF - 4_321
    late = (whole.seller % 3 == 0) & (whole.purchased_s < at_s)
    columns = {name: getattr(whole, name)[~late] for name in Journeys.__slots__}
    old = Journeys(**columns)
    several = int(old.carrier.max() > 0)
    codes = Codes(
        states=np.array([1, 2, 4]),
        regions=np.arange(21) * 2 + 3,
        sellers=np.arange(30) + 5,
        carriers=np.arange(3) + new_carrier * several,
    )
    now = recoded(old, codes)
    _, paused = learn(known_at(old, at_s), at_s, MANY_FITS)
    later, fresh = learn(now, end_s, paused=paused, codes=codes)[0], learn(now, end_s, MANY_FITS)[0]
    if new_carrier and several:  # sums over the carriers have one more term: other last bits
        assert later.period.level == pytest.approx(fresh.period.level, abs=0.02)
    else:
        assert differing(later, fresh) == []
