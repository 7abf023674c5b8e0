"""What the editor's form says: the question, and the places in the form of what is wrong with it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import msgspec

from lyceum.bank.adapters.editor_form import ROWS, TEXTS, EditorForm, Row
from lyceum.bank.adapters.question_forms import FIELDS, decode_question
from lyceum.bank.domain.content import Kind, ParameterKind, RuleName
from lyceum.bank.domain.templates import NAME
from lyceum.bank.use_cases.question_input import QuestionInput
from lyceum.kernel.errors import FieldProblem
from lyceum.platform.http_errors import Malformed

LETTERS, DIGITS = "abcdefghijklmnopqrstuvwxyz", "123456789"
_SAME = frozenset(
    {
        "title",
        "difficulty",
        "language",
        "source",
        "licence",
        "external_id",
        "stem_format",
        "stem",
        "explanation",
        "hint",
    }
)


def question_of(form: EditorForm, status: str | None = None, *, unfinished: bool = False) -> QuestionInput:
    """Raise Malformed with everything that cannot be read. `unfinished` does without a subject."""
    return decode_question(msgspec.json.encode(_Writer(form).document(status, unfinished=unfinished)))


def place_of(loc: str, form: EditorForm) -> str:
    """The field of the form that the place of a problem stands for; empty for the form as a whole."""
    parts = loc.split("/")
    if parts[0] == "gaps" and len(parts) > 1 and parts[1].isdecimal():
        return _place_in_gap(int(parts[1]), parts[2:], form)
    if parts[0] == "template":
        return ".".join(parts[1:4]) if len(parts) > 2 and parts[1] in ROWS else "template"
    if parts[0] in {"rule", "score_rule"}:
        parts = parts[1:] or ["rule"]
        parts[0] = {"weights": "options", "name": "rule"}.get(parts[0], parts[0])
    if parts[0] == "key":
        parts = [{Kind.TRUE_FALSE: "truth", Kind.ORDERING: "items"}.get(form.kind, "options")]
    if parts[0] == "pairs" or (form.kind is Kind.MATCHING and parts[0] == "options"):
        parts = ["items"]
    name = parts[0]
    if name in ROWS and len(parts) == 3 and parts[2] in ROWS[name]:
        return ".".join(parts)
    return name if name in TEXTS or name in ROWS or name in FIELDS or name == "attachments" else ""


def _place_in_gap(number: int, parts: Sequence[str], form: EditorForm) -> str:
    """A field of a gap or of one of its options, else the gap as a whole."""
    rows = form.rows.get("gaps", ())
    if number >= len(rows):
        return "gaps"
    if parts[:1] == ["rule"]:
        parts = parts[1:]
    lists = {"options": "gap_options", "accepted": "gap_accepted"}
    if len(parts) == 3 and parts[0] in lists and parts[1].isdecimal() and parts[2] in ROWS[lists[parts[0]]]:
        name = lists[parts[0]]
        own = [at for at, row in enumerate(form.rows.get(name, ())) if row["gap"] == rows[number]["token"]]
        if int(parts[1]) < len(own):
            return f"{name}.{own[int(parts[1])]}.{parts[2]}"
    if len(parts) == 1 and parts[0] in ROWS["gaps"]:
        return f"gaps.{number}.{parts[0]}"
    return f"gaps.{number}"


@dataclass(frozen=True, slots=True)
class _Writer:
    """Makes the document of a QuestionInput out of a form; notes what it cannot read."""

    form: EditorForm
    problems: list[FieldProblem] = field(default_factory=list)

    def document(self, status: str | None, *, unfinished: bool) -> dict[str, object]:
        """Raise Malformed."""
        texts, kind, files = self.form.texts, self.form.kind, self.form.rows["files"]
        document: dict[str, object] = {name: texts[name] for name in _SAME}
        document |= {
            "kind": kind.value,
            "status": status,
            "subject": texts["subject"] or ("-" if unfinished else ""),
            "exam": texts["exam"].strip() or None,
            "exam_task_number": self._whole("exam_task_number", texts["exam_task_number"]),
            "topics": [line.strip() for line in texts["topics"].splitlines() if line.strip()],
            "extra": self._json("extra") or {},
            "max_score": 0 if kind is Kind.DESCRIPTION else self._number("max_score", texts["max_score"]),
            "shuffle": "shuffle" in self.form.flags,
            "template": self._template(),
            "attachments": [row["name"] for row in files if row["name"] in self.form.keep],
            "alts": {row["name"]: row["alt"] for row in files},
            "score_rule": self._rule(),
        }
        document |= self._answer()
        if not document["subject"]:
            self.problems.append(FieldProblem("subject", "required", "Choose a subject."))
        if self.problems:
            raise Malformed(problems=self.problems)
        return document

    def _answer(self) -> dict[str, object]:
        rows = self.form.rows
        match self.form.kind:
            case Kind.SINGLE_CHOICE | Kind.MULTIPLE_CHOICE:
                options = _with_ids(rows["options"], LETTERS)
                return {
                    "options": [_option(row) for row in options],
                    "key": [row["id"] for row in options if row["token"] in self.form.right]
                    if self.form.rule != RuleName.WEIGHTED_OPTIONS
                    else [],
                }
            case Kind.TRUE_FALSE:
                key = self.form.texts["truth"]
                told = [_option(row) for row in rows["options"] if row["id"] in {"true", "false"}]
                return {"key": [key] if key else [], "options": told}
            case Kind.SHORT_TEXT | Kind.NUMERIC:
                return {"accepted": [self._accepted(at, row) for at, row in enumerate(rows["accepted"])]}
            case Kind.MATCHING:
                return _matching(rows["items"], rows["options"])
            case Kind.ORDERING:
                items = _with_ids(rows["items"], DIGITS)
                return {"items": [_option(row) for row in items], "key": [row["id"] for row in items]}
            case Kind.CLOZE:
                return {"gaps": [self._gap(at, row) for at, row in enumerate(rows["gaps"])]}
        return {}

    def _rule(self) -> dict[str, object]:
        form = self.form
        rule: dict[str, object] = {
            "name": form.rule,
            "case_sensitive": "case_sensitive" in form.flags,
            "fold_lookalikes": "distinguish" not in form.flags,
            "relative": "relative" in form.flags,
            "precision": self._whole("precision", form.texts["precision"]) if form.kind is Kind.NUMERIC else None,
        }
        if form.rule == RuleName.POSITIONS:
            rule["points"] = [self._number("points", part) for part in form.texts["points"].split()]
        if form.rule == RuleName.WEIGHTED_OPTIONS:
            options = _with_ids(form.rows["options"], LETTERS)
            rule["weights"] = {
                row["id"]: self._number(f"options/{at}/weight", row["weight"])
                for at, row in enumerate(options)
                if row["weight"].strip()
            }
        if form.kind is Kind.ESSAY:
            criteria = _with_ids(form.rows["criteria"], DIGITS)
            rule["criteria"] = [
                _criterion(row) | {"max": self._number(f"criteria/{at}/max", row["max"] or "1")}
                for at, row in enumerate(criteria)
            ]
        return rule

    def _gap(self, at: int, row: Row) -> dict[str, object]:
        kind, rule = self.form.gap_kind(row), self.form.gap_rule(row)
        gap: dict[str, object] = {
            "id": row["id"].strip() or self._missing(f"gaps/{at}/id", "Write the mark of the gap, such as 1."),
            "kind": kind.value,
            "weight": self._number(f"gaps/{at}/weight", row["weight"] or "1"),
            "shuffle": self.form.ticked("gap_shuffle", row),
        }
        if kind in {Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE}:
            options = _with_ids([it for it in self.form.rows["gap_options"] if it["gap"] == row["token"]], LETTERS)
            right = [it["id"] for it in options if self.form.ticked("gap_right", it)]
            gap |= {
                "options": [_option(it) for it in options],
                "key": [] if rule is RuleName.WEIGHTED_OPTIONS else right,
            }
            return gap | {"rule": self._gap_rule(at, row, rule, options)}
        accepted = [it for it in self.form.rows["gap_accepted"] if it["gap"] == row["token"]]
        gap["accepted"] = [self._accepted(number, it, f"gaps/{at}/accepted") for number, it in enumerate(accepted)]
        return gap | {"rule": self._gap_rule(at, row, rule, ())}

    def _gap_rule(self, at: int, row: Row, rule: RuleName, options: Sequence[Row]) -> dict[str, object]:
        form, place = self.form, f"gaps/{at}"
        numeric = form.gap_kind(row) is Kind.NUMERIC
        written: dict[str, object] = {
            "name": rule.value,
            "case_sensitive": form.ticked("gap_case_sensitive", row),
            "fold_lookalikes": not form.ticked("gap_distinguish", row),
            "relative": form.ticked("gap_relative", row),
            "precision": self._whole(f"{place}/precision", row["precision"]) if numeric else None,
        }
        if rule is RuleName.POSITIONS:
            written["points"] = [self._number(f"{place}/points", part) for part in row["points"].split()]
        if rule is RuleName.WEIGHTED_OPTIONS:
            written["weights"] = {
                it["id"]: self._number(f"{place}/options/{number}/weight", it["weight"])
                for number, it in enumerate(options)
                if it["weight"].strip()
            }
        return written

    def _template(self) -> dict[str, object] | None:
        """Nothing where no row is filled in."""
        rows = self.form.rows
        if not (rows["parameters"] or rows["derived"] or rows["conditions"]):
            return None
        return {
            "parameters": [
                self._parameter(f"template/parameters/{at}", row) for at, row in enumerate(rows["parameters"])
            ],
            "derived": [
                {
                    "name": self._name(f"template/derived/{at}/name", row),
                    "expression": row["expression"].strip()
                    or self._missing(f"template/derived/{at}/expression", "Write an expression, such as a * b."),
                    "decimals": self._whole(f"template/derived/{at}/decimals", row["decimals"]),
                }
                for at, row in enumerate(rows["derived"])
            ],
            "conditions": [row["expression"].strip() for row in rows["conditions"]],
        }

    def _parameter(self, place: str, row: Row) -> dict[str, object]:
        kind = row["kind"] if row["kind"] in set(ParameterKind) else ParameterKind.INTEGER.value
        parameter: dict[str, object] = {"name": self._name(f"{place}/name", row), "kind": kind}
        if kind == ParameterKind.CHOICE:
            values = [line.strip() for line in row["values"].splitlines() if line.strip()]
            if not values:
                self._missing(f"{place}/values", "Write what to choose from, one in a line.")
            return parameter | {"values": values}
        for part, usual in (("low", ""), ("high", ""), ("step", "1")):
            text = row[part].strip().replace(",", ".").replace("−", "-") or usual
            parameter[part] = text or self._missing(f"{place}/{part}", "Write a number, such as 1 or 0.5.")
        return parameter

    def _name(self, place: str, row: Row) -> str:
        """Names stand in expressions and in {{name}}."""
        name = row["name"].strip()
        if not re.fullmatch(NAME, name):
            self.problems.append(FieldProblem(place, "name", "A name is a Latin letter, then letters, digits or _."))
        return name

    def _missing(self, place: str, said: str) -> str:
        self.problems.append(FieldProblem(place, "required", said))
        return ""

    def _accepted(self, at: int, row: Row, place: str = "accepted") -> dict[str, object]:
        return {
            "text": row["text"],
            "share": self._number(f"{place}/{at}/share", row["share"] or "1"),
            "tolerance": row["tolerance"].strip() or "0",
            "feedback": row["feedback"],
        }

    def _number(self, loc: str, text: str) -> float:
        try:
            number = float(text.strip().replace(",", ".").replace("−", "-"))
        except ValueError:
            self.problems.append(FieldProblem(loc, "number", "Write a number, such as 1 or 0.5."))
            return 0.0
        return number if abs(number) < 1e9 else 1e9

    def _whole(self, loc: str, text: str) -> int | None:
        text = text.strip()
        if text and not (text.isascii() and text.isdecimal() and len(text) < 6):
            self.problems.append(FieldProblem(loc, "number", "Write a whole number."))
            return None
        return int(text) if text else None

    def _json(self, name: str) -> object:
        text = self.form.texts[name].strip()
        if not text:
            return None
        try:
            return msgspec.json.decode(text)
        except (msgspec.MsgspecError, RecursionError):
            self.problems.append(FieldProblem(name, "json", "This is no JSON; look at commas, quotes and brackets."))
            return None


def _option(row: Row) -> dict[str, str]:
    return {"id": row["id"], "text": row["text"], "feedback": row["feedback"]}


def _criterion(row: Row) -> dict[str, object]:
    return {"id": row["id"], "title": row["title"], "description": row["description"]}


def _with_ids(rows: Sequence[Row], letters: str, taken: Sequence[str] = ()) -> list[Row]:
    """Rows with the ids that they have; new ones get the next free."""
    used = {row["id"] for row in rows} | set(taken)
    free = (id for id in chain(letters, (f"{letters[0]}{number}" for number in range(1, 1000))) if id not in used)
    return [row if row["id"] else {**row, "id": next(free)} for row in rows]


def _matching(items: Sequence[Row], more: Sequence[Row]) -> dict[str, object]:
    """Options are the answers beside the items, each text once, then those that fit no item."""
    answers: dict[str, Row] = {}
    ids: set[str] = set()
    for row in items:
        if row["pair"].strip() and row["pair"] not in answers:
            id = row["pair_id"] if row["pair_id"] not in ids else ""
            ids |= {id}
            answers[row["pair"]] = {"id": id, "text": row["pair"], "feedback": row["pair_feedback"]}
    spare = [row if row["id"] not in ids else {**row, "id": ""} for row in more]
    options = _with_ids([*answers.values(), *spare], LETTERS)
    by_text = {row["text"]: row["id"] for row in reversed(options)}
    numbered = _with_ids(items, DIGITS)
    return {
        "items": [_option(row) for row in numbered],
        "options": [_option(row) for row in options],
        "pairs": {row["id"]: by_text[row["pair"]] for row in numbered if row["pair"] in by_text},
    }
