"""The editor's form: its fields as texts, the rows of its lists, and the question that they say.

A list's fields have one name each and come once for every row, in the order of the rows: `options.text` five times.
Buttons are named `do`: `save`, `publish`, `overwrite`, `preview`, `kind`, `options.add`, `options.up:TOKEN`,
`items.remove:TOKEN`; a token tells the rows of one list apart.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, islice
from typing import ClassVar, Self

from lyceum.bank.domain.content import Kind, RuleName

type Given = Mapping[str, Sequence[str]]
type Row = Mapping[str, str]

TEXTS: Mapping[str, str] = {
    "kind": Kind.SINGLE_CHOICE.value,
    "version": "",
    "subject": "",
    "title": "",
    "external_id": "",
    "exam": "",
    "exam_task_number": "",
    "topics": "",
    "difficulty": "medium",
    "language": "ru",
    "source": "",
    "licence": "",
    "extra": "",
    "stem_format": "markdown",
    "stem": "",
    "explanation": "",
    "hint": "",
    "max_score": "1",
    "rule": "",
    "points": "",
    "precision": "",
    "truth": "",
}
"""Fields that come once, with what stands in a new form."""
FLAGS = ("shuffle", "case_sensitive", "distinguish", "relative")
"""Boxes: they come only when they are ticked."""
ROWS: Mapping[str, tuple[str, ...]] = {
    "options": ("token", "id", "text", "feedback", "weight"),
    "items": ("token", "id", "text", "feedback", "pair", "pair_id", "pair_feedback"),
    "accepted": ("token", "text", "share", "tolerance", "feedback"),
    "criteria": ("token", "id", "title", "max", "description"),
    "gaps": ("token", "id", "kind", "weight", "rule", "precision", "points"),
    "gap_options": ("token", "gap", "id", "text", "feedback", "weight"),
    "gap_accepted": ("token", "gap", "text", "share", "tolerance", "feedback"),
    "parameters": ("token", "name", "kind", "low", "high", "step", "values"),
    "derived": ("token", "name", "expression", "decimals"),
    "conditions": ("token", "expression"),
    "files": ("name", "alt"),
}
"""Rows of `gap_options` and `gap_accepted` name the token of their `gap`."""
_SILENT = frozenset(
    {"token", "gap", "id", "share", "tolerance", "pair_id", "pair_feedback", "max", "kind", "step", "decimals"}
)
"""Fields of a row that do not make it more than an empty one; a row of a gap counts as soon as it is there."""
START: Mapping[str, int] = {
    "options": 4,
    "items": 4,
    "accepted": 1,
    "criteria": 3,
    "gap_options": 3,
    "files": 0,
}
"""How many rows a new list shows; one where nothing is said."""
WHOLE = frozenset({"gaps", "files"})
"""Lists without an empty row at their end."""
TICKS = ("gap_right", "gap_shuffle", "gap_case_sensitive", "gap_distinguish", "gap_relative")
"""Boxes of gaps and of their options; their values are the tokens of the ticked rows."""
MOST_ROWS = 400
GAP_KINDS = (Kind.SHORT_TEXT, Kind.SINGLE_CHOICE, Kind.NUMERIC, Kind.MULTIPLE_CHOICE)
_MARK = re.compile(r"\[\[\s*([^\[\]\n]{1,80}?)\s*\]\]")
RULES: Mapping[Kind, tuple[RuleName, ...]] = {
    Kind.SINGLE_CHOICE: (RuleName.EXACT, RuleName.WEIGHTED_OPTIONS),
    Kind.MULTIPLE_CHOICE: (RuleName.SET, RuleName.PER_ELEMENT, RuleName.POSITIONS, RuleName.WEIGHTED_OPTIONS),
    Kind.TRUE_FALSE: (RuleName.EXACT,),
    Kind.SHORT_TEXT: (RuleName.WORDS, RuleName.SET, RuleName.POSITIONS),
    Kind.NUMERIC: (RuleName.NUMERIC,),
    Kind.MATCHING: (RuleName.PER_ELEMENT, RuleName.POSITIONS, RuleName.EXACT),
    Kind.ORDERING: (RuleName.EXACT, RuleName.PER_ELEMENT, RuleName.POSITIONS),
    Kind.CLOZE: (RuleName.PER_ELEMENT, RuleName.EXACT),
    Kind.ESSAY: (RuleName.CRITERIA,),
    Kind.DESCRIPTION: (RuleName.EXACT,),
}
"""The rules that make sense for a kind, the usual one first."""
_CELLS = tuple(f"{name}.{part}" for name, parts in ROWS.items() for part in parts)
NAMES = frozenset((*TEXTS, *FLAGS, *TICKS, *_CELLS, "right", "keep", "do", "csrf_token"))


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorForm:
    """What stands in the form. `right` holds tokens of option rows; `keep` names of the files that stay; `ticks` the
    tokens of the ticked rows by the name of the box."""

    texts: Mapping[str, str] = field(default_factory=lambda: dict(TEXTS))
    flags: frozenset[str] = frozenset({"shuffle"})
    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    right: frozenset[str] = frozenset()
    keep: frozenset[str] = frozenset()
    ticks: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, given: Given) -> Self:
        """The form as it was sent, without its empty rows."""
        rows = {name: tuple(_rows(given, name, parts)) for name, parts in ROWS.items()}
        return cls(
            texts={name: _first(given, name, default) for name, default in TEXTS.items()},
            flags=frozenset(name for name in FLAGS if given.get(name)),
            rows=rows,
            right=frozenset(given.get("right", ())),
            keep=frozenset(given.get("keep", ())),
            ticks={name: frozenset(given.get(name, ())) for name in TICKS},
        )

    @property
    def kind(self) -> Kind:
        said = self.texts["kind"]
        return Kind(said) if said in set(Kind) else Kind.SINGLE_CHOICE

    @property
    def rule(self) -> str:
        """The chosen rule, or the usual one of the kind where the chosen one has no sense."""
        said = self.texts["rule"]
        return said if said in self.rules else RULES[self.kind][0].value

    @property
    def rules(self) -> list[str]:
        return [rule.value for rule in RULES[self.kind]]

    def ticked(self, name: str, row: Row) -> bool:
        """Whether the box of a row is ticked."""
        return row["token"] in self.ticks.get(name, ())

    def shown(self, name: str, gap: str | None = None) -> Sequence[Row]:
        """The rows to draw: those there are, and empty ones to write in, at least one; of one gap where it is named.
        `at` is the place of a row that is there, by which its faults are named, and something of its own otherwise."""
        every = self.rows.get(name, ())
        rows = [{**row, "at": str(at)} for at, row in enumerate(every) if gap is None or row.get("gap") == gap]
        if name == "gaps":
            return rows or [{**self._gap("1", (), "short_text"), "at": "0"}]
        wanted = max(START.get(name, 1), len(rows) + (name not in WHOLE))
        free = (str(number) for number in count(len(every)) if all(row.get("token") != str(number) for row in every))
        prefix = "" if gap is None else f"{gap}-"
        empty = dict.fromkeys(ROWS[name], "") | ({"gap": gap} if gap is not None else {})
        return rows + [
            {**empty, "token": prefix + token, "at": prefix + token} for token in islice(free, wanted - len(rows))
        ]

    gap_kinds: ClassVar[Sequence[Kind]] = GAP_KINDS

    def gap_kind(self, row: Row) -> Kind:
        return Kind(row["kind"]) if row["kind"] in GAP_KINDS else GAP_KINDS[0]

    def gap_rules(self, row: Row) -> Sequence[RuleName]:
        """The rules that make sense for a gap, the usual one first."""
        return RULES[self.gap_kind(row)]

    def gap_rule(self, row: Row) -> RuleName:
        """The chosen rule of a gap, or the usual one of its kind where the chosen one has no sense."""
        rules = self.gap_rules(row)
        return RuleName(row["rule"]) if row["rule"] in rules else rules[0]

    @property
    def with_marked_gaps(self) -> Self:
        """The form with a row for every mark of the text that has none yet."""
        rows = list(self.rows.get("gaps", ()))
        for mark in dict.fromkeys(found[1] for found in _MARK.finditer(self.texts["stem"])):
            if all(row["id"].strip() != mark for row in rows) and len(rows) < MOST_ROWS:
                rows.append(self._gap(mark, rows, rows[-1]["kind"] if rows else "short_text"))
        return replace(self, rows={**self.rows, "gaps": tuple(rows)})

    def _gap(self, id: str, beside: Sequence[Row], kind: str) -> dict[str, str]:
        taken = {row["token"] for row in beside}
        token = next(str(number) for number in count() if str(number) not in taken)
        return {**dict.fromkeys(ROWS["gaps"], ""), "token": token, "id": id, "kind": kind, "weight": "1"}

    def done(self, do: str) -> Self:
        """The form after a button of its lists was pressed."""
        name, _, rest = do.partition(".")
        verb, _, token = rest.partition(":")
        rows: list[Row] = list(self.rows.get(name, ()))
        if name == "gaps" and verb == "add":
            ids = {row["id"].strip() for row in rows}
            id = next(str(number) for number in count(1) if str(number) not in ids)
            rows.append(self._gap(id, rows, rows[-1]["kind"] if rows else "short_text"))
            return replace(self, rows={**self.rows, name: tuple(rows)})
        at = next((at for at, row in enumerate(rows) if row.get("token") == token), None)
        if at is None:
            return self
        if verb == "remove":
            del rows[at]
        elif verb in {"up", "down"}:
            step = -1 if verb == "up" else 1
            same = [to for to, row in enumerate(rows) if row.get("gap") == rows[at].get("gap")]
            if 0 <= (to := same.index(at) + step) < len(same):
                rows[at], rows[same[to]] = rows[same[to]], rows[at]
        return replace(self, rows={**self.rows, name: tuple(rows)})


def _rows(given: Given, name: str, parts: Sequence[str]) -> list[Row]:
    columns = {part: list(given.get(f"{name}.{part}", ())) for part in parts}
    length = min(max(map(len, columns.values()), default=0), MOST_ROWS)
    rows: list[Row] = [
        {part: _lines(column[at]) if at < len(column) else "" for part, column in columns.items()}
        for at in range(length)
    ]
    if name in WHOLE:
        return rows
    return [row for row in rows if any(value.strip() for part, value in row.items() if part not in _SILENT)]


def _first(given: Given, name: str, default: str) -> str:
    return _lines(next(iter(given.get(name, ())), default))


def _lines(text: str) -> str:
    """Browsers end the lines of a form with CR and LF."""
    return text.replace("\r\n", "\n")
