"""Reports speak the reader's language: every sentence of every reader and writer has a Russian one with its facts."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import lyceum.bank
from lyceum.bank.adapters.formats.reasons import FIX
from lyceum.bank.adapters.reports import localised
from lyceum.bank.domain.transfers import Note, NoteLevel
from lyceum.platform.i18n import localise_sentence, translator

BANK = Path(lyceum.bank.__file__).parent
SAME = {"{loc}: {why}"}
"""Nothing to translate."""


def sentences() -> Iterator[tuple[str, ast.expr]]:
    """What is told of a refused question or a loss, with its place in the source."""
    for path in sorted(BANK.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (said := _said(node)) is not None:
                yield f"{path.name}:{node.lineno}", said


def _said(call: ast.Call) -> ast.expr | None:
    name = ast.unparse(call.func).rpartition(".")[2]
    if name == "_refuse" and len(call.args) >= 4:
        return call.args[2]
    if name in {"Refuse", "note"} and len(call.args) >= 2:
        return call.args[1]
    if name == "Loss":
        return next((keyword.value for keyword in call.keywords if keyword.arg == "text"), None)
    return None


def test_sentences_of_reports_are_templates_with_a_russian_translation() -> None:
    faults = []
    found = [(place, said) for place, said in sentences() if not isinstance(said, ast.Name | ast.Attribute)]
    assert len(found) > 120
    for place, said in found:
        if not isinstance(said, ast.Constant) or not isinstance(said.value, str):
            faults.append(f"{place}: name the facts in braces and pass them beside the sentence")
        elif said.value not in SAME and translator("ru").gettext(said.value) == said.value:
            faults.append(f"{place}: {said.value!r} has no translation")
        elif names(translator("ru").gettext(said.value)) - names(said.value):
            faults.append(f"{place}: {said.value!r} is translated with other facts")
    assert faults == []


def names(template: str) -> set[str]:
    try:
        return {name for _, name, _, _ in Formatter().parse(template) if name}
    except ValueError:
        return set()


@pytest.mark.parametrize("advice", FIX.values())
def test_advice_is_translated(advice: str) -> None:
    assert translator("ru").gettext(advice) != advice


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("row 7", "строка 7"),
        ("note 5", "карточка 5"),
        ("question 3, line 12", "вопрос 3, строка 12"),
        ("K7Q2M4RX", "K7Q2M4RX"),
        ("", ""),
    ],
)
def test_a_line_of_a_report_is_told_in_the_language_of_its_reader(place: str, expected: str) -> None:
    note = Note(
        level=NoteLevel.REJECTED,
        place=place,
        title="Столица",
        code="answer_not_found",
        reason="The answer '{text}' is none of the options.",
        fix=FIX["answer_not_found"],
        facts={"text": "{line}"},
    )
    told = localised(note, "ru")
    assert told.place == expected
    assert told.reason == "Ответа «{line}» нет среди вариантов."
    assert localised(note, "en").reason == "The answer '{line}' is none of the options."
    assert told.code == note.code


def test_a_sentence_without_facts_keeps_its_braces() -> None:
    assert localise_sentence("a {b} c", {}, "ru") == "a {b} c"
    assert localise_sentence("a {b} c", {"d": "e"}, "en") == "a {b} c"
