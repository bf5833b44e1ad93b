"""The model finds planted effects, follows a shift, falls back level by level, and saves the same bits."""

from pathlib import Path

import numpy as np
import pytest

from graph.days import DAY_S
from graph.errors import SnapshotError
from graph.lead_time import Journeys, LeadTimes, Parameters, RouteQuery
from graph.lead_time.journeys import STAGES
from graph.model import BASES, NEVER, Basis

START = 1_500_000_000
DAYS = 400
AS_OF = START + DAYS * DAY_S


def planted(
    rows: int = 20_000,
    seed: int = 1,
    noise: float = 0.3,
    shift: float = 0.0,
    seller_sd: float = 0.3,
    carriers: int = 1,
) -> tuple[Journeys, dict[str, np.ndarray]]:
    """Return journeys with known effects on log days, and the effects; ``shift`` acts on the last 60 days."""
    rng = np.random.default_rng(seed)
    truth = {
        "state": np.array([[1.6, 2.2, 2.6], [2.2, 1.7, 2.8], [2.6, 2.8, 1.8]]),
        "seller": rng.normal(0.0, seller_sd, 40),
        "carrier": np.linspace(-0.3, 0.3, carriers) if carriers > 1 else np.zeros(1),
    }
    seller = rng.integers(0, 40, rows)
    origin, dest = seller % 3, rng.integers(0, 3, rows)
    carrier = rng.integers(0, carriers, rows)
    purchased = np.sort(START + rng.integers(0, DAYS * DAY_S, rows))
    # Handling is a third of the time and carries the seller's effect; the shift hits everything.
    level = truth["state"][origin, dest] + truth["carrier"][carrier] + rng.normal(0.0, noise, rows)
    level += shift * (purchased > AS_OF - 60 * DAY_S)
    total = np.exp(level + truth["seller"][seller])
    approval, handling = 0.05 * total, 0.30 * total
    stamps = purchased[:, None] + (np.column_stack([approval, approval + handling, total]) * DAY_S).astype(
        np.int64
    )
    known = stamps < AS_OF
    stamps[~known] = NEVER
    days = np.where(known, np.column_stack([approval, handling, total - approval - handling]), np.nan)
    journeys = Journeys.build(
        rows,
        purchased_s=purchased,
        approved_s=stamps[:, 0],
        handed_s=stamps[:, 1],
        delivered_s=stamps[:, 2],
        approval_days=days[:, 0],
        handling_days=days[:, 1],
        transit_days=days[:, 2],
        total_days=np.where(known[:, 2], total, np.nan),
        seller=seller,
        origin_region=origin * 10 + seller % 2,
        dest_region=dest * 10,
        origin_state=origin,
        dest_state=dest,
        carrier=carrier if carriers > 1 else -1,
    )
    return journeys, truth


def ask(rows: int = 1, **columns: object) -> RouteQuery:
    known = {"origin_state": 0, "dest_state": 1, "origin_region": 0, "dest_region": 10, "at_s": AS_OF}
    return RouteQuery.build(rows, **(known | columns))


def test_state_pairs_come_back() -> None:
    journeys, truth = planted()
    model = LeadTimes.fit(journeys, AS_OF)
    origin, dest = np.divmod(np.arange(9), 3)
    read = model.read(ask(9, origin_state=origin, dest_state=dest, origin_region=99, dest_region=99))
    medians = np.log(read.quantile(0.5)).reshape(3, 3)
    # Same sellers ship from a state, so its pairs also hold the mean of their effects.
    own = np.array([truth["seller"][np.arange(40) % 3 == state].mean() for state in range(3)])
    assert medians == pytest.approx(truth["state"] + own[:, None], abs=0.08)


def test_seller_effects_come_back_and_move_the_whole_route() -> None:
    journeys, truth = planted()
    model = LeadTimes.fit(journeys, AS_OF)
    sellers = model.sellers(41)
    # What the sellers of one region have in common belongs to its lanes; the rest is theirs.
    region = np.arange(40) % 6
    own = truth["seller"] - (np.bincount(region, truth["seller"]) / np.bincount(region))[region]
    assert sellers.effect_log[:40] == pytest.approx(own, abs=0.08)
    assert np.corrcoef(sellers.effect_log[:40], own)[0, 1] > 0.98
    assert sellers.effect_log[40] == 0.0
    assert sellers.n[40] == 0
    assert sellers.n[:40].sum() == np.isfinite(journeys.total_days).sum()
    reference = model.read(ask()).mean_days
    slow = int(np.argmax(sellers.effect_log))
    assert model.read(ask(seller=slow)).mean_days == pytest.approx(
        reference * np.exp(sellers.effect_log[slow])
    )
    seen = [journeys.handling_days[journeys.seller == code] for code in range(40)]
    assert sellers.handling_mean_days[:40] == pytest.approx([np.nanmean(days) for days in seen], rel=0.15)
    assert (sellers.handling_var_days > 0).all()


def test_carrier_effects_come_back() -> None:
    journeys, truth = planted(carriers=4)
    model = LeadTimes.fit(journeys, AS_OF)
    read = model.read(ask(5, carrier=np.array([0, 1, 2, 3, -1])))
    logs = np.log(read.quantile(0.5))
    assert logs[:4] - logs[:4].mean() == pytest.approx(truth["carrier"], abs=0.06)
    assert logs[4] == pytest.approx(logs[:4].mean(), abs=0.06)
    assert [BASES[code] for code in read.basis] == [Basis.LANE] * 4 + [Basis.REGION]


@pytest.mark.parametrize("shift", [0.5, -0.4])
def test_a_level_shift_is_followed_and_leaves_the_effects_alone(shift: float) -> None:
    moved, truth = planted(shift=shift, seller_sd=1e-9)
    model = LeadTimes.fit(moved, AS_OF)
    # Most of the log distance is covered; deliveries lag purchases by the lead time itself.
    assert np.log(model.read(ask()).quantile(0.5))[0] == pytest.approx(truth["state"][0, 1] + shift, abs=0.15)
    assert np.abs(model.sellers(40).effect_log).max() < 0.06


def test_the_distribution_is_calibrated_on_what_comes_next() -> None:
    journeys, _ = planted(rows=30_000)
    half = AS_OF - 100 * DAY_S
    model = LeadTimes.fit(cut(journeys, half), half)
    later = (journeys.purchased_s >= half) & (journeys.purchased_s < half + 40 * DAY_S)
    names = ("seller", "origin_region", "dest_region", "origin_state", "dest_state")
    query = RouteQuery.build(int(later.sum()), **{name: getattr(journeys, name)[later] for name in names})
    read = model.read(query)
    for p in (0.5, 0.8, 0.95):
        assert np.mean(journeys.total_days[later] <= read.quantile(p)) == pytest.approx(p, abs=0.03)
    assert read.mean_days.mean() == pytest.approx(journeys.total_days[later].mean(), rel=0.05)


def cut(journeys: Journeys, at_s: int) -> Journeys:
    """Return the journeys as known at an earlier instant."""
    keep = journeys.purchased_s < at_s
    columns = {name: getattr(journeys, name)[keep] for name in Journeys.__slots__}
    for stamp, days in (
        ("approved_s", "approval_days"),
        ("handed_s", "handling_days"),
        ("delivered_s", "transit_days"),
    ):
        late = columns[stamp] >= at_s
        columns[stamp] = np.where(late, NEVER, columns[stamp])
        columns[days] = np.where(late, np.nan, columns[days])
    columns["total_days"] = np.where(np.isnan(columns["transit_days"]), np.nan, columns["total_days"])
    return Journeys(**columns)


def test_stage_means_add_up_to_the_total() -> None:
    model = LeadTimes.fit(planted()[0], AS_OF)
    read = model.read(
        ask(3, seller=np.array([-1, 2, 500]), site_handling_days=np.array([np.nan, 1.5, np.nan]))
    )
    assert sum(read.stage(name).mean_days for name in STAGES) == pytest.approx(read.mean_days)
    one = read[1]
    assert sum(stage.mean_days for stage in one.stages) == pytest.approx(one.mean_days)
    assert one.stage("handling").mean_days == pytest.approx(1.5)


def test_a_site_replaces_the_sellers_handling_and_its_effect() -> None:
    model = LeadTimes.fit(planted()[0], AS_OF)
    plain, site = model.read(ask()), model.read(ask(seller=3, site_handling_days=0.25))
    gained = plain.stage("handling").mean_days - 0.25
    assert site.mean_days == pytest.approx(plain.mean_days - gained)
    assert site.stage("transit").mean_days == pytest.approx(plain.stage("transit").mean_days)


def test_the_narrowest_level_with_evidence_is_named() -> None:
    model = LeadTimes.fit(planted()[0], AS_OF)
    read = model.read(
        ask(4, origin_region=np.array([0, 77, 77, 77]), origin_state=np.array([0, 0, -1, 5]), assumed=None)
    )
    assert [BASES[code] for code in read.basis] == [Basis.LANE, Basis.STATE, Basis.GLOBAL, Basis.GLOBAL]
    assert (np.diff(read.n) >= 0).all()
    assumed = model.read(ask(2, assumed=np.array([True, False])))
    assert [BASES[code] for code in assumed.basis] == [Basis.SYNTHETIC, Basis.LANE]


def test_no_history_gives_a_wide_guess_with_no_evidence() -> None:
    model = LeadTimes.fit(Journeys.build(0), AS_OF)
    read = model.read(ask(2))
    assert np.isfinite(read.mean_days).all()
    assert (read.mean_days > 3.0).all()
    assert read.n.tolist() == [0, 0]
    assert read[0].basis is Basis.GLOBAL


def test_saved_and_loaded_is_the_same_to_the_bit(tmp_path: Path) -> None:
    model = LeadTimes.fit(planted(rows=3_000, carriers=3)[0], AS_OF, Parameters(drift_half_life=9.0))
    model.save(tmp_path / "lead_time")
    again = LeadTimes.load(tmp_path / "lead_time")
    query = ask(30, seller=np.arange(30), carrier=np.arange(30) % 4 - 1)
    for read, other in ((model.read(query), again.read(query)),):
        assert read.mean_days.tobytes() == other.mean_days.tobytes()
        assert read.quantile(0.9).tobytes() == other.quantile(0.9).tobytes()
        assert read.stage("transit").var_days.tobytes() == other.stage("transit").var_days.tobytes()
    assert again.parameters == model.parameters
    again.save(tmp_path / "again")
    for name in ("parameters.json", "state.npz"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "lead_time" / name).read_bytes()


def test_the_same_journeys_give_the_same_model() -> None:
    one, two = (
        LeadTimes.fit(planted(rows=2_000)[0], AS_OF).read(ask(40, seller=np.arange(40))) for _ in range(2)
    )
    assert one.location.tobytes() == two.location.tobytes()


@pytest.mark.parametrize("damage", ["missing", "truncated", "format", "not json"])
def test_a_damaged_file_is_a_snapshot_error(tmp_path: Path, damage: str) -> None:
    LeadTimes.fit(planted(rows=200)[0], AS_OF).save(tmp_path)
    about, state = tmp_path / "parameters.json", tmp_path / "state.npz"
    if damage == "missing":
        state.unlink()
    elif damage == "truncated":
        state.write_bytes(state.read_bytes()[:1_000])
    elif damage == "format":
        about.write_text(about.read_text().replace('"format": 1', '"format": 99'))
    else:
        about.write_text("nonsense")
    with pytest.raises(SnapshotError):
        LeadTimes.load(tmp_path)


def test_journeys_that_are_not_cut_are_refused() -> None:
    journeys, _ = planted(rows=500)
    with pytest.raises(ValueError, match="purchased_s at or after"):
        LeadTimes.fit(journeys, AS_OF - 50 * DAY_S)


def test_parameters_must_be_positive() -> None:
    with pytest.raises(ValueError, match="k_seller"):
        Parameters(k_seller=0.0)


def test_journeys_of_different_lengths_are_refused() -> None:
    columns = {name: getattr(Journeys.build(3), name) for name in Journeys.__slots__}
    with pytest.raises(ValueError, match="differ in shape"):
        Journeys(**(columns | {"seller": np.zeros(2, np.int32)}))


def test_a_misspelt_query_column_is_refused() -> None:
    with pytest.raises(TypeError, match="origin_regio"):
        RouteQuery.build(1, origin_regio=3)
