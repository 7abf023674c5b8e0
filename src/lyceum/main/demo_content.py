"""`--demo`: original questions and ads, and a learner, an author, a sponsor and an operator to look at them as."""

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

from lyceum.accounts.api import Actor, Role
from lyceum.accounts.domain.refusals import EmailTaken
from lyceum.accounts.use_cases.profile import ChangeProfile, ProfileChanges
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
from lyceum.main.demo_ads import load_ads
from lyceum.main.users_cli import CONSOLE
from lyceum.platform.database import SqlTransaction
from lyceum.platform.outbox import Relay
from lyceum.platform.settings import Settings

FOLDER = Path(__file__).parent / "demo"
PEOPLE = (
    (Role.LEARNER, "Аня Коваль"),
    (Role.AUTHOR, "Марина Серова"),
    (Role.SPONSOR, "Ирина Лаврова"),
    (Role.OPERATOR, "Олег Дёмин"),
)
AGE = 17
"""Of the demo's learner, who agreed to ads."""


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
    """The users; their passwords are the same at every start of this installation, and no other's."""
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
    """Make the users, the questions and the ads, as far as they are not there already.

    Clients of the advertising contract, for whom the API is open, find no ads but their own.
    """
    users = demo_users(settings)
    ids = await asyncio.gather(*[_create(container, user, name) for user, (_, name) in zip(users, PEOPLE, strict=True)])
    made = dict(zip((user.role for user in users), ids, strict=True))
    if (author := made[Role.AUTHOR]) is not None:
        await _load_questions(container, author)
    if (sponsor := made[Role.SPONSOR]) is not None and not settings.open_api:
        await load_ads(container, sponsor)
    if (learner := made[Role.LEARNER]) is not None:
        await _agree_to_ads(container, learner)
    await (await container.get(Relay)).drain()
    return users


async def _create(container: AsyncContainer, user: DemoUser, name: str) -> UserId | None:
    """The new user; None for one who is there already."""
    async with container() as scope:
        new = NewAccount(email=user.email, password=user.password, name=name, locale="ru")
        try:
            return await (await scope.get(CreateUser))(CONSOLE, new, frozenset({Role.LEARNER, user.role}))
        except EmailTaken:
            return None


async def _agree_to_ads(container: AsyncContainer, learner: UserId) -> None:
    year = datetime.now(UTC).year
    changes = ProfileChanges(birth_year=year - AGE - 1, gender="female", location="Казань", ads_consent=True)
    async with container() as scope:
        await (await scope.get(ChangeProfile))(Actor(id=learner, roles=frozenset({Role.LEARNER})), changes)


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
