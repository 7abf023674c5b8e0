"""Numbers as people and programs write them."""

import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from lyceum.bank.domain.scoring.numbers import parse_number

_MINUS = str.maketrans({"−": "-", "–": "-", "‒": "-", "—": "-", "＋": "+"})
_GROUPS = re.compile("(?<=\\d)[ \u00a0\u2009\u202f'](?=\\d)")
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+))(?:[eE]([-+]?\d{1,3})|\s*[·*×]\s*10\^?\{?([-+]?\d{1,3})\}?)?$")
_THIRDS = tuple(sign * a / b for a, b in ((1, 3), (2, 3), (1, 6), (5, 6), (1, 7), (1, 9)) for sign in (1, -1))
_MAX_DIGITS = 100


def canonical(text: str) -> str | None:
    """A number as a plain decimal, `-9.81`; None for what is none.

    Decimal comma, unicode minus, spaces between groups of digits, `e` and `·10^` exponents are understood.
    """
    bare = _GROUPS.sub("", text.strip().translate(_MINUS))
    if len(bare) > _MAX_DIGITS:
        return None
    if "," in bare:
        bare = _without_commas(bare)
    match = _NUMBER.match(bare)
    if match is None:
        return None
    exponent = match[2] or match[3]
    if exponent is None and not match[1].startswith((".", "+")) and not match[1].endswith("."):
        return match[1]
    return decimal_text(Decimal(f"{match[1]}e{exponent or 0}"))


def _without_commas(text: str) -> str:
    comma, point = text.rfind(","), text.rfind(".")
    if point > comma or text.count(",") > 1:
        return text.replace(",", "")
    return text.replace(".", "").replace(",", ".")


def is_drawn(text: str) -> bool:
    """Whether a number is one that the template of its question draws or computes: `{{b}}`."""
    return "{{" in text


def known(text: str) -> str | None:
    """`canonical`, or the ratio that a number is: `1/3`."""
    return canonical(text) or (text.strip() if parse_number(text) is not None else None)


def exact_decimal(text: str) -> str | None:
    """`canonical`, and besides the ratios that end as decimals: `0.25` for `1/4`, None for `1/3`."""
    if (number := canonical(text)) is not None:
        return number
    if (ratio := parse_number(text)) is None:
        return None
    written = Decimal(ratio.numerator) / Decimal(ratio.denominator)
    return decimal_text(written) if Fraction(written) == ratio else None


def decimal_text(number: Decimal) -> str:
    try:
        text = format(number, "f")
    except (InvalidOperation, OverflowError):
        return str(number)
    return text if len(text) <= _MAX_DIGITS else str(number)


def hundredth(text: str) -> str:
    return decimal_text(Decimal(text).scaleb(-2))


def between(low: str, high: str) -> tuple[str, str]:
    """Middle and half width of a range of two canonical numbers, in either order."""
    a, b = Decimal(low), Decimal(high)
    return decimal_text((a + b) / 2), decimal_text(abs(b - a) / 2)


def share(per_cent: float) -> float:
    """A percentage as a share; 33.333 and its kin are the thirds, sixths, sevenths and ninths that they round."""
    value = per_cent / 100
    for exact in _THIRDS:
        if abs(value - exact) < 0.0005:
            return exact
    return value


def snapped(part: float) -> float:
    """A share that was computed or rounded as the one that is meant: a third, or a decimal of nine digits."""
    exact = share(part * 100)
    return exact if exact in _THIRDS else round(part, 9)


def per_cent(value: float) -> str:
    """A share as a percentage with at most seven digits after the point: `33.3333333`, `50`."""
    return f"{value * 100:.7f}".rstrip("0").rstrip(".") if abs(value) >= 1e-9 else "0"
