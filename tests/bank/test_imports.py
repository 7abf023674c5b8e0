"""The import use cases, on fakes: what counts as new, changed and known, and that nothing is left half done."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType

import pytest

from lyceum.accounts.api import Actor, NotSignedIn, Role, RoleMissing
from lyceum.bank.api import QuestionsChanged
from lyceum.bank.domain.content import Content, Kind
from lyceum.bank.domain.questions import Passport, write
from lyceum.bank.domain.transfers import (
    Counts,
    Direction,
    Duplicates,
    Note,
    NoteLevel,
    Transfer,
    TransferId,
    TransferNotFound,
    TransferNotReady,
    TransferOptions,
    TransferState,
)
from lyceum.bank.transfer_ports import Chunk, Incoming, Known, KnownQuestion
from lyceum.bank.use_cases.imports import (
    CancelTransfer,
    ConfirmImport,
    ImportStopped,
    NewImport,
    RunImport,
    StartImport,
    UndoImport,
)
from lyceum.jobs.api import NewTask, TaskId
from lyceum.kernel.errors import Invalid
from lyceum.kernel.ids import QuestionId, UserId, uuid7

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
AUTHOR = Actor(id=UserId(uuid7()), roles=frozenset({Role.AUTHOR}))
OTHER = Actor(id=UserId(uuid7()), roles=frozenset({Role.AUTHOR}))


class BrokenFile(Invalid):
    code = "bank.test_broken"
    text = "The file breaks off."


@dataclass(slots=True)
class World:
    """All ports of imports at once, in memory."""

    rows: dict[TransferId, Transfer] = field(default_factory=dict)
    told: list[Note] = field(default_factory=list)
    staged: list[Incoming] = field(default_factory=list)
    revealed: list[Incoming] = field(default_factory=list)
    known_hashes: dict[str, str] = field(default_factory=dict)
    known_ids: dict[str, KnownQuestion] = field(default_factory=dict)
    chunks: list[Chunk] = field(default_factory=list)
    breaks_off: bool = False
    crashes: bool = False
    cancelled_after: int = 10**9
    events: list[object] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    tasks: list[NewTask] = field(default_factory=list)
    cancelled: list[TaskId] = field(default_factory=list)
    saves: int = 0
    guess: str = "gift, utf-8"

    def now(self) -> datetime:
        return NOW

    async def cancel(self, id: TaskId) -> None:
        self.cancelled.append(id)

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def named(self, words: str) -> str:
        return words

    async def keep(self, keys: Sequence[str]) -> None:
        self.kept += keys

    async def drop(self, keys: Sequence[str]) -> None:
        self.kept = [key for key in self.kept if key not in keys]

    async def get_for_update(self, id: TransferId) -> Transfer:
        if id not in self.rows:
            raise TransferNotFound(id=id)
        return self.rows[id]

    async def confirmed(self, id: TransferId) -> Transfer | None:
        return next((row for row in self.rows.values() if row.dry_run_of == id), None)

    async def save(self, transfer: Transfer) -> None:
        self.rows[transfer.id] = transfer

    async def save_running(self, transfer: Transfer) -> bool:
        self.saves += 1
        return self.saves <= self.cancelled_after

    async def add_notes(self, id: TransferId, added: Sequence[Note]) -> None:
        self.told += added

    def add(self, thing: object) -> "Added":
        if isinstance(thing, Transfer):
            self.rows[thing.id] = thing
        elif isinstance(thing, NewTask):
            self.tasks.append(thing)
        else:
            self.events.append(thing)
        return Added()

    async def known(self, owner: UserId, questions: Sequence[Incoming]) -> Known:
        return Known(self.known_hashes, self.known_ids)

    async def stage(self, questions: Sequence[Incoming]) -> None:
        self.staged += questions

    async def reveal(self, id: TransferId, at: datetime, *, publish: bool) -> Sequence[QuestionsChanged]:
        self.revealed, self.staged = self.staged, []
        return [QuestionsChanged(())]

    async def discard(self, id: TransferId) -> int:
        gone = len(self.staged)
        self.staged = []
        return gone

    async def retire(self, id: TransferId, at: datetime) -> Sequence[QuestionsChanged]:
        self.revealed = []
        return [QuestionsChanged(())]

    @asynccontextmanager
    async def open(self, transfer: Transfer) -> AsyncIterator["World"]:
        yield self

    async def next_chunk(self, size: int) -> Chunk | None:
        if self.chunks:
            return self.chunks.pop(0)
        if self.breaks_off:
            raise BrokenFile
        if self.crashes:
            raise OSError("the disk is gone")
        return None

    async def keep_media(self, questions: Sequence[Incoming]) -> Sequence[Incoming]:
        return questions


class Added:
    """`Transfers.add` and `TaskQueue.add` are awaited, `Outbox.add` is not; this serves all."""

    def __await__(self):  # type: ignore[no-untyped-def]
        return iter(())


def incoming(hash: str, external_id: str = "") -> Incoming:
    question = write(
        id=QuestionId(uuid7()),
        find_code="QQQQQQQQ",
        author_id=AUTHOR.id,
        passport=Passport(subject="physics", external_id=external_id),
        content=Content(kind=Kind.ESSAY, stem=hash),
        content_hash=hash,
        at=NOW,
    )
    return Incoming(question=question, place=f"line {hash}")


def a_chunk(questions: Iterable[Incoming], rejected: int = 0) -> Chunk:
    note = Note(level=NoteLevel.REJECTED, place="line 1", title="", code="x", reason="wrong", fix="mend")
    return Chunk(list(questions), [note] * rejected, 100)


def a_transfer(**change: object) -> Transfer:
    given: dict[str, object] = {
        "id": TransferId(uuid7()),
        "direction": Direction.IMPORT,
        "owner_id": AUTHOR.id,
        "file_name": "base.gift",
        "file_key": "imports/aa/bb",
        "format": "auto",
        "dry_run": False,
        "options": TransferOptions(),
        "created_at": NOW,
        "state": TransferState.RUNNING,
        "total_bytes": 1000,
    }
    return Transfer(**(given | change))  # type: ignore[arg-type]


def run(world: World) -> RunImport:
    return RunImport(world, world, world, world, world, world)  # type: ignore[arg-type]


async def test_an_import_reveals_what_is_new_and_its_counts_add_up() -> None:
    world = World(chunks=[a_chunk([incoming("a"), incoming("b")], rejected=1), a_chunk([incoming("c"), incoming("a")])])
    transfer = await run(world)(a_transfer())
    assert transfer.state is TransferState.DONE
    assert transfer.counts == Counts(imported=3, skipped=1, rejected=1)
    assert transfer.counts.found == 5
    assert [it.question.content_hash for it in world.revealed] == ["a", "b", "c"]
    assert world.events == [QuestionsChanged(())]
    assert transfer.done_bytes == 1000


async def test_a_question_that_the_bank_has_is_skipped_and_named() -> None:
    world = World(chunks=[a_chunk([incoming("a"), incoming("b")])], known_hashes={"a": "K7QMHWXA"})
    transfer = await run(world)(a_transfer())
    assert transfer.counts == Counts(imported=1, skipped=1)
    assert [(note.code, note.place) for note in world.told] == [("duplicate", "line a")]
    assert world.told[0].facts == {"find_code": "K7QMHWXA"}


@pytest.mark.parametrize(
    ("duplicates", "counts"),
    [(Duplicates.UPDATE, Counts(imported=1, updated=1)), (Duplicates.SKIP, Counts(imported=1, skipped=1))],
)
async def test_a_changed_question_is_a_new_version_or_skipped_as_asked(duplicates: Duplicates, counts: Counts) -> None:
    old = KnownQuestion(QuestionId(uuid7()), "AAAAAAAA")
    world = World(chunks=[a_chunk([incoming("new text", "id-1"), incoming("x")])], known_ids={"id-1": old})
    transfer = await run(world)(a_transfer(options=TransferOptions(duplicates=duplicates)))
    assert transfer.counts == counts
    replaced = [it.replaces for it in world.revealed if it.replaces]
    assert replaced == ([old.id] if duplicates is Duplicates.UPDATE else [])


async def test_a_dry_run_counts_the_same_and_keeps_nothing() -> None:
    chunks = [a_chunk([incoming("a"), incoming("a"), incoming("b")], rejected=2)]
    world = World(chunks=chunks)
    transfer = await run(world)(a_transfer(dry_run=True))
    assert transfer.counts == Counts(imported=2, skipped=1, rejected=2)
    assert (world.staged, world.revealed, world.events) == ([], [], [])


async def test_a_file_that_breaks_off_leaves_nothing_and_says_why() -> None:
    world = World(chunks=[a_chunk([incoming("a")], rejected=1)], breaks_off=True)
    transfer = await run(world)(a_transfer())
    assert (transfer.state, transfer.error_code) == (TransferState.FAILED, "bank.test_broken")
    assert (world.staged, world.revealed, world.events) == ([], [], [])
    assert transfer.counts == Counts(rejected=1)


async def test_a_fault_of_ours_leaves_nothing_staged_and_is_raised() -> None:
    world = World(chunks=[a_chunk([incoming("a")])], crashes=True)
    with pytest.raises(OSError, match="disk"):
        await run(world)(a_transfer())
    assert (world.staged, world.revealed) == ([], [])


@pytest.mark.parametrize("after", [0, 1, 2])
async def test_a_cancelled_import_stops_and_leaves_nothing(after: int) -> None:
    world = World(chunks=[a_chunk([incoming("a")]), a_chunk([incoming("b")])], cancelled_after=after)
    with pytest.raises(ImportStopped):
        await run(world)(a_transfer())
    assert (world.staged, world.revealed, world.events) == ([], [], [])


async def test_leftovers_of_a_killed_run_are_discarded_before_it_starts_over() -> None:
    world = World(chunks=[a_chunk([incoming("a")])], staged=[incoming("left over")])
    transfer = await run(world)(a_transfer())
    assert transfer.counts.imported == 1
    assert [it.question.content_hash for it in world.revealed] == ["a"]


async def test_an_author_starts_an_import_and_a_learner_or_stranger_is_refused() -> None:
    world = World()
    start = StartImport(world, world, world, world, world, world)  # type: ignore[arg-type]
    new = NewImport(file_name="base.gift", file_key="imports/aa/bb", total_bytes=10)
    transfer = await start(AUTHOR, new)
    assert (transfer.state, world.kept) == (TransferState.QUEUED, ["imports/aa/bb"])
    assert [(task.kind, task.id, task.created_by) for task in world.tasks] == [("import", transfer.id, AUTHOR.id)]
    with pytest.raises(RoleMissing):
        await start(Actor(id=UserId(uuid7()), roles=frozenset({Role.LEARNER})), new)
    with pytest.raises(NotSignedIn):
        await start(Actor(), new)
    assert len(world.rows) == 1


async def test_confirming_a_dry_run_twice_begins_one_import() -> None:
    tried = a_transfer(dry_run=True, state=TransferState.DONE)
    world = World(rows={tried.id: tried})
    confirm = ConfirmImport(world, world, world, world)  # type: ignore[arg-type]
    first = await confirm(AUTHOR, tried.id)
    again = await confirm(AUTHOR, tried.id)
    assert (first.id, first.dry_run, first.dry_run_of) == (again.id, False, tried.id)
    assert len(world.rows) == 2


async def test_anothers_import_is_as_good_as_absent() -> None:
    tried = a_transfer(dry_run=True, state=TransferState.DONE)
    world = World(rows={tried.id: tried})
    for use_case in (
        ConfirmImport(world, world, world, world),  # type: ignore[arg-type]
        CancelTransfer(world, world, world, world),  # type: ignore[arg-type]
        UndoImport(world, world, world, world, world),  # type: ignore[arg-type]
    ):
        with pytest.raises(TransferNotFound):
            await use_case(OTHER, tried.id)


async def test_only_what_is_under_way_can_be_stopped() -> None:
    done, running = a_transfer(state=TransferState.DONE), a_transfer()
    world = World(rows={done.id: done, running.id: running})
    cancel = CancelTransfer(world, world, world, world)  # type: ignore[arg-type]
    assert (await cancel(AUTHOR, running.id)).state is TransferState.CANCELLED
    assert world.cancelled == [running.id]
    with pytest.raises(TransferNotReady, match="done"):
        await cancel(AUTHOR, done.id)


@pytest.mark.parametrize(("days", "allowed"), [(29, True), (31, False)])
async def test_an_import_can_be_taken_back_for_thirty_days(days: int, allowed: bool) -> None:
    transfer = a_transfer(state=TransferState.DONE, finished_at=NOW - timedelta(days=days))
    world = World(rows={transfer.id: transfer}, revealed=[incoming("a")])
    undo = UndoImport(world, world, world, world, world)  # type: ignore[arg-type]
    if allowed:
        assert (await undo(AUTHOR, transfer.id)).state is TransferState.UNDONE
        assert (world.revealed, len(world.events)) == ([], 1)
    else:
        with pytest.raises(TransferNotReady):
            await undo(AUTHOR, transfer.id)
        assert len(world.revealed) == 1
