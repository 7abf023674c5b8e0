"""What is written is read again: exactly in our own JSON, and up to the losses that were named elsewhere."""

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace

import pytest
from hypothesis import HealthCheck, given, settings

from lyceum.bank.adapters.formats.detect import Format, Guess
from lyceum.bank.adapters.formats.drafting import NO_DEFAULTS
from lyceum.bank.adapters.formats.formats import READERS, WRITERS, open_reader
from lyceum.bank.adapters.formats.gift_writer import as_gift
from lyceum.bank.adapters.formats.moodle_writer import as_moodle
from lyceum.bank.adapters.formats.qti.writer import as_qti
from lyceum.bank.adapters.formats.reasons import FileMalformed, Losses
from lyceum.bank.adapters.formats.table_writer import as_row
from lyceum.bank.domain.content import Accepted, Content, Kind, ScoreRule
from lyceum.bank.domain.drafts import Draft, Loss
from lyceum.bank.domain.scoring import grade, right_answer
from lyceum.bank.domain.scoring.numbers import parse_number
from tests.bank.formats.strategies import drafts

type Narrow = Callable[[Draft, Losses], Draft | None]

NARROWED: dict[Format, Narrow] = {
    Format.GIFT: as_gift,
    Format.MOODLE_XML: as_moodle,
    Format.CSV: as_row,
    Format.XLSX: as_row,
    Format.QTI: as_qti,
}

TEXTS = {"stem", "explanation", "hint", "options", "items", "accepted", "gaps", "rule"}
CHANGED_BY: dict[str, set[str]] = {
    "hint_lost": {"hint"},
    "explanation_lost": {"explanation"},
    "shuffle_lost": {"shuffle"},
    "media_lost": {"media"},
    "alt_lost": {"media"},
    "source_lost": {"media"},
    "case_sensitive_lost": {"rule"},
    "strict_letters_lost": {"rule", "gaps"},
    "score_rule_changed": {"rule", "accepted", "gaps"},
    "relative_tolerance": {"rule", "accepted", "gaps"},
    "key_changed": {"key", "gaps"},
    "criteria_lost": {"rule"},
    "words_lost": {"options"},
    "text_changed": TEXTS,
    "topics_changed": {"topics"},
    "renumbered": {"key", "options", "items", "pairs", "gaps", "rule", "stem"},
    "gap_weights": {"gaps", "max_score"},
    "unpaired_item_lost": {"items"},
    "feedback_lost": {"options", "items"},
    "share_rounded": {"accepted", "rule", "gaps"},
    "format_changed": {"stem_format", *TEXTS},
    "answer_lost": {"accepted", "gaps"},
    "bad_number": {"accepted", "gaps"},
    "score_changed": {"max_score"},
    "kind_changed": {"media", *(field.name for field in fields(Content))},
}
"""Which fields each loss may change."""

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def written(format: Format, lot: Iterable[Draft]) -> tuple[bytes, list[tuple[Draft, Loss]]]:
    losses: list[tuple[Draft, Loss]] = []
    data = b"".join(WRITERS[format](lot, lambda draft, loss: losses.append((draft, loss))))
    return data, losses


def read(format: Format, data: bytes) -> list[Draft]:
    items = READERS[format](io.BytesIO(data), Guess(format=format, encoding="utf-8", note=""), NO_DEFAULTS)
    if format is Format.QTI and not holds_items(data):
        with pytest.raises(FileMalformed):
            next(items)
    found = list(items)
    assert all(isinstance(item, Draft) for item in found), found
    return [item for item in found if isinstance(item, Draft)]


def holds_items(package: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return any(name.startswith("items/") for name in archive.namelist())


def bare(draft: Draft) -> Draft:
    """Without place and losses; files in the order of their names, for their order says nothing."""
    media = tuple(sorted(draft.media, key=lambda item: item.name))
    return replace(draft, place="", losses=(), media=media)


@given(draft=drafts())
@quick
def test_our_json_gives_back_exactly_what_was_written(draft: Draft) -> None:
    data, losses = written(Format.JSON, [draft])
    assert [bare(item) for item in read(Format.JSON, data)] == [bare(draft)]
    assert not losses


@pytest.mark.parametrize("format", list(NARROWED))
@given(draft=drafts())
@quick
def test_a_question_comes_back_as_far_as_the_format_can_say_it(format: Format, draft: Draft) -> None:
    expected = NARROWED[format](draft, Losses())
    data, _ = written(format, [draft])
    back = read(format, data)
    assert [bare(item) for item in back] == ([bare(expected)] if expected else [])
    assert {loss.code for item in back for loss in item.losses} <= {"fractions_sum", "full_score_unreachable"}


@pytest.mark.parametrize("format", list(NARROWED))
@given(draft=drafts())
@quick
def test_whatever_changes_is_named_as_a_loss(format: Format, draft: Draft) -> None:
    data, losses = written(format, [draft])
    codes = {loss.code for _, loss in losses}
    back = read(format, data)
    if not back:
        assert "not_exported" in codes
        return
    allowed = {name for code in codes for name in CHANGED_BY[code]}
    assert changed(bare(draft), bare(back[0])) <= allowed


def changed(before: Draft, after: Draft) -> set[str]:
    outside = {field.name for field in fields(Draft) if field.name != "content"}
    names = {name for name in outside if getattr(before, name) != getattr(after, name)}
    inside = {field.name for field in fields(Content)}
    return names | {name for name in inside if not same(before.content, after.content, name)}


def same(before: Content, after: Content, name: str) -> bool:
    """Shares are percentages in files, so their last digits do not matter; all or nothing may be said by weights."""
    if name == "rule":
        return alike(before.rule, after.rule)
    if name == "accepted" and before.kind is after.kind is Kind.NUMERIC:
        return valued(before.accepted) == valued(after.accepted)
    if name == "gaps" and len(before.gaps) == len(after.gaps):
        pairs = list(zip(before.gaps, after.gaps, strict=True))
        return all(
            alike(old.rule, new.rule)
            and valued(old.accepted) == valued(new.accepted)
            and replace(old, rule=new.rule, accepted=new.accepted) == new
            for old, new in pairs
        )
    return bool(getattr(before, name) == getattr(after, name))


def valued(accepted: Sequence[Accepted]) -> list[tuple[object, ...]]:
    """Answers, the numbers among them by their values: `1 234,5` and `1234.5` are the same."""
    return [
        (
            item.text if (value := parse_number(item.text)) is None else value,
            "0" if item.text == "*" else parse_number(item.tolerance) or item.tolerance,
            round(item.share, 6),
            item.feedback,
        )
        for item in accepted
    ]


def alike(old: ScoreRule, new: ScoreRule) -> bool:
    if old == new or (new == ScoreRule() and sorted(old.weights.values())[-2:] == [0.0, 1.0]):
        return True
    close = all(abs(value - new.weights.get(id, 2)) < 1e-6 for id, value in old.weights.items())
    return close and replace(old, weights={}) == replace(new, weights={})


POINTS = {
    "answer_lost",
    "bad_number",
    "case_sensitive_lost",
    "criteria_lost",
    "gap_weights",
    "key_changed",
    "kind_changed",
    "relative_tolerance",
    "score_changed",
    "score_rule_changed",
    "share_rounded",
    "strict_letters_lost",
    "unpaired_item_lost",
}
"""Losses that may change what a response earns."""


@pytest.mark.parametrize("format", list(NARROWED))
@given(draft=drafts())
@quick
def test_the_right_answer_earns_the_same_unless_a_loss_says_otherwise(format: Format, draft: Draft) -> None:
    data, losses = written(format, [draft])
    back = read(format, data)
    if not back or {loss.code for _, loss in losses} & POINTS or draft.content.kind in {Kind.ESSAY, Kind.DESCRIPTION}:
        return
    before, after = draft.content, back[0].content
    assert after.kind is before.kind
    assert grade(after, right_answer(after)).score == pytest.approx(grade(before, right_answer(before)).score)
    for old, new in zip(before.options, after.options, strict=False):
        if before.kind in {Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE}:
            single = before.kind is Kind.SINGLE_CHOICE
            earned = [grade(it, id if single else [id]).score for it, id in ((before, old.id), (after, new.id))]
            assert earned[0] == pytest.approx(earned[1], abs=1e-4)


@pytest.mark.parametrize("format", list(NARROWED))
@given(first=drafts(), second=drafts())
@settings(quick, max_examples=20)
def test_questions_written_one_after_another_stay_apart(format: Format, first: Draft, second: Draft) -> None:
    narrow = NARROWED[format]
    expected = [bare(item) for item in (narrow(first, Losses()), narrow(second, Losses())) if item]
    data, _ = written(format, [first, second])
    assert [bare(item) for item in read(format, data)] == expected


@pytest.mark.parametrize("format", [Format.JSON, *NARROWED])
@given(draft=drafts())
@settings(quick, max_examples=30)
def test_a_written_file_is_known_again_by_its_content(format: Format, draft: Draft) -> None:
    data, _ = written(format, [draft])
    if format is Format.GIFT and not read(format, data):
        return
    found, _ = open_reader(io.BytesIO(data), "questions")
    assert found.format is format
