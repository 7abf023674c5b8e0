"""The fingerprint of a content, by which duplicates are found."""

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence

from lyceum.bank.domain.content import Accepted, Content, Option, ScoreRule

_RULE = ScoreRule()


def content_hash(content: Content) -> str:
    """Hex BLAKE2b-128 of what is asked and what counts as right.

    White space and Unicode forms are folded, the order of choices is left out; case matters.
    """
    text = "\0".join(_parts(content))
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    folded = " ".join(text.split())
    return hashlib.blake2b(folded.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _parts(content: Content) -> Iterator[str]:
    yield content.kind
    yield content.language
    yield content.stem.strip()
    yield f"{content.max_score:g}"
    yield from _choices(content.options, content.key if not content.items else ())
    if content.items:
        yield from _told(content)
    yield from _typed(content.accepted)
    for gap in content.gaps:
        yield from (gap.id, gap.kind, f"{gap.weight:g}", *_choices(gap.options, gap.key), *_typed(gap.accepted))
    if content.rule != _RULE:
        yield repr(content.rule)
    if content.template is not None:
        yield repr(content.template)
    if not content.options and not content.items:
        yield from content.key


def _choices(options: Sequence[Option], key: Sequence[str]) -> list[str]:
    """The texts of the choices in alphabetical order, the right ones marked."""
    return sorted(("+" if option.id in key else "-") + option.text.strip() for option in options)


def _told(content: Content) -> Iterator[str]:
    """What belongs to what, or what comes after what."""
    texts = {option.id: option.text.strip() for option in (*content.options, *content.items)}
    if content.pairs:
        yield from sorted(f"{texts.get(item, item)}={texts.get(to, to)}" for item, to in content.pairs.items())
    else:
        yield from (texts.get(id, id) for id in content.key)


def _typed(accepted: Sequence[Accepted]) -> list[str]:
    return [f"{it.text.strip()}={it.share:g}~{it.tolerance}" for it in accepted]
