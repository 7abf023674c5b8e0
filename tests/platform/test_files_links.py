"""Signed links: what they open, for how long, and what a changed one gets."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from lyceum.platform.database import Database
from lyceum.platform.file_links import FileLinks, LinkForged, disposition
from lyceum.platform.files import Files, new_key, safe_name
from lyceum.platform.settings import Settings
from tests.platform.files_app import MovingClock, files_client, files_container

BODY = bytes(range(256)) * 4000


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


class Site:
    def __init__(self, client: httpx.AsyncClient, files: Files) -> None:
        self.client = client
        self.files = files

    async def keep(self, body: bytes = BODY) -> str:
        async def chunks() -> AsyncIterator[bytes]:
            yield body

        key = new_key("tests")
        await self.files.put(key, chunks(), limit=len(body))
        return key


@pytest.fixture
async def site(tmp_path: Path, clock: MovingClock) -> AsyncIterator[Site]:
    settings = Settings(data_dir=tmp_path, secret_key="s" * 40)
    database = Database.connect(f"sqlite:///{tmp_path / 'unused.sqlite3'}")
    container = files_container(settings, clock, database)
    files = await container.get(Files)
    async with files_client(container) as client:
        yield Site(client, files)
    await database.close()


async def test_a_link_opens_the_file_under_its_own_name(site: Site) -> None:
    link = site.files.link(await site.keep(), "Звук №1.mp3", "audio/mpeg")
    answer = await site.client.get(link)
    assert (answer.status_code, answer.content) == (200, BODY)
    assert answer.headers["content-type"] == "audio/mpeg"
    assert answer.headers["content-length"] == str(len(BODY))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["cache-control"].startswith("private, max-age=")
    assert answer.headers["content-disposition"] == (
        "inline; filename=\"____ _1.mp3\"; filename*=UTF-8''%D0%97%D0%B2%D1%83%D0%BA%20%E2%84%961.mp3"
    )


async def test_head_tells_the_size_and_sends_nothing(site: Site) -> None:
    answer = await site.client.head(site.files.link(await site.keep(), "a.mp4", "video/mp4"))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(BODY))
    assert answer.headers["content-type"] == "video/mp4"


@pytest.mark.parametrize(
    ("wanted", "start", "stop"),
    [("bytes=0-9", 0, 10), ("bytes=1000-", 1000, len(BODY)), ("bytes=-5", len(BODY) - 5, len(BODY))],
)
async def test_a_range_is_answered_with_that_part(site: Site, wanted: str, start: int, stop: int) -> None:
    link = site.files.link(await site.keep(), "a.mp4", "video/mp4")
    answer = await site.client.get(link, headers={"Range": wanted})
    assert (answer.status_code, answer.content) == (206, BODY[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(BODY)}"
    assert answer.headers["content-length"] == str(stop - start)


async def test_a_range_outside_the_file_is_416(site: Site) -> None:
    link = site.files.link(await site.keep(), "a.mp4", "video/mp4")
    answer = await site.client.get(link, headers={"Range": f"bytes={len(BODY)}-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(BODY)}")


@pytest.mark.parametrize("wanted", ["bytes=0-1,5-6", "lines=1-2", "bytes=9-1", "bytes=-", "bytes=a-b"])
async def test_what_is_not_one_range_is_answered_with_the_whole(site: Site, wanted: str) -> None:
    link = site.files.link(await site.keep(), "a.mp4", "video/mp4")
    answer = await site.client.get(link, headers={"Range": wanted})
    assert (answer.status_code, len(answer.content)) == (200, len(BODY))


async def test_a_range_of_another_copy_is_answered_with_the_whole(site: Site) -> None:
    link = site.files.link(await site.keep(), "a.mp4", "video/mp4")
    tag = (await site.client.head(link)).headers["etag"]
    other = await site.client.get(link, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    same = await site.client.get(link, headers={"Range": "bytes=0-9", "If-Range": tag})
    assert (other.status_code, same.status_code) == (200, 206)


async def test_a_copy_that_is_still_right_is_not_sent_again(site: Site) -> None:
    link = site.files.link(await site.keep(), "a.png", "image/png")
    tag = (await site.client.head(link)).headers["etag"]
    answer = await site.client.get(link, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")


async def test_a_link_runs_out_with_410(site: Site, clock: MovingClock) -> None:
    link = site.files.link(await site.keep(), "a.png", "image/png", seconds=600)
    clock.move(599)
    assert (await site.client.head(link)).status_code == 200
    clock.move(152)
    answer = await site.client.get(link)
    assert (answer.status_code, answer.json()["code"]) == (410, "lyceum.link_expired")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_page_seen_again_soon_gets_the_same_link(site: Site, clock: MovingClock) -> None:
    key = await site.keep()
    first = site.files.link(key, "a.png", "image/png")
    clock.move(60)
    assert site.files.link(key, "a.png", "image/png") == first


async def test_a_changed_link_is_refused_with_403(site: Site) -> None:
    link = site.files.link(await site.keep(), "a.png", "image/png")
    _, _, token, name = link.split("/")
    changed = [
        f"/files/{token[:place]}{'A' if token[place] != 'A' else 'B'}{token[place + 1 :]}/{name}"
        for place in range(0, len(token) - 1, 7)
    ]
    for bad in [
        *changed,
        f"/files/{token}/evil.exe",
        f"/files/{token[:20]}/{name}",
        f"/files/x/{name}",
        f"/files/%D1%8F/{name}",
        f"/files/{token}{token}/{name}",
    ]:
        answer = await site.client.get(bad)
        assert (answer.status_code, answer.json()["code"]) == (403, "lyceum.link_forged"), bad


async def test_a_link_signed_with_another_key_is_refused(clock: MovingClock) -> None:
    link = FileLinks("one key", clock).make("tests/aa/bb", "a.png", "image/png")
    _, _, token, name = link.split("/")
    with pytest.raises(LinkForged):
        FileLinks("another key", clock).read(token, name)


async def test_the_link_of_a_removed_file_is_404(site: Site) -> None:
    key = await site.keep()
    link = site.files.link(key, "a.png", "image/png")
    await site.files.delete([key])
    answer = await site.client.get(link)
    assert (answer.status_code, answer.json()["code"]) == (404, "lyceum.file_missing")


@pytest.mark.parametrize("mime", ["text/html", "image/svg+xml", "text/plain", "application/zip"])
async def test_what_could_act_as_a_page_is_saved_never_shown(site: Site, mime: str) -> None:
    answer = await site.client.get(site.files.link(await site.keep(b"<script>"), "a.html", mime))
    assert answer.headers["content-disposition"].startswith("attachment")


def test_a_picture_is_saved_when_that_is_asked() -> None:
    assert disposition("a.png", "image/png", download=True).startswith("attachment")


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("C:\\a\\Отчёт.docx", "Отчёт.docx"),
        ("..", "file"),
        ("", "file"),
        (".htaccess", "htaccess"),
        ("a\r\nSet-Cookie: x=1.png", "aSet-Cookie x=1.png"),
        ("a\x00.png", "a.png"),
        ('x"; filename="y.exe', "x; filename=y.exe"),
        ("\u202egnp.exe", "gnp.exe"),
        ("х" * 300 + ".png", "х" * 116 + ".png"),
    ],
)
async def test_no_trick_in_a_name_survives(site: Site, name: str, safe: str) -> None:
    assert safe_name(name) == safe
    answer = await site.client.get(site.files.link(await site.keep(b"x"), name, "image/png"))
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
