"""Typed words: when two spellings are the same answer."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

CACHED_LENGTH = 200
"""Longer patterns are not remembered, so that the memory of the cache stays small."""

_LATIN, _CYRILLIC = "aceopxykmtbhABCEHKMOPTXY", "асеорхукмтвнАВСЕНКМОРТХУ"
_LOOK_ALIKES = {
    True: str.maketrans(f"{_LATIN}0", f"{_CYRILLIC}О"),
    False: str.maketrans(f"{_LATIN}0", f"{_CYRILLIC}о"),
}
"""By whether case matters: a zero is a capital letter or a small one."""
_STAR, _WILD = "\ue000", "\ue001"
_SAME = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—−", "-"),
        **dict.fromkeys("’‘ʼ", "'"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", None),
    }
)
_PRIVATE = str.maketrans("", "", _STAR + _WILD)
_SEPARATORS = re.compile(r"[\s,;]+")


def normalise(written: str, *, case_sensitive: bool, fold_lookalikes: bool) -> str:
    """NFC, spaces collapsed, invisible characters dropped, one kind of dash and apostrophe, no trailing dot; ё as е,
    case folded unless it matters, Latin letters and zeros that look like Cyrillic letters as those."""
    text = written if case_sensitive else written.casefold()
    text = unicodedata.normalize("NFC", text.translate(_SAME))
    if fold_lookalikes:
        text = unicodedata.normalize("NFC", text.translate(_LOOK_ALIKES[case_sensitive]))
    text = unicodedata.normalize("NFC", text.replace("ё", "е").replace("Ё", "Е"))
    text = " ".join(text.split())
    return text.rstrip(". ") or text


def matches(written: str, pattern: str, *, case_sensitive: bool, fold_lookalikes: bool, wildcards: bool = True) -> bool:
    """Whether `written` is `pattern`, where `*` stands for any text and `\\*` for a star; without `wildcards` every
    character stands for itself. Linear time."""
    text = normalise(written.translate(_PRIVATE), case_sensitive=case_sensitive, fold_lookalikes=fold_lookalikes)
    cut = _remembered if len(pattern) <= CACHED_LENGTH else _pieces
    return _fits(text, cut(pattern, case_sensitive, fold_lookalikes, wildcards))


def _pieces(pattern: str, case_sensitive: bool, fold_lookalikes: bool, wildcards: bool) -> Sequence[str]:
    """What stands between the wildcards of a pattern."""
    marked = pattern.translate(_PRIVATE)
    if wildcards:
        marked = marked.replace("\\*", _STAR).replace("*", _WILD)
    folded = normalise(marked, case_sensitive=case_sensitive, fold_lookalikes=fold_lookalikes)
    return [piece.replace(_STAR, "*") for piece in folded.split(_WILD)]


_remembered = lru_cache(4096)(_pieces)


def _fits(text: str, pieces: Sequence[str]) -> bool:
    if len(pieces) == 1:
        return text == pieces[0]
    if not (text.startswith(pieces[0]) and text.endswith(pieces[-1])):
        return False
    start, end = len(pieces[0]), len(text) - len(pieces[-1])
    for piece in pieces[1:-1]:
        found = text.find(piece, start, max(end, start))
        if found < 0:
            return False
        start = found + len(piece)
    return start <= end


def an_example(pattern: str, *, case_sensitive: bool, fold_lookalikes: bool) -> str:
    """A text that the pattern accepts: its wildcards taken as nothing where that will do, as an ellipsis elsewhere."""
    marked = pattern.replace("\\*", _STAR)
    short = marked.replace("*", "").replace(_STAR, "*").strip()
    if short and matches(short, pattern, case_sensitive=case_sensitive, fold_lookalikes=fold_lookalikes):
        return short
    return marked.replace("*", "…").replace(_STAR, "*").strip()


def symbols(written: str, *, case_sensitive: bool = False, fold_lookalikes: bool = True) -> str:
    """The characters of a short answer such as `3 1, 4`: separators dropped, spelled in one way."""
    text = _SEPARATORS.sub("", unicodedata.normalize("NFKC", written))
    return normalise(text, case_sensitive=case_sensitive, fold_lookalikes=fold_lookalikes)
