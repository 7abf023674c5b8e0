"""Money in whole minor units; a bare number is never an amount."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Money:
    """`amount` minor units of one ISO 4217 currency (XTR, Telegram Stars, has exponent 0)."""

    amount: int
    currency: str = "RUB"

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.amount * times, self.currency)

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added; convert one of them first.")
