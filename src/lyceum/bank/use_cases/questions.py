"""Writing questions: create, edit, publish, retire."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from lyceum.accounts.api import Actor, Role
from lyceum.bank.api import QuestionsChanged
from lyceum.bank.domain.checking import check
from lyceum.bank.domain.content import Content
from lyceum.bank.domain.drafts import MediaRole
from lyceum.bank.domain.fields import field_problems
from lyceum.bank.domain.find_codes import new_find_code
from lyceum.bank.domain.hashing import content_hash
from lyceum.bank.domain.questions import (
    Attachment,
    Passport,
    Question,
    QuestionInvalid,
    Status,
    write,
)
from lyceum.bank.ports import Cleaner, KeptFiles, Questions, Subjects
from lyceum.bank.use_cases.pool import pool_item
from lyceum.bank.use_cases.question_input import QuestionInput, content_of, passport_of
from lyceum.kernel.errors import FieldProblem
from lyceum.kernel.ids import QuestionId, uuid7
from lyceum.kernel.ports import Clock, Outbox, Transaction
from lyceum.platform.http_errors import PreconditionFailed

MAX_FILES = 50
SCOPE = "bank:write"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file that was received and checked, and is in the store; it stays if a question takes it."""

    name: str
    role: MediaRole
    key: str
    mime: str
    size: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """An input that may be kept: cleaned and checked. `mentioned` are the files that its texts show."""

    passport: Passport
    content: Content
    hash: str
    mentioned: frozenset[str]


@dataclass(frozen=True, slots=True)
class PrepareQuestion:
    """Turns what an author sent into what the bank keeps, or raises QuestionInvalid with everything that is wrong."""

    subjects: Subjects
    cleaner: Cleaner

    async def __call__(self, given: QuestionInput) -> Prepared:
        if b"\\u0000" in msgspec.json.encode(given):
            raise QuestionInvalid(problems=[FieldProblem("question", "nul", "A text holds the character NUL.")])
        subject = await self.subjects.get(given.subject)
        content = self.cleaner.clean(content_of(given, given.answer))
        problems = [*check(content), *field_problems(subject.fields_schema, given.extra)]
        if problems:
            raise QuestionInvalid(problems=problems[:100])
        return Prepared(passport_of(given), content, content_hash(content), self.cleaner.mentioned(content))


def files_of(
    given: QuestionInput, ready: Prepared, arriving: Sequence[NewFile], present: Sequence[Attachment] = ()
) -> tuple[Attachment, ...]:
    """Files that stay and files that come; a new one takes the place of an old one of its name.

    Raise QuestionInvalid when a file is missing that the input or a text names, or when there are too many.
    """
    new = [Attachment(name=it.name, role=it.role, key=it.key, mime=it.mime, size=it.size) for it in arriving]
    names = [it.name for it in new]
    wanted = {it.name for it in present} if given.attachments is None else set(given.attachments)
    kept = [it for it in present if it.name in wanted and it.name not in names]
    files = tuple(replace(it, alt=given.alts.get(it.name, it.alt)) for it in (*kept, *new))
    missing = (wanted | ready.mentioned) - {it.name for it in files}
    problems = [
        *(
            _problem("attachment_missing", f"The file {name[:80]} is missing; send it along.")
            for name in sorted(missing)
        ),
        *(
            _problem("duplicate_name", f"Two files are called {name[:80]}; rename one.")
            for name in sorted({name for name in names if names.count(name) > 1})
        ),
    ]
    if len(files) > MAX_FILES:
        problems.append(_problem("too_many", f"A question has at most {MAX_FILES} files."))
    if sum(it.role is MediaRole.ANSWER_VIDEO for it in files) > 1:
        problems.append(_problem("too_many_videos", "A question has at most one video of its answer."))
    if problems:
        raise QuestionInvalid(problems=problems[:100])
    return files


def _problem(code: str, said: str) -> FieldProblem:
    return FieldProblem("attachments", code, said)


@dataclass(frozen=True, slots=True)
class CreateQuestion:
    """An author writes a question; a draft unless `status` says published.

    Refused without the role author, and when anything about the question or its files is wrong; nothing is kept then.
    """

    prepare: PrepareQuestion
    questions: Questions
    files: KeptFiles
    outbox: Outbox
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, given: QuestionInput, files: Sequence[NewFile] = ()) -> Question:
        actor.require(Role.AUTHOR, scope=SCOPE)
        ready = await self.prepare(given)
        question = write(
            id=QuestionId(uuid7()),
            find_code=new_find_code(secrets.randbelow),
            author_id=actor.id,
            passport=ready.passport,
            content=ready.content,
            content_hash=ready.hash,
            attachments=files_of(given, ready, files),
            at=self.clock.now(),
            status=Status.PUBLISHED if given.status == "published" else Status.DRAFT,
        )
        async with self.transaction:
            await self.files.keep([file.key for file in files])
            await self.questions.add(question)
            if question.status is Status.PUBLISHED:
                self.outbox.add(QuestionsChanged((pool_item(question),)))
        return question


@dataclass(frozen=True, slots=True)
class EditQuestion:
    """Its author or an operator writes a new version; learners' answers keep the version they were given to.

    `expected` is the version that the caller has seen (PreconditionFailed when it is not the current one). A retired
    question is refused; nothing of a refused edit is kept.
    """

    prepare: PrepareQuestion
    questions: Questions
    files: KeptFiles
    outbox: Outbox
    clock: Clock
    transaction: Transaction

    async def __call__(
        self,
        actor: Actor,
        id: QuestionId,
        given: QuestionInput,
        files: Sequence[NewFile] = (),
        *,
        expected: int | None = None,
    ) -> Question:
        actor.require(Role.AUTHOR, scope=SCOPE)
        ready = await self.prepare(given)
        async with self.transaction:
            question = await theirs(self.questions, actor, id, expected)
            seen = question.version
            attachments = files_of(given, ready, files, question.attachments)
            question.edit(ready.passport, ready.content, ready.hash, attachments, self.clock.now())
            if given.status == "published":
                question.status = Status.PUBLISHED
            await self.files.keep([file.key for file in files])
            await self.questions.save_edit(question, expected=seen)
            if question.status is Status.PUBLISHED:
                self.outbox.add(QuestionsChanged((pool_item(question),)))
        return question


@dataclass(frozen=True, slots=True)
class PublishQuestion:
    """Its author or an operator shows a draft, or a retired question again, to everybody. Twice is as good as once."""

    questions: Questions
    outbox: Outbox
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, id: QuestionId, *, expected: int | None = None) -> Question:
        async with self.transaction:
            question = await theirs(self.questions, actor, id, expected)
            seen = question.version
            if question.publish(self.clock.now()):
                await self.questions.save_status(question, expected=seen)
                self.outbox.add(QuestionsChanged((pool_item(question),)))
        return question


@dataclass(frozen=True, slots=True)
class RetireQuestion:
    """Its author or an operator takes a question out of use; trainings under way still show it. Twice is once."""

    questions: Questions
    outbox: Outbox
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, id: QuestionId, *, expected: int | None = None) -> Question:
        async with self.transaction:
            question = await theirs(self.questions, actor, id, expected)
            seen = question.version
            if question.retire(self.clock.now()):
                await self.questions.save_status(question, expected=seen)
                self.outbox.add(QuestionsChanged((pool_item(question),)))
        return question


async def theirs(questions: Questions, actor: Actor, id: QuestionId, expected: int | None) -> Question:
    """The question, locked, if `actor` may change it and has seen its current version (None: no such care)."""
    actor.require(Role.AUTHOR, scope=SCOPE)
    question = await questions.get_for_update(id)
    question.require_editor(actor.id, operator=actor.has(Role.OPERATOR))
    if expected is not None and expected != question.version:
        raise PreconditionFailed(version=question.version)
    return question
