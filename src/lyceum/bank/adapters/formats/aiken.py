"""Aiken text: the question, options `A.` or `A)`, and `ANSWER: B`; texts may run over several lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from lyceum.bank.adapters.formats import building
from lyceum.bank.adapters.formats.building import Choice, Raw
from lyceum.bank.adapters.formats.decoding import Lines
from lyceum.bank.adapters.formats.detect import Guess
from lyceum.bank.adapters.formats.drafting import NO_DEFAULTS, Defaults, Labels, language_of, make_draft
from lyceum.bank.adapters.formats.reasons import Losses, Refuse, rejected
from lyceum.bank.adapters.formats.texts import automatic, plain
from lyceum.bank.domain.content import Content
from lyceum.bank.domain.drafts import Draft, Rejected

MAX_BLOCK = 1 << 20
"""Characters of one question; the rest up to the next answer is skipped."""

_OPTION = re.compile(r"([A-Za-z])[.)](?:\s+|$)")
_ANSWER = re.compile(r"ANSWERS?\s*:\s*(.*)", re.IGNORECASE)
_LETTERS = re.compile(r"[A-Z](?:\s*[,;&/ ]\s*[A-Z])*[.)]?$")


@dataclass(slots=True)
class _Block:
    """One question that is being read. `answer` is None until its line has come."""

    first: int
    stem: list[str] = field(default_factory=list)
    options: list[list[str]] = field(default_factory=list)
    answer: str | None = None
    last: int = 0
    size: int = 0
    after_blank: bool = False

    def takes(self, line: str) -> bool:
        """Whether a line that is no answer still belongs to this question."""
        return not (self.after_blank and self.options and not self._is_next(line))

    def _is_next(self, line: str) -> bool:
        found = _OPTION.match(line)
        return found is not None and found[1].upper() == chr(65 + len(self.options)) and len(self.options) < 26

    def add(self, number: int, line: str) -> None:
        self.last = number
        self.after_blank = False
        self.size += len(line) + 1
        if self.size > MAX_BLOCK:
            self.stem, self.options = self.stem[:1], []
        elif self._is_next(line):
            self.options.append([line[2:].strip()])
        else:
            (self.options[-1] if self.options else self.stem).append(line)


def read(file: BinaryIO, guess: Guess, defaults: Defaults = NO_DEFAULTS) -> Iterator[Draft | Rejected]:
    """One `Draft` or `Rejected` for each question. `place` is the line at which it begins."""
    lines = Lines(file, guess.encoding)
    for block in _blocks(lines):
        losses = Losses()
        if lines.repaired and lines.repaired_between(block.first, block.last):
            losses.note(
                "bytes_repaired", "Bytes that were not valid text were read by plausibility or left out; compare."
            )
        yield _question(block, losses, defaults)


def _blocks(lines: Lines) -> Iterator[_Block]:
    open: _Block | None = None
    for number, line in enumerate(lines, 1):
        line = line.strip()
        if not line:
            if open is not None:
                open.after_blank = True
            continue
        if answer := _ANSWER.match(line):
            open = open or _Block(first=number)
            open.answer, open.last = answer[1].strip(), number
            yield open
            open = None
            continue
        if open is not None and not open.takes(line):
            yield open
            open = None
        open = open or _Block(first=number)
        open.add(number, line)
    if open is not None:
        yield open


def _question(block: _Block, losses: Losses, defaults: Defaults) -> Draft | Rejected:
    place = f"line {block.first}"
    labels = Labels()
    try:
        content = _content(block, losses, language_of(labels, defaults))
    except Refuse as error:
        return rejected(error, place=place, title=" ".join(" ".join(block.stem)[:80].split()))
    return make_draft(content, labels, defaults, place=place, losses=losses)


def _content(block: _Block, losses: Losses, language: str) -> Content:
    if block.size > MAX_BLOCK:
        raise Refuse("text_too_long", "The question does not end within a million characters.")
    stem = automatic("\n".join(block.stem))
    if not stem:
        raise Refuse("empty_stem", "The question has no text.")
    if block.answer is None:
        raise Refuse("empty_answer", "No line ANSWER: follows the options.")
    texts = ["\n".join(lines).strip() for lines in block.options]
    right = _right(block.answer, len(texts))
    raw = Raw(stem=stem, language=language, losses=losses)
    if [text.lower() for text in texts] == ["true", "false"] and len(right) == 1:
        yes, no = (Choice(text=plain(text), share=float(index in right)) for index, text in enumerate(texts))
        return building.true_false(raw, truth=0 in right, when_true=yes, when_false=no)
    if len(right) > 1:
        losses.note("several_answers", "Several letters are right; each earns its part, a wrong one takes it away.")
    part = 1 / len(right)
    wrong = -part if len(right) > 1 else 0.0
    choices = [
        Choice(text=automatic(text), share=part if index in right else wrong) for index, text in enumerate(texts)
    ]
    return building.choice(raw, choices, single=len(right) == 1)


def _right(answer: str, options: int) -> frozenset[int]:
    """The indices of the letters that the answer names."""
    if not answer:
        raise Refuse("empty_answer", "Nothing follows ANSWER:.")
    if not _LETTERS.match(answer.upper()):
        raise Refuse("answer_not_found", "'{text}' is no letter of an option.", text=answer[:40])
    found = frozenset(ord(letter) - 65 for letter in re.findall("[A-Z]", answer.upper()))
    if options >= 2 and max(found) >= options:
        raise Refuse(
            "answer_not_found", "The answer is {text}, but there are {count} options.", text=answer[:40], count=options
        )
    return found
