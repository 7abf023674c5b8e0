"""Languages: which one is chosen, and that nothing a person reads stays untranslated."""

import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

import lyceum
from lyceum.kernel.errors import AppError, FieldProblem, NotFound
from lyceum.platform.i18n import catalogues, localise_error, localise_problem, negotiate, translator

PACKAGE = Path(lyceum.__file__).parent
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
type Key = tuple[str | None, str]


@pytest.mark.parametrize(
    ("header", "cookie", "profile", "expected"),
    [
        (None, None, None, "ru"),
        ("", "", "", "ru"),
        ("en-US,en;q=0.9", None, None, "en"),
        ("ru,en;q=0.9", None, None, "ru"),
        ("en;q=0.2, ru;q=0.8", None, None, "ru"),
        ("de-DE,de;q=0.9,en;q=0.5", None, None, "en"),
        ("de", None, None, "ru"),
        ("en;q=0, ru", None, None, "ru"),
        ("en;q=oops, *", None, None, "ru"),
        ("en", "ru", None, "ru"),
        ("ru", None, "en", "en"),
        ("ru", "en", "ru", "en"),
        ("en", "xx", "fr", "en"),
    ],
)
def test_the_choice_of_the_device_comes_first_then_the_profile_then_the_browser(
    header: str | None, cookie: str | None, profile: str | None, expected: str
) -> None:
    assert negotiate(header, cookie, profile) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, "1 поле"), (2, "2 поля"), (5, "5 полей"), (11, "11 полей"), (21, "21 поле"), (104, "104 поля")],
)
def test_russian_numbers_have_three_forms(number: int, expected: str) -> None:
    text = translator("ru").ngettext("%(num)d field needs a change", "%(num)d fields need a change", number)
    assert text % {"num": number} == f"Нужно исправить {expected}"


def test_an_unknown_message_and_an_unknown_language_stay_english() -> None:
    assert translator("ru").gettext("No such message anywhere") == "No such message anywhere"
    assert translator("de").gettext("Home") == "Home"


class Lost(NotFound):
    code = "tests.lost"
    text = "The request was refused."


class Named(NotFound):
    code = "tests.named"
    text = "{name} is larger than the {limit_mb} MiB allowed here. Nothing was kept; make it smaller and send it again."


def test_a_refusal_is_translated_as_a_template_and_then_filled() -> None:
    assert localise_error(Lost(), "ru") == "Запрос отклонён."
    assert localise_error(Named(name="фильм.mp4", limit_mb=500), "ru").startswith("фильм.mp4 больше 500 МБ")
    assert localise_error(Named(name="film.mp4", limit_mb=500), "en").startswith("film.mp4 is larger than the 500 MiB")


def test_a_field_problem_is_translated_where_the_catalogue_knows_it() -> None:
    assert localise_problem(FieldProblem("name", "x", "Close"), "ru") == "Закрыть"
    assert localise_problem(FieldProblem("name", "x", "Odd"), "ru") == "Odd"


@cache
def catalogue() -> dict[Key, str]:
    """Every translated message of all fragments: context and id to its first form."""
    found: dict[Key, str] = {}
    for path in catalogues():
        with path.open("rb") as file:
            for message in read_po(file, locale="ru"):
                strings = [message.string] if isinstance(message.string, str) else list(message.string)
                if message.id and all(strings):
                    identity = message.id if isinstance(message.id, str) else message.id[0]
                    found[(message.context, identity)] = strings[0]
    return found


def used() -> Iterator[tuple[Key, str]]:
    """Every message that templates and modules ask for, with the file that does."""
    for path in sorted(PACKAGE.rglob("*.html")):
        options = {"trim_blocks": "true", "newstyle_gettext": "true", "silent": "false"}
        yield from _messages("jinja2", path, options | {"extensions": "jinja2.ext.do"})
    for path in sorted(PACKAGE.rglob("*.py")):
        yield from _messages("python", path, {})


def _messages(method: str, path: Path, options: dict[str, str]) -> Iterator[tuple[Key, str]]:
    for _, message, _, context in extract_from_file(method, path, keywords=KEYWORDS, options=options):
        yield (context, message if isinstance(message, str) else message[0]), str(path.relative_to(PACKAGE))


def test_every_message_of_pages_and_modules_has_a_russian_translation() -> None:
    missing = [f"{place}: {key}" for key, place in used() if key not in catalogue()]
    assert not missing, "Add to locale/<context>.ru.po:\n" + "\n".join(missing)


def refusals(root: type[AppError] = AppError) -> Iterator[type[AppError]]:
    for module in pkgutil.walk_packages(lyceum.__path__, "lyceum."):
        importlib.import_module(module.name)
    stack = [root]
    while stack:
        refusal = stack.pop()
        stack += refusal.__subclasses__()
        if refusal.__module__.startswith("lyceum."):
            yield refusal


def test_every_refusal_has_a_russian_translation() -> None:
    missing = sorted(
        {f"{refusal.code}: {refusal.text}" for refusal in refusals() if (None, refusal.text) not in catalogue()}
    )
    assert not missing, "Add to locale/<context>.ru.po:\n" + "\n".join(missing)


@pytest.mark.parametrize("path", list(catalogues()), ids=lambda path: path.name)
def test_a_catalogue_has_nothing_fuzzy_empty_or_obsolete(path: Path) -> None:
    with path.open("rb") as file:
        messages = read_po(file, locale="ru", abort_invalid=True)
    assert not messages.obsolete
    assert not [message.id for message in messages if message.fuzzy and message.id]
    assert not [message.id for message in messages if message.id and not message.string]


def test_no_two_catalogues_translate_a_message_differently() -> None:
    seen: dict[Key, set[tuple[str, ...]]] = {}
    for path in catalogues():
        with path.open("rb") as file:
            for message in read_po(file, locale="ru"):
                if message.id:
                    identity = message.id if isinstance(message.id, str) else message.id[0]
                    forms = (message.string,) if isinstance(message.string, str) else tuple(message.string)
                    seen.setdefault((message.context, identity), set()).add(forms)
    assert not [key for key, translations in seen.items() if len(translations) > 1]


@pytest.mark.parametrize("path", list(catalogues()), ids=lambda path: path.name)
def test_no_catalogue_says_a_message_twice(path: Path) -> None:
    entries = re.findall(
        r'^(?:msgctxt (".*")\n)?msgid (".*"(?:\n".*")*)', path.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert not [entry for entry, times in Counter(entries).items() if times > 1]


def fields(text: str) -> set[tuple[str, str]]:
    """The facts that a message names, `{fact}` or `%(fact)s`."""
    return set(re.findall(r"%\((\w+)\)|\{(\w+)", text))


def test_a_translation_names_the_facts_of_its_message_and_no_others() -> None:
    wrong = [key for key, text in catalogue().items() if fields(key[1]) != fields(text)]
    assert not wrong


def test_no_template_takes_a_variable_for_a_message_with_formats_and_markup() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)}: {call}"
        for path in sorted(PACKAGE.rglob("*.html"))
        for call in re.findall(r"(?<![\w.])n?p?(?:gettext|_)\(\s*[^'\"\s)][^)]{0,40}", path.read_text(encoding="utf-8"))
    ]
    assert not wrong, "Say `variable|translated`: a `%` in it is no format, and `<` no markup:\n" + "\n".join(wrong)
