"""Response logs from files: tables of who answered what and how, in whatever shape they come.

A table has a header; its delimiter, encoding and columns are found out. A row is one answer. Rows that differ in the
skill alone, with one order number, are one answer to a question of several skills and count once: the second row would
give the first away. What cannot be understood is refused as a whole, with the row.
"""

import codecs
import csv
import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import NamedTuple

COLUMNS = {
    "learner": "user_id user userid uid learner learner_id student student_id studentid anon_student_id",
    "item": "item_id item itemid question_id question problem_id problemid problem exercise_id exercise content_id "
    "problem_name step_name sequence_id card_id",
    "skill": "skill_id skill skills skill_name kc kc_id kc(default) topic topic_id concept concept_id tag tags unit",
    "correct": "correct is_correct iscorrect answered_correctly correct_first_attempt right outcome first_response",
    "at": "at time timestamp ts start_time end_time starttime endtime answered_at created_at review_time review_th "
    "first_transaction_time",
    "order": "order_id orderid log_id id",
    "elapsed": "elapsed_ms ms_first_response ms_first_response_time response_time elapsed_time duration duration_ms "
    "review_duration time_taken timetaken rt",
    "rating": "review_rating rating grade",
}
"""What each column may be called; spaces, hyphens and case do not matter."""
RIGHT = {"1": True, "1.0": True, "true": True, "correct": True, "0": False, "0.0": False, "false": False}
RIGHT |= {"incorrect": False, "wrong": False, "right": True}
MISSING = {"", "na", "nan", "null", "none", "\\n"}
ENCODINGS = ("utf-8-sig", "cp1251", "latin-1")
MILLISECONDS_FROM = 1e11
"""A time this large counts milliseconds: in seconds it would be the year 5138."""


class BadLog(Exception):
    """The file is no response log that can be understood: fact, cause, next step."""


class Response(NamedTuple):
    """One answer. `at` in seconds, `elapsed_ms` in milliseconds; None where the log does not say, skill "" then.
    `number` tells the order in which answers came."""

    learner: str
    item: str
    skill: str
    correct: bool
    at: float | None = None
    elapsed_ms: float | None = None
    number: float | None = None


class Review(NamedTuple):
    """One review of a card; `rating` runs from 1 (forgotten) to 4 (easy)."""

    card: str
    rating: int
    at: datetime


@dataclass(slots=True)
class Log:
    """Answers in columns, about 30 bytes each; learners, items and skills are numbered in order of appearance,
    a skill that is not given is -1."""

    learners: array[int] = field(default_factory=lambda: array("i"))
    items: array[int] = field(default_factory=lambda: array("i"))
    skills: array[int] = field(default_factory=lambda: array("i"))
    correct: bytearray = field(default_factory=bytearray)
    at: array[float] = field(default_factory=lambda: array("d"))
    numbers: array[float] = field(default_factory=lambda: array("d"))
    elapsed: array[float] = field(default_factory=lambda: array("f"))
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.correct)

    @classmethod
    def of(cls, responses: Iterable[Response]) -> "Log":
        """In the order of their numbers where every one has one, as they come otherwise."""
        log = cls()
        learners: dict[str, int] = {}
        items: dict[str, int] = {}
        skills: dict[str, int] = {}
        for it in responses:
            log.learners.append(learners.setdefault(it.learner, len(learners)))
            log.items.append(items.setdefault(it.item, len(items)))
            log.skills.append(skills.setdefault(it.skill, len(skills)) if it.skill else -1)
            log.correct.append(it.correct)
            log.at.append(math.nan if it.at is None else it.at)
            log.numbers.append(math.nan if it.number is None else it.number)
            log.elapsed.append(math.nan if it.elapsed_ms is None else it.elapsed_ms)
        if any(time > MILLISECONDS_FROM for time in log.at):
            log.at = array("d", (time / 1000 for time in log.at))
        return log if any(map(math.isnan, log.numbers)) else log._in_order(skills)

    def _in_order(self, skills: dict[str, int]) -> "Log":
        names = list(skills)
        kept = Log()
        last = -1
        for row in sorted(range(len(self)), key=self.numbers.__getitem__):
            if last >= 0 and self._is_same_answer(last, row):
                both = "+".join({names[kept.skills[-1]]: 0, names[self.skills[row]]: 0})
                kept.skills[-1] = skills.setdefault(both, len(names))
                names += [both] if len(skills) > len(names) else []
                continue
            for into, of in zip(kept._columns(), self._columns(), strict=True):
                into.append(of[row])
            kept.correct.append(self.correct[row])
            last = row
        return kept

    def _columns(self) -> "tuple[array[int] | array[float], ...]":
        return self.learners, self.items, self.skills, self.at, self.numbers, self.elapsed

    def _is_same_answer(self, one: int, other: int) -> bool:
        return (
            self.numbers[one] == self.numbers[other]
            and self.learners[one] == self.learners[other]
            and self.items[one] == self.items[other]
            and self.correct[one] == self.correct[other]
            and -1 not in (self.skills[one], self.skills[other])
            and self.skills[one] != self.skills[other]
        )

    def order(self, fold: int, folds: int = 5) -> tuple[Sequence[int], Sequence[int]]:
        """Rows of the others, then of the learners held out (every fifth, from `fold`): by time where every row has
        one, as in the file otherwise."""
        rows: Iterable[int] = range(len(self))
        if not any(map(math.isnan, self.at)):
            rows = sorted(rows, key=self.at.__getitem__)
        others, held = array("l"), array("l")
        for row in rows:
            (held if self.learners[row] % folds == fold else others).append(row)
        return others, held


def read(path: Path) -> Log | list[Review]:
    """The answers of a response log, or the reviews of a review log; raise BadLog."""
    encoding = _encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        header = file.readline()
        delimiter = _delimiter_of(header, path)
        rows = csv.reader(chain([header], file), delimiter=delimiter)
        names = next(rows)
        columns = _columns_of(names)
        if "correct" not in columns and "rating" in columns:
            return _reviews(rows, columns, len(names), path)
        for needed in ("learner", "item", "correct"):
            if needed not in columns:
                raise BadLog(
                    f"{path.name} has no column for the {needed}: its header names {', '.join(names[:20])}. "
                    f"Name one of them {COLUMNS[needed].split()[0]}."
                )
        log = Log.of(_answers(_checked(rows, len(names), path), columns, path))
    if not log:
        raise BadLog(f"{path.name} has a header and no answers. Give a file with one row for each answer.")
    if encoding != "utf-8-sig":
        log.notes.append(f"{path.name} is not UTF-8; it was read as {encoding}.")
    return log


def _encoding_of(path: Path) -> str:
    """Reads the file once. Refuses what is no text."""
    try:
        with path.open("rb") as file:
            start = file.read(1 << 16)
            if not start.strip():
                raise BadLog(f"{path.name} is empty. Give a table with a header and one row for each answer.")
            if start.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise BadLog(f"{path.name} is UTF-16. Save it as UTF-8.")
            if b"\x00" in start or start.startswith((b"PK\x03\x04", b"\x1f\x8b")):
                raise BadLog(f"{path.name} is no text table but a binary file. Export it as CSV or TSV.")
            decoder = codecs.getincrementaldecoder("utf-8")()
            try:
                while start:
                    decoder.decode(start)
                    start = file.read(1 << 20)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                return _single_byte(path)
    except OSError as error:
        raise BadLog(f"{path} cannot be read: {error.strerror}. Give the path of a CSV or TSV file.") from error
    return "utf-8-sig"


def _single_byte(path: Path) -> str:
    for encoding in ENCODINGS[1:]:
        try:
            with path.open(encoding=encoding) as file:
                while file.read(1 << 20):
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise AssertionError("Latin-1 decodes every byte.")


def _delimiter_of(header: str, path: Path) -> str:
    counts = {mark: header.count(mark) for mark in "\t,;|"}
    best = max(counts, key=lambda mark: counts[mark])
    if counts[best] == 0:
        raise BadLog(
            f"The first line of {path.name} names one column, or none: {header[:60].strip()!r}. "
            "Separate columns by commas, tabs or semicolons, and name them in the first line."
        )
    return best


def _columns_of(names: Sequence[str]) -> dict[str, int]:
    known = {name: meaning for meaning, said in COLUMNS.items() for name in said.split()}
    rank = {name: n for said in COLUMNS.values() for n, name in enumerate(said.split())}
    found: dict[str, tuple[int, int]] = {}
    for place, written in enumerate(names):
        name = written.strip().lower().replace(" ", "_").replace("-", "_")
        meaning = known.get(name)
        if meaning is not None:
            found[meaning] = min(found.get(meaning, (99, place)), (rank[name], place))
    return {meaning: place for meaning, (_, place) in found.items()}


def _checked(rows: Iterator[list[str]], width: int, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows with their line numbers, blank lines left out."""
    try:
        for line, row in enumerate(rows, 2):
            if len(row) == width:
                yield line, row
            elif row and any(map(str.strip, row)):
                raise BadLog(
                    f"Row {line} of {path.name} has {len(row)} columns and the header {width}. "
                    "Use one delimiter throughout, and quote values that contain it."
                )
    except csv.Error as error:
        raise BadLog(f"{path.name} is no table: {error}. Export it as CSV or TSV.") from error


def _answers(rows: Iterator[tuple[int, list[str]]], columns: dict[str, int], path: Path) -> Iterator[Response]:
    learner, item, correct = columns["learner"], columns["item"], columns["correct"]
    skill, at, elapsed, order = (columns.get(name) for name in ("skill", "at", "elapsed", "order"))
    for line, row in rows:
        right = RIGHT.get(row[correct].strip().lower())
        who, what = row[learner].strip(), row[item].strip()
        if right is None:
            raise BadLog(
                f"Row {line} of {path.name} has {row[correct]!r} for correct. It must be 0 or 1: "
                "leave out partly right and ungraded answers, or round them."
            )
        if not who or not what:
            raise BadLog(f"Row {line} of {path.name} names no learner or no item. Fill it in, or leave the row out.")
        yield Response(
            who,
            what,
            row[skill].strip() if skill is not None else "",
            right,
            _time(row[at], line, path) if at is not None else None,
            _number(row[elapsed], line, path) if elapsed is not None else None,
            _order(row[order]) if order is not None else None,
        )


def _order(value: str) -> float | None:
    """An order is a number; what is none orders nothing."""
    try:
        return float(value)
    except ValueError:
        return None


def _number(value: str, line: int, path: Path) -> float | None:
    value = value.strip()
    if value.lower() in MISSING:
        return None
    try:
        number = float(value)
    except ValueError:
        raise BadLog(f"Row {line} of {path.name} has {value!r} for a number. Leave it empty if unknown.") from None
    return number if math.isfinite(number) else None


def _time(value: str, line: int, path: Path) -> float | None:
    value = value.strip()
    if value.lower() in MISSING:
        return None
    try:
        number = float(value)
    except ValueError:
        return _moment(value, line, path).timestamp()
    return number if math.isfinite(number) else None


def _moment(value: str, line: int, path: Path) -> datetime:
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        raise BadLog(
            f"Row {line} of {path.name} has {value!r} for a time. Give seconds, milliseconds or ISO 8601."
        ) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _reviews(rows: Iterator[list[str]], columns: dict[str, int], width: int, path: Path) -> list[Review]:
    """In the order of time."""
    for needed in ("item", "at"):
        if needed not in columns:
            raise BadLog(f"{path.name} has ratings and no column for the {needed}. Add card_id and review_time.")
    card, rating, at, who = columns["item"], columns["rating"], columns["at"], columns.get("learner")
    found = []
    for line, row in _checked(rows, width, path):
        if row[rating].strip() not in {"1", "2", "3", "4"}:
            raise BadLog(f"Row {line} of {path.name} has {row[rating]!r} for a rating. It must be 1, 2, 3 or 4.")
        try:
            seconds = float(row[at])
            moment = datetime.fromtimestamp(seconds / 1000 if seconds > MILLISECONDS_FROM else seconds, UTC)
        except (ValueError, OverflowError):
            moment = _moment(row[at], line, path)
        owner = row[who] if who is not None else ""
        found.append(Review(f"{owner}/{row[card].strip()}", int(row[rating]), moment))
    if not found:
        raise BadLog(f"{path.name} has a header and no reviews. Give a file with one row for each review.")
    return sorted(found, key=lambda review: review.at)
