"""Looking through texts for forbidden words."""

from collections.abc import Iterable, Mapping

from lyceum.advertising.domain.refusals import ForbiddenWords
from lyceum.advertising.ports import Moderation
from lyceum.kernel.errors import FieldProblem


async def require_clean_texts(moderation: Moderation, texts: Mapping[str, str]) -> None:
    """Raise ForbiddenWords for texts that hold some, naming the words and, as its problems, the fields."""
    found = {name: words for name, text in texts.items() if (words := await moderation.forbidden_in((text,)))}
    if found:
        every = dict.fromkeys(word for words in found.values() for word in words)
        problems = [FieldProblem(name, "forbidden_words", _quoted(words)) for name, words in found.items()]
        raise ForbiddenWords(words=_quoted(every), problems=problems)


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)
