"""Drafts as rows of a question table, so that `table_rows` reads the same from them."""

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from lyceum.bank.adapters.formats import cloze
from lyceum.bank.adapters.formats.building import option_id
from lyceum.bank.adapters.formats.cells import join_list, with_share
from lyceum.bank.adapters.formats.columns import COLUMNS
from lyceum.bank.adapters.formats.drafting import number_text
from lyceum.bank.adapters.formats.numbers import is_drawn, known
from lyceum.bank.adapters.formats.portable import has_answers, line, portable, tidied, tidy
from lyceum.bank.adapters.formats.reasons import Losses
from lyceum.bank.adapters.formats.table_rows import DEFAULT_RULES
from lyceum.bank.domain.content import Accepted, Content, Criterion, Gap, Kind, RuleName, ScoreRule
from lyceum.bank.domain.drafts import Draft
from lyceum.platform.spreadsheets import guard

HEADER = tuple(COLUMNS)

_encode = msgspec.json.Encoder().encode


def as_row(draft: Draft, losses: Losses) -> Draft | None:
    """What of a draft one row can say; None when it cannot ask the question."""
    if any(_is_unsayable(gap) for gap in draft.content.gaps):
        losses.note("not_exported", "A gap with a tolerance that is a part of a drawn number needs JSON.")
        return None
    content = _content(draft.content, losses)
    if not has_answers(content):
        losses.note("not_exported", "No answer of the question can be written in this format; take JSON.")
        return None
    if draft.media:
        losses.note("media_lost", "A table carries no files; take Moodle XML or JSON.")
    topics = tuple(dict.fromkeys(topic for topic in (line(item, losses) for item in draft.topics) if topic))
    return replace(
        draft,
        content=content,
        title=line(draft.title, losses),
        external_id=tidy(draft.external_id, losses),
        exam=tidy(draft.exam or "", losses) or None,
        subject=tidy(draft.subject or "", losses) or None,
        topics=topics,
        source=tidy(draft.source, losses),
        licence=tidy(draft.licence, losses),
        media=(),
        losses=(),
    )


def _content(content: Content, losses: Losses) -> Content:
    if content.kind is Kind.CLOZE:
        total = float(sum(max(1, round(gap.weight)) for gap in content.gaps))
        changed = portable(replace(content, max_score=total, rule=ScoreRule(name=RuleName.PER_ELEMENT)), losses)
        return replace(changed, max_score=content.max_score, rule=content.rule)
    changed = _renumbered(tidied(content, losses))
    if changed.kind is Kind.NUMERIC:
        changed = replace(changed, accepted=tuple(_plain_number(item) for item in changed.accepted))
    if changed.kind is Kind.DESCRIPTION:
        changed = replace(changed, max_score=0.0)
    if any(item.feedback for item in changed.items):
        losses.note("feedback_lost", "Elements have no feedback of their own.")
        changed = replace(changed, items=tuple(replace(item, feedback="") for item in changed.items))
    if changed.kind is not Kind.TRUE_FALSE and _skeleton(changed) != _skeleton(content):
        losses.note("renumbered", "Ids, and the order of right options, were made anew.")
    return changed


def _is_unsayable(gap: Gap) -> bool:
    """Gaps have absolute tolerances, and that of a drawn number is not known before it is drawn."""
    return (
        gap.kind is Kind.NUMERIC
        and gap.rule.relative
        and any(is_drawn(item.text + item.tolerance) for item in gap.accepted)
    )


def _plain_number(item: Accepted) -> Accepted:
    tolerance = "0" if item.text.strip() == "*" else known(item.tolerance or "0") or item.tolerance
    return replace(
        item,
        text=known(item.text) or item.text.strip(),
        tolerance=tolerance if is_drawn(tolerance) else tolerance.lstrip("-"),
    )


def _skeleton(content: Content) -> object:
    return content.key, [option.id for option in content.options], [item.id for item in content.items]


def _renumbered(content: Content) -> Content:
    """Options are a, b … and items 1, 2 … in the order in which they stand."""
    if content.kind is Kind.TRUE_FALSE:
        return content
    options = {option.id: option_id(index) for index, option in enumerate(content.options)}
    items = {item.id: str(number) for number, item in enumerate(content.items, 1)}
    if content.kind is Kind.ORDERING:
        key = tuple(items[id] for id in content.key if id in items)
    else:
        key = tuple(new for old, new in options.items() if old in content.key)
    weights = {options[id]: value for id, value in content.rule.weights.items() if id in options}
    return replace(
        content,
        options=tuple(replace(option, id=options[option.id]) for option in content.options),
        items=tuple(replace(item, id=items[item.id]) for item in content.items),
        key=key,
        pairs={items[i]: options[o] for i, o in content.pairs.items() if i in items and o in options},
        rule=replace(content.rule, weights=weights),
    )


def row(draft: Draft) -> list[str]:
    """The cells of a draft made by `as_row`, in the order of `HEADER`, none of which a spreadsheet would run."""
    content = draft.content
    cells: Mapping[str, str] = {
        "kind": content.kind.value,
        "title": draft.title,
        "subject": draft.subject or "",
        "exam": draft.exam or "",
        "task_number": str(draft.exam_task_number or ""),
        "topics": join_list(draft.topics),
        "difficulty": draft.difficulty.value,
        "stem": cloze.render(content) if content.kind is Kind.CLOZE else content.stem,
        "format": content.stem_format.value,
        "options": join_list(option.text for option in content.options),
        "items": join_list(item.text for item in content.items),
        "answer": _answer(content),
        "feedback": _feedback(content),
        "explanation": content.explanation,
        "hint": content.hint,
        "score": number_text(content.max_score),
        "shuffle": "" if content.shuffle else "no",
        "rule": _rule(content),
        "parameters": _encode(content.template).decode() if content.template else "",
        "language": content.language,
        "source": draft.source,
        "licence": draft.licence,
        "external_id": draft.external_id,
    }
    return [guard(cells[name]) for name in HEADER]


def _feedback(content: Content) -> str:
    texts = [option.feedback for option in content.options] + [item.feedback for item in content.accepted]
    return join_list(texts) if any(texts) else ""


def _answer(content: Content) -> str:
    match content.kind:
        case Kind.SINGLE_CHOICE | Kind.MULTIPLE_CHOICE | Kind.ORDERING | Kind.TRUE_FALSE:
            return join_list(content.key)
        case Kind.SHORT_TEXT:
            return join_list(with_share(item.text, item.share) for item in content.accepted)
        case Kind.NUMERIC:
            return join_list(with_share(_number(item), item.share) for item in content.accepted)
        case Kind.MATCHING:
            return join_list(f"{item}-{option}" for item, option in content.pairs.items())
        case _:
            return ""


def _number(item: Accepted) -> str:
    return item.text if item.tolerance in {"", "0"} else f"{item.text} ± {item.tolerance}"


def _rule(content: Content) -> str:
    """Nothing for the rule that a reader takes anyway, its name if that says all, else JSON."""
    rule = content.rule
    if rule == implied_rule(content):
        return ""
    if rule == ScoreRule(name=rule.name):
        return rule.name.value
    usual = ScoreRule()
    said: dict[str, object] = {"name": rule.name.value}
    for name in ("points", "case_sensitive", "fold_lookalikes", "relative", "precision"):
        if getattr(rule, name) != getattr(usual, name):
            said[name] = getattr(rule, name)
    if rule.weights:
        said["weights"] = dict(rule.weights)
    if rule.criteria:
        said["criteria"] = rule.criteria
    return _encode(said).decode()


def implied_rule(content: Content) -> ScoreRule:
    """The rule of a row that names none."""
    if content.kind is Kind.ESSAY:
        whole = Criterion(id="1", title="Total", max=content.max_score)
        return ScoreRule(name=RuleName.CRITERIA, criteria=(whole,))
    return ScoreRule(name=DEFAULT_RULES[content.kind])
