"""Whether a content can be asked, answered and graded."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from lyceum.bank.domain.content import Accepted, Content, Kind, Option, RuleName, ScoreRule, Template
from lyceum.bank.domain.expressions import BadTemplate
from lyceum.bank.domain.scoring.numbers import parse_number
from lyceum.bank.domain.templates import names_in, render
from lyceum.kernel.errors import FieldProblem, Invalid

MAX_OPTIONS = 100
MAX_TEXT = 64 * 1024
MAX_WHOLE = 256 * 1024
MAX_SCORE = 100
SAMPLES = 50
MAX_NAMES = 40
LANGUAGES = frozenset({"ru", "en"})
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_GAP = re.compile(r"\[\[([^\[\]\n]{1,80})\]\]")
_GAP_KINDS = frozenset({Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE, Kind.SHORT_TEXT, Kind.NUMERIC})

type Problems = Iterator[FieldProblem]


class BadQuestion(Invalid):
    code = "bank.bad_question"
    text = "The question cannot be kept as it is. See errors for what is wrong and where."


def require_valid(content: Content) -> None:
    """Raise BadQuestion with every problem at once."""
    problems = check(content)
    if problems:
        raise BadQuestion(problems=problems)


def check(content: Content) -> tuple[FieldProblem, ...]:
    """Everything that is wrong with a content; nothing when it can be used."""
    problems = list(_texts(content))
    if problems:
        return tuple(problems)
    problems += [*_frame(content), *_KINDS[content.kind](content), *_rule(content)]
    if not problems and content.template is not None:
        problems += _template(content)
    return tuple(problems)


def _texts(content: Content) -> Problems:
    whole = 0
    for loc, text in _all_texts(content):
        whole += len(text)
        if len(text) > MAX_TEXT:
            yield FieldProblem(loc, "text_too_long", f"At most {MAX_TEXT} characters fit here.")
        elif not text.isprintable() and _CONTROL.search(text):
            yield FieldProblem(loc, "control_character", "There are control characters in the text.")
    if whole > MAX_WHOLE:
        yield FieldProblem("", "question_too_long", f"All texts together have more than {MAX_WHOLE} characters.")


def _all_texts(content: Content) -> Iterator[tuple[str, str]]:
    yield "stem", content.stem
    yield "explanation", content.explanation
    yield "hint", content.hint
    for name, options in (("options", content.options), ("items", content.items)):
        yield from ((f"{name}/{i}/text", option.text + option.feedback) for i, option in enumerate(options))
    for i, answer in enumerate(content.accepted):
        yield f"accepted/{i}/text", answer.text + answer.feedback
    for i, gap in enumerate(content.gaps):
        for option in gap.options:
            yield f"gaps/{i}/options", option.text + option.feedback
        for answer in gap.accepted:
            yield f"gaps/{i}/accepted", answer.text + answer.feedback


def _frame(content: Content) -> Problems:
    if not content.stem.strip():
        yield FieldProblem("stem", "required", "Write the text of the question.")
    if content.language not in LANGUAGES:
        yield FieldProblem("language", "unknown", "The language is ru or en.")
    least = 0 if content.kind is Kind.DESCRIPTION else 1e-9
    if not least <= content.max_score <= MAX_SCORE:
        yield FieldProblem("max_score", "range", f"More than 0 and at most {MAX_SCORE} points.")


def _listed(loc: str, options: Sequence[Option], least: int) -> Problems:
    if not least <= len(options) <= MAX_OPTIONS:
        yield FieldProblem(loc, "count", f"From {least} to {MAX_OPTIONS} are wanted; there are {len(options)}.")
        return
    ids = [option.id for option in options]
    if len(set(ids)) != len(ids):
        yield FieldProblem(loc, "duplicate_id", "Two of them have the same id.")
    for i, option in enumerate(options):
        if not option.text.strip():
            yield FieldProblem(f"{loc}/{i}/text", "required", "Write a text, or take it away.")
        if not option.id or len(option.id) > 40:
            yield FieldProblem(f"{loc}/{i}/id", "length", "An id has 1 to 40 characters.")


def _key(loc: str, key: Sequence[str], options: Sequence[Option], rule: ScoreRule, most: int) -> Problems:
    ids = {option.id for option in options}
    if rule.name is RuleName.WEIGHTED_OPTIONS:
        if not any(weight > 0 for weight in rule.weights.values()):
            yield FieldProblem("rule/weights", "no_right_answer", "Give at least one option a share above 0.")
        if not ids.issuperset(rule.weights):
            yield FieldProblem("rule/weights", "unknown", "There is no such option.")
        return
    if not 1 <= len(key) <= most:
        yield FieldProblem(loc, "key", "Mark the right answer." if not key else "Mark exactly one right answer.")
    if len(set(key)) != len(key) or not ids.issuperset(key):
        yield FieldProblem(loc, "key", "The right answer is none of the options.")


def _single(content: Content) -> Problems:
    yield from _listed("options", content.options, 2)
    yield from _key("key", content.key, content.options, content.rule, 1)


def _multiple(content: Content) -> Problems:
    yield from _listed("options", content.options, 2)
    yield from _key("key", content.key, content.options, content.rule, MAX_OPTIONS)


def _truth(content: Content) -> Problems:
    if content.key not in (("true",), ("false",)):
        yield FieldProblem("key", "key", "Say whether it is true or false.")


def _accepted(loc: str, accepted: Sequence[Accepted], *, numeric: bool, templated: bool) -> Problems:
    if not 1 <= len(accepted) <= MAX_OPTIONS:
        yield FieldProblem(loc, "required", f"From 1 to {MAX_OPTIONS} accepted answers are wanted.")
        return
    if not any(answer.share > 0 for answer in accepted):
        yield FieldProblem(loc, "no_right_answer", "At least one answer must earn points.")
    for i, answer in enumerate(accepted):
        if not answer.text.strip():
            yield FieldProblem(f"{loc}/{i}/text", "required", "Write the accepted answer.")
        if not 0 <= answer.share <= 1:
            yield FieldProblem(f"{loc}/{i}/share", "range", "A share lies between 0 and 1.")
        if numeric and not (templated and ("{{" in answer.text or "{{" in answer.tolerance)):
            yield from _numeric(f"{loc}/{i}", answer)


def _numeric(loc: str, answer: Accepted) -> Problems:
    if answer.text.strip() != "*" and parse_number(answer.text) is None:
        yield FieldProblem(f"{loc}/text", "number", "This is no number, such as -9.81.")
    tolerance = parse_number(answer.tolerance or "0")
    if tolerance is None or tolerance < 0:
        yield FieldProblem(f"{loc}/tolerance", "number", "A tolerance is a number of 0 or more.")


def _short_text(content: Content) -> Problems:
    yield from _accepted("accepted", content.accepted, numeric=False, templated=content.template is not None)


def _number(content: Content) -> Problems:
    yield from _accepted("accepted", content.accepted, numeric=True, templated=content.template is not None)


def _matching(content: Content) -> Problems:
    yield from _listed("items", content.items, 2)
    yield from _listed("options", content.options, 1)
    items, options = {item.id for item in content.items}, {option.id for option in content.options}
    if items != set(content.pairs) or not options.issuperset(content.pairs.values()):
        yield FieldProblem("pairs", "pairs", "Each item needs its option, and the option must be listed.")


def _ordering(content: Content) -> Problems:
    yield from _listed("items", content.items, 2)
    if sorted(content.key) != sorted(item.id for item in content.items):
        yield FieldProblem("key", "key", "The right order names each item exactly once.")


def _cloze(content: Content) -> Problems:
    if not 1 <= len(content.gaps) <= MAX_OPTIONS:
        yield FieldProblem("gaps", "count", f"From 1 to {MAX_OPTIONS} gaps are wanted.")
    marks = [mark.strip() for mark in _GAP.findall(content.stem)]
    for i, gap in enumerate(content.gaps):
        loc = f"gaps/{i}"
        if marks.count(gap.id) != 1:
            yield FieldProblem(loc, "gap_mark", f"The text must hold [[{gap.id}]] exactly once.")
        if gap.kind not in _GAP_KINDS:
            yield FieldProblem(f"{loc}/kind", "unknown", "A gap is a choice, a text or a number.")
        elif gap.kind in {Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE}:
            most = 1 if gap.kind is Kind.SINGLE_CHOICE else MAX_OPTIONS
            yield from _listed(f"{loc}/options", gap.options, 2)
            yield from _key(f"{loc}/key", gap.key, gap.options, gap.rule, most)
        else:
            numeric, templated = gap.kind is Kind.NUMERIC, content.template is not None
            yield from _accepted(f"{loc}/accepted", gap.accepted, numeric=numeric, templated=templated)
        if not 0 < gap.weight <= MAX_SCORE:
            yield FieldProblem(f"{loc}/weight", "range", "A weight is above 0.")
    if len({gap.id for gap in content.gaps}) != len(content.gaps):
        yield FieldProblem("gaps", "duplicate_id", "Two gaps have the same id.")


def _essay(content: Content) -> Problems:
    for i, criterion in enumerate(content.rule.criteria):
        if criterion.max <= 0 or not criterion.title.strip():
            yield FieldProblem(f"rule/criteria/{i}", "criterion", "A criterion has a title and points above 0.")


def _nothing(content: Content) -> Problems:
    yield from ()


_KINDS: Mapping[Kind, Callable[[Content], Problems]] = {
    Kind.SINGLE_CHOICE: _single,
    Kind.MULTIPLE_CHOICE: _multiple,
    Kind.TRUE_FALSE: _truth,
    Kind.SHORT_TEXT: _short_text,
    Kind.NUMERIC: _number,
    Kind.MATCHING: _matching,
    Kind.ORDERING: _ordering,
    Kind.CLOZE: _cloze,
    Kind.ESSAY: _essay,
    Kind.DESCRIPTION: _nothing,
}


def _rule(content: Content) -> Problems:
    rule = content.rule
    if any(not -1 <= weight <= 1 for weight in rule.weights.values()):
        yield FieldProblem("rule/weights", "range", "A share lies between -1 and 1.")
    if list(rule.points) != sorted(rule.points, reverse=True) or any(points < 0 for points in rule.points):
        yield FieldProblem("rule/points", "order", "Points fall with the number of wrong positions.")
    if rule.points and rule.points[0] > content.max_score:
        yield FieldProblem("rule/points", "range", "No wrong position earns more than the maximum.")
    if rule.precision is not None and not 0 <= rule.precision <= 10:
        yield FieldProblem("rule/precision", "range", "From 0 to 10 digits after the decimal sign.")


def _template(content: Content) -> list[FieldProblem]:
    """Draw the question often enough to meet its odd cases."""
    template = content.template
    if template is None:
        return []
    if max(len(template.parameters), len(template.derived), len(template.conditions)) > MAX_NAMES:
        return [FieldProblem("template", "count", f"At most {MAX_NAMES} parameters, values and conditions each.")]
    known = {it.name for it in template.parameters} | {it.name for it in template.derived}
    unknown = {name for _, text in _all_texts(content) for name in names_in(text)} - known
    if unknown:
        return [FieldProblem("template", "unknown_name", f"There is no parameter {', '.join(sorted(unknown))}.")]
    try:
        for seed in range(SAMPLES):
            drawn = render(content, seed)
            texts = [" ".join(option.text.split()) for option in drawn.options]
            if content.kind is not Kind.MATCHING and len(set(texts)) != len(texts):
                return [FieldProblem("template", "options_collide", f"Two options become the same (draw {seed}).")]
            problems = [*_KINDS[drawn.kind](drawn)]
            if problems:
                return [FieldProblem("template", problems[0].code, f"Draw {seed}: {problems[0].msg}")]
    except BadTemplate as error:
        return [FieldProblem(_faulty(template, str(error.facts.get("where", ""))), "template", str(error))]
    return []


def _faulty(template: Template, where: str) -> str:
    """The place of the parameter, value or condition that `where` speaks of."""
    for i, parameter in enumerate(template.parameters):
        if parameter.name[:80] == where:
            return f"template/parameters/{i}"
    for i, derived in enumerate(template.derived):
        if where in (derived.name[:80], derived.expression[:80]):
            return f"template/derived/{i}"
    for i, condition in enumerate(template.conditions):
        if condition[:80] == where:
            return f"template/conditions/{i}"
    return "template"
