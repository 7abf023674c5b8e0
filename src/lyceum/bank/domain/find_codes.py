"""Find codes: eight characters that a learner can read off a sheet and type without asking which letter that was."""

from collections.abc import Callable

ALPHABET = "23456789ACDEFHJKLMNPQRTWXY"
"""No 0 O, 1 I, 2 Z, 5 S, 6 G, 8 B, U V: of two look-alikes one at most, so that the other can be read as it."""
LENGTH = 8

_CYRILLIC = str.maketrans("АВЕКМНОРСТУХЁЗЧБ", "ABEKMHOPCTYXE346")
_LOOK_ALIKES = str.maketrans("O0I1ZSGB", "QQLL2568")


def new_find_code(random_below: Callable[[int], int]) -> str:
    """A random code; `random_below(n)` returns a number from 0 to n-1 (`secrets.randbelow`)."""
    return "".join(ALPHABET[random_below(len(ALPHABET))] for _ in range(LENGTH))


def fold_find_code(typed: str) -> str | None:
    """The code that somebody meant: case, spaces, dashes and look-alikes folded; None if it cannot be one."""
    letters = (letter for letter in typed[:64].upper() if not letter.isspace() and letter not in "-–—_.")
    code = "".join(letters).translate(_CYRILLIC).translate(_LOOK_ALIKES)
    return code if len(code) == LENGTH and all(letter in ALPHABET for letter in code) else None
