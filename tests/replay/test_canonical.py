"""The same values have the same bytes."""

from __future__ import annotations

import pytest

from replay.canonical import canonical


@pytest.mark.parametrize("indent", [None, 1])
def test_the_order_of_keys_does_not_matter(indent: int | None) -> None:
    one, other = {"b": 0.1 + 0.2, "a": "São"}, {"a": "São", "b": 0.30000000000000004}
    assert canonical(one, indent) == canonical(other, indent)
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"a": float("nan")}, indent)


def test_what_it_looks_like() -> None:
    assert canonical({"b": [1, 2.5], "a": None}) == '{"a":null,"b":[1,2.5]}'
    assert canonical({"b": 1, "a": {}}, indent=1) == '{\n "a": {},\n "b": 1\n}'
