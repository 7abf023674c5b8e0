"""`--demo`: original questions, and a learner, an author and an operator to look at them as."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from dishka import AsyncContainer

from lyceum.accounts.api import Role
from lyceum.accounts.domain.refusals import EmailTaken
from lyceum.accounts.use_cases.sign_up import NewAccount
from lyceum.accounts.use_cases.users import CreateUser
from lyceum.bank.adapters.intake import Intake
from lyceum.bank.adapters.queries import SubjectTitles
from lyceum.bank.adapters.transfers import SqlTransfers
from lyceum.bank.domain.content import Content
from lyceum.bank.domain.drafts import Difficulty, Draft, DraftMedia, MediaRole, Rejected
from lyceum.bank.domain.transfers import Direction, Transfer, TransferId, TransferOptions, TransferState
from lyceum.bank.transfer_ports import Chunk, Incoming, Sources
from lyceum.bank.use_cases.imports import RunImport
from lyceum.kernel.ids import UserId, uuid7
from lyceum.main.users_cli import CONSOLE
from lyceum.platform.database import SqlTransaction
from lyceum.platform.outbox import Relay
from lyceum.platform.settings import Settings

FOLDER = Path(__file__).parent / "demo"
PEOPLE = ((Role.LEARNER, "Аня Коваль"), (Role.AUTHOR, "Марина Серова"), (Role.OPERATOR, "Олег Дёмин"))


class DemoMedia(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    role: MediaRole
    alt: str
    file: str


class DemoQuestion(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The fields of a Draft, its files by name."""

    content: Content
    title: str
    external_id: str
    subject: str
    topics: tuple[str, ...]
    source: str
    licence: str
    exam: str | None = None
    exam_task_number: int | None = None
    difficulty: Difficulty = Difficulty.MEDIUM
    media: tuple[DemoMedia, ...] = ()


class DemoFile(msgspec.Struct, forbid_unknown_fields=True):
    subject: str
    questions: tuple[DemoQuestion, ...]


@dataclass(frozen=True, slots=True)
class DemoUser:
    """Somebody to sign in as."""

    role: Role
    email: str
    password: str


def demo_users(settings: Settings) -> list[DemoUser]:
    """The three users; their passwords are the same at every start of this installation, and no other's."""
    return [DemoUser(role, f"{role.value}@demo.example", _password(settings, role)) for role, _ in PEOPLE]


def _password(settings: Settings, role: Role) -> str:
    made = hmac.digest(settings.secret_key.encode(), f"demo {role.value}".encode(), hashlib.sha256)
    return base64.b32encode(made)[:12].decode().lower()


def demo_drafts() -> list[Draft]:
    """All demo questions with their files."""
    files = [msgspec.json.decode(path.read_bytes(), type=DemoFile) for path in sorted(FOLDER.glob("questions/*.json"))]
    return [_draft(question) for file in files for question in file.questions]


def _draft(question: DemoQuestion) -> Draft:
    media = tuple(
        DraftMedia(name=it.name, role=it.role, data=(FOLDER / "media" / it.file).read_bytes(), alt=it.alt)
        for it in question.media
    )
    return Draft(
        content=question.content,
        place=question.external_id,
        title=question.title,
        external_id=question.external_id,
        exam=question.exam,
        subject=question.subject,
        exam_task_number=question.exam_task_number,
        topics=question.topics,
        difficulty=question.difficulty,
        source=question.source,
        licence=question.licence,
        media=media,
    )


@dataclass(slots=True)
class DemoSource:
    """`transfer_ports.Source` over the demo questions."""

    incoming: list[Incoming]
    guess: str = "demo"

    async def next_chunk(self, size: int) -> Chunk | None:
        part, self.incoming = self.incoming[:size], self.incoming[size:]
        return Chunk(part, (), 0) if part else None


@dataclass(frozen=True, slots=True)
class DemoSources:
    """`transfer_ports.Sources` that knows one file; media are kept as in any import."""

    media: Sources
    titles: SubjectTitles

    @asynccontextmanager
    async def open(self, transfer: Transfer) -> AsyncIterator[DemoSource]:
        intake = Intake(transfer, await self.titles.subject_ids())
        yield DemoSource(await asyncio.to_thread(_taken, intake))

    async def keep_media(self, questions: Sequence[Incoming]) -> Sequence[Incoming]:
        return await self.media.keep_media(questions)


def _taken(intake: Intake) -> list[Incoming]:
    taken = [intake.take(draft) for draft in demo_drafts()]
    return [it.incoming for it in taken if not isinstance(it, Rejected)]


async def load_demo(container: AsyncContainer, settings: Settings) -> list[DemoUser]:
    """Make the users and load the questions, unless they are there already."""
    users = demo_users(settings)
    try:
        ids = await asyncio.gather(
            *(_create(container, user, name) for user, (_, name) in zip(users, PEOPLE, strict=True))
        )
    except EmailTaken:
        return users
    await _load_questions(container, ids[1])
    await (await container.get(Relay)).drain()
    return users


async def _create(container: AsyncContainer, user: DemoUser, name: str) -> UserId:
    async with container() as scope:
        new = NewAccount(email=user.email, password=user.password, name=name, locale="ru")
        return await (await scope.get(CreateUser))(CONSOLE, new, frozenset({Role.LEARNER, user.role}))


async def _load_questions(container: AsyncContainer, author: UserId) -> None:
    now = datetime.now(UTC)
    transfer = Transfer(
        id=TransferId(uuid7()),
        direction=Direction.IMPORT,
        owner_id=author,
        file_name="demo",
        file_key="",
        format="json",
        dry_run=False,
        options=TransferOptions(),
        created_at=now,
        state=TransferState.RUNNING,
        starts=1,
        started_at=now,
    )
    async with container() as scope:
        transaction = await scope.get(SqlTransaction)
        async with transaction:
            await (await scope.get(SqlTransfers)).add(transfer)
        run = await scope.get(RunImport)
        sources = DemoSources(await container.get(Sources), await container.get(SubjectTitles))
        await replace(run, sources=sources)(transfer)
