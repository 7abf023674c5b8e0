"""The functions of question templates: exact where they can be, else to 14 digits, so that every machine agrees."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

MAX_LENGTH_OF_NUMBER = 400
MAX_POWER = 64
MAX_FACTORIAL = 60
MAX_PLACES = 20
DIGITS = 14


@dataclass(frozen=True, slots=True)
class Function:
    """A function of `least`..`most` numbers. `compute` raises ValueError with a reason, or an ArithmeticError."""

    compute: Callable[..., Fraction]
    least: int = 1
    most: int = 1

    @property
    def wanted(self) -> str:
        if self.least == self.most:
            return "one number" if self.most == 1 else f"{self.most} numbers"
        return f"{self.least} to {self.most} numbers"


def power(base: Fraction, exponent: Fraction) -> Fraction:
    if abs(exponent) > MAX_POWER:
        raise ValueError(f"a power above {MAX_POWER}")
    if exponent.denominator == 1:
        return base ** int(exponent)
    return _real(float(base) ** float(exponent))


def rounded(value: Fraction, places: Fraction = Fraction(0)) -> Fraction:
    """Half away from zero, as in school."""
    if abs(places) > MAX_PLACES:
        raise ValueError(f"rounding to more than {MAX_PLACES} places")
    scale = Fraction(10) ** _whole(places)
    whole = math.floor(abs(value) * scale + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole) / scale


def _real(value: float | complex) -> Fraction:
    if isinstance(value, complex) or not math.isfinite(value):
        raise ValueError("not a real number")
    return Fraction(f"{value:.{DIGITS}g}")


def _whole(value: Fraction) -> int:
    if value.denominator != 1:
        raise ValueError(f"{float(value):.10g} is not a whole number")
    return value.numerator


def _sqrt(value: Fraction) -> Fraction:
    if value < 0:
        raise ValueError("the root of a negative number")
    above, below = math.isqrt(value.numerator), math.isqrt(value.denominator)
    if above * above == value.numerator and below * below == value.denominator:
        return Fraction(above, below)
    return _real(math.sqrt(value))


def _log(value: Fraction, base: Fraction | None = None) -> Fraction:
    if value <= 0 or (base is not None and (base <= 0 or base == 1)):
        raise ValueError("a logarithm takes positive numbers, and a base other than 1")
    return _real(math.log(value) if base is None else math.log(value) / math.log(base))


def _factorial(value: Fraction) -> Fraction:
    if value.denominator != 1 or not 0 <= value <= MAX_FACTORIAL:
        raise ValueError(f"factorial takes whole numbers from 0 to {MAX_FACTORIAL}")
    return Fraction(math.factorial(value.numerator))


def _comb(n: Fraction, k: Fraction) -> Fraction:
    if not (0 <= n <= MAX_FACTORIAL * 4 and 0 <= k <= MAX_FACTORIAL * 4):
        raise ValueError(f"comb takes whole numbers from 0 to {MAX_FACTORIAL * 4}")
    return Fraction(math.comb(_whole(n), _whole(k)))


def _circular(function: Callable[[float], float]) -> Function:
    """Digits count from the decimal point here: the sine of pi is 0, not a last bit."""
    return Function(lambda value: _real(round(function(float(value)), DIGITS)))


FUNCTIONS: Mapping[str, Function] = {
    "sqrt": Function(_sqrt),
    "abs": Function(abs),
    "min": Function(lambda *values: min(values), 1, 20),
    "max": Function(lambda *values: max(values), 1, 20),
    "round": Function(rounded, 1, 2),
    "gcd": Function(lambda *values: Fraction(math.gcd(*map(_whole, values))), 2, 20),
    "lcm": Function(lambda *values: Fraction(math.lcm(*map(_whole, values))), 2, 20),
    "sin": _circular(math.sin),
    "cos": _circular(math.cos),
    "tan": _circular(math.tan),
    "log": Function(_log, 1, 2),
    "exp": Function(lambda value: _real(math.exp(value))),
    "factorial": Function(_factorial),
    "comb": Function(_comb, 2, 2),
    "floor": Function(lambda value: Fraction(math.floor(value))),
    "ceil": Function(lambda value: Fraction(math.ceil(value))),
}
