"""What an author sends to write a question: the body of the API, the data of the editor's form.

The fields are those of `domain.content.Content` and of the question's passport, on one level. `answer` is a short way
to say what is right, in the shape of a learner's response; it replaces `key`, `pairs` and `accepted`.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from lyceum.bank.domain.content import Content, Kind, ParameterKind, RuleName, TextFormat
from lyceum.bank.domain.drafts import Difficulty
from lyceum.bank.domain.questions import EXAM, MAX_TASK, Passport, QuestionInvalid
from lyceum.kernel.errors import FieldProblem

type Id = Annotated[str, Meta(min_length=1, max_length=80)]
type Line = Annotated[str, Meta(max_length=255)]
type Words = Annotated[str, Meta(max_length=2000)]
type Text = Annotated[str, Meta(max_length=100_000)]
type Number = Annotated[str, Meta(max_length=80)]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields that nobody knows are refused, not ignored."""


class OptionInput(_Strict, frozen=True, kw_only=True):
    id: Id
    text: Text
    feedback: Text = ""


class AcceptedInput(_Strict, frozen=True, kw_only=True):
    text: Words
    share: float = 1.0
    tolerance: Number = "0"
    feedback: Text = ""


class CriterionInput(_Strict, frozen=True, kw_only=True):
    id: Id
    title: Words
    max: float
    description: Text = ""


class ScoreRuleInput(_Strict, frozen=True, kw_only=True):
    name: RuleName = RuleName.EXACT
    points: tuple[float, ...] = ()
    weights: Mapping[str, float] = {}
    case_sensitive: bool = False
    fold_lookalikes: bool = True
    relative: bool = False
    precision: Annotated[int, Meta(ge=0, le=20)] | None = None
    criteria: tuple[CriterionInput, ...] = ()


class GapInput(_Strict, frozen=True, kw_only=True):
    id: Id
    kind: Kind
    options: tuple[OptionInput, ...] = ()
    key: tuple[Id, ...] = ()
    accepted: tuple[AcceptedInput, ...] = ()
    rule: ScoreRuleInput = msgspec.field(default_factory=ScoreRuleInput)
    weight: float = 1.0
    shuffle: bool = False


class ParameterInput(_Strict, frozen=True, kw_only=True):
    name: Id
    kind: ParameterKind = ParameterKind.INTEGER
    low: Number = "0"
    high: Number = "0"
    step: Number = "1"
    values: tuple[Line, ...] = ()


class DerivedInput(_Strict, frozen=True, kw_only=True):
    name: Id
    expression: Words
    decimals: Annotated[int, Meta(ge=0, le=12)] | None = None


class TemplateInput(_Strict, frozen=True, kw_only=True):
    parameters: tuple[ParameterInput, ...]
    derived: tuple[DerivedInput, ...] = ()
    conditions: tuple[Words, ...] = ()


class ContentInput(_Strict, frozen=True, kw_only=True):
    """The content of a question; see `domain.content.Content` for what each field means."""

    kind: Kind
    stem: Text
    stem_format: TextFormat = TextFormat.HTML
    language: Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=20)] = "ru"
    options: tuple[OptionInput, ...] = ()
    items: tuple[OptionInput, ...] = ()
    gaps: tuple[GapInput, ...] = ()
    key: tuple[Id, ...] = ()
    pairs: Mapping[str, Id] = {}
    accepted: tuple[AcceptedInput, ...] = ()
    score_rule: ScoreRuleInput | None = None
    max_score: Annotated[float, Meta(ge=0, le=1000)] | None = None
    shuffle: bool = True
    explanation: Text = ""
    hint: Text = ""
    template: TemplateInput | None = None


type Answer = bool | float | str | list[str] | dict[str, str | list[str]] | None


class QuestionInput(ContentInput, frozen=True, kw_only=True):
    """A whole question.

    `attachments` names the files already there that stay (all of them when left out); files that come with the
    request are added. `alts` gives files their descriptions, by name. `extra` holds the subject's own fields.
    """

    subject: Annotated[str, Meta(min_length=1, max_length=40)]
    title: Line = ""
    external_id: Line = ""
    exam: Annotated[str, Meta(pattern=EXAM)] | None = None
    exam_task_number: Annotated[int, Meta(ge=1, le=MAX_TASK)] | None = None
    topics: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...], Meta(max_length=20)] = ()
    difficulty: Difficulty = Difficulty.MEDIUM
    source: Words = ""
    licence: Words = ""
    extra: Mapping[str, object] = {}
    answer: Answer = None
    attachments: tuple[str, ...] | None = None
    alts: Mapping[str, Words] = {}
    status: Literal["draft", "published"] | None = None


_KEYED = frozenset({Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE, Kind.ORDERING})
_RULES: Mapping[Kind, RuleName] = {
    Kind.MULTIPLE_CHOICE: RuleName.SET,
    Kind.NUMERIC: RuleName.NUMERIC,
    Kind.SHORT_TEXT: RuleName.WORDS,
    Kind.MATCHING: RuleName.PER_ELEMENT,
    Kind.CLOZE: RuleName.PER_ELEMENT,
    Kind.ESSAY: RuleName.CRITERIA,
}


def passport_of(given: QuestionInput) -> Passport:
    return Passport(
        subject=given.subject,
        title=given.title.strip(),
        external_id=given.external_id.strip(),
        exam=given.exam,
        exam_task_number=given.exam_task_number,
        topics=tuple(dict.fromkeys(topic.strip() for topic in given.topics if topic.strip())),
        difficulty=given.difficulty,
        source=given.source,
        licence=given.licence,
        extra=dict(given.extra),
    )


def content_of(given: ContentInput, answer: Answer = None) -> Content:
    """The content, with the usual score rule of the kind and one point where nothing else is said.

    Raise QuestionInvalid for an `answer` that has not the shape of the kind.
    """
    fields = {name: getattr(given, name) for name in ContentInput.__struct_fields__}
    rule = fields.pop("score_rule") or ScoreRuleInput(name=_RULES.get(given.kind, RuleName.EXACT))
    if given.max_score is None:
        fields["max_score"] = 0.0 if given.kind is Kind.DESCRIPTION else 1.0
    if answer is not None:
        fields |= _said(given, answer)
    return msgspec.convert({**fields, "rule": rule}, Content, from_attributes=True)


def _said(given: ContentInput, answer: Answer) -> dict[str, object]:
    """The fields that a right answer stands for."""
    kind = given.kind
    if kind is Kind.TRUE_FALSE and isinstance(answer, bool):
        return {"key": ("true",) if answer else ("false",)}
    if kind in _KEYED and isinstance(answer, str | list):
        return {"key": tuple([answer] if isinstance(answer, str) else answer)}
    if kind in {Kind.SHORT_TEXT, Kind.NUMERIC} and not isinstance(answer, bool | dict | None):
        said = answer if isinstance(answer, list) else [answer if isinstance(answer, str) else _plain(answer)]
        return {"accepted": tuple(AcceptedInput(text=text) for text in said)}
    if kind is Kind.MATCHING and isinstance(answer, dict) and all(isinstance(id, str) for id in answer.values()):
        return {"pairs": answer}
    if kind is Kind.CLOZE and isinstance(answer, dict):
        return {"gaps": tuple(_filled(gap, answer.get(gap.id)) for gap in given.gaps)}
    problem = FieldProblem("answer", "answer_shape", f"The answer has not the shape that {kind.value} takes.")
    raise QuestionInvalid(problems=[problem])


def _plain(number: float) -> str:
    """`4.0` as `4`, `1e-7` as `0.0000001`."""
    return format(Decimal(repr(number)), "f").removesuffix(".0")


def _filled(gap: GapInput, answer: str | list[str] | None) -> GapInput:
    if answer is None:
        return gap
    said = [answer] if isinstance(answer, str) else answer
    if gap.kind in {Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE}:
        return msgspec.structs.replace(gap, key=tuple(said))
    return msgspec.structs.replace(gap, accepted=tuple(AcceptedInput(text=text) for text in said))
