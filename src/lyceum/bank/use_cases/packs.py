"""Packs: sets of questions, listed or chosen by filters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from lyceum.accounts.api import Actor, Role
from lyceum.bank.domain.catalogue import Access, Pack, PackInvalid, Selection
from lyceum.bank.domain.drafts import Difficulty
from lyceum.bank.ports import Packs, Subjects
from lyceum.kernel.errors import FieldProblem
from lyceum.kernel.ids import QuestionId, uuid7
from lyceum.kernel.ports import Clock, Transaction
from lyceum.platform.http_errors import PreconditionFailed

SCOPE = "bank:write"


class SelectionInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Questions by list, or by filters when the list is empty."""

    question_ids: Annotated[tuple[UUID, ...], Meta(max_length=5000)] = ()
    exam: Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,40}$")] | None = None
    subject: Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,40}$")] | None = None
    task_numbers: Annotated[tuple[Annotated[int, Meta(ge=1, le=40)], ...], Meta(max_length=40)] = ()
    topics: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...], Meta(max_length=50)] = ()
    difficulty: Difficulty | None = None


class PackInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pack as its author sends it."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    description: Annotated[str, Meta(max_length=5000)] = ""
    access: Access = Access.FREE
    selection: SelectionInput


async def selection_of(given: PackInput, subjects: Subjects) -> Selection:
    """Raise PackInvalid for an empty selection, NUL in a text, or a question that is not published."""
    if b"\\u0000" in msgspec.json.encode(given):
        raise PackInvalid(problems=[FieldProblem("pack", "nul", "A text holds the character NUL.")])
    chosen = given.selection
    ids = tuple(QuestionId(id) for id in dict.fromkeys(chosen.question_ids))
    selection = Selection(
        question_ids=ids,
        exam=chosen.exam,
        subject=chosen.subject,
        task_numbers=tuple(dict.fromkeys(chosen.task_numbers)),
        topics=tuple(dict.fromkeys(chosen.topics)),
        difficulty=chosen.difficulty,
    )
    if selection.is_empty:
        problem = FieldProblem("selection", "empty", "Name at least one question or one filter.")
        raise PackInvalid(problems=[problem])
    if ids and selection != Selection(question_ids=ids):
        problem = FieldProblem("selection", "list_and_filters", "Give a list of questions or filters, not both.")
        raise PackInvalid(problems=[problem])
    if chosen.subject is not None:
        await subjects.get(chosen.subject)
    return selection


async def _require_published(packs: Packs, ids: Sequence[QuestionId]) -> None:
    published = await packs.published(ids)
    missing = [
        FieldProblem(f"selection/question_ids/{place}", "question_unknown", "There is no such published question.")
        for place, id in enumerate(ids)
        if id not in published
    ]
    if missing:
        raise PackInvalid(problems=missing[:100])


@dataclass(frozen=True, slots=True)
class CreatePack:
    """An author puts a pack together; refused without the role, or when a listed question is not published."""

    packs: Packs
    subjects: Subjects
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, given: PackInput) -> Pack:
        actor.require(Role.AUTHOR, scope=SCOPE)
        selection = await selection_of(given, self.subjects)
        now = self.clock.now()
        pack = Pack(
            id=uuid7(),
            author_id=actor.id,
            title=given.title,
            description=given.description,
            access=given.access,
            selection=selection,
            created_at=now,
            updated_at=now,
        )
        async with self.transaction:
            await _require_published(self.packs, selection.question_ids)
            await self.packs.add(pack)
        return pack


@dataclass(frozen=True, slots=True)
class EditPack:
    """Its author or an operator changes a pack. `expected` as for questions."""

    packs: Packs
    subjects: Subjects
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, id: UUID, given: PackInput, *, expected: int | None = None) -> Pack:
        actor.require(Role.AUTHOR, scope=SCOPE)
        selection = await selection_of(given, self.subjects)
        async with self.transaction:
            pack = await self.packs.get_for_update(id)
            pack.require_editor(actor.id, operator=actor.has(Role.OPERATOR))
            if expected is not None and expected != pack.version:
                raise PreconditionFailed(version=pack.version)
            await _require_published(self.packs, selection.question_ids)
            seen = pack.version
            pack.edit(given.title, given.description, given.access, selection, self.clock.now())
            await self.packs.save(pack, expected=seen)
        return pack
