"""Prices: exact decimals, never binary fractions. The contract has no currency; every price is in the platform's one.

A price keeps the digits that it was given with, so that what a sponsor wrote is what a sponsor reads.
"""

from collections.abc import Iterable
from decimal import Context, Decimal, localcontext
from typing import NewType

Price = NewType("Price", Decimal)

MOST = 2**53
"""The largest number that every JSON reader keeps exact."""
DIGITS = 40
"""Most digits after the point."""
_EXACT = Context(prec=400)


def is_price(value: Decimal) -> bool:
    """Whether `value` can be a price: finite, not negative, not beyond 2^53, with at most 40 digits after the point."""
    if not value.is_finite():
        return False
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -DIGITS and 0 <= value <= MOST


def price_of(text: str) -> Price:
    """A kept price."""
    return Price(Decimal(text))


def written(price: Decimal) -> str:
    """The digits of a price, without an exponent: how it is kept and how it is told."""
    return format(price if price else abs(price), "f")


def total(counts: Iterable[tuple[Price, int]]) -> Decimal:
    """What so many events at these prices cost together, to the last digit."""
    with localcontext(_EXACT):
        return sum((price * count for price, count in counts), Decimal(0))
