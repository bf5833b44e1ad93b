"""Payments: one row an order, two where a voucher does not cover it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.synthetic.arrays import Ints, Stream, generator, pick
from ingest.synthetic.demand import Demand
from ingest.synthetic.law import PAYMENT_TYPES
from ingest.synthetic.world import World

_INSTALLMENTS = np.array([30.0, 12, 10, 7, 5, 4, 2, 4, 1, 5])
_CARD, _VOUCHER = PAYMENT_TYPES.index("credit_card"), PAYMENT_TYPES.index("voucher")


@dataclass(frozen=True, slots=True)
class Payments:
    """One row a payment, sorted by order and sequence; types by their place in ``PAYMENT_TYPES``."""

    order: Ints
    sequence: Ints
    payment_type: Ints
    installments: Ints
    value_cents: Ints


def draw_payments(world: World, demand: Demand, order_cents: Ints, seed: int) -> Payments:
    """Draw how each order was paid; the values of an order add up to ``order_cents``."""
    rng = generator(seed, Stream.PAYMENTS, int(demand.number[0]))
    count = demand.number.size
    kind = demand.circumstances.payment_type
    installments = np.where(kind == _CARD, 1 + pick(rng, _INSTALLMENTS, count), 1)
    splits = (kind == _VOUCHER) & (rng.random(count) < world.payments.voucher_split) & (order_cents > 200)
    part = np.where(splits, (order_cents * rng.uniform(0.1, 0.9, count)).astype(np.int64), order_cents)
    missing = rng.random(count) < world.quirks.missing_payment
    one, two = np.flatnonzero(~missing), np.flatnonzero(splits & ~missing)
    order = np.concatenate([one, two])
    rows = np.argsort(order, kind="stable")
    return Payments(
        order=order[rows],
        sequence=np.concatenate([np.ones(one.size, np.int64), np.full(two.size, 2)])[rows],
        payment_type=np.concatenate([kind[one], np.full(two.size, _CARD)])[rows],
        installments=np.concatenate([installments[one], np.ones(two.size, np.int64)])[rows],
        value_cents=np.concatenate([part[one], (order_cents - part)[two]])[rows],
    )
