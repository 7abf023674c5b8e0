"""Words of Russian and English texts, folded and stemmed: for the search, and for whoever asks what a text is about.

Stems are Snowball's, Russian for Cyrillic words and English for Latin ones.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from html import unescape

from Stemmer import Stemmer

MAX_TERM = 40
_WORD = re.compile(r"[^\W_]+")
_TAG = re.compile(r"<[^>]*>")
_CYRILLIC = re.compile(r"[а-яё]")
_russian = Stemmer("russian", 0)
_english = Stemmer("english", 0)


@lru_cache(200_000)
def stem(word: str) -> str:
    """The stem of a folded word, by its script."""
    stemmer = _russian if _CYRILLIC.search(word) else _english
    found: str = stemmer.stemWord(word)
    return found[:MAX_TERM]


def fold(written: str) -> list[str]:
    """The words of a text in order: tags and entities gone, case, width and ё folded."""
    if "<" in written:
        written = _TAG.sub(" ", written)
    if "&" in written:
        written = unescape(written)
    if not written.isascii():
        written = unicodedata.normalize("NFKC", written)
    return _WORD.findall(written.casefold().replace("ё", "е"))


def terms_of(texts: Iterable[str]) -> list[str]:
    """The distinct stems of some texts, for the index."""
    return sorted({stem(word) for word in fold(" ".join(texts))})
