"""Questions by themselves: find codes, versions, who may see and change them, the subject's own fields."""

import random
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyceum.bank.domain.catalogue import ExamProfile, Selection, Slot, Threshold
from lyceum.bank.domain.fields import field_problems, schema_problems
from lyceum.bank.domain.find_codes import ALPHABET, LENGTH, fold_find_code, new_find_code
from lyceum.bank.domain.questions import NotTheAuthor, QuestionNotFound, QuestionRetired, Stats, Status
from lyceum.kernel.ids import UserId
from tests.bank.questions import AUTHOR, NOW, a_number, a_question

SOMEBODY = UserId(UUID(int=5))
LATER = NOW + timedelta(hours=1)


@given(st.integers())
def test_a_find_code_survives_any_way_of_typing_it(seed: int) -> None:
    code = new_find_code(random.Random(seed).randrange)
    assert len(code) == LENGTH
    cyrillic = code.translate(str.maketrans("ACEHKMPTXY", "АСЕНКМРТХУ"))
    mistaken = code.translate(str.maketrans("QL2568", "OIZSGB"))
    digits = code.translate(str.maketrans("QL", "01"))
    for typed in (code, code.lower(), f" {code[:4]} - {code[4:]} ", cyrillic, cyrillic.lower(), mistaken, digits):
        assert fold_find_code(typed) == code


def test_no_two_letters_of_a_find_code_look_alike() -> None:
    for alike in ("0OQ", "1IL", "2Z", "5S", "6G", "8B", "UV"):
        assert sum(letter in ALPHABET for letter in alike) <= 1


@given(st.text(max_size=100))
def test_any_text_folds_to_a_code_or_to_nothing(typed: str) -> None:
    code = fold_find_code(typed)
    assert code is None or (len(code) == LENGTH and set(code) <= set(ALPHABET))


def test_every_change_makes_one_more_version() -> None:
    question = a_question(status=Status.DRAFT)
    question.edit(question.passport, a_number(), "0" * 32, (), LATER)
    assert (question.version, question.status, question.updated_at) == (2, Status.DRAFT, LATER)
    assert question.publish(LATER)
    assert not question.publish(LATER)
    assert question.version == 3
    assert question.retire(LATER)
    assert not question.retire(LATER)
    assert question.version == 4
    with pytest.raises(QuestionRetired):
        question.edit(question.passport, a_number(), "0" * 32, (), LATER)
    assert question.publish(LATER)


@pytest.mark.parametrize(
    ("status", "stranger", "author"),
    [
        (Status.DRAFT, QuestionNotFound, None),
        (Status.PUBLISHED, NotTheAuthor, None),
        (Status.RETIRED, QuestionNotFound, None),
        (Status.STAGED, QuestionNotFound, QuestionNotFound),
    ],
)
def test_who_may_change_a_question(status: Status, stranger: type[Exception], author: type[Exception] | None) -> None:
    question = a_question(status=status)
    with pytest.raises(stranger):
        question.require_editor(SOMEBODY, operator=False)
    for user, operator in ((AUTHOR, False), (SOMEBODY, True)):
        if author is None:
            question.require_editor(user, operator=operator)
        else:
            with pytest.raises(author):
                question.require_editor(user, operator=operator)


def test_facility_is_unknown_before_the_first_answer() -> None:
    assert Stats().facility is None
    assert Stats(answered=4, score_sum=3).facility == 0.75


SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {
        "period": {"type": "string", "enum": ["XIX", "XX"]},
        "year": {"type": "integer", "minimum": 1, "maximum": 2100},
        "maps": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        "oral": {"type": "boolean"},
    },
    "required": ["period"],
}


@pytest.mark.parametrize(
    ("values", "faults"),
    [
        ({"period": "XX", "year": 1917, "maps": ["a"], "oral": True}, []),
        ({}, ["required"]),
        ({"period": "XV"}, ["enum"]),
        ({"period": "XX", "year": 0}, ["minimum"]),
        ({"period": "XX", "year": 3000}, ["maximum"]),
        ({"period": "XX", "year": 19.5}, ["type"]),
        ({"period": "XX", "year": True}, ["type"]),
        ({"period": "XX", "oral": 1}, ["type"]),
        ({"period": "XX", "maps": ["a", "b", "c"]}, ["maxItems"]),
        ({"period": "XX", "maps": [1]}, ["type"]),
        ({"period": ["XX"]}, ["type"]),
        ({"period": "XX", "colour": "red"}, ["unknown"]),
    ],
)
def test_a_subjects_own_fields_hold_to_its_schema(values: dict[str, object], faults: list[str]) -> None:
    assert [problem.code for problem in field_problems(SCHEMA, values)] == faults


def test_a_schema_that_nobody_would_check_is_refused() -> None:
    assert schema_problems(SCHEMA) == []
    assert [problem.code for problem in schema_problems({"oneOf": []})] == ["unknown_keyword"]
    strange = {"type": "object", "properties": {"a": {"type": "string", "format": "date"}, "b": {"type": "object"}}}
    assert len(schema_problems(strange)) == 2


def test_an_exam_profile_may_not_contradict_itself() -> None:
    profile = ExamProfile(
        exam="oge",
        subject="math",
        year=2026,
        max_primary=3,
        slots=(Slot(number=1, max_score=1), Slot(number=2, max_score=2)),
        scale={1: 20, 2: 60, 3: 100},
        thresholds=(Threshold(mark="3", minimum=2, from_tasks=(2,), from_tasks_minimum=1),),
    )
    assert profile.problems() == []
    assert [it.code for it in replace(profile, max_primary=4).problems()] == ["sum"]
    assert [it.code for it in replace(profile, scale={1: 50, 2: 40}).problems()] == ["falling"]
    unknown = replace(profile, thresholds=(Threshold(mark="3", minimum=9, from_tasks=(7,)),))
    assert [it.code for it in unknown.problems()] == ["out_of_reach", "unknown_task"]


def test_a_selection_without_a_word_is_empty() -> None:
    assert Selection().is_empty
    assert not Selection(subject="math").is_empty
