"""Multiple-choice note types of Anki's add-ons, recognised by the names of their fields."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lyceum.bank.adapters.formats import building
from lyceum.bank.adapters.formats.building import Choice, Raw
from lyceum.bank.adapters.formats.reasons import Refuse
from lyceum.bank.adapters.formats.texts import Text, plain
from lyceum.bank.domain.content import Content

_OPTION = re.compile(
    r"(?:q|mc|option|choice|answer|wrong|incorrect|distractor|вариант|ответ)[ _-]*([1-9][0-9]?|[a-j])$|([a-j])$"
)
_RIGHT = re.compile(
    r"(?:correct|right|правильн\w*|верн\w*)[ _-]*(?:answers?|options?|choices?|ответы?)?$|answers?$|key$"
)
_WRONG = re.compile(r"(?:wrong|incorrect|distractor)")
_QUESTION = re.compile(r"(?:question|front|stem|text|вопрос)$")
_EXPLANATION = re.compile(r"(?:explanation|extra ?1?|sources?|ref(?:erence)?|comment|пояснение|объяснение)$")
_BITS = re.compile(r"[01](?:\s*[ ,;]\s*[01])*$")
_NAMED = re.compile(r"[A-Ja-j1-9](?:\s*[ ,;/]?\s*[A-Ja-j1-9])*$")
_TAG = re.compile(r"<[^<>]*>|&nbsp;")


@dataclass(frozen=True, slots=True)
class ChoiceNote:
    """The fields of a note, told apart. `right` is what names the right options, or the one right option itself."""

    stem: str
    options: Sequence[tuple[str, str]]
    """Label (a letter or a number) and text of each."""
    right: str
    right_is_an_option: bool
    explanations: Sequence[str]

    def content(self, raw: Raw, text: Callable[[str], Text]) -> Content:
        raw.stem = text(self.stem)
        explanations = [found for item in self.explanations if (found := text(item))]
        raw.explanation = explanations[0] if explanations else plain("")
        options = [(label, item) for label, item in self.options if item.strip()]
        if self.right_is_an_option:
            choices = [Choice(text=text(self.right), share=1.0)]
            choices += [Choice(text=text(item), share=0.0) for _, item in options]
            return building.choice(raw, choices, single=True)
        right = self._right(options)
        if len(right) == 1:
            choices = [Choice(text=text(item), share=float(n in right)) for n, (_, item) in enumerate(options)]
            return building.choice(raw, choices, single=True)
        part = 1 / len(right)
        choices = [Choice(text=text(item), share=part if n in right else -part) for n, (_, item) in enumerate(options)]
        return building.choice(raw, choices, single=False)

    def _right(self, options: Sequence[tuple[str, str]]) -> set[int]:
        """The places of the right options: told by bits, by letters or numbers, or by a text."""
        said = _bare(self.right)
        if not said:
            raise Refuse("empty_answer", "The note does not say which option is right.")
        found = {number for number, (_, item) in enumerate(options) if _bare(item).casefold() == said.casefold()}
        if not found and _BITS.match(said) and len(re.findall("[01]", said)) == len(options):
            found = {number for number, bit in enumerate(re.findall("[01]", said)) if bit == "1"}
        elif not found and _NAMED.match(said):
            labels = {_number(label): number for number, (label, _) in enumerate(options)}
            names = [_number(name.lower()) for name in re.findall(r"[A-Ja-j]|[1-9]", said)]
            found = {labels[name] for name in names if name in labels}
        if not found:
            raise Refuse("answer_not_found", "'{text}' names none of the options.", text=said[:40])
        return found


def _number(label: str) -> int:
    """`2` and `b` are the second option, whichever of them a note type uses."""
    return int(label) if label.isdigit() else ord(label) - 96


def _bare(text: str) -> str:
    return " ".join(_TAG.sub(" ", text).split())


def recognise(fields: Mapping[str, str]) -> ChoiceNote | None:
    """The note as a choice; None when its fields are not those of one."""
    named = {name: " ".join(name.lower().split()).partition("(")[0].strip() for name in fields}
    right = next((name for name in fields if _RIGHT.match(named[name])), None)
    stem = next((name for name in fields if _QUESTION.match(named[name])), None)
    options = [
        (str(found[1] or found[2]), fields[name])
        for name in fields
        if name not in {right, stem} and (found := _OPTION.match(named[name]))
    ]
    if right is None or stem is None or not any(text.strip() for _, text in options):
        return None
    wrong_only = all(_WRONG.match(named[name]) for name in fields if _OPTION.match(named[name]) and name != right)
    explanations = [fields[name] for name in fields if _EXPLANATION.match(named[name]) and name not in {right, stem}]
    if len(options) < 2 and not wrong_only:
        return None
    return ChoiceNote(fields[stem], options, fields[right], wrong_only, explanations)
