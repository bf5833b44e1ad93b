"""``malha decide`` and ``malha assign`` as a user runs them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from api import policies
from graph import Network
from graph.errors import BadInput
from tests.api.program import malha


@pytest.fixture(scope="module")
def product(small_snapshot: Path) -> str:
    network = Network.open(small_snapshot)
    sources, names = network.arrays.product_sources, network.arrays.product_ids
    return max(names, key=lambda name: len(sources.index.of(names.index(name))))


def document(product: str, name: str = "o1", **changes: object) -> dict[str, object]:
    line = {"line_id": "1", "product_id": product, "quantity": 1}
    return {"order_id": name, "destination": {"zip_prefix": "01310"}, "lines": [line], **changes}


def counted(folder: Path, product: str, sellers: Iterable[str]) -> Path:
    """Write a count of one unit of a product at each seller."""
    columns = "product_id,seller_id,location_id,current_stock,reserved_stock,safety_stock,reorder_point,"
    lines = [f"{product},{seller},{seller},1,0,,,,2018-01-01 00:00:00" for seller in sellers]
    stock = folder / "olist_inventory_dataset.csv"
    stock.write_text("\n".join([columns + "lead_time_days,last_updated_at", *lines]) + "\n")
    return stock


def test_decide_prints_one_document(small_snapshot: Path, product: str) -> None:
    done = malha(
        "decide", "--snapshot", small_snapshot, "--zip", "01310-100", "--line", f"{product}:1", "--json"
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["status"] == "served"
    assert told["policy"]["name"] == policies.DEFAULT
    assert sum(told["cost"].values()) == told["cost_cents"]


def test_decide_shows_a_table_and_what_would_change_it(small_snapshot: Path, product: str) -> None:
    done = malha("decide", "--snapshot", small_snapshot, "--zip", "01310", "--line", product)
    assert done.returncode == 0
    for words in ("Packages", "waits", "Lines", "next best", "Cost:"):
        assert words in done.stdout


def test_decide_names_what_it_left_out_and_groups_what_cannot_serve(
    small_snapshot: Path, product: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "250")  # wide enough for tables without folded lines
    ledger = tmp_path / "ledger.db"
    assert malha("stock", "import", counted(tmp_path, product, ["nowhere"]), "--db", ledger).returncode == 0
    done = malha("decide", "--snapshot", small_snapshot, "--zip", "01310", "--line", product, "--db", ledger)
    assert done.returncode == 0, done.stderr
    assert "unserved" in done.stdout
    assert "Left out, at no place that the network knows: seller:nowhere" in done.stdout
    _, _, table = done.stdout.partition("cannot serve it")
    sources = Network.open(small_snapshot).tables["offers"].filter(product_id=product).height
    assert 1 <= table.count("no_stock") <= min(sources, 3)


def test_decide_reads_an_order_from_standard_input(small_snapshot: Path, product: str) -> None:
    asked = json.dumps(document(product, promise_days=9))
    done = malha("decide", "--snapshot", small_snapshot, "--order", "-", "--json", given=asked)
    assert json.loads(done.stdout)["promise_days"] == 9


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--zip", "01310"), "--line"),
        (("--zip", "01310", "--line", "nothing"), "unknown product"),
        (("--zip", "01310", "--line", "a:x"), "PRODUCT:QUANTITY"),
        (("--zip", "01310", "--line", "a", "--policy", "clever"), "Unknown policy"),
    ],
)
def test_decide_says_what_is_wrong(small_snapshot: Path, arguments: tuple[str, ...], told: str) -> None:
    done = malha("decide", "--snapshot", small_snapshot, *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_assign_decides_a_file_and_sets_bad_lines_aside(
    small_snapshot: Path, product: str, tmp_path: Path
) -> None:
    orders, out = tmp_path / "orders.jsonl", tmp_path / "decisions.jsonl"
    good = [json.dumps(document(product, f"o{row}")) for row in range(3)]
    bad = ["no json", json.dumps(document(product, "o1")), json.dumps(document(product, "x", colour="red"))]
    orders.write_text("\n".join([*good, *bad]) + "\n")
    done = malha("assign", "--snapshot", small_snapshot, "--orders", orders, "--out", out, "--json")
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert (told["read"], told["decided"], told["set_aside"]) == (6, 3, 3)
    assert len(told["faults"]) == 3
    assert told["bound_cents"] <= told["cost_cents"]
    decisions = [json.loads(line) for line in out.read_text().splitlines()]
    assert [decision["order_id"] for decision in decisions] == ["o0", "o1", "o2"]
    assert sum(decision["cost_cents"] for decision in decisions) == told["cost_cents"]


def test_assign_keeps_to_the_stock_of_a_file(small_snapshot: Path, product: str, tmp_path: Path) -> None:
    network = Network.open(small_snapshot)
    rows = network.tables["offers"].filter(product_id=product)
    stock = counted(tmp_path, product, rows["seller_id"])
    orders, out = tmp_path / "orders.jsonl", tmp_path / "decisions.jsonl"
    orders.write_text("\n".join(json.dumps(document(product, f"o{row}")) for row in range(rows.height + 1)))
    done = malha(
        *(
            "assign",
            "--snapshot",
            small_snapshot,
            "--orders",
            orders,
            "--out",
            out,
            "--stock",
            stock,
            "--json",
        )
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["served"] <= rows.height
    assert told["unserved"] >= 1


def test_every_shipped_policy_can_be_read() -> None:
    assert [policies.load(name).name for name in policies.names()] == policies.names()


def test_a_users_policy_comes_first_and_its_faults_are_told(tmp_path: Path) -> None:
    (tmp_path / "priced.toml").write_text('name = "priced"\nversion = "9"\nkind = "cost"\n')
    assert policies.load("priced", tmp_path).version == "9"
    (tmp_path / "bad.toml").write_text('name = "bad"\nversion = "1"\nkind = "magic"\ncolour = 1\n')
    with pytest.raises(BadInput) as told:
        policies.load(str(tmp_path / "bad.toml"))
    assert len(told.value.faults) >= 2
    (tmp_path / "worse.toml").write_text("= no toml")
    with pytest.raises(BadInput, match="no TOML"):
        policies.load("worse", tmp_path)
