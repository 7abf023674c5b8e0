"""Files are known by their contents: what is allowed where, and what is refused under any name."""

import io
import random
import wave
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import openpyxl
import pytest
from PIL import Image

from lyceum.platform.file_links import FileLinks
from lyceum.platform.file_store import open_files
from lyceum.platform.files import FileTooLarge, new_key
from lyceum.platform.media import (
    DOCUMENT,
    PHOTO,
    SOUND,
    VIDEO,
    MediaDamaged,
    MediaRefused,
    MediaRule,
    TooManyPixels,
    accepting,
    check,
    field_for,
    inspect,
    sniff,
)
from lyceum.platform.settings import Settings
from lyceum.platform.uploads import Upload
from tests.platform.files_app import MovingClock


def picture(kind: str, size: tuple[int, int] = (300, 200)) -> bytes:
    image = Image.frombytes("RGB", size, random.Random(1).randbytes(3 * size[0] * size[1]))
    body = io.BytesIO()
    image.save(body, kind)
    return body.getvalue()


def sound() -> bytes:
    body = io.BytesIO()
    with wave.open(body, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16000))
    return body.getvalue()


def archive(**members: str) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as file:
        for name, text in members.items():
            file.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"), text)
    return body.getvalue()


def office(**members: str) -> bytes:
    return archive(**{"[Content_Types]_xml": "<Types/>", **members})


def workbook() -> bytes:
    body = io.BytesIO()
    openpyxl.Workbook().save(body)
    return body.getvalue()


def ole(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000) + stream.encode("utf-16-le") + bytes(2000)


def box(kind: bytes, body: bytes) -> bytes:
    return (len(body) + 8).to_bytes(4, "big") + kind + body


def movie(brand: bytes = b"isom") -> bytes:
    return box(b"ftyp", brand + bytes(12)) + box(b"mdat", bytes(200_000)) + box(b"moov", bytes(3000))


def matroska(kind: bytes) -> bytes:
    return (
        b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82" + bytes([0x80 + len(kind)]) + kind + bytes(900)
    )


PDF = b"%PDF-1.7\n" + bytes(3000) + b"\n%%EOF\n"
GOOD: dict[str, tuple[MediaRule, Callable[[], bytes], str]] = {
    "a.jpg": (PHOTO, lambda: picture("JPEG"), "image/jpeg"),
    "a.png": (PHOTO, lambda: picture("PNG"), "image/png"),
    "a.webp": (PHOTO, lambda: picture("WEBP"), "image/webp"),
    "no ending": (PHOTO, lambda: picture("PNG"), "image/png"),
    "a.wav": (SOUND, sound, "audio/wav"),
    "tagged.mp3": (SOUND, lambda: b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(500), "audio/mpeg"),
    "bare.mp3": (SOUND, lambda: b"\xff\xfb\x90\x64" + bytes(500), "audio/mpeg"),
    "a.ogg": (SOUND, lambda: b"OggS\0\2" + bytes(500), "audio/ogg"),
    "a.txt": (DOCUMENT, "Русский текст, utf-8.\n".encode, "text/plain"),
    "old.txt": (DOCUMENT, lambda: "Русский текст, cp1251.\r\n".encode("cp1251") * 2000, "text/plain"),
    "a.pdf": (DOCUMENT, lambda: PDF, "application/pdf"),
    "a.doc": (DOCUMENT, lambda: ole("WordDocument"), "application/msword"),
    "a.xls": (DOCUMENT, lambda: ole("Workbook"), "application/vnd.ms-excel"),
    "a.docx": (
        DOCUMENT,
        lambda: office(word__document_xml="<w/>"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    "a.xlsx": (DOCUMENT, workbook, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "a.xlsm": (
        DOCUMENT,
        lambda: office(xl__workbook_xml="<w/>", xl__vbaProject_bin="macro"),
        "application/vnd.ms-excel.sheet.macroEnabled.12",
    ),
    "a.odt": (
        DOCUMENT,
        lambda: archive(mimetype="application/vnd.oasis.opendocument.text"),
        "application/vnd.oasis.opendocument.text",
    ),
    "a.ods": (
        DOCUMENT,
        lambda: archive(mimetype="application/vnd.oasis.opendocument.spreadsheet"),
        "application/vnd.oasis.opendocument.spreadsheet",
    ),
    "a.mp4": (VIDEO, movie, "video/mp4"),
    "a.mov": (VIDEO, lambda: movie(b"qt  "), "video/quicktime"),
    "a.webm": (VIDEO, lambda: matroska(b"webm"), "video/webm"),
    "a.mkv": (VIDEO, lambda: matroska(b"matroska"), "video/x-matroska"),
    "a.avi": (VIDEO, lambda: b"RIFF\x10\x00\x00\x00AVI LIST" + bytes(900), "video/x-msvideo"),
}


@pytest.mark.parametrize("name", GOOD)
def test_every_kind_that_is_allowed_is_known_by_its_contents(name: str) -> None:
    rule, make, mime = GOOD[name]
    body = make()
    assert check(rule, name, len(body), io.BytesIO(body), "field") == mime
    accepting(rule)(body[:8192], name, "field")


@pytest.mark.parametrize("name", GOOD)
def test_what_belongs_elsewhere_is_refused(name: str) -> None:
    rule, make, _ = GOOD[name]
    body = make()
    for other in (PHOTO, SOUND, DOCUMENT, VIDEO):
        if other is not rule:
            with pytest.raises(MediaRefused):
                check(other, "no ending", len(body), io.BytesIO(body), "field")


BAD: dict[str, tuple[MediaRule, bytes]] = {
    "program.png": (PHOTO, b"MZ\x90\x00" + bytes(5000)),
    "elf.jpg": (PHOTO, b"\x7fELF\x02\x01\x01" + bytes(5000)),
    "page.png": (PHOTO, b"<!doctype html><script>alert(1)</script>"),
    "drawing.png": (PHOTO, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
    "animation.png": (PHOTO, b"GIF89a" + bytes(500)),
    "really a jpeg.png": (PHOTO, picture("JPEG")),
    "really a picture.mp3": (SOUND, picture("PNG")),
    "program.wav": (SOUND, b"MZ\x90\x00" + bytes(5000)),
    "nothing.png": (PHOTO, b""),
    "noise.mp4": (VIDEO, b"\x07\x13" * 2500),
    "program.pdf": (DOCUMENT, b"MZ\x90\x00" + bytes(5000)),
    "archive.docx": (DOCUMENT, archive(a="b")),
    "macros.docx": (DOCUMENT, office(word__document_xml="<w/>", word__vbaProject_bin="macro")),
    "sheet.docx": (DOCUMENT, workbook()),
    "message.doc": (DOCUMENT, ole("__properties")),
    "zeros.txt": (DOCUMENT, b"text\0text"),
    "late zeros.txt": (DOCUMENT, b"text" * 5000 + b"\0"),
}

FOUND = {
    "program.png": "EXE", "elf.jpg": "ELF", "page.png": "HTML", "drawing.png": "SVG", "animation.png": "GIF",
    "really a jpeg.png": "JPG", "really a picture.mp3": "PNG", "program.wav": "EXE", "noise.mp4": "?",
    "program.pdf": "EXE", "archive.docx": "ZIP", "macros.docx": "ZIP", "sheet.docx": "ZIP", "message.doc": "OLE",
    "zeros.txt": "?",
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_what_it_seems_is_refused_and_told(name: str) -> None:
    rule, body = BAD[name]
    with pytest.raises(MediaRefused) as refusal:
        check(rule, name, len(body), io.BytesIO(body), "photos/0")
    facts = refusal.value.facts
    assert (facts["name"], facts["wanted"], facts["limit_mb"]) == (name, rule.wanted, rule.limit >> 20)
    assert facts["found"] == FOUND.get(name, "TXT")
    assert refusal.value.problems[0].loc == "photos/0"


@pytest.mark.parametrize("name", ["program.png", "page.png", "program.wav", "noise.mp4", "program.pdf"])
def test_the_first_bytes_are_enough_to_refuse_the_worst(name: str) -> None:
    rule, body = BAD[name]
    with pytest.raises(MediaRefused):
        accepting(rule)(body[:8192], name, "field")


def test_a_renamed_program_is_called_by_its_name() -> None:
    with pytest.raises(MediaRefused, match="ELF"):
        check(PHOTO, "a.png", 5004, io.BytesIO(b"\x7fELF\x02\x01\x01" + bytes(5000)), "photos")


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.wav", "a.pdf", "a.xlsx", "a.docx"])
def test_a_file_cut_short_is_refused(name: str) -> None:
    rule, make, _ = GOOD[name]
    body = make()
    for length in (len(body) * 2 // 3, len(body) - 40):
        with pytest.raises(MediaDamaged):
            check(rule, name, length, io.BytesIO(body[:length]), "field")


def test_a_picture_that_would_fill_the_memory_is_refused_before_it_is_decoded() -> None:
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    assert len(bomb.getvalue()) < 100_000
    with pytest.raises(TooManyPixels):
        check(PHOTO, "bomb.png", len(bomb.getvalue()), bomb, "photos")


def test_a_picture_of_50_million_pixels_is_the_most() -> None:
    body = io.BytesIO()
    Image.new("1", (10_000, 5_001)).save(body, "PNG")
    with pytest.raises(TooManyPixels, match="10000×5001"):
        check(PHOTO, "big.png", len(body.getvalue()), body, "photos")


@pytest.mark.parametrize(("rule", "limit_mb"), [(PHOTO, 10), (SOUND, 25), (DOCUMENT, 25), (VIDEO, 500)])
def test_each_place_has_its_limit(rule: MediaRule, limit_mb: int) -> None:
    assert field_for(rule).limit == limit_mb << 20
    with pytest.raises(FileTooLarge, match=f"{limit_mb} MiB"):
        check(rule, "a.png", (limit_mb << 20) + 1, io.BytesIO(), "field")


@pytest.mark.parametrize("body", [b"", b"\xd0", bytes(100), b"RIFF", b"PK\3\4", b"\xff\xfb", b"\x1a\x45\xdf\xa3"])
def test_nothing_that_is_short_or_strange_breaks_the_sniffing(body: bytes) -> None:
    assert sniff(body, io.BytesIO(body))


class Store:
    def __init__(self, folder: Path) -> None:
        self.files = open_files(Settings(data_dir=folder), FileLinks("secret", MovingClock()))

    async def upload(self, name: str, body: bytes) -> Upload:
        async def chunks() -> AsyncIterator[bytes]:
            yield body

        key = new_key("tests")
        stored = await self.files.put(key, chunks(), limit=len(body))
        return Upload("field", name, key, stored.size, stored.sha256, body[:8192])


@pytest.mark.parametrize("name", GOOD)
async def test_a_stored_file_is_judged_the_same(name: str, tmp_path: Path) -> None:
    rule, make, mime = GOOD[name]
    store = Store(tmp_path)
    assert await inspect(store.files, rule, await store.upload(name, make())) == mime


@pytest.mark.parametrize("length", [100_000, 200_100, 203_000])
async def test_a_stored_video_cut_short_is_refused(length: int, tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(MediaDamaged):
        await inspect(store.files, VIDEO, await store.upload("a.mp4", movie()[:length]))
