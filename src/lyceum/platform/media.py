"""What a file really is, by its contents; never by its name or by what the sender says it is."""

import asyncio
import re
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO

import puremagic
from PIL import Image

from lyceum.kernel.errors import FieldProblem, Invalid
from lyceum.platform.files import MIB, Files, FileTooLarge
from lyceum.platform.uploads import FileField, Upload

UNKNOWN = "application/octet-stream"
OLE = "application/x-ole-storage"
ZIP = "application/zip"
ZIP_CUT = "application/x-damaged-zip"
OFFICE = "application/vnd.openxmlformats-officedocument"
MOST_PIXELS = 50_000_000
LOOK = 8192
SURE = 0.5


class MediaRefused(Invalid):
    code = "lyceum.media_refused"
    text = (
        "{name} is inside a file of the kind {found}; here goes {wanted} of up to {limit_mb} MiB. Choose another file."
    )


class MediaDamaged(Invalid):
    code = "lyceum.media_damaged"
    text = "{name} is cut short or damaged: it cannot be read to its end. Nothing was kept; send an intact copy."


class TooManyPixels(Invalid):
    code = "lyceum.too_many_pixels"
    text = (
        "{name} has {width}×{height} pixels; {limit} million are the most. Nothing was kept; make the picture smaller."
    )


@dataclass(frozen=True, slots=True)
class MediaRule:
    """What may go into one place: types with their usual endings, and bytes. `wanted` tells it in any language."""

    types: dict[str, tuple[str, ...]]
    limit: int
    wanted: str


PHOTO = MediaRule(
    {"image/jpeg": ("jpg", "jpeg", "jfif"), "image/png": ("png",), "image/webp": ("webp",)},
    10 * MIB,
    "JPEG, PNG, WebP",
)
SOUND = MediaRule(
    {"audio/wav": ("wav",), "audio/mpeg": ("mp3",), "audio/ogg": ("ogg", "oga", "opus")},
    25 * MIB,
    "WAV, MP3, OGG",
)
DOCUMENT = MediaRule(
    {
        "text/plain": ("txt",),
        "application/pdf": ("pdf",),
        "application/msword": ("doc",),
        f"{OFFICE}.wordprocessingml.document": ("docx",),
        "application/vnd.ms-excel": ("xls",),
        f"{OFFICE}.spreadsheetml.sheet": ("xlsx",),
        "application/vnd.ms-excel.sheet.macroEnabled.12": ("xlsm",),
        "application/vnd.oasis.opendocument.text": ("odt",),
        "application/vnd.oasis.opendocument.spreadsheet": ("ods",),
    },
    25 * MIB,
    "TXT, PDF, DOC, DOCX, XLS, XLSX, XLSM, ODT, ODS",
)
VIDEO = MediaRule(
    {
        "video/mp4": ("mp4", "m4v"),
        "video/webm": ("webm",),
        "video/quicktime": ("mov", "qt"),
        "video/x-matroska": ("mkv",),
        "video/x-msvideo": ("avi",),
    },
    500 * MIB,
    "MP4, WebM, MOV, MKV, AVI",
)
ENDINGS = {
    ending: mime for rule in (PHOTO, SOUND, DOCUMENT, VIDEO) for mime, all in rule.types.items() for ending in all
}
SIGNATURES: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"RIFF....WEBPVP8[ LX]", re.DOTALL), "image/webp"),
    (re.compile(rb"RIFF....WAVE", re.DOTALL), "audio/wav"),
    (re.compile(rb"RIFF....AVI LIST", re.DOTALL), "video/x-msvideo"),
    (re.compile(rb"OggS\0"), "audio/ogg"),
    (re.compile(rb"ID3[\x02-\x04].{6}|\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xeb]", re.DOTALL), "audio/mpeg"),
    (re.compile(rb"....ftypqt  ", re.DOTALL), "video/quicktime"),
    (re.compile(rb"....(moov|wide)", re.DOTALL), "video/quicktime"),
    (re.compile(rb"....ftyp(isom|iso[2-9]|mp4[12]|avc1|M4V|MSNV|dash|3gp[4-9]|mmp4|f4v )", re.DOTALL), "video/mp4"),
    (re.compile(rb"\x1a\x45\xdf\xa3.{0,60}\x42\x82.{1,8}webm", re.DOTALL), "video/webm"),
    (re.compile(rb"\x1a\x45\xdf\xa3.{0,60}\x42\x82.{1,8}matroska", re.DOTALL), "video/x-matroska"),
    (re.compile(rb"(?:\xef\xbb\xbf)?%PDF-[12]\.\d"), "application/pdf"),
    (re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), OLE),
    (re.compile(rb"PK\x03\x04"), ZIP),
)
STRANGERS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"MZ"), "EXE"),
    (re.compile(rb"\x7fELF"), "ELF"),
    (re.compile(rb"#!"), "SCRIPT"),
    (re.compile(rb"\s*<(!doctype html|html|script|body|iframe)", re.IGNORECASE), "HTML"),
    (re.compile(rb"\s*(<\?xml[^>]*>\s*)?<svg", re.IGNORECASE), "SVG"),
    (re.compile(rb"PK\x03\x04"), "ZIP"),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "OLE"),
)


def sniff(head: bytes, body: IO[bytes] | None = None) -> str:
    """The type of the file that begins with `head` (8 KiB will do); `application/octet-stream` if it is none of ours.

    The documents of office programs are told apart by what is inside, so `body` is needed for them; without it they
    come out as the container they are. Plain text is text in UTF-8 or cp1251 without control characters.
    """
    mime = next((mime for signature, mime in SIGNATURES if signature.match(head)), "")
    if mime == OLE and body is not None:
        return _ole(body)
    if mime == ZIP and body is not None:
        return _zip(body)
    return mime or ("text/plain" if _is_text(head) else UNKNOWN)


def accepting(rule: MediaRule) -> Callable[[bytes, str, str], None]:
    """For `FileField.accept`: refuse by the first bytes what can be told to be wrong already."""

    def accept(head: bytes, name: str, loc: str) -> None:
        _require(rule, sniff(head), head, name, loc, final=False)

    return accept


def field_for(rule: MediaRule, many: int = 1) -> FileField:
    """The file field of a form that takes `many` files by `rule`."""
    return FileField(rule.limit, many, accepting(rule))


def check(rule: MediaRule, name: str, size: int, body: IO[bytes], loc: str) -> str:
    """The type of the file, if `rule` allows it and it can be read to its end.

    MediaRefused, MediaDamaged, FileTooLarge or TooManyPixels otherwise. Decodes pictures: call it in a thread.
    """
    if size > rule.limit:
        raise FileTooLarge.named(name, rule.limit, loc)
    body.seek(0)
    head = body.read(LOOK)
    mime = sniff(head, body)
    whole = mime != ZIP_CUT
    if whole:
        _require(rule, mime, head, name, loc, final=True)
    if mime.startswith("image/"):
        whole = _picture_is_whole(body, name, size, loc)
    elif mime == "audio/wav":
        told = int.from_bytes(head[4:8], "little")
        whole = told in (0, 0xFFFFFFFF) or told + 8 <= size + 1
    elif mime == "text/plain":
        body.seek(0)
        if not _is_text(body.read(), cut=False):
            raise _refused(rule, head, name, loc)
    elif mime == "application/pdf":
        body.seek(max(0, size - 2048))
        whole = b"%%EOF" in body.read()
    if not whole:
        raise MediaDamaged(name=name, problems=[FieldProblem(loc, "media_damaged", "cut short or damaged")])
    return mime


async def inspect(files: Files, rule: MediaRule, upload: Upload) -> str:
    """`check` of a file in the store. A video is judged by its beginning and by the frame around its contents."""
    if rule is VIDEO:
        mime = sniff(upload.head)
        _require(rule, mime, upload.head, upload.name, upload.loc, final=True)
        if mime in {"video/mp4", "video/quicktime"} and not await _boxes_are_whole(files, upload):
            problem = FieldProblem(upload.loc, "media_damaged", "cut short or damaged")
            raise MediaDamaged(name=upload.name, problems=[problem])
        return mime
    with SpooledTemporaryFile(max_size=MIB) as body:
        async for chunk in files.get(upload.key):
            body.write(chunk)
        return await asyncio.to_thread(check, rule, upload.name, upload.size, body, upload.loc)


def _require(rule: MediaRule, mime: str, head: bytes, name: str, loc: str, *, final: bool) -> None:
    """Refuse a type that `rule` does not allow, and a name whose ending promises another one."""
    promised = ENDINGS.get(name.rpartition(".")[2].lower()) if "." in name else None
    undecided = not final and mime in {OLE, ZIP}
    if undecided and any(kind.startswith("application/vnd") for kind in rule.types):
        return
    if mime not in rule.types or (promised not in (None, mime)):
        raise _refused(rule, head, name, loc)


def _refused(rule: MediaRule, head: bytes, name: str, loc: str) -> MediaRefused:
    found = _kind(head)
    problem = FieldProblem(loc, "media_refused", f"{found} where {rule.wanted} goes")
    return MediaRefused(name=name, found=found, wanted=rule.wanted, limit_mb=rule.limit // MIB, problems=[problem])


def _kind(head: bytes) -> str:
    """A short name, the same in any language, of whatever this is: `EXE`, `GIF`, `HTML`; `?` when nobody knows."""
    for signature, kind in STRANGERS:
        if signature.match(head):
            return kind
    mime = sniff(head)
    for kind, known in ENDINGS.items():
        if known == mime:
            return kind.upper()
    with suppress(ValueError, puremagic.PureError):
        for match in puremagic.magic_string(head):
            if match.extension and match.confidence >= SURE:
                return str(match.extension).strip(".").upper()
    return "?"


def _is_text(head: bytes, *, cut: bool = True) -> bool:
    """Text in UTF-8, or in cp1251; `cut` allows the last letter to be incomplete."""
    if re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]", head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        if cut and error.start >= len(head) - 3:
            return True
    else:
        return True
    with suppress(UnicodeDecodeError):
        text = head.decode("cp1251")
        letters = sum(letter.isalpha() or letter.isspace() for letter in text)
        return letters >= len(text) * 0.6
    return False


def _picture_is_whole(body: IO[bytes], name: str, size: int, loc: str) -> bool:
    body.seek(0)
    try:
        with Image.open(body, formats=("JPEG", "PNG", "WEBP")) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise _too_many_pixels(name, loc, width, height)
            if picture.format == "JPEG":
                # Decoded at an eighth of its size: a cut is found, and memory stays small.
                picture.draft("RGB", (width // 8, height // 8))
                picture.load()
            elif picture.format == "PNG":
                picture.verify()
            else:
                body.seek(4)
                return int.from_bytes(body.read(4), "little") + 8 <= size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(name, loc, 0, 0) from error
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError):
        return False
    return True


def _too_many_pixels(name: str, loc: str, width: int, height: int) -> TooManyPixels:
    limit = MOST_PIXELS // 1_000_000
    problem = FieldProblem(loc, "too_many_pixels", f"more than {limit} million pixels")
    return TooManyPixels(name=name, width=width or "?", height=height or "?", limit=limit, problems=[problem])


def _ole(body: IO[bytes]) -> str:
    """Word and Excel before 2007: the directory names its streams in UTF-16."""
    body.seek(0)
    content = body.read()
    if "WordDocument".encode("utf-16-le") in content:
        return "application/msword"
    if any(name.encode("utf-16-le") in content for name in ("Workbook", "Book\0")):
        return "application/vnd.ms-excel"
    return OLE


def _zip(body: IO[bytes]) -> str:
    """Word, Excel and OpenDocument: by the list of what is packed; nothing but a short type name is unpacked."""
    body.seek(0)
    try:
        with zipfile.ZipFile(body) as archive:
            names = set(archive.namelist())
            if "mimetype" in names:
                return archive.open("mimetype").read(100).decode("ascii", "replace").strip()
            macros = any(name.endswith("vbaProject.bin") for name in names)
            if "[Content_Types].xml" not in names:
                return ZIP
            if "xl/workbook.xml" in names:
                return next(
                    mime for mime, ending in DOCUMENT.types.items() if ending == ("xlsm" if macros else "xlsx",)
                )
            if "word/document.xml" in names and not macros:
                return f"{OFFICE}.wordprocessingml.document"
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, EOFError):
        return ZIP_CUT
    return ZIP


async def _boxes_are_whole(files: Files, upload: Upload) -> bool:
    """The boxes of an mp4 or mov follow one another up to the last byte, and one of them tells what is inside."""
    place, described = 0, False
    for _ in range(10_000):
        if place >= upload.size:
            return described and place == upload.size
        frame = upload.head[place : place + 16]
        if len(frame) < 16:
            frame = b"".join([chunk async for chunk in files.get(upload.key, place, min(place + 16, upload.size))])
        length, kind = int.from_bytes(frame[:4], "big"), frame[4:8]
        if length == 1:
            length = int.from_bytes(frame[8:16], "big")
        described |= kind in {b"moov", b"moof"}
        if length == 0:
            return described
        if length < 8:
            return described and not any(frame)
        place += length
    return False
