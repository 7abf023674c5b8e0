"""Numbers as people write them, and whether one is close enough to another."""

import re
import unicodedata
from fractions import Fraction
from functools import lru_cache

MAX_LENGTH = 200
MAX_EXPONENT = 300
EPSILON = Fraction(1, 10**12)
_SIGNS = str.maketrans({**dict.fromkeys("−–—‒－", "-"), "⁄": "/", "’": "'"})
_SPACE = r"[\s']+"
_SPACES = re.compile(_SPACE)
_RAISED = re.compile("[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_VULGAR = re.compile("[¼-¾⅐-⅞]")
_POWER = r"10(?:\^|\*\*)\(?([+-]?\d{1,4})\)?"
_NUMBER = re.compile(rf"([+-]?)(?:(\d+(?:[.,](\d*))?|[.,](\d+))(?:[eEеЕ]([+-]?\d{{1,4}})|[*·×xх]{_POWER})?|{_POWER})")
_RATIO = re.compile(rf"([+-]?)(?:{_SPACE})?(?:(\d{{1,40}}){_SPACE})?(\d{{1,40}})\s*/\s*(\d{{1,40}})")


def parse_number(written: str) -> Fraction | None:
    """The exact value of `−9,81`, `1 234.5`, `1,5e-3`, `3·10^5`, `1/3` or `1 1/3`; None for what is no number."""
    read = _read(written) if len(written) <= MAX_LENGTH else None
    return read[0] if read else None


def decimals_of(written: str) -> int | None:
    """How many digits stand after the decimal sign; those of an exponent do not count. None for a ratio such as 1/3,
    and for what is no number."""
    read = _read(written) if len(written) <= MAX_LENGTH else None
    return read[1] if read else None


def is_close(value: Fraction, wanted: Fraction, tolerance: Fraction, *, relative: bool) -> bool:
    """|value - wanted| <= tolerance, or tolerance x |wanted|; a hair more, so that a border counts as inside."""
    allowed = abs(wanted) * tolerance if relative else tolerance
    return abs(value - wanted) <= allowed + EPSILON * max(allowed, abs(wanted))


def with_decimals(value: Fraction, places: int) -> str:
    """The value rounded, half away from zero, to so many digits after the point: `2.50`."""
    whole = (abs(value) * 10**places * 2 + 1) // 2
    digits = f"{whole:0{places + 1}d}"
    sign = "-" if value < 0 and whole else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


@lru_cache(4096)
def _read(written: str) -> tuple[Fraction, int | None] | None:
    """The value, and the digits after the decimal sign."""
    raised = _RAISED.sub(lambda power: f"^{power[0]}", _VULGAR.sub(lambda part: f" {part[0]}", written))
    text = unicodedata.normalize("NFKC", raised).translate(_SIGNS).strip()
    if "/" in text:
        value = _ratio(text)
        return None if value is None else (value, None)
    found = _NUMBER.fullmatch(_SPACES.sub("", text))
    if found is None:
        return None
    sign, digits, decimals, bare, exponent, power, lone = found.groups()
    shift = int(exponent or power or lone or 0)
    if abs(shift) > MAX_EXPONENT:
        return None
    value = Fraction((digits or "1").replace(",", ".").rstrip(".")) * Fraction(10) ** shift
    return (-value if sign == "-" else value), len(decimals or bare or "")


def _ratio(text: str) -> Fraction | None:
    """`2/3`, `1 2/3` (one and two thirds) or `1 000/3` (a thousand thirds)."""
    found = _RATIO.fullmatch(text)
    if found is None or int(found[4]) == 0:
        return None
    sign, whole, above, below = found[1], found[2], int(found[3]), int(found[4])
    if whole is None:
        value = Fraction(above, below)
    elif len(found[3]) == 3:
        value = Fraction(int(whole + found[3]), below)
    elif 0 < above < below:
        value = int(whole) + Fraction(above, below)
    else:
        return None
    return -value if sign == "-" else value
