"""The use cases of authors, on fakes."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from uuid import UUID

import msgspec
import pytest

from lyceum.accounts.api import Actor, NotSignedIn, Role, RoleMissing, ScopeMissing
from lyceum.bank.adapters.rendering import SafeTexts
from lyceum.bank.api import QuestionsChanged
from lyceum.bank.domain.catalogue import Subject
from lyceum.bank.domain.content import Accepted, Kind, RuleName
from lyceum.bank.domain.drafts import MediaRole
from lyceum.bank.domain.questions import (
    NotTheAuthor,
    Question,
    QuestionInvalid,
    QuestionNotFound,
    Status,
    SubjectUnknown,
)
from lyceum.bank.use_cases.question_input import QuestionInput, content_of
from lyceum.bank.use_cases.questions import (
    CreateQuestion,
    EditQuestion,
    NewFile,
    PrepareQuestion,
    PublishQuestion,
    RetireQuestion,
)
from lyceum.kernel.ids import QuestionId, UserId
from lyceum.platform.http_errors import PreconditionFailed
from tests.bank.questions import NOW

AUTHOR = Actor(UserId(UUID(int=1)), frozenset({Role.AUTHOR}))
STRANGER = Actor(UserId(UUID(int=2)), frozenset({Role.AUTHOR}))
OPERATOR = Actor(UserId(UUID(int=3)), frozenset({Role.OPERATOR}))


class FixedClock:
    def now(self) -> datetime:
        return NOW


@dataclass
class World:
    """Ports of the bank in memory; a block that fails takes back what it did."""

    questions: dict[QuestionId, Question] = field(default_factory=dict)
    old: list[tuple[QuestionId, int]] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    events: list[object] = field(default_factory=list)

    async def __aenter__(self) -> object:
        self._before = ({id: replace(it) for id, it in self.questions.items()}, list(self.kept), list(self.events))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        if kind is not None:
            self.questions, self.kept, self.events = self._before

    async def get_for_update(self, id: QuestionId) -> Question:
        if id not in self.questions:
            raise QuestionNotFound()
        return replace(self.questions[id])

    async def add(self, question: Question) -> None:
        self.questions[question.id] = question

    async def save_edit(self, question: Question, *, expected: int) -> None:
        if self.questions[question.id].status is not Status.DRAFT:
            self.old.append((question.id, expected))
        await self.save_status(question, expected=expected)

    async def save_status(self, question: Question, *, expected: int) -> None:
        if self.questions[question.id].version != expected:
            raise PreconditionFailed(version=self.questions[question.id].version)
        self.questions[question.id] = question

    async def get(self, id: str) -> Subject:
        if id != "geography":
            raise SubjectUnknown(subject=id)
        schema = {"properties": {"map": {"type": "string"}}}
        return Subject(id=id, title_ru="География", title_en="Geography", position=1, fields_schema=schema)

    async def keep(self, keys: object) -> None:
        assert isinstance(keys, list)
        self.kept += keys

    def add_event(self, event: object) -> None:
        self.events.append(event)

    def changes(self) -> list[tuple[int, bool]]:
        return [
            (item.version, item.published)
            for event in self.events
            if isinstance(event, QuestionsChanged)
            for item in event.items
        ]


@dataclass
class Events:
    """The outbox of a world."""

    world: World

    def add(self, event: object) -> None:
        self.world.add_event(event)


@dataclass
class Desk:
    """What an author works with."""

    world: World = field(default_factory=World)

    def __post_init__(self) -> None:
        world, outbox, clock = self.world, Events(self.world), FixedClock()
        prepare = PrepareQuestion(world, SafeTexts())
        self.create = CreateQuestion(prepare, world, world, outbox, clock, world)
        self.edit = EditQuestion(prepare, world, world, outbox, clock, world)
        self.publish = PublishQuestion(world, outbox, clock, world)
        self.retire = RetireQuestion(world, outbox, clock, world)


def given(**changes: object) -> QuestionInput:
    body = {
        "kind": "single_choice",
        "stem": "Столица Франции?",
        "subject": "geography",
        "options": [{"id": "a", "text": "Париж"}, {"id": "b", "text": "Лион"}],
        "answer": "a",
        **changes,
    }
    return msgspec.convert(body, QuestionInput)


def a_file(name: str, role: MediaRole = MediaRole.PHOTO) -> NewFile:
    return NewFile(name=name, role=role, key=f"bank/{name}", mime="image/png", size=10)


async def test_a_question_is_a_draft_unless_it_is_to_be_published() -> None:
    desk = Desk()
    draft = await desk.create(AUTHOR, given())
    shown = await desk.create(AUTHOR, given(status="published"))
    assert (draft.status, shown.status) == (Status.DRAFT, Status.PUBLISHED)
    assert desk.world.changes() == [(1, True)]
    assert draft.content.key == ("a",)
    assert draft.author_id == AUTHOR.id


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        (Actor(), NotSignedIn),
        (Actor(AUTHOR.id, frozenset({Role.LEARNER})), RoleMissing),
        (replace(AUTHOR, scopes=frozenset({"bank:read"})), ScopeMissing),
    ],
)
async def test_only_authors_write(actor: Actor, refusal: type[Exception]) -> None:
    desk = Desk()
    made = await desk.create(AUTHOR, given(status="published"))
    with pytest.raises(refusal):
        await desk.create(actor, given())
    with pytest.raises(refusal):
        await desk.edit(actor, made.id, given())
    with pytest.raises(refusal):
        await desk.publish(actor, made.id)
    with pytest.raises(refusal):
        await desk.retire(actor, made.id)
    assert list(desk.world.questions) == [made.id]


async def test_an_edit_keeps_the_old_version_of_what_learners_may_have_seen() -> None:
    desk = Desk()
    draft = await desk.create(AUTHOR, given())
    await desk.edit(AUTHOR, draft.id, given(stem="Столица Чили?"))
    await desk.publish(AUTHOR, draft.id)
    await desk.edit(OPERATOR, draft.id, given(stem="Столица Перу?"))
    assert desk.world.old == [(draft.id, 3)]
    assert desk.world.changes() == [(3, True), (4, True)]
    await desk.retire(AUTHOR, draft.id)
    await desk.retire(AUTHOR, draft.id)
    assert desk.world.changes()[2:] == [(5, False)]


async def test_a_stranger_may_not_edit_and_does_not_learn_of_drafts() -> None:
    desk = Desk()
    draft = await desk.create(AUTHOR, given())
    with pytest.raises(QuestionNotFound):
        await desk.edit(STRANGER, draft.id, given())
    await desk.publish(AUTHOR, draft.id)
    with pytest.raises(NotTheAuthor):
        await desk.edit(STRANGER, draft.id, given())
    with pytest.raises(QuestionNotFound):
        await desk.publish(AUTHOR, QuestionId(UUID(int=9)))


async def test_an_edit_over_an_unseen_version_is_refused() -> None:
    desk = Desk()
    made = await desk.create(AUTHOR, given())
    await desk.edit(AUTHOR, made.id, given(stem="Новый вопрос"), expected=1)
    with pytest.raises(PreconditionFailed):
        await desk.edit(AUTHOR, made.id, given(stem="Ещё один"), [a_file("a.png")], expected=1)
    with pytest.raises(PreconditionFailed):
        await desk.retire(AUTHOR, made.id, expected=1)
    assert desk.world.questions[made.id].content.stem == "Новый вопрос"
    assert desk.world.kept == []


async def test_files_stay_come_and_go() -> None:
    desk = Desk()
    stem = '<img src="attachment:карта.png">'
    made = await desk.create(AUTHOR, given(stem=stem, alts={"карта.png": "Карта"}), [a_file("карта.png")])
    assert [(it.name, it.alt) for it in made.attachments] == [("карта.png", "Карта")]
    assert desk.world.kept == ["bank/карта.png"]
    more = await desk.edit(
        AUTHOR, made.id, given(stem=stem), [a_file("b.png"), a_file("film.mp4", MediaRole.ANSWER_VIDEO)]
    )
    assert [it.name for it in more.attachments] == ["карта.png", "b.png", "film.mp4"]
    less = await desk.edit(AUTHOR, made.id, given(stem=stem, attachments=["карта.png"]))
    assert [(it.name, it.alt) for it in less.attachments] == [("карта.png", "Карта")]
    new = replace(a_file("карта.png"), key="bank/other")
    replaced = await desk.edit(AUTHOR, made.id, given(stem=stem), [new])
    assert [it.key for it in replaced.attachments] == ["bank/other"]


@pytest.mark.parametrize(
    ("changes", "files", "code"),
    [
        ({"stem": '<img src="attachment:x.png">'}, [], "attachment_missing"),
        ({"stem_format": "markdown", "stem": "![x](attachment:x.png)"}, [], "attachment_missing"),
        ({"attachments": ["x.png"]}, [], "attachment_missing"),
        ({}, ["a.png", "a.png"], "duplicate_name"),
        ({}, [f"{n}.png" for n in range(51)], "too_many"),
        ({"extra": {"colour": "red"}}, [], "unknown"),
        ({"extra": {"map": 5}}, [], "type"),
        ({"answer": ["a", "b", "z"]}, [], None),
        ({"answer": True}, [], "answer_shape"),
        ({"title": "a\x00b"}, [], "nul"),
    ],
)
async def test_what_is_wrong_is_told_and_nothing_is_kept(
    changes: dict[str, object], files: list[str], code: str | None
) -> None:
    desk = Desk()
    with pytest.raises(QuestionInvalid) as refusal:
        await desk.create(AUTHOR, given(**changes), [a_file(name) for name in files])
    assert code is None or code in {problem.code for problem in refusal.value.problems}
    assert (desk.world.questions, desk.world.kept, desk.world.events) == ({}, [], [])


async def test_an_unknown_subject_is_refused() -> None:
    with pytest.raises(SubjectUnknown):
        await Desk().create(AUTHOR, given(subject="alchemy"))


async def test_markup_is_cleaned_before_it_is_kept() -> None:
    made = await Desk().create(AUTHOR, given(stem="Кто?<script>alert(1)</script><p onclick=x>Я</p>"))
    assert made.content.stem == "Кто?<p>Я</p>"


def test_an_answer_in_the_shape_of_a_response_says_what_is_right() -> None:
    def said(kind: str, *, answer: object, **fields: object) -> object:
        content = content_of(given(kind=kind, answer=answer, **fields), answer)  # type: ignore[arg-type]
        return content.key or dict(content.pairs) or content.accepted or content.gaps

    assert said("multiple_choice", answer=["a", "b"]) == ("a", "b")
    assert said("true_false", answer=False) == ("false",)
    assert said("ordering", answer=["2", "1"]) == ("2", "1")
    assert said("matching", answer={"1": "b"}) == {"1": "b"}
    assert said("short_text", answer=["кот", "кошка"]) == (Accepted(text="кот"), Accepted(text="кошка"))
    assert said("numeric", answer=1e-7) == (Accepted(text="0.0000001"),)
    assert said("numeric", answer=10**20) == (Accepted(text="100000000000000000000"),)
    gap = {"id": "1", "kind": "short_text"}
    (filled,) = said("cloze", answer={"1": ["ест", "кушает"]}, gaps=[gap])  # type: ignore[misc]
    assert [it.text for it in filled.accepted] == ["ест", "кушает"]


def test_each_kind_has_its_usual_rule() -> None:
    rules = {kind: content_of(given(kind=kind.value)).rule.name for kind in Kind}
    assert rules[Kind.MULTIPLE_CHOICE] is RuleName.SET
    assert rules[Kind.SINGLE_CHOICE] is RuleName.EXACT
    assert rules[Kind.ESSAY] is RuleName.CRITERIA
    assert content_of(given(kind="description")).max_score == 0
