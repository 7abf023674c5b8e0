"""Forms with files: what is kept, what is refused, and that nothing else stays behind."""

import os
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.files import FileMissing, Files, new_key
from lyceum.platform.settings import Settings
from lyceum.platform.uploads import PendingFiles, Uploads, pending_files
from tests.platform.files_app import MovingClock, files_client, files_container

MIB = 1 << 20
BOUNDARY = "----lyceum"


class Site:
    def __init__(self, client: httpx.AsyncClient, files: Files, uploads: Uploads, folder: Path) -> None:
        self.client = client
        self.files = files
        self.uploads = uploads
        self.folder = folder

    def kept(self) -> list[str]:
        """Every file in the store, finished or not."""
        return [str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()]

    async def pending(self) -> int:
        async with self.uploads.database.read() as connection:
            return (await connection.scalar(select(func.count()).select_from(pending_files))) or 0

    async def send(self, body: bytes | AsyncIterator[bytes]) -> httpx.Response:
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        return await self.client.post("/upload", content=body, headers={"Content-Type": kind})


@pytest.fixture
async def site(tmp_path: Path, database: Database) -> AsyncIterator[Site]:
    settings = Settings(data_dir=tmp_path, secret_key="s" * 40, max_upload_mb=70, max_body_mb=2)
    container = files_container(settings, MovingClock(), database)
    files, uploads = await container.get(Files), await container.get(Uploads)
    async with files_client(container) as client:
        yield Site(client, files, uploads, tmp_path / "files")


def part(name: str, body: bytes, file: str | None = None) -> bytes:
    shown = f'; filename="{file}"' if file is not None else ""
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{shown}\r\n\r\n'.encode() + body + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


async def in_pieces(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


@pytest.mark.parametrize("size", [7, 1000, 65536, 10**9])
async def test_files_and_texts_arrive_whole_however_they_are_cut(site: Site, size: int) -> None:
    one, two = os.urandom(3000), b"\r\n--" + BOUNDARY.encode()[:-1] + b"\r\n--" * 40
    body = form(part("question", "Вопрос".encode()), part("photos", one, "a.png"), part("photos", two, "../б.png"))
    answer = (await site.send(in_pieces(body, size))).json()
    assert answer["texts"] == {"question": ["Вопрос"]}
    assert [(file["loc"], file["name"], file["sha256"]) for file in answer["files"]] == [
        ("photos/0", "a.png", sha256(one).hexdigest()),
        ("photos/1", "б.png", sha256(two).hexdigest()),
    ]
    assert [b"".join([chunk async for chunk in site.files.get(key)]) for key in answer["keys"]] == [one, two]
    assert await site.pending() == 0


async def test_a_big_file_is_kept_whole(site: Site) -> None:
    video = os.urandom(20 * MIB)
    answer = (await site.send(form(part("video", video, "a.mp4"), part("then", b"")))).json()
    (file,) = answer["files"]
    assert (file["loc"], file["size"], file["head"]) == ("video", len(video), 8192)
    assert file["sha256"] == sha256(video).hexdigest()


@pytest.mark.parametrize("then", [b"refuse", b"forget"])
async def test_files_that_the_use_case_did_not_keep_are_deleted(site: Site, then: bytes) -> None:
    await site.send(form(part("photos", b"a", "a.png"), part("video", bytes(8 * MIB), "b.mp4"), part("then", then)))
    assert (site.kept(), await site.pending()) == ([], 0)


BIG = bytes(3 * MIB)
BAD: dict[str, tuple[Callable[[], Iterable[bytes]], int, str]] = {
    "a file beyond its limit": (lambda: [part("photos", BIG, "big.png")], 422, "lyceum.file_too_large"),
    "a field nobody asked for": (lambda: [part("secret", b"x")], 422, "lyceum.malformed"),
    "a file in the place of nothing known": (lambda: [part("other", b"x", "x.png")], 422, "lyceum.malformed"),
    "a text in the place of a file": (lambda: [part("photos", b"x")], 422, "lyceum.malformed"),
    "too many files": (lambda: [part("video", b"x", "x.mp4")] * 2, 422, "lyceum.malformed"),
    "too long a text": (lambda: [part("question", BIG)], 422, "lyceum.malformed"),
    "a text that is none": (lambda: [part("question", b"\xff\xfe")], 422, "lyceum.malformed"),
    "a program": (lambda: [part("photos", b"MZ" + BIG, "a.png")], 422, "lyceum.malformed"),
    "too many parts": (lambda: [part("question", b"x")] * 300, 422, "lyceum.malformed"),
}


@pytest.mark.parametrize("what", BAD)
async def test_a_bad_part_is_refused_and_nothing_is_kept(site: Site, what: str) -> None:
    parts, status, code = BAD[what]
    good = part("photos", bytes(MIB), "good.png")
    answer = await site.send(in_pieces(form(good, *parts(), good), 60_000))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (site.kept(), await site.pending()) == ([], 0)


async def test_the_refusal_of_a_file_names_it_and_its_place(site: Site) -> None:
    body = form(part("photos", b"x", "a.png"), part("photos", BIG, "Большая.png"))
    answer = (await site.send(body)).json()
    assert (answer["name"], answer["limit_mb"], answer["errors"][0]["loc"]) == ("Большая.png", 2, "photos/1")


async def test_a_form_cut_short_is_refused_and_nothing_is_kept(site: Site) -> None:
    whole = form(part("photos", bytes(MIB), "a.png"), part("video", bytes(9 * MIB), "b.mp4"))
    for length in (len(whole) - 3, len(whole) // 2, 100, 10, 0):
        answer = await site.send(whole[:length])
        assert (answer.status_code, answer.json()["code"]) == (422, "lyceum.upload_interrupted"), length
    assert (site.kept(), await site.pending()) == ([], 0)


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", "text/plain; boundary=x", ""])
async def test_what_is_no_form_is_refused(site: Site, kind: str) -> None:
    answer = await site.client.post("/upload", content=b"{}", headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "not_multipart")


@pytest.mark.parametrize("body", [b"\r\n" * 50, b"--x\r\n\r\n", b"--" + BOUNDARY.encode() + b"\nx: y\n\n"])
async def test_a_form_that_makes_no_sense_is_refused(site: Site, body: bytes) -> None:
    answer = await site.send(body + bytes(5000))
    assert answer.status_code == 422


async def test_a_request_beyond_the_whole_limit_is_413_with_and_without_its_length(site: Site) -> None:
    body = form(part("video", bytes(60 * MIB), "a.mp4"), *[part("photos", bytes(2 * MIB), "b.png")] * 3) + bytes(
        7 * MIB
    )
    told = await site.send(body)
    untold = await site.send(in_pieces(body, MIB))
    for answer in (told, untold):
        assert (answer.status_code, answer.json()["code"]) == (413, "lyceum.too_large")
    assert (site.kept(), await site.pending()) == ([], 0)


async def test_a_field_left_empty_in_a_browser_is_no_file(site: Site) -> None:
    answer = (await site.send(form(part("photos", b"", "")))).json()
    assert answer["files"] == []


async def test_what_a_crash_left_behind_is_swept_after_a_day_and_not_before(site: Site) -> None:
    key = new_key("tests")
    await site.uploads.expect([key])
    await site.files.put(key, in_pieces(b"x" * 100, 10), limit=100)
    now = datetime.now(UTC)
    assert (await site.uploads.sweep(now + timedelta(hours=23)), len(site.kept())) == (0, 1)
    assert (await site.uploads.sweep(now + timedelta(hours=25)), site.kept()) == (1, [])
    assert await site.pending() == 0


async def test_a_file_that_was_swept_cannot_be_kept(site: Site, database: Database) -> None:
    transaction = SqlTransaction(database)
    with pytest.raises(FileMissing):
        async with transaction:
            await PendingFiles(transaction).keep([new_key("tests")])


async def test_a_file_let_go_by_a_transaction_that_fails_stays(site: Site, database: Database) -> None:
    key = new_key("tests")
    transaction = SqlTransaction(database)
    with pytest.raises(ZeroDivisionError):
        async with transaction:
            await PendingFiles(transaction).drop([key])
            raise ZeroDivisionError
    assert await site.pending() == 0
    async with transaction:
        await PendingFiles(transaction).drop([key])
    assert await site.pending() == 1
