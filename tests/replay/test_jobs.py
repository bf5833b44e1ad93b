"""Jobs: the closed table of their states, and their home in SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from inventory.ledger import KeyReused
from inventory.migrations import differences
from inventory.sql import SqlHome
from inventory.sql.tables import METADATA
from replay.jobs import Job, Jobs, JobState, LeaseLost, UnknownJob, WrongStep
from replay.jobs import job as step
from replay.jobs.job import ENDS, NEXT, Step

T0 = datetime(2018, 4, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=30)
NEW = Job("j", "note", "shop", "key", {"number": 1}, T0)

STEPS: dict[Step, Callable[[Job, datetime], Job]] = {
    Step.CLAIM: lambda job, at: step.claimed(job, "w", at, LEASE),
    Step.BEAT: lambda job, at: step.beaten(job, at + LEASE, 0.5, "half"),
    Step.CANCEL: step.cancel_asked,
    Step.STOP: step.stopped,
    Step.FINISH: lambda job, at: step.finished(job, at, {"answer": 42}),
    Step.FAIL: lambda job, at: step.failed(job, at, "no"),
    Step.GIVE_BACK: step.given_back,
    Step.LOSE: lambda job, at: step.lost(job, at, 3, "gone"),
}


@given(st.lists(st.sampled_from(sorted(Step)), max_size=30))
def test_whatever_happens_a_job_stays_in_its_table(happened: list[Step]) -> None:
    job = NEW
    for second, what in enumerate(happened):
        at = T0 + timedelta(seconds=second)
        may = NEXT.get((job.state, what), frozenset())
        if not may and not (what is Step.CANCEL and job.ended):
            with pytest.raises(WrongStep):
                STEPS[what](job, at)
            continue
        before, job = job, STEPS[what](job, at)
        assert job.state in may or job == before
        assert (
            (job.state is JobState.RUNNING) == (job.lease_owner is not None) == (job.lease_until is not None)
        )
        assert job.ended == (job.ended_at is not None)
        assert (job.state is JobState.DONE) == (job.result is not None)
        assert 0 <= job.attempts <= 3
        if job.state in (JobState.FAILED, JobState.CANCELED):
            assert job.reason
        if before.cancel_requested_at is not None and not job.ended:
            assert job.cancel_requested_at == before.cancel_requested_at


def test_the_table_is_closed() -> None:
    assert {state for state, _ in NEXT} == set(JobState) - ENDS
    assert set().union(*NEXT.values()) == set(JobState)
    assert {what for _, what in NEXT} == set(Step) == set(STEPS)


@pytest.fixture
def home(database: str) -> Iterator[SqlHome]:
    opened = SqlHome.open(database)
    yield opened
    opened.close()


def do(home: SqlHome, work: Callable[[Jobs], Job | None]) -> Job | None:
    return home.run(lambda unit: work(Jobs(unit.connection)))


def submit(home: SqlHome, key: str = "k1", number: int = 1) -> Job:
    made = do(home, lambda jobs: jobs.submit("note", {"number": number}, T0, "shop", key))
    assert made is not None
    return made


def claim(home: SqlHome, owner: str = "w1", at: datetime = T0, most: int = 3) -> Job | None:
    return do(home, lambda jobs: jobs.claim(owner, at, LEASE, most, ["note"]))


def taken(home: SqlHome, owner: str = "w1", at: datetime = T0) -> Job:
    found = claim(home, owner, at)
    assert found is not None
    return found


def stored(home: SqlHome, job_id: str) -> Job:
    found = do(home, lambda jobs: jobs.get(job_id))
    assert found is not None
    return found


def test_the_tables_are_those_of_the_migrations(home: SqlHome) -> None:
    assert {"jobs", "prices"} <= set(METADATA.tables)
    with home.engine.connect() as connection:
        assert differences(connection, METADATA) == []


def test_a_job_goes_its_way_and_comes_back_as_it_was(home: SqlHome) -> None:
    made = submit(home)
    assert stored(home, made.job_id) == made
    run = taken(home)
    assert (run.state, run.attempts, run.lease_until) == (JobState.RUNNING, 1, T0 + LEASE)
    assert claim(home, "w2") is None
    beat = do(home, lambda jobs: jobs.beat(run, T0 + 2 * LEASE, 0.5, "half"))
    assert stored(home, made.job_id) == beat
    done = do(
        home, lambda jobs: jobs.end(run, lambda job: step.finished(job, T0 + LEASE, {"answer": [1, None]}))
    )
    assert stored(home, made.job_id) == done
    assert do(home, lambda jobs: jobs.cancel(made.job_id, T0 + LEASE)) == done
    with home.reading() as unit:
        assert Jobs(unit.connection).newest(5, JobState.DONE) == [done]
        assert Jobs(unit.connection).open_of("note") == []


def test_one_key_is_one_job(home: SqlHome) -> None:
    made = submit(home)
    taken(home)
    assert submit(home).job_id == made.job_id
    assert submit(home).state is JobState.RUNNING
    with pytest.raises(KeyReused):
        submit(home, number=2)
    other = do(home, lambda jobs: jobs.submit("note", {"number": 2}, T0, "another", "k1"))
    assert other is not None
    assert other.job_id != made.job_id


def test_the_oldest_goes_first_and_only_kinds_that_are_known(home: SqlHome) -> None:
    names = [submit(home, f"k{number}", number).job_id for number in range(3)]
    assert do(home, lambda jobs: jobs.claim("w", T0, LEASE, 3, ["other"])) is None
    assert [taken(home).job_id for _ in names] == names


def test_a_lapsed_lease_is_taken_over_and_the_first_run_counts_no_more(home: SqlHome) -> None:
    submit(home)
    first = taken(home)
    assert claim(home, "w2", T0 + LEASE - timedelta(seconds=1)) is None
    second = taken(home, "w2", T0 + LEASE)
    assert (second.attempts, second.lease_owner) == (2, "w2")
    for late in (
        lambda jobs: jobs.beat(first, T0 + 9 * LEASE, 0.9, "late"),
        lambda jobs: jobs.end(first, lambda job: step.finished(job, T0, {})),
        lambda jobs: jobs.held(first),
    ):
        with pytest.raises(LeaseLost):
            do(home, late)
    assert stored(home, first.job_id) == second


def test_after_so_many_attempts_it_fails_with_its_reason(home: SqlHome) -> None:
    made = submit(home)
    for number in range(3):
        taken(home, f"w{number}", T0 + number * LEASE)
    assert claim(home, "w3", T0 + 3 * LEASE) is None
    ended = stored(home, made.job_id)
    assert ended.state is JobState.FAILED
    assert ended.reason is not None
    assert "w2" in ended.reason
    assert "attempt 3 of 3" in ended.reason


def test_what_is_given_back_is_no_attempt(home: SqlHome) -> None:
    submit(home)
    for number in range(5):
        run = taken(home, f"w{number}")
        assert run.attempts == 1
        do(home, lambda jobs, run=run: jobs.end(run, partial(step.given_back, at=T0)))


def test_cancel(home: SqlHome) -> None:
    waiting, running = submit(home, "k2"), submit(home, "k1")
    with home.unit() as unit:
        assert Jobs(unit.connection).cancel(waiting.job_id, T0).state is JobState.CANCELED
    run = taken(home)
    assert run.job_id == running.job_id
    asked = do(home, lambda jobs: jobs.cancel(running.job_id, T0))
    assert asked is not None
    assert (asked.state, asked.cancel_requested_at) == (JobState.RUNNING, T0)
    assert claim(home, "w2", T0 + LEASE) is None  # its worker died: it is not begun again
    assert stored(home, running.job_id).state is JobState.CANCELED
    with pytest.raises(UnknownJob):
        do(home, lambda jobs: jobs.cancel("job-0", T0))


def test_two_who_claim_at_once_get_two_jobs(home: SqlHome) -> None:
    names = {submit(home, f"k{number}", number).job_id for number in range(12)}
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda owner: claim(home, f"w{owner}"), range(16)))
    found = [run.job_id for run in runs if run is not None]
    assert len(found) == len(set(found))
    while (run := claim(home)) is not None:  # one that others held in that instant is passed over
        found.append(run.job_id)
    assert set(found) == names
    assert len(found) == len(names)


def test_a_state_outside_of_the_table_is_refused_by_the_database(home: SqlHome) -> None:
    made = submit(home)
    with pytest.raises(sa.exc.IntegrityError), home.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE jobs SET state = 'odd' WHERE job_id = :name"), {"name": made.job_id}
        )
