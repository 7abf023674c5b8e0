"""The language of the reader: which one, and the words in it.

English texts are the message ids. Russian stands in `locale/ru.po` and in fragments `locale/<context>.ru.po`; all of
them are read once, at first use, and merged (the earlier file wins).
"""

import gettext
import io
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Literal, Protocol, cast

from lyceum.kernel.errors import AppError, FieldProblem

type Locale = Literal["ru", "en"]

DEFAULT: Locale = "ru"
COOKIE = "ly_locale"
PHRASES = frozenset({"why", "place", "layout"})
"""Facts that are words of ours; all others are quoted and stay as they are."""
FOLDER = Path(__file__).parent / "locale"

_NUMBERED = re.compile(r"\b(line|row|question|item|note) (\d+)")


class Translator(Protocol):
    """Messages in one language; a message without a translation comes back as it is, in English."""

    def gettext(self, message: str, /) -> str: ...
    def ngettext(self, singular: str, plural: str, n: int, /) -> str: ...
    def pgettext(self, context: str, message: str, /) -> str: ...
    def npgettext(self, context: str, singular: str, plural: str, n: int, /) -> str: ...


def negotiate(accept_language: str | None, cookie: str | None, profile: str | None) -> Locale:
    """The language to answer in: the choice made on this device, else the profile's, else the first of the browser's
    languages that we speak, else Russian."""
    for wish in (cookie, profile, *_accepted(accept_language or "")):
        if wish in ("ru", "en"):
            return cast(Locale, wish)
    return DEFAULT


def _accepted(header: str) -> list[str]:
    """Primary language tags of an Accept-Language header, the most wanted first; refused ones (q=0) left out."""
    wishes: list[tuple[float, str]] = []
    for item in header[:1000].split(","):
        tag, _, parameters = item.strip().partition(";")
        name, _, quality = parameters.strip().partition("=")
        try:
            weight = float(quality) if name.strip() == "q" else 1.0
        except ValueError:
            weight = 0.0
        if tag and weight > 0:
            wishes.append((weight, tag.partition("-")[0].lower()))
    return [tag for _, tag in sorted(wishes, key=lambda wish: -wish[0])]


def translator(locale: str) -> Translator:
    """The words of a language; English for one that we do not speak."""
    return _russian() if locale == "ru" else _english()


@cache
def _english() -> Translator:
    return gettext.NullTranslations()


@cache
def _russian() -> Translator:
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    whole = Catalog(locale="ru", charset="utf-8")
    for path in catalogues():
        with path.open("rb") as file:
            for message in read_po(file, locale="ru"):
                if message.id and message.string and whole.get(_id(message.id), message.context) is None:
                    whole.add(message.id, message.string, context=message.context)
    compiled = io.BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _id(message: str | tuple[str, ...] | list[str]) -> str:
    return message if isinstance(message, str) else message[0]


def catalogues(folder: Path = FOLDER) -> Iterator[Path]:
    """The Russian catalogue and its fragments, the main one first."""
    yield folder / "ru.po"
    yield from sorted(folder.glob("*.ru.po"))


def localise_error(error: AppError, locale: str) -> str:
    """The sentence of a refusal in the reader's language: its template is translated, then filled with its facts."""
    return localise_sentence(error.text, error.facts, locale) if error.facts else translator(locale).gettext(error.text)


def localise_sentence(template: str, facts: Mapping[str, object], locale: str) -> str:
    """A sentence that names its facts in braces, in the reader's language; without facts its braces are its own."""
    sentence = translator(locale).gettext(template) if template else ""
    if not facts:
        return sentence
    told = {name: localise_phrase(fact, locale) if name in PHRASES else fact for name, fact in facts.items()}
    try:
        return sentence.format_map(told)
    except (KeyError, IndexError, ValueError):
        return sentence


def localise_phrase(fact: object, locale: str) -> str:
    """A phrase of ours inside a sentence; in one that is not known, `line 12` and the like are still translated."""
    phrase, gettext = str(fact), translator(locale).gettext
    told = gettext(phrase) if phrase else ""
    words = {word: gettext(word) for word in ("line", "row", "question", "item", "note")}
    return told if told != phrase else _NUMBERED.sub(lambda found: f"{words[found[1]]} {found[2]}", phrase)


def localise_problem(problem: FieldProblem, locale: str) -> str:
    """What is wrong with a field, in the reader's language where the catalogue knows the sentence."""
    return translator(locale).gettext(problem.msg)
