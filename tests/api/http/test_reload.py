"""Another snapshot comes into force: whole, in every worker, without losing a request."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from api.keys import Scope
from graph import Network
from graph.stores import set_current
from tests.api.http.running import RECOMMEND, Server, serving, wait_for_workers

RELOAD = "/api/v1/snapshot/reload"


class Callers:
    """Clients that ask for routes without a pause, and write down each status and snapshot."""

    def __init__(self, server: Server, question: dict[str, str], callers: int) -> None:
        self.answers: Counter[tuple[int, str]] = Counter()
        self.failures: list[BaseException] = []
        self._server, self._question = server, question
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._call, daemon=True) for _ in range(callers)]

    @contextmanager
    def calling(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        yield
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _call(self) -> None:
        # Half of the clients open a new connection for each request, so that every worker gets some.
        try:
            with self._server.client(Scope.OMS) as client:
                while not self._stop.is_set():
                    close = {"Connection": "close"} if random.random() < 0.5 else {}
                    answer = client.post(RECOMMEND, json=self._question, headers=close)
                    with self._lock:
                        self.answers[answer.status_code, answer.json().get("snapshot_id", "")] += 1
        except BaseException as error:
            self.failures.append(error)


def question_of(root: Path, ids: list[str]) -> dict[str, str]:
    """Return a question that both snapshots can answer."""
    one, other = (Network.open(root / name).arrays for name in ids)
    return {
        "zip_prefix": min(set(one.zip_prefixes) & set(other.zip_prefixes)),
        "category": min(set(one.category_names) & set(other.category_names)),
    }


def reload_often(folder: Path, root: Path, ids: list[str], *, workers: int, times: int, callers: int) -> None:
    """Swap two snapshots under load; every request must be answered, from one of the two."""
    with serving(folder, root, workers=workers) as running:
        load = Callers(running, question_of(root, ids), callers)
        with load.calling(), running.client(Scope.ADMIN) as admin:
            for turn in range(times):
                wanted = ids[turn % 2]
                set_current(root, wanted)
                answer = admin.post(RELOAD)
                assert answer.status_code == 200, answer.text
                assert (answer.json()["snapshot_id"], answer.json()["workers"]) == (wanted, workers)
                for _ in range(2 * workers):  # new connections: any worker may answer
                    seen = admin.get("/api/v1/snapshot", headers={"Connection": "close"})
                    assert seen.json()["snapshot_id"] == wanted
        log = running.log.read_text("utf-8")
    assert load.failures == []
    assert {status for status, _ in load.answers} == {200}
    assert {name for _, name in load.answers} == set(ids)
    assert sum(load.answers.values()) > times
    assert "Traceback" not in log


@pytest.mark.parametrize("workers", [1, 2])
def test_reloads_under_load_lose_no_request(
    two_snapshots: tuple[Path, list[str]], tmp_path: Path, workers: int
) -> None:
    reload_often(tmp_path / "server", *two_snapshots, workers=workers, times=8, callers=2)


@pytest.mark.campaign
@pytest.mark.parametrize("workers", [1, 3])
def test_a_thousand_reloads_under_load_lose_no_request(
    two_snapshots: tuple[Path, list[str]], tmp_path: Path, workers: int
) -> None:
    reload_often(tmp_path / "server", *two_snapshots, workers=workers, times=1_000, callers=4)


def test_a_snapshot_that_cannot_be_used_changes_nothing(
    two_snapshots: tuple[Path, list[str]], tmp_path: Path
) -> None:
    root, ids = two_snapshots
    set_current(root, ids[0])
    with (
        serving(tmp_path / "server", root, workers=2) as running,
        running.client(Scope.ADMIN) as admin,
    ):
        set_current(root, "missing")
        refused = admin.post(RELOAD)
        assert (refused.status_code, refused.json()["code"]) == (409, "snapshot_unusable")
        next((root / ids[1] / "network").glob("offers.parquet")).write_bytes(b"damaged")
        set_current(root, ids[1])
        refused = admin.post(RELOAD)
        assert (refused.status_code, refused.json()["code"]) == (409, "snapshot_unusable")
        assert str(root) not in refused.text
        assert admin.get("/api/v1/snapshot").json()["snapshot_id"] == ids[0]
        assert admin.get("/readyz").status_code == 200
        set_current(root, ids[0])
        assert admin.post(RELOAD).status_code == 200


def test_a_worker_that_dies_comes_back_with_the_snapshot_in_force(
    two_snapshots: tuple[Path, list[str]], tmp_path: Path
) -> None:
    root, ids = two_snapshots
    set_current(root, ids[0])
    with (
        serving(tmp_path / "server", root, workers=2) as running,
        running.client(Scope.ADMIN) as admin,
    ):
        set_current(root, ids[1])
        assert admin.post(RELOAD).json()["workers"] == 2
        # CURRENT names the first again, but nobody asked for a reload: the second stays in force.
        set_current(root, ids[0])
        kill_one_worker(running)
        for _ in range(10):
            seen = httpx.get(
                f"{running.url}/api/v1/snapshot",
                headers={"Authorization": f"Bearer {running.keys[Scope.OMS]}"},
                timeout=60.0,
            )
            assert seen.json()["snapshot_id"] == ids[1]


def kill_one_worker(running: Server) -> None:
    """Kill the first worker, and wait until another has taken its place."""
    children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children")
    if not children.exists():
        pytest.skip("this machine has no /proc to find workers in")
    workers = [int(pid) for pid in children.read_text().split() if "spawn_main" in command_of(int(pid))]
    os.kill(workers[0], signal.SIGKILL)
    wait_for_workers(running, 3)


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")


def test_requests_under_way_are_finished_when_the_server_stops(
    two_snapshots: tuple[Path, list[str]], tmp_path: Path
) -> None:
    root, ids = two_snapshots
    question = question_of(root, ids)
    with serving(tmp_path / "server", root) as running:
        statuses: list[int] = []

        def ask() -> None:
            with running.client(Scope.OMS) as client:
                while True:
                    try:
                        statuses.append(client.post(RECOMMEND, json=question).status_code)
                    except httpx.ConnectError:
                        return  # the port is closed; a request that was taken would fail otherwise
                    except (httpx.RemoteProtocolError, httpx.ReadError):
                        return  # an idle connection was closed as the next request left

        caller = threading.Thread(target=ask)
        caller.start()
        time.sleep(0.5)
        running.process.terminate()
        assert running.process.wait(30) == 0
        caller.join(10)
    assert set(statuses) == {200}
