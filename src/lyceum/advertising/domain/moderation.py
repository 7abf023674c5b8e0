"""Forbidden words in a text, through what is done to hide them.

Seen through are letters of other scripts that look alike (Unicode TR39) and marks on letters, digits and signs for
letters inside a word, letters repeated, letters put apart by signs or blanks, and the forms of Russian and English
words. Whole words only: a forbidden «рак» does not catch «характер».

Every distinct word of the text is looked up in tables of finished forms, so time grows with the text and not with the
list of words.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import groupby

from lyceum.advertising.domain.confusables import LETTERS, LOOKS
from lyceum.advertising.domain.inflection import forms

MARKS = ((0x0300, 0x036F), (0x0483, 0x0489), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE20, 0xFE2F))
INVISIBLE: tuple[tuple[int, int], ...] = (
    (0xAD, 0xAD),
    (0x34F, 0x34F),
    (0x61C, 0x61C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
)
INVISIBLE += ((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F))
INVISIBLE += ((0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xE0000, 0xE007F), (0xE0100, 0xE01EF))
GONE: dict[int, str | None] = {code: None for first, last in MARKS + INVISIBLE for code in range(first, last + 1)}
LOOK_ALIKES = dict(zip(LOOKS, LETTERS, strict=True)) | dict(zip("іІιΙ", "iIiI", strict=True))
"""TR39 has one letter for all that is a stroke; here those that are an i stay one."""
OTHER_CASE = {
    other: letter
    for look, letter in LOOK_ALIKES.items()
    for other in (look.upper(), look.lower())
    if len(other) == 1 and not other.isascii() and not "А" <= other <= "я" and other not in LOOK_ALIKES
}
PLAIN = {ord(look): letter for look, letter in (OTHER_CASE | LOOK_ALIKES).items()} | GONE

LATIN_AS_RUSSIAN = str.maketrans("aceopxykABCEHKMOPTXY", "асеорхукАВСЕНКМОРТХУ")
RUSSIAN_AS_LATIN = str.maketrans("асеорхукАВСЕНКМОРТХУ", "aceopxykABCEHKMOPTXY")
LOOKS_RUSSIAN = re.compile(r"[aceopxykABCEHKMOPTXY]{3,}")
LOOKS_LATIN = re.compile(r"[асеорхукАВСЕНКМОРТХУ]{3,}")

ALIKE = (
    ("а", "аaч4@"),
    ("в", "вбьъb68"),
    ("с", "сcs5$"),
    ("д", "дd"),
    ("е", "еёэзez3€"),
    ("г", "гr"),
    ("9", "g9"),
    ("н", "нпhn"),
    ("и", "иййiіїуuyлl1!|"),
    ("к", "кk"),
    ("м", "мm"),
    ("о", "оo0"),
    ("р", "рp"),
    ("т", "тt7"),
    ("ф", "фf"),
    ("х", "хx"),
    ("ш", "шщw"),
)
COARSE = str.maketrans({sign: group for group, signs in ALIKE for sign in signs})
"""Signs that stand for one another in a disguised word, each group put to its first. For disguised words alone."""
SIGNS = "@$€!|"
RUSSIAN = re.compile(r"[а-я]+")
INNER = re.compile(r"[^\W_]+")
SPACED = re.compile(r"(?<!\S)[^\W_](?:[^\w\s]{0,2}\s{1,3}[^\W_](?![^\W_])){2,}")
REPEATED = re.compile(r"(.)\1")
BEGINS = re.compile(r"[^\W_]|[@$€!|]")
ENDS = re.compile(r"[^\W_]|[@$€]")
RUSSIAN_VOWELS = frozenset("аеиоуыэюя")
LEAST_DISGUISED = 3
HEAD = 3


@dataclass(frozen=True, slots=True, eq=False)
class ForbiddenWords:
    """A list of forbidden words and phrases, ready to look for."""

    entries: tuple[str, ...]
    plain: Mapping[str, Set[str]]
    squeezed: Mapping[str, Sequence[str]]
    coarse: Mapping[str, Set[str]]
    phrases: Mapping[str, Sequence[tuple[str, tuple[str, ...]]]]
    heads: Set[str]
    longest: int

    @classmethod
    def of(cls, entries: Iterable[str]) -> "ForbiddenWords":
        """From words as an operator writes them. Those without a letter or digit are passed over."""
        known = tuple(dict.fromkeys(entry for entry in entries if _words(entry)))
        phrases: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
        singles: dict[str, set[str]] = defaultdict(set)
        for entry in known:
            words = _words(entry)
            phrases[words[0]].append((entry, tuple(words)))
            for word in words:
                for form in forms(word):
                    singles[form].add(word)
        squeezed: dict[str, list[str]] = defaultdict(list)
        coarse: dict[str, set[str]] = defaultdict(set)
        for form, words_of in singles.items():
            squeezed[squeeze(form)].append(form)
            if len(form) >= LEAST_DISGUISED:
                coarse[squeeze(form.translate(COARSE))] |= words_of
        heads = {form[:HEAD] for form in coarse if len(form) >= HEAD}
        longest = max(map(len, coarse), default=0)
        return cls(known, dict(singles), dict(squeezed), dict(coarse), dict(phrases), heads, longest)

    def found_in(self, text: str) -> tuple[str, ...]:
        """The entries that the text holds, in the order of the list."""
        if not self.entries:
            return ()
        # Look-alikes before compatibility forms, which would make a Greek sigma of what looks like a C.
        seen = unicodedata.normalize("NFC", text).translate(PLAIN)
        if not unicodedata.is_normalized("NFKC", seen):
            seen = unicodedata.normalize("NFKC", seen).translate(PLAIN)
        chunks = seen.split()
        meanings = {chunk: found for chunk in set(chunks) if (found := self._read(chunk))}
        apart = [self._join(INNER.findall(match[0])) for match in SPACED.finditer(seen)]
        words = frozenset[str]().union(*meanings.values(), *apart)
        found = {entry for word in words for entry, parts in self.phrases.get(word, ()) if len(parts) == 1}
        longer = {entry: parts for word in words for entry, parts in self.phrases.get(word, ()) if len(parts) > 1}
        if longer:
            found |= _phrases_in(self._sequence(chunks, meanings), longer)
        return tuple(entry for entry in self.entries if entry in found)

    def _read(self, chunk: str) -> Set[str]:
        """The forbidden words that something between blanks can be read as."""
        if chunk.isalnum():
            return self._word(chunk)
        core = _tidy(chunk)
        if core.isalnum():
            return self._word(core)
        parts = INNER.findall(core)
        found: set[str] = set()
        for part in set(parts):
            found |= self._word(part)
        if len(parts) > 1:
            found |= self._join(parts)
        if any(sign in core for sign in SIGNS):
            for part in re.findall(r"(?:[^\W_]|[@$€!|])+", core):
                found |= self._disguised(part.lower())
        return found

    def _word(self, token: str) -> Set[str]:
        folded = token.lower()
        if "ё" in folded:
            folded = folded.replace("ё", "е")
        found = self.plain.get(folded, frozenset[str]())
        if REPEATED.search(folded):
            found = found | self._repeated(folded)
        if token.isascii():
            if LOOKS_RUSSIAN.fullmatch(token):
                found = found | self.plain.get(token.translate(LATIN_AS_RUSSIAN).lower(), frozenset())
            return found if token.isalpha() else found | self._disguised(folded)
        if LOOKS_LATIN.fullmatch(token):
            return found | self.plain.get(token.translate(RUSSIAN_AS_LATIN).lower(), frozenset())
        return found if RUSSIAN.fullmatch(folded) else found | self._disguised(folded)

    def _repeated(self, token: str) -> set[str]:
        """Forms of which the token is one with letters repeated.

        Two letters for one may be another word (бал, балл; god, good), so that takes a Russian vowel, a third letter,
        or a second such place in the word.
        """
        runs = [(letter, len(list(group))) for letter, group in groupby(token)]
        found: set[str] = set()
        for form in self.squeezed.get("".join(letter for letter, _ in runs), ()):
            meant = [len(list(group)) for _, group in groupby(form)]
            longer = [(letter, length) for (letter, length), least in zip(runs, meant, strict=True) if length > least]
            shorter = any(length < least for (_, length), least in zip(runs, meant, strict=True))
            sure = len(longer) > 1 or any(length > 2 or letter in RUSSIAN_VOWELS for letter, length in longer)
            if sure and not shorter:
                found |= self.plain[form]
        return found

    def _disguised(self, token: str) -> Set[str]:
        """What a word of mixed scripts, or with digits and signs inside, can be read as."""
        letters = sum(map(str.isalpha, token))
        if len(token) < LEAST_DISGUISED or letters * 2 < len(token):
            return frozenset()
        found = self.coarse.get(squeeze(token.translate(COARSE)))
        if found is None and token[-1] in "!|":
            found = self.coarse.get(squeeze(token.rstrip("!|").translate(COARSE)))
        return found or frozenset()

    def _join(self, parts: Sequence[str]) -> set[str]:
        """What neighbouring parts give when they are put together, as a disguised word."""
        letters: list[str] = []
        starts, ends = set[int](), set[int]()
        for part in parts:
            for place, letter in enumerate(part.lower().translate(COARSE)):
                if not letters or letters[-1] != letter:
                    letters.append(letter)
                if place == 0:
                    starts.add(len(letters) - 1)
            ends.add(len(letters))
        joined = "".join(letters)
        found: set[str] = set()
        for start in starts:
            if joined[start : start + HEAD] in self.heads:
                for end in range(start + HEAD, min(len(joined), start + self.longest) + 1):
                    if end in ends:
                        found |= self.coarse.get(joined[start:end], frozenset())
        return found

    def _sequence(self, chunks: Iterable[str], meanings: Mapping[str, Set[str]]) -> Iterator[Set[str]]:
        """The meanings of the words of the text in order, those inside one chunk apart."""
        for chunk in chunks:
            if chunk.isalnum() or len(parts := INNER.findall(chunk)) < 2:
                yield meanings.get(chunk, frozenset[str]())
            else:
                yield from (self._word(part) for part in parts)


def _tidy(chunk: str) -> str:
    """Without the signs around it that stand for nothing."""
    begins, ends = BEGINS.search(chunk), ENDS.search(chunk[::-1])
    return chunk[begins.start() : len(chunk) - ends.start()] if begins and ends else ""


def squeeze(word: str) -> str:
    """Every run of the same letter as one."""
    return "".join(letter for letter, _ in groupby(word)) if REPEATED.search(word) else word


def _words(entry: str) -> list[str]:
    text = unicodedata.normalize("NFKC", entry).translate(GONE).lower().replace("ё", "е")
    return INNER.findall(text)


def _phrases_in(sequence: Iterable[Set[str]], phrases: Mapping[str, tuple[str, ...]]) -> set[str]:
    found: set[str] = set()
    begun: list[tuple[str, tuple[str, ...]]] = []
    for meanings in sequence:
        begun = [
            (entry, rest[1:])
            for entry, rest in [*begun, *((entry, parts) for entry, parts in phrases.items())]
            if rest[0] in meanings
        ]
        found |= {entry for entry, rest in begun if not rest}
        begun = [(entry, rest) for entry, rest in begun if rest]
    return found
