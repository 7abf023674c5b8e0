"""The contract of `Files`, for every store: a folder and an S3 bucket."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from lyceum.platform.file_links import FileLinks
from lyceum.platform.file_store import PART, StoredFiles, open_files
from lyceum.platform.files import FileMissing, Files, FileTooLarge, new_key, require_key
from lyceum.platform.settings import Settings
from tests.needs import need
from tests.s3_server import S3Server, s3_installed, s3_server

MIB = 1 << 20


class StandingClock:
    def now(self) -> datetime:
        return datetime(2026, 9, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    need("s3", found=s3_installed())
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


class Place:
    """One store, and the folder where its bytes can be seen from behind."""

    def __init__(self, files: StoredFiles, folder: Path) -> None:
        self.files = files
        self.folder = folder

    def leftovers(self) -> list[str]:
        """Every file that lies there, finished or not."""
        return [str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()]


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    links = FileLinks("a secret of the tests", StandingClock())
    if request.param == "folder":
        yield Place(open_files(Settings(data_dir=tmp_path), links), tmp_path)
        return
    server: S3Server = request.getfixturevalue("s3")
    place = Place(open_files(server.settings(), links), server.folder)
    before = set(place.leftovers())
    yield place
    for name in set(place.leftovers()) - before:
        (server.folder / name).unlink()


async def chunks(body: bytes, size: int = 60_000) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def read(files: Files, key: str, start: int = 0, stop: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in files.get(key, start, stop)])


@pytest.mark.parametrize("size", [0, 1, 100_000, PART, PART + 1, 2 * PART + 12_345])
async def test_what_was_put_comes_back_with_its_size_and_hash(place: Place, size: int) -> None:
    body, key = os.urandom(size), new_key("tests")
    stored = await place.files.put(key, chunks(body), limit=size)
    assert (stored.size, stored.sha256) == (size, sha256(body).hexdigest())
    assert await read(place.files, key) == body
    assert await place.files.head(key) == size


async def test_any_range_can_be_read_alone(place: Place) -> None:
    body, key = os.urandom(MIB), new_key("tests")
    await place.files.put(key, chunks(body), limit=MIB)
    for start, stop in [(0, 10), (10, 11), (1000, None), (MIB - 1, MIB), (5, 5)]:
        assert await read(place.files, key, start, stop) == body[start:stop]


@pytest.mark.parametrize("limit", [10, PART - 1, 2 * PART])
async def test_a_file_beyond_the_limit_is_refused_and_nothing_is_kept(place: Place, limit: int) -> None:
    before = place.leftovers()
    with pytest.raises(FileTooLarge):
        await place.files.put(new_key("tests"), chunks(bytes(3 * PART)), limit=limit)
    assert place.leftovers() == before


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("after", [1000, PART + 1000, 3 * PART])
async def test_an_upload_whose_source_breaks_off_leaves_nothing(place: Place, after: int) -> None:
    async def broken() -> AsyncIterator[bytes]:
        async for chunk in chunks(bytes(after)):
            yield chunk
        raise Interrupted

    before = place.leftovers()
    with pytest.raises(Interrupted):
        await place.files.put(new_key("tests"), broken(), limit=100 * MIB)
    assert place.leftovers() == before


async def test_an_upload_that_is_cancelled_leaves_nothing(place: Place) -> None:
    flowing = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(3 * PART // MIB):
            yield bytes(MIB)
        flowing.set()
        await asyncio.Event().wait()

    before = place.leftovers()
    task = asyncio.create_task(place.files.put(new_key("tests"), endless(), limit=100 * MIB))
    await flowing.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert place.leftovers() == before


async def test_a_missing_file_is_a_refusal_and_deleting_it_is_not(place: Place) -> None:
    key, missing = new_key("tests"), new_key("tests")
    await place.files.put(key, chunks(b"text"), limit=10)
    with pytest.raises(FileMissing):
        await place.files.head(missing)
    with pytest.raises(FileMissing):
        await read(place.files, missing)
    await place.files.delete([missing, key])
    with pytest.raises(FileMissing):
        await place.files.head(key)


async def test_two_files_are_written_at_once(place: Place) -> None:
    bodies = {new_key("tests"): os.urandom(PART + number) for number in range(4)}
    await asyncio.gather(*(place.files.put(key, chunks(body), limit=2 * PART) for key, body in bodies.items()))
    for key, body in bodies.items():
        assert await read(place.files, key) == body


@pytest.mark.parametrize(
    "key", ["../x", "a/../b", "/etc/passwd", "a//b", "a", "A/b", "a/b.c", "a/b/", "a/%2e", "a\\b/c"]
)
async def test_a_key_that_could_lead_elsewhere_is_refused(place: Place, key: str) -> None:
    before = place.leftovers()
    with pytest.raises(ValueError, match="not a key"):
        await place.files.put(key, chunks(b"x"), limit=1)
    with pytest.raises(ValueError, match="not a key"):
        await place.files.delete([key])
    assert place.leftovers() == before


def test_a_new_key_is_a_key_and_never_the_same() -> None:
    keys = {require_key(new_key("bank")) for _ in range(1000)}
    assert len(keys) == 1000
