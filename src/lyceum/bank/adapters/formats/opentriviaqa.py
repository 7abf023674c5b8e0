"""OpenTriviaQA text: `#Q` question, `^` right answer, `A`, `B` … options; a question may run over several lines."""

from collections.abc import Iterator
from typing import BinaryIO

from lyceum.bank.adapters.formats.building import option_id
from lyceum.bank.adapters.formats.decoding import Lines
from lyceum.bank.adapters.formats.detect import Guess
from lyceum.bank.adapters.formats.drafting import NO_DEFAULTS, Defaults
from lyceum.bank.adapters.formats.reasons import FileMalformed, Refuse, rejected
from lyceum.bank.domain.content import Content, Kind, Option, ScoreRule, TextFormat
from lyceum.bank.domain.drafts import Draft, Loss, Rejected

MAX_BLOCK = 8 << 20

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_EXACT = ScoreRule()
_IDS = tuple(option_id(index) for index in range(26))
_TRUTH = {"True": "true", "False": "false"}
_REPAIRED = Loss(
    code="bytes_repaired", text="Bytes that were not valid text were read by plausibility or left out; compare."
)


def read(file: BinaryIO, guess: Guess, defaults: Defaults = NO_DEFAULTS) -> Iterator[Draft | Rejected]:
    """One `Draft` or `Rejected` for each line that begins with `#Q`. `place` is the number of that line."""
    lines = Lines(file, guess.encoding)
    topics = (defaults.topic,) if defaults.topic else ()
    language = defaults.language or "en"
    for line, block in _blocks(lines):
        place = f"line {line}"
        losses: tuple[Loss, ...] = ()
        if lines.repaired and lines.repaired_between(line, line + block.count("\n")):
            losses = (_REPAIRED,)
        try:
            content, found = _content(block, language)
        except Refuse as error:
            yield rejected(error, place=place, title=" ".join(block[:80].split()))
            continue
        yield Draft(
            content=content,
            place=place,
            exam=defaults.exam,
            subject=defaults.subject,
            topics=topics,
            source=defaults.source,
            licence=defaults.licence,
            losses=losses + found,
        )


def _blocks(lines: Lines) -> Iterator[tuple[int, str]]:
    """The text after each `#Q`, with the number of its first line. Text before the first `#Q` is one block, too."""
    carry, line, first = "\n", 0, True
    for chunk in lines.chunks():
        *whole, carry = (carry + chunk).split("\n#Q")
        for block in whole:
            if not first:
                yield line, block
            elif block.strip():
                yield line, f"\0{block}"
            first = False
            line += block.count("\n") + 1
        if len(carry) > MAX_BLOCK:
            raise FileMalformed(place=f"line {line}", why="the question does not end within 8 MiB")
    if not first:
        yield line, carry


def _content(block: str, language: str) -> tuple[Content, tuple[Loss, ...]]:
    if block.startswith("\0"):
        raise Refuse("stray_text", "The text stands before the first #Q.")
    stem, found, rest = block.partition("\n^")
    stem = stem.strip()
    if not stem:
        raise Refuse("empty_stem", "The question has no text.")
    if not found:
        raise Refuse("empty_answer", "No line begins with ^.")
    right, texts = _answers(rest)
    losses: tuple[Loss, ...] = ()
    unique = texts if len(set(texts)) == len(texts) else list(dict.fromkeys(texts))
    if unique is not texts:
        losses = (Loss(code="duplicate_option", text="An option stood there twice; one was kept."),)
    if len(unique) < 2 or not all(unique):
        raise Refuse("too_few_options", "There are fewer than two different options, or one is empty.")
    if right not in unique:
        right = _nearly(right, unique)
        losses += (Loss(code="answer_spelling", text="The right answer is spelt otherwise among the options."),)
    return _choice(stem, right, unique, language), losses


def _choice(stem: str, right: str, texts: list[str], language: str) -> Content:
    if len(texts) == 2 and texts[0] in _TRUTH and texts[1] in _TRUTH:
        return Content(
            kind=Kind.TRUE_FALSE,
            stem=stem,
            stem_format=TextFormat.PLAIN,
            language=language,
            key=(_TRUTH[right],),
            rule=_EXACT,
        )
    return Content(
        kind=Kind.SINGLE_CHOICE,
        stem=stem,
        stem_format=TextFormat.PLAIN,
        language=language,
        options=tuple([Option(id=_IDS[index], text=text) for index, text in enumerate(texts)]),
        key=(_IDS[texts.index(right)],),
        rule=_EXACT,
    )


def _answers(rest: str) -> tuple[str, list[str]]:
    """The right answer and the options: a line is the next option if it begins with the next letter."""
    parts: list[str] = []
    current = ""
    for line in rest.split("\n"):
        count = len(parts)
        if line[:1] == _LETTERS[count] and (line[1:2] == " " or len(line) == 1) and count < 25:
            parts.append(current.strip())
            current = line[2:]
        elif line:
            current = f"{current}\n{line}" if current else line
    parts.append(current.strip())
    return parts[0], parts[1:]


def _nearly(right: str, texts: list[str]) -> str:
    """The one option that differs from the right answer in case and spaces alone."""
    folded = " ".join(right.split()).casefold()
    same = [text for text in texts if " ".join(text.split()).casefold() == folded]
    if not folded or len(same) != 1:
        raise Refuse("answer_not_found", "The right answer '{text}' is not among the options.", text=right[:80])
    return same[0]
