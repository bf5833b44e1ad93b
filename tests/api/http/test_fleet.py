"""Workers that agree on a snapshot: those that take it, those that cannot, and those that are gone."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from api.http.fleet import Fleet, Wanted
from api.http.problems import Code, Problem
from api.http.service import Service
from api.http.settings import Settings
from graph.stores import set_current


def say(runtime: Path, pid: int, generation: int, failed: int = -1) -> None:
    """Speak for another worker."""
    about = {"pid": pid, "generation": generation, "failed": failed, "error": ""}
    (runtime / f"worker-{pid}.json").write_text(json.dumps(about))


def service(root: Path, runtime: Path, current: str, seconds: float = 1.0) -> Service:
    """Return a service that answers from the snapshot ``current``."""
    set_current(root, current)
    Fleet(runtime).want(Wanted(0, str(root / current)))
    made = Service(Settings(root, auth=False, reload_seconds=seconds), Fleet(runtime))
    with pytest.raises(Problem) as early:
        _ = made.loaded
    assert early.value.code is Code.NOT_READY
    made.start()
    return made


def test_a_worker_that_cannot_load_is_counted_and_the_dead_are_not(
    two_snapshots: tuple[Path, list[str]], tmp_path: Path
) -> None:
    root, ids = two_snapshots
    own = service(root, tmp_path, ids[0])
    say(tmp_path, 1, generation=0, failed=1)  # process 1 is always there
    say(tmp_path, 2**22 + 1, generation=0)  # no process has such a number
    set_current(root, ids[1])
    with pytest.raises(Problem, match=r"1 of 2 workers .* \(1 could not load") as caught:
        asyncio.run(own.reload())
    assert caught.value.code is Code.RELOAD_INCOMPLETE
    assert own.loaded.snapshot_id == ids[1]
    own.stop()
    assert [worker.pid for worker in Fleet(tmp_path).workers()] == [1]


def test_a_worker_that_does_not_answer_in_time(two_snapshots: tuple[Path, list[str]], tmp_path: Path) -> None:
    root, ids = two_snapshots
    own = service(root, tmp_path, ids[0], seconds=0.3)
    say(tmp_path, 1, generation=0)
    started = time.monotonic()
    with pytest.raises(Problem, match=r"\(0 could not load"):
        asyncio.run(own.reload())
    assert 0.3 <= time.monotonic() - started < 5


def test_one_reload_at_a_time(two_snapshots: tuple[Path, list[str]], tmp_path: Path) -> None:
    root, ids = two_snapshots
    own = service(root, tmp_path, ids[0], seconds=0.3)

    async def while_another_reloads() -> None:
        async with Fleet(tmp_path).changing(time.monotonic() + 1):
            with pytest.raises(Problem, match="still under way"):
                await own.reload()
        assert (await own.reload()).workers == 1

    asyncio.run(while_another_reloads())


def test_a_follower_that_cannot_load_says_so_and_is_not_ready(
    two_snapshots: tuple[Path, list[str]], tmp_path: Path
) -> None:
    root, ids = two_snapshots
    own = service(root, tmp_path, ids[0])

    async def follow(folder: Path, generation: int) -> None:
        task = asyncio.create_task(own.follow(every_s=0.01))
        Fleet(tmp_path).want(Wanted(generation, str(folder)))
        deadline = time.monotonic() + 10
        while max(own.loaded.generation, Fleet(tmp_path).workers()[0].failed) < generation:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(follow(root / "gone", 1))
    assert own.lagging
    assert own.loaded.snapshot_id == ids[0]
    asyncio.run(follow(root / ids[1], 2))
    assert not own.lagging
    assert own.loaded.snapshot_id == ids[1]


def test_a_follower_that_loads_slowly_does_not_undo_a_later_reload(
    two_snapshots: tuple[Path, list[str]], tmp_path: Path
) -> None:
    root, ids = two_snapshots
    own = service(root, tmp_path, ids[0], seconds=30.0)

    async def both() -> None:
        task = asyncio.create_task(own.follow(every_s=0.001))
        Fleet(tmp_path).want(Wanted(1, str(root / ids[1])))
        await asyncio.sleep(0.01)  # the follower has begun to load generation 1
        assert (await own.reload()).loaded.generation == 2
        await asyncio.sleep(1.0)
        task.cancel()

    asyncio.run(both())
    assert (own.loaded.generation, own.loaded.snapshot_id) == (2, ids[0])
