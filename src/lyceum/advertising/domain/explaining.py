"""Why a text is refused: where in it a forbidden word was found, and behind what."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lyceum.advertising.domain.moderation import ForbiddenWords

WIDEST = 24
"""Neighbouring pieces of a text that can be one word together: letters put apart."""
EDGES = ".,;:!?…()[]{}«»„“”\"'-–—/\\"


class Look(StrEnum):
    """How a forbidden word stands in a text."""

    ITSELF = "itself"
    FORM = "form"
    DISGUISED = "disguised"


@dataclass(frozen=True, slots=True)
class Finding:
    """A forbidden word, the shortest piece of the text that holds it, and how."""

    entry: str
    fragment: str
    look: Look


def explain(words: ForbiddenWords, text: str) -> Sequence[Finding]:
    """What of the text is refused, in the order of the list of words. Takes time: a few milliseconds for a word."""
    pieces = text.split()
    return [_finding(words, entry, pieces) for entry in words.found_in(text)]


def _finding(words: ForbiddenWords, entry: str, pieces: Sequence[str]) -> Finding:
    for width in range(1, min(WIDEST, len(pieces)) + 1):
        for start in range(len(pieces) - width + 1):
            fragment = " ".join(pieces[start : start + width])
            if entry in words.found_in(fragment):
                if width > 1:
                    fragment = _whole(words, entry, pieces, start, width)
                return Finding(entry, fragment.strip(EDGES) or fragment, _look(words, entry, fragment))
    return Finding(entry, " ".join(pieces), Look.DISGUISED)


def _whole(words: ForbiddenWords, entry: str, pieces: Sequence[str], start: int, width: int) -> str:
    """Letters put apart may hold a shorter form of the word they spell: the longest reading from there on."""
    best = " ".join(pieces[start : start + width])
    for longer in range(width + 1, min(WIDEST, len(pieces) - start) + 1):
        fragment = " ".join(pieces[start : start + longer])
        if entry in words.found_in("".join(filter(str.isalnum, fragment))):
            best = fragment
    return best


def _look(words: ForbiddenWords, entry: str, fragment: str) -> Look:
    said, meant = ([_folded(word) for word in text.split()] for text in (fragment, entry))
    if said == meant:
        return Look.ITSELF
    is_form = len(said) == len(meant) and all(
        known in words.plain.get(word, ()) for word, known in zip(said, meant, strict=True)
    )
    return Look.FORM if is_form else Look.DISGUISED


def _folded(word: str) -> str:
    return word.strip(EDGES).lower().replace("ё", "е")
