"""Drafts written as GIFT, so that `gift.read` and Moodle read the same from it."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from lyceum.bank.adapters.formats.drafting import path_of, tags_of
from lyceum.bank.adapters.formats.gift_blocks import escape
from lyceum.bank.adapters.formats.numbers import per_cent
from lyceum.bank.adapters.formats.portable import portable_draft
from lyceum.bank.adapters.formats.reasons import Losses
from lyceum.bank.domain.content import Accepted, Content, Kind, Option, RuleName
from lyceum.bank.domain.drafts import Draft, Loss

type OnLoss = Callable[[Draft, Loss], None]

_PREFIX = re.compile(r"\[(?:html|plain|markdown|moodle)\]|%")


def write(drafts: Iterable[Draft], on_loss: OnLoss) -> Iterator[bytes]:
    """UTF-8, one question at a time; `on_loss` is told what GIFT cannot say."""
    topics: tuple[str, ...] = ()
    for draft in drafts:
        losses = Losses()
        plain = as_gift(draft, losses)
        for loss in losses:
            on_loss(draft, loss)
        if plain is None:
            continue
        if plain.topics != topics:
            topics = plain.topics
            yield f"$CATEGORY: {escape(path_of(topics))}\n\n".encode()
        yield _question(plain).encode("utf-8", "replace")


def as_gift(draft: Draft, losses: Losses) -> Draft | None:
    """What of a draft GIFT can say; None when it cannot ask the question."""
    if draft.content.kind is Kind.CLOZE:
        losses.note("not_exported", "GIFT has no text with gaps; take Moodle XML or JSON.")
        return None
    portable = portable_draft(draft, losses)
    if portable is None:
        return None
    if draft.media:
        losses.note("media_lost", "GIFT carries no files; take Moodle XML or JSON.")
    content = portable.content
    if content.hint:
        losses.note("hint_lost", "GIFT has no hints.")
    if not content.shuffle:
        losses.note("shuffle_lost", "GIFT does not say that the order of options is to stay.")
    content = replace(content, hint="", shuffle=True)
    if content.kind is Kind.DESCRIPTION and content.explanation:
        losses.note("explanation_lost", "GIFT has no feedback to a text without a question.")
        content = replace(content, explanation="")
    return replace(portable, content=_narrowed(content, losses), media=())


def _narrowed(content: Content, losses: Losses) -> Content:
    rule = content.rule
    if rule.case_sensitive:
        losses.note("case_sensitive_lost", "GIFT does not say that capital letters count.")
        return replace(content, rule=replace(rule, case_sensitive=False))
    if content.kind is Kind.ESSAY and any(criterion.description for criterion in rule.criteria):
        losses.note("criteria_lost", "GIFT has no words for graders.")
        criteria = tuple(replace(criterion, description="") for criterion in rule.criteria)
        return replace(content, rule=replace(rule, criteria=criteria))
    if content.kind is Kind.TRUE_FALSE and content.options:
        words = tuple(replace(option, text=option.id.capitalize()) for option in content.options)
        if words != content.options:
            losses.note("words_lost", "The words for true and false are not kept.")
        return replace(content, options=words if any(option.feedback for option in words) else ())
    if content.kind is Kind.SINGLE_CHOICE and rule.name is RuleName.WEIGHTED_OPTIONS:
        return _with_full_answer(content, losses)
    if content.kind is Kind.SHORT_TEXT:
        return _without_arrows(content, losses)
    if content.kind is Kind.MATCHING and any("->" in item.text for item in content.items):
        losses.note("text_changed", "An arrow -> on the left of a pair became →.")
        return replace(content, items=tuple(replace(i, text=i.text.replace("->", "→")) for i in content.items))
    return content


def _without_arrows(content: Content, losses: Losses) -> Content:
    """Several typed answers with an arrow among them would be taken for pairs; a single one is written without `=`."""
    if len(content.accepted) < 2 or not any("->" in item.text + item.feedback for item in content.accepted):
        return content
    losses.note("text_changed", "An arrow -> in an answer became →.")
    accepted = tuple(
        replace(item, text=item.text.replace("->", "→"), feedback=item.feedback.replace("->", "→"))
        for item in content.accepted
    )
    return replace(content, accepted=accepted)


def _with_full_answer(content: Content, losses: Losses) -> Content:
    """One answer earns all, or GIFT takes the question for one with several right options."""
    weights = dict(content.rule.weights)
    if max(weights.values(), default=1.0) < 1:
        losses.note("score_rule_changed", "The best option earns the whole here.")
        weights[content.key[0]] = 1.0
    return replace(content, rule=replace(content.rule, weights=weights))


def _question(draft: Draft) -> str:
    content = draft.content
    labels = [f"[tag:{_in_brackets(tag)}]" for tag in tags_of(draft, score=content.kind is not Kind.DESCRIPTION)]
    if draft.external_id:
        labels.insert(0, f"[id:{_in_brackets(draft.external_id)}]")
    comment = f"// {' '.join(labels)}\n" if labels else ""
    title = f"::{escape(draft.title)}::" if draft.title else ""
    return f"{comment}{title}[{content.stem_format.value}]{escape(content.stem)}{_answers(content)}\n\n"


def _in_brackets(text: str) -> str:
    return re.sub(r"([\]\\])", r"\\\1", text)


def _answers(content: Content) -> str:
    if content.kind is Kind.DESCRIPTION:
        return ""
    general = f"####{_own(content.explanation, content)}" if content.explanation else ""
    return f"{{{_body(content)}{general}}}"


def _own(text: str, content: Content) -> str:
    """A text that its reader takes for one of the question's format, and whose first characters for text."""
    prefix = f"[{content.stem_format.value}]" if _PREFIX.match(text) else ""
    return prefix + escape(text)


def _element(text: str, content: Content) -> str:
    """An element alone on its line, which must be neither a comment nor the `0` that ends a question in Moodle."""
    alone = text == "0" or text.startswith("//")
    return f"[{content.stem_format.value}]{escape(text)}" if alone else _own(text, content)


def _feedback(text: str, content: Content) -> str:
    return f"#{_own(text, content)}" if text else ""


def _body(content: Content) -> str:
    match content.kind:
        case Kind.SINGLE_CHOICE | Kind.MULTIPLE_CHOICE:
            return _choices(content)
        case Kind.TRUE_FALSE:
            return _true_false(content)
        case Kind.SHORT_TEXT:
            bare = len(content.accepted) == 1
            return "".join(_typed(item, content, bare=bare) for item in content.accepted)
        case Kind.NUMERIC:
            return "#" + "".join(_number(item, content) for item in content.accepted)
        case Kind.MATCHING:
            return _pairs(content)
        case Kind.ORDERING:
            grading = "ALL_OR_NOTHING" if content.rule.name is RuleName.EXACT else "ABSOLUTE_POSITION"
            elements = "\n".join(_element(item.text, content) for item in content.items)
            return f">ALL VERTICAL {grading} SHOW none\n{elements}\n"
        case _:
            return ""


def _choices(content: Content) -> str:
    """Exactly one `=` makes a choice a single one."""
    weights = content.rule.weights or dict.fromkeys(content.key, 1.0)
    right = content.key[0] if content.kind is Kind.SINGLE_CHOICE else None
    return "".join(_choice(option, weights.get(option.id, 0.0), content, right=right) for option in content.options)


def _choice(option: Option, weight: float, content: Content, *, right: str | None) -> str:
    text = f"{_own(option.text, content)}{_feedback(option.feedback, content)}\n"
    if option.id == right:
        return f"={text}"
    return f"~%{per_cent(weight)}%{text}" if weight else f"~{text}"


def _true_false(content: Content) -> str:
    feedback = {option.id: _own(option.feedback, content) for option in content.options}
    right = content.key[0]
    when_wrong, when_right = feedback.get("false" if right == "true" else "true", ""), feedback.get(right, "")
    tail = f"#{when_wrong}#{when_right}" if when_right else f"#{when_wrong}" if when_wrong else ""
    return f"{'T' if right == 'true' else 'F'}{tail}"


def _typed(item: Accepted, content: Content, *, bare: bool) -> str:
    prefix = "[plain]" if _PREFIX.match(item.text) else ""
    bare = bare and "->" in item.text + item.feedback
    weight = "" if item.share == 1 and not bare else f"%{per_cent(item.share)}%"
    return f"{'' if bare else '='}{weight}{prefix}{escape(item.text)}{_feedback(item.feedback, content)}\n"


def _number(item: Accepted, content: Content) -> str:
    value = item.text if item.text == "*" else f"{item.text}:{item.tolerance}"
    return f"=%{per_cent(item.share)}%{value}{_feedback(item.feedback, content)}\n"


def _pairs(content: Content) -> str:
    options = {option.id: option.text for option in content.options}
    paired = [
        f"={_own(item.text, content)} -> {_own(options[content.pairs[item.id]], content)}\n" for item in content.items
    ]
    alone = [
        f"= -> {_own(option.text, content)}\n" for option in content.options if option.id not in content.pairs.values()
    ]
    return "".join((*paired, *alone))
