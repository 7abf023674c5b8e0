"""What a question says and what counts as right: its content, the same for every format that carries it.

Response shapes, by kind (what a learner sends, what `scoring.grade` reads):

| kind                         | response                                                              |
|------------------------------|-----------------------------------------------------------------------|
| single_choice                | option id, `"b"`                                                      |
| multiple_choice              | list of option ids, order-free, `["a", "c"]`                          |
| true_false                   | `true` or `false`                                                     |
| short_text                   | text                                                                  |
| numeric                      | text or a number: `"−9,81"`, `9.81`                                   |
| matching                     | item id → option id, `{"1": "b"}`; an item may be left out            |
| ordering                     | list of all item ids in the chosen order                              |
| cloze                        | gap id → text, option id or list of option ids, by the gap's kind     |
| essay                        | text, graded by people                                                |
| description                  | nothing to answer: `null`                                             |
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

type Response = bool | int | float | str | list[str] | dict[str, str | list[str]] | None


class Kind(StrEnum):
    SINGLE_CHOICE = "single_choice"
    MULTIPLE_CHOICE = "multiple_choice"
    TRUE_FALSE = "true_false"
    SHORT_TEXT = "short_text"
    NUMERIC = "numeric"
    MATCHING = "matching"
    ORDERING = "ordering"
    CLOZE = "cloze"
    ESSAY = "essay"
    DESCRIPTION = "description"


class TextFormat(StrEnum):
    HTML = "html"
    MARKDOWN = "markdown"
    PLAIN = "plain"


class RuleName(StrEnum):
    EXACT = "exact"
    SET = "set"
    POSITIONS = "positions"
    PER_ELEMENT = "per_element"
    NUMERIC = "numeric"
    WORDS = "words"
    WEIGHTED_OPTIONS = "weighted_options"
    CRITERIA = "criteria"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice, matching side or ordering element. `id` is unique in its list and stable over versions."""

    id: str
    text: str
    feedback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """One accepted typed answer. `share` (0..1) of the maximum is earned by it.

    For text: `text` may hold `*` wildcards (`\\*` is a literal star) when the rule is `words`.
    For numbers: `text` is a decimal such as `-9.81`, or `*` for any number; `tolerance` is absolute in the
    number's own unit, or a fraction of the value when the rule is `relative`.
    """

    text: str
    share: float = 1.0
    tolerance: str = "0"
    feedback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One line of a grader's sheet, worth 0..`max` points."""

    id: str
    title: str
    max: float
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRule:
    """How a response becomes points. Fields that the named rule does not use stay at their defaults.

    `points`: for `positions`, the points for 0, 1, 2 … wrong positions, then 0.
    `weights`: for `weighted_options`, option id → share of the maximum (-1..1); the sum is clamped to 0..1.
    `precision`: for `numeric`, exactly so many digits after the decimal sign are demanded.
    """

    name: RuleName = RuleName.EXACT
    points: tuple[float, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    case_sensitive: bool = False
    fold_lookalikes: bool = True
    relative: bool = False
    precision: int | None = None
    criteria: tuple[Criterion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One field inside a cloze stem, where the stem says `[[id]]`. `kind` is single_choice, multiple_choice,
    short_text or numeric; `weight` is its share of the question's points relative to the other gaps."""

    id: str
    kind: Kind
    options: tuple[Option, ...] = ()
    key: tuple[str, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    rule: ScoreRule = field(default_factory=ScoreRule)
    weight: float = 1.0
    shuffle: bool = False


class ParameterKind(StrEnum):
    INTEGER = "integer"
    DECIMAL = "decimal"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A number (or word) drawn anew for each learner: `low`..`high` in steps of `step`, or one of `values`."""

    name: str
    kind: ParameterKind = ParameterKind.INTEGER
    low: str = "0"
    high: str = "0"
    step: str = "1"
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A value computed from parameters and earlier derived values; rounded to `decimals` when given."""

    name: str
    expression: str
    decimals: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Makes a question parametrised: `{{name}}` in any text is replaced by the drawn or derived value.

    `{{name|signed}}` prints `+ 3` or `− 3`, `{{name|paren}}` puts negative numbers in brackets,
    `{{name|abs}}` drops the sign, `{{name|raw}}` prints a plain machine number (`-1.5`).
    A draw is kept only if every one of `conditions` (expressions) is true.
    """

    parameters: tuple[Parameter, ...]
    derived: tuple[Derived, ...] = ()
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Everything that belongs to one version of a question, files apart.

    Texts are in `stem_format`; formulas stand in `\\( … \\)` and `\\[ … \\]`. A text refers to an attachment of the
    question by `attachment:NAME` (as the `src` of a picture, for example).
    `key` holds right option ids (choice; `("true",)` or `("false",)` for true_false) or the right order (ordering).
    `pairs` maps item id → option id (matching); options that no pair uses are distractors.
    """

    kind: Kind
    stem: str
    stem_format: TextFormat = TextFormat.HTML
    language: str = "ru"
    options: tuple[Option, ...] = ()
    items: tuple[Option, ...] = ()
    gaps: tuple[Gap, ...] = ()
    key: tuple[str, ...] = ()
    pairs: Mapping[str, str] = field(default_factory=dict)
    accepted: tuple[Accepted, ...] = ()
    rule: ScoreRule = field(default_factory=ScoreRule)
    max_score: float = 1.0
    shuffle: bool = True
    explanation: str = ""
    hint: str = ""
    template: Template | None = None
