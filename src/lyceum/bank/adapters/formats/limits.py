"""How large one question may be, whatever format brings it."""

from dataclasses import replace

from lyceum.bank.adapters.formats.reasons import Refuse, rejected
from lyceum.bank.adapters.formats.texts import with_formulas
from lyceum.bank.domain.content import Content, Kind
from lyceum.bank.domain.drafts import Draft, Loss, Rejected

MAX_OPTIONS = 100
MAX_TEXT = 64 << 10
"""Bytes of UTF-8."""
MAX_MEDIA = 20 << 20
"""Bytes of all files of one question."""
MAX_TITLE = 255

_SURELY_SMALL = MAX_TEXT // 4


def within_limits(draft: Draft) -> Draft | Rejected:
    """The draft, or why it is too large or says nothing."""
    try:
        _check(draft)
    except Refuse as error:
        return rejected(error, place=draft.place, title=draft.title)
    if len(draft.title) > MAX_TITLE:
        loss = Loss(code="title_cut", text="The title was cut to {most} characters.", facts={"most": str(MAX_TITLE)})
        return replace(draft, title=draft.title[: MAX_TITLE - 1] + "…", losses=(*draft.losses, loss))
    return draft


def _check(draft: Draft) -> None:
    content = draft.content
    if not content.stem and not draft.media:
        raise Refuse("empty_stem", "The question has neither a text nor a picture.")
    _check_text(content.stem)
    _check_text(content.explanation)
    _check_text(content.hint)
    for lot in (content.options, content.items):
        if len(lot) > MAX_OPTIONS:
            raise Refuse(
                "too_many_options",
                "The question has {count} options; {most} are the most.",
                count=len(lot),
                most=MAX_OPTIONS,
            )
        for option in lot:
            _check_text(option.text)
            _check_text(option.feedback)
    if content.gaps or content.accepted or content.rule.criteria:
        _check_rest(content)
    if draft.media and sum(len(item.data) for item in draft.media) > MAX_MEDIA:
        raise Refuse("media_too_large", "The files of the question are larger than 20 MiB.")


def _check_rest(content: Content) -> None:
    if max(len(content.gaps), len(content.accepted), len(content.rule.criteria)) > MAX_OPTIONS:
        raise Refuse(
            "too_many_options", "The question has more than {most} gaps, answers or criteria.", most=MAX_OPTIONS
        )
    accepted = list(content.accepted)
    for gap in content.gaps:
        if max(len(gap.options), len(gap.accepted)) > MAX_OPTIONS:
            raise Refuse("too_many_options", "A gap has more than {most} options.", most=MAX_OPTIONS)
        accepted += gap.accepted
        for option in gap.options:
            _check_text(option.text)
            _check_text(option.feedback)
    for item in accepted:
        _check_text(item.text)
        _check_text(item.feedback)
    for criterion in content.rule.criteria:
        _check_text(criterion.title)
        _check_text(criterion.description)


def _check_text(text: str) -> None:
    if len(text) > _SURELY_SMALL and len(text.encode("utf-8", "replace")) > MAX_TEXT:
        raise Refuse(
            "text_too_long",
            "A text is {length} characters long; {most} KiB are the most.",
            length=len(text),
            most=MAX_TEXT >> 10,
        )


def with_known_formulas(draft: Draft) -> Draft:
    r"""`$$ … $$`, which Moodle and Markdown know, as `\[ … \]`, which texts of the bank hold."""
    content = draft.content
    if "$$" not in content.stem and "$$" not in content.explanation and content.kind is not Kind.CLOZE:
        options = (*content.options, *content.items)
        if not any("$$" in option.text for option in options):
            return draft
    content = replace(
        content,
        stem=with_formulas(content.stem),
        explanation=with_formulas(content.explanation),
        options=tuple(replace(option, text=with_formulas(option.text)) for option in content.options),
        items=tuple(replace(option, text=with_formulas(option.text)) for option in content.items),
        gaps=tuple(
            replace(gap, options=tuple(replace(item, text=with_formulas(item.text)) for item in gap.options))
            for gap in content.gaps
        ),
    )
    return replace(draft, content=content)
