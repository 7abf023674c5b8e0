"""What the bank needs from outside."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from lyceum.bank.domain.catalogue import ExamProfile, Pack, Subject
from lyceum.bank.domain.content import Content
from lyceum.bank.domain.questions import Question
from lyceum.kernel.ids import QuestionId


class Questions(Protocol):
    """Questions by the piece, in the open transaction."""

    async def get_for_update(self, id: QuestionId) -> Question:
        """Raise bank.question_not_found."""

    async def add(self, question: Question) -> None:
        """A find code that is taken is replaced by a free one, in the object too."""

    async def save_edit(self, question: Question, *, expected: int) -> None:
        """Write over version `expected`, which is kept for those who answered it; raise PreconditionFailed if it is not
        the current one any more."""

    async def save_status(self, question: Question, *, expected: int) -> None:
        """The same for a change of status alone; the version before is not kept, since its content has not changed."""


class Subjects(Protocol):
    async def get(self, id: str) -> Subject:
        """Raise bank.subject_unknown."""

    async def named(self, words: str) -> str:
        """The id of the subject with that id or title, in any case; raise bank.subject_unknown."""


class Cleaner(Protocol):
    """Makes texts safe to show."""

    def clean(self, content: Content) -> Content:
        """Everything that runs or calls home is taken out of the texts."""

    def mentioned(self, content: Content) -> frozenset[str]:
        """Names of the attachments that the texts show."""


class KeptFiles(Protocol):
    async def keep(self, keys: Sequence[str]) -> None:
        """The received files stay, if the open transaction commits."""


class Packs(Protocol):
    async def get_for_update(self, id: UUID) -> Pack:
        """Raise bank.pack_not_found."""

    async def add(self, pack: Pack) -> None: ...

    async def save(self, pack: Pack, *, expected: int) -> None:
        """Raise PreconditionFailed when the stored pack is not at version `expected`."""

    async def published(self, ids: Sequence[QuestionId]) -> set[QuestionId]:
        """Which of these questions are published."""


class ExamProfiles(Protocol):
    async def find(self, exam: str, subject: str, year: int) -> ExamProfile | None:
        """The current version."""

    async def add(self, profile: ExamProfile) -> None:
        """A new version; raise PreconditionFailed when that version is there already."""
