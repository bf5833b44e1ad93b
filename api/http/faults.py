"""What is wrong with a request, at the place in the body where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from api.http.problems import Code, Problem
from api.order_models import OrderIn
from graph.errors import BadInput, Fault

_PLACES = {"zip_prefix": "/destination/zip_prefix", "max_packages": "/limits/max_packages"}


@contextmanager
def told_where(asked: OrderIn) -> Iterator[None]:
    """Let every fault of an order, which is the body, leave as ``request_unusable``."""
    try:
        yield
    except BadInput as error:
        if not error.faults:
            raise
        raise Problem(Code.REQUEST_UNUSABLE, error.message, errors=placed(error, asked)) from None


@contextmanager
def told_at(pointer: Callable[[Fault], str]) -> Iterator[None]:
    """Let every fault of a request leave as ``request_unusable``, at its place in the body."""
    try:
        yield
    except BadInput as error:
        listed = [
            {"pointer": pointer(fault), "detail": f"{fault.kind}. {fault.remedy}"} for fault in error.faults
        ]
        raise Problem(Code.REQUEST_UNUSABLE, error.message, errors=listed) from None


def placed(error: BadInput, asked: OrderIn, at: str = "") -> list[dict[str, str]]:
    """Return every fault of an order, which stands ``at`` in the body, with the place where it is."""
    return [{"pointer": at + _pointer(fault, asked), "detail": _detail(fault)} for fault in error.faults]


def _detail(fault: Fault) -> str:
    found = f" ({fault.value})" if fault.value else ""
    return f"{fault.kind}{found}. {fault.remedy}"


def _pointer(fault: Fault, asked: OrderIn) -> str:
    for row, line in enumerate(asked.lines):
        if fault.row in (line.line_id, f"{asked.order_id}, line {line.line_id}"):
            return f"/lines/{row}/{fault.column}"
    return _PLACES.get(fault.column or "", f"/{fault.column}")
