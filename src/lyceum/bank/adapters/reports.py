"""The words of a report in its reader's language: sentences are translated as templates, then filled with facts."""

from collections.abc import Mapping
from dataclasses import replace

from lyceum.bank.domain.transfers import Note
from lyceum.platform.i18n import localise_phrase, localise_sentence, translator

PLAINER: Mapping[str, str] = {
    "count": "There are too few of them here, or too many.",
    "required": "At least one is wanted here, and at most a hundred.",
    "gap_mark": "The text must hold the mark of each gap, such as [[1]], exactly once.",
    "text_too_long": "The text is too long.",
    "question_too_long": "All texts together are too long.",
    "unknown_name": "A text names a parameter that there is not.",
    "options_collide": "For some numbers two options become the same; add a condition.",
    "template": "These parameters cannot be drawn; look at names, expressions and conditions.",
    "attachment_missing": "A text or the list shows a file that is missing; send it along.",
    "duplicate_name": "Two files have the same name; rename one.",
    "too_many": "These are too many.",
    "range": "The number is outside of what is allowed.",
    "invalid": "This cannot be used here; look at what is asked for.",
}
"""By the code of a field's problem: what to say where a sentence with a number or a name inside is not translated."""


def localised(note: Note, locale: str) -> Note:
    """A line of a report as its reader sees it."""
    facts, gettext = note.facts, translator(locale).gettext
    if (why := facts.get("why")) and note.code in PLAINER and locale != "en":
        facts = {**facts, "why": gettext(PLAINER[note.code]) if gettext(why) == why else why}
    return replace(
        note,
        place=localise_phrase(note.place, locale),
        reason=localise_sentence(note.reason, facts, locale),
        fix=localise_sentence(note.fix, {}, locale),
    )
