"""``malha worker`` and ``malha jobs``: batches, expiry, prices, as a user and his orders meet them."""

from __future__ import annotations

import json
import multiprocessing
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from api import policies
from api.jobs import Shop, SolvePrices
from api.stock import open_stock
from graph import Network
from graph.orders import Order, OrderLine
from graph.stores.files import snapshot_folder
from inventory.audit import audit
from inventory.events import EventType, StockEvent, StockKey
from inventory.forecast import estimate, purchases
from inventory.opening import OpeningRule
from inventory.sql import SqlHome
from inventory.states import OrderState
from replay.desk import Desk
from replay.jobs import Job, Jobs, JobState, Task, wall_clock
from replay.jobs.job import finished
from replay.price_store import PriceStore, StoredPrices
from tests.api.plans import SITE, best_sellers, write_plan
from tests.api.program import malha

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def network(small_snapshot: Path) -> Network:
    return Network.open(small_snapshot)


@pytest.fixture
def ledger(small_snapshot: Path, tmp_path: Path) -> Iterator[SqlHome]:
    """Return a ledger with an opening stock."""
    file = tmp_path / "ledger.db"
    open_stock(small_snapshot, str(file), OpeningRule(cover_days=60))
    home = SqlHome.open(str(file))
    yield home
    home.close()


def orders(network: Network, count: int) -> list[dict[str, Any]]:
    """Return orders of one or two lines, of the products that most sellers offer."""
    sources, names = network.arrays.product_sources, network.arrays.product_ids
    wanted = sorted(names, key=lambda name: (-len(sources.index.of(names.index(name))), name))[:20]
    zips = network.arrays.zip_prefixes
    return [
        {
            "order_id": f"o{number}",
            "destination": {"zip_prefix": zips[number * 7 % len(zips)]},
            "lines": [
                {"line_id": str(row), "product_id": wanted[(number + row) % len(wanted)], "quantity": 1}
                for row in range(1 + number % 2)
            ],
        }
        for number in range(count)
    ]


def command(ledger: SqlHome, snapshot: Path, *more: str) -> list[str]:
    where = ["--db", str(ledger.engine.url.database), "--snapshot", str(snapshot)]
    return ["worker", *where, *more]


def begun(arguments: list[str], stdout: int) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "api", *arguments], stdout=stdout, text=True)


def once(ledger: SqlHome, snapshot: Path, *more: str) -> list[dict[str, Any]]:
    """Run a worker once; return what it logged."""
    done = malha(*command(ledger, snapshot, "--once", *more))
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def submit(ledger: SqlHome, request: dict[str, Any], key: str = "k") -> str:
    with ledger.unit() as unit:
        return Jobs(unit.connection).submit("assign_batch", request, wall_clock(), "shop", key).job_id


def stored(ledger: SqlHome, job_id: str) -> Job:
    with ledger.reading() as unit:
        found = Jobs(unit.connection).get(job_id)
    assert found is not None
    return found


def result(ledger: SqlHome, job_id: str) -> dict[str, Any]:
    job = stored(ledger, job_id)
    assert job.state is JobState.DONE, job.reason
    assert job.result is not None
    return dict(job.result)


def assert_held_once(ledger: SqlHome, count: int) -> None:
    """Every order is held by one decision, and the books are clean."""
    with ledger.reading() as unit:
        assert audit(unit.store).differences == ()
        held = list(unit.store.all_reservations())
        assert len(held) == count
        assert all(len(unit.decisions.of_order(order.order_id)) == 1 for order in held)


def test_a_batch_is_previewed_then_committed(ledger: SqlHome, small_snapshot: Path, network: Network) -> None:
    asked = orders(network, 12)
    asked.append(asked[0] | {"order_id": "nowhere", "destination": {"zip_prefix": "00000"}})
    preview = submit(ledger, {"orders": asked, "mode": "preview", "policy": "cheapest"}, "look")
    commit = submit(ledger, {"orders": asked, "mode": "commit", "policy": "cheapest"}, "do")
    log = once(ledger, small_snapshot, "--policy", "cheapest")
    assert [line["event"] for line in log].count("job_done") == 2
    looked, done = result(ledger, preview), result(ledger, commit)
    assert (looked["orders"], looked["refused"], done["refused"], done["decided_anew"]) == (13, 1, 1, 0)
    assert looked["bound_cents"] <= looked["cost_cents"] == done["cost_cents"]
    assert [row["order_id"] for row in done["outcomes"]] == [order["order_id"] for order in asked]
    assert "zip prefix" in done["outcomes"][-1]["reason"]
    assert_held_once(ledger, 12)
    with ledger.reading() as unit:
        order = unit.ledger.order("o1")
        record = unit.decisions.of_order("o1")[0]
    assert order is not None
    assert order.state is OrderState.RESERVED
    assert record["order"]["destination"] == asked[1]["destination"]
    assert record["lines"][0]["alternatives"]


def test_a_batch_ships_from_the_plan_that_the_server_has(
    ledger: SqlHome, small_snapshot: Path, network: Network, tmp_path: Path
) -> None:
    offers = best_sellers(network, 1)
    zips, product = network.arrays.zip_prefixes, offers["product_id"][0]
    day = network.meta.as_of.isoformat()
    plan = write_plan(tmp_path / "plan", day, offers.with_columns(units=5), zip_prefix=zips[0])
    key = StockKey(product, offers["seller_id"][0], SITE)
    with ledger.unit() as unit:
        unit.ledger.append([StockEvent("plan-1", key, EventType.RECEIVED, 5, NOW)])
    order = {
        "order_id": "o1",
        "destination": {"zip_prefix": zips[0]},
        "lines": [{"line_id": "1", "product_id": product, "quantity": 1}],
    }
    queued = submit(ledger, {"orders": [order], "mode": "preview", "policy": "fastest"})
    once(ledger, small_snapshot, "--placement", str(plan))
    (part,) = result(ledger, queued)["outcomes"][0]["lines"][0]["parts"]
    assert part["source_id"] == key.source_id
    with pytest.raises(AssertionError, match=r"is\s+no\s+plan"):
        once(ledger, small_snapshot, "--placement", str(tmp_path / "none"))


def test_an_order_that_is_known_already_is_refused(
    ledger: SqlHome, small_snapshot: Path, network: Network
) -> None:
    asked = orders(network, 2)
    submit(ledger, {"orders": asked[:1], "mode": "commit", "policy": "cheapest"}, "one")
    both = submit(ledger, {"orders": asked, "mode": "commit", "policy": "cheapest"}, "both")
    once(ledger, small_snapshot, "--policy", "cheapest")
    told = result(ledger, both)["outcomes"]
    assert [row["status"] for row in told] == ["refused", "served"]
    assert "reserved already" in told[0]["reason"]


BAD = [
    ({"mode": "both"}, "mode"),
    ({"policy": "no-such"}, "no-such"),
    ({"orders": []}, "orders"),
    ({"hold_s": {"default": 0}}, "hold_s"),
    ({"policy": "/etc/passwd.toml"}, "Unknown policy"),
]


def test_a_bad_request_fails_with_its_reason(ledger: SqlHome, small_snapshot: Path, network: Network) -> None:
    good = {"orders": orders(network, 1), "mode": "commit"}
    names = [submit(ledger, good | change, f"k{row}") for row, (change, _) in enumerate(BAD)]
    once(ledger, small_snapshot, "--policy", "cheapest")
    for name, (_, told) in zip(names, BAD, strict=True):
        assert stored(ledger, name).state is JobState.FAILED
        assert told in str(stored(ledger, name).reason)


def kill_in_mid_batch(ledger: SqlHome, snapshot: Path, asked: list[dict[str, Any]], kills: int) -> None:
    name = submit(ledger, {"orders": asked, "mode": "commit", "policy": "cheapest"})
    more = ("--policy", "cheapest", "--lease-seconds", "1", "--attempts", "100")
    for number in range(kills):
        with begun(command(ledger, snapshot, *more), subprocess.DEVNULL) as worker:
            aim, started = (number + 1) * len(asked) // (kills + 1), time.monotonic()
            while held(ledger) < aim:
                assert time.monotonic() < started + 120
                assert worker.poll() is None
                time.sleep(0.005)
            worker.kill()
        assert not stored(ledger, name).ended
        with ledger.reading() as unit:
            assert audit(unit.store).differences == ()
    time.sleep(1)
    once(ledger, snapshot, *more)
    done = result(ledger, name)
    assert done["refused"] == 0
    assert [row["order_id"] for row in done["outcomes"]] == [order["order_id"] for order in asked]
    assert stored(ledger, name).attempts == kills + 1
    assert_held_once(ledger, len(asked))


def held(ledger: SqlHome) -> int:
    with ledger.reading() as unit:
        return len(list(unit.store.all_reservations()))


def test_a_worker_killed_in_mid_batch_loses_and_doubles_nothing(
    ledger: SqlHome, small_snapshot: Path, network: Network
) -> None:
    kill_in_mid_batch(ledger, small_snapshot, orders(network, 60), kills=1)


@pytest.mark.campaign
def test_workers_killed_in_mid_batch_again_and_again(
    ledger: SqlHome, small_snapshot: Path, network: Network
) -> None:
    kill_in_mid_batch(ledger, small_snapshot, orders(network, 1_500), kills=15)


def test_holds_expire_and_old_answers_go(ledger: SqlHome, small_snapshot: Path, network: Network) -> None:
    asked = orders(network, 3)
    submit(ledger, {"orders": asked, "mode": "commit", "policy": "cheapest", "hold_s": {"default": 1}})
    log = once(ledger, small_snapshot, "--policy", "cheapest")
    time.sleep(1)
    log += once(ledger, small_snapshot, "--policy", "cheapest", "--answers-days", "1e-9")
    assert sum(line["orders"] for line in log if line["event"] == "expired") == 3
    assert {line["event"]: line for line in log}["forgotten"]["answers"] == 3
    with ledger.reading() as unit:
        assert {order.state for order in unit.store.all_reservations()} == {OrderState.EXPIRED}


def decide(where: str, snapshot: Path, asked: dict[str, Any], at: datetime) -> tuple[str, str, list[Any]]:
    """Return the price version and the decision as one API worker would make it."""
    from api.order_models import order_of  # noqa: PLC0415 (in a process of its own)

    network, policy, home = Network.open(snapshot), policies.load("priced"), SqlHome.open(where)
    with home.reading() as unit:
        prices = PriceStore(unit.connection).latest(at, policy.digest)
        assert prices is not None
        assert prices.version == PriceStore(unit.connection).version(at, policy.digest)
        made = Desk(network, policy, prices).preview(
            order_of(asked, "test", 1), network.meta.as_of, unit.ledger
        )
    home.close()
    return prices.version, made.decision_id, made.to_dict()["lines"]


def test_prices_are_solved_once_and_read_alike_by_two_processes(
    ledger: SqlHome, small_snapshot: Path, network: Network
) -> None:
    log = once(ledger, small_snapshot)
    assert [line["event"] for line in log].count("job_done") == 1
    again = once(ledger, small_snapshot)
    assert "job_started" not in [line["event"] for line in again]
    at = datetime.now(UTC)
    with ledger.reading() as unit:
        store, digest = PriceStore(unit.connection), policies.load("priced").digest
        table = store.latest(at, digest)
        assert store.latest(at - timedelta(days=1), digest) is None
        assert store.latest(at, "another") is None
        found = Jobs(unit.connection).newest()[0].result
    assert table is not None
    assert table.cents
    assert found is not None
    assert (found["version"], found["prices"]) == (table.version, len(table.cents))
    asked = (str(ledger.engine.url.database), small_snapshot, orders(network, 2)[1], at)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        told = [one.get(120) for one in [pool.apply_async(decide, asked) for _ in range(4)]]
    assert told[0][0] == table.version
    assert all(one == told[0] for one in told)


def expected_orders(network: Network, snapshot: Path, count: int) -> list[Order]:
    """Return orders of the types that are expected and have a choice."""
    folder = snapshot_folder(snapshot)
    products = pl.read_parquet(folder / "network" / "products.parquet")
    known = purchases(pl.read_parquet(folder / "events.parquet"), products)
    zips = {name[:3]: name for name in network.arrays.zip_prefixes}
    sources, rows = network.arrays.product_sources.index, network.arrays.product_rows
    kinds = [
        (kind.lines[0][0], kind.region)
        for kind in estimate(known, network.meta.as_of).order_types
        if kind.lines == ((kind.lines[0][0], 1),) and len(sources.of(rows[kind.lines[0][0]])) > 1
    ]
    return [
        Order(f"o{number}", zips[region], (OrderLine("1", product, 1),))
        for number, (product, region) in enumerate(kinds[:count])
    ]


def test_a_window_of_orders_judges_prices(
    ledger: SqlHome, small_snapshot: Path, network: Network, tmp_path: Path
) -> None:
    file = tmp_path / "quick.toml"
    text = (policies.SHIPPED / "priced.toml").read_text("utf-8")
    file.write_text(text.replace("shadow_orders = 1_000", "shadow_orders = 3"), "utf-8")
    policy = policies.load(str(file))

    def solve(hours: int) -> StoredPrices:
        at, request = NOW + timedelta(hours=hours), {"policy_digest": policy.digest, "trigger": "orders"}
        with ledger.unit() as unit:
            Jobs(unit.connection).submit("solve_prices", request, at, "test", str(hours))
            run = Jobs(unit.connection).claim("w", at, timedelta(hours=1), 3, ["solve_prices"])
            assert run is not None
        task = Task(run, str(ledger.engine.url.database), lambda _share, _text: None, lambda: at)
        result = SolvePrices(Shop(small_snapshot, str(file), None))(task)
        with ledger.unit() as unit:
            Jobs(unit.connection).end(run, lambda job: finished(job, at, result))
            found = PriceStore(unit.connection).newest(at, policy.digest)
        assert found is not None
        assert found.table.version == result["version"]
        return found

    first = solve(0)
    assert (first.table.shadow, first.decisions_seen, first.window_from) == (None, 0, 0)
    for order in expected_orders(network, small_snapshot, 6):
        about = {"order": {"destination": {"zip_prefix": order.zip_prefix}}}
        with ledger.unit() as unit:
            Desk(network, policy).commit(unit, order, network.meta.as_of, None, now=NOW, about=about)
    second = solve(1)
    assert second.table.shadow is not None
    assert second.table.shadow.orders == 6
    assert (second.decisions_seen, second.window_from) == (6, 6)
    third = solve(2)  # nothing new: the verdict stands, and the window goes on
    assert third.table.shadow == second.table.shadow
    assert (third.decisions_seen, third.window_from) == (6, 6)
    assert len({found.table.version for found in (first, second, third)}) == 3


def test_sigterm_ends_an_idle_worker(ledger: SqlHome, small_snapshot: Path) -> None:
    asked = command(ledger, small_snapshot, "--policy", "cheapest")
    with begun(asked, subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert json.loads(worker.stdout.readline())["event"] == "worker_started"
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
        assert json.loads(worker.stdout.read().splitlines()[-1])["event"] == "worker_ended"


def test_jobs_are_listed_shown_and_canceled(ledger: SqlHome, network: Network) -> None:
    db = ("--db", str(ledger.engine.url.database))
    assert malha("jobs", "list", *db).stdout == "No jobs.\n"
    name = submit(ledger, {"orders": orders(network, 1), "mode": "commit"})
    assert name in malha("jobs", "list", *db).stdout
    listed = json.loads(malha("jobs", "list", "--json", "--state", "queued", *db).stdout)["jobs"]
    assert [(job["job_id"], job["state"]) for job in listed] == [(name, "queued")]
    assert json.loads(malha("jobs", "cancel", name, "--json", *db).stdout)["state"] == "canceled"
    assert "canceled on request" in malha("jobs", "show", name, *db).stdout
    missing = malha("jobs", "show", "job-0", *db)
    assert (missing.returncode, missing.stderr) == (2, "There is no job 'job-0'.\n")


def test_a_worker_without_ledger_or_snapshot_says_so(
    ledger: SqlHome, small_snapshot: Path, tmp_path: Path
) -> None:
    absent = malha("worker", "--db", str(tmp_path / "no.db"), "--snapshot", str(small_snapshot), "--once")
    assert absent.returncode == 2
    assert "There is no ledger" in absent.stderr
    empty = malha(
        "worker", "--db", str(ledger.engine.url.database), "--snapshot", str(tmp_path / "no"), "--once"
    )
    assert empty.returncode == 2
