"""Pictures of ads as they arrive: judged by their contents, made small and upright, stripped of what they tell besides.

What comes out is encoded anew from pixels, so nothing that was hidden in the file reaches a learner.
"""

import asyncio
import struct
import warnings
from io import BytesIO

from PIL import Image, ImageOps

from lyceum.advertising.domain.refusals import NotAnImage
from lyceum.advertising.ports import CheckedImage
from lyceum.kernel.errors import FieldProblem
from lyceum.platform.files import MIB
from lyceum.platform.http_errors import AnyRequest, TooLarge
from lyceum.platform.media import LOOK, MOST_PIXELS, PHOTO, sniff
from lyceum.platform.multipart_reader import MultipartReader

LIMIT = 10 * MIB
ROOM_FOR_FORM = MIB
LONGEST_SIDE = 960
AT_ONCE = 2
"""Pictures that one process decodes at a time: each may take 200 MB while it does."""
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
BROKEN = (OSError, SyntaxError, ValueError, EOFError, MemoryError, struct.error, Image.DecompressionBombError)


async def first_file(request: AnyRequest) -> bytes:
    """The first file of a multipart form, whatever its field is called; NotAnImage without one, TooLarge (413) beyond
    10 MiB. The route must be declared with `request_max_body_size=None` and take no `data`."""
    if "multipart/form-data" not in request.headers.get("content-type", "").lower():
        raise _refused("there is no multipart form with a file")
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > LIMIT + ROOM_FOR_FORM:
        raise TooLarge(limit_mb=LIMIT // MIB)
    reader = MultipartReader(request.headers.get("content-type", ""), request.stream(), LIMIT + ROOM_FOR_FORM)
    found: bytearray | None = None
    async for part in reader.parts():
        wanted = found is None and part.file_name is not None
        body = bytearray()
        async for chunk in part.chunks():
            if wanted:
                body += chunk
            if len(body) > LIMIT:
                raise TooLarge(limit_mb=LIMIT // MIB)
        if wanted:
            found = body
    if not found:
        raise _refused("the form holds no file")
    return bytes(found)


class PillowImages:
    """`ports.ImageProcessor`, decoding in threads."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(AT_ONCE)

    async def checked(self, content: bytes) -> CheckedImage:
        async with self._room:
            return await asyncio.to_thread(checked, content)


def checked(content: bytes) -> CheckedImage:
    """The first picture in `content`, upright, at most 960 pixels wide and high, without metadata; NotAnImage."""
    mime = sniff(content[:LOOK])
    if mime not in PHOTO.types:
        raise _refused("it is no PNG, JPEG or WebP")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return CheckedImage(_encoded(content, FORMATS[mime]), mime)
    except BROKEN as error:
        raise _refused("it is cut short or damaged") from error


def _encoded(content: bytes, format: str) -> bytes:
    with Image.open(BytesIO(content), formats=(format,)) as opened:
        width, height = opened.size
        if width * height > MOST_PIXELS:
            raise _refused(f"it has {width}×{height} pixels; {MOST_PIXELS // 1_000_000} million are the most")
        opened.seek(0)
        # A JPEG can be decoded at a half, a quarter or an eighth of its size, which saves time and memory.
        opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        opened.load()
        picture = ImageOps.exif_transpose(_plain(opened))
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    picture.info.clear()
    if format == "JPEG" and picture.mode != "RGB":
        picture = picture.convert("RGB")
    made = BytesIO()
    match format:
        case "JPEG":
            picture.save(made, format, quality=85, optimize=True, progressive=True)
        case "PNG":
            picture.save(made, format, optimize=True)
        case _:
            picture.save(made, format, quality=85, method=4)
    return made.getvalue()


def _plain(picture: Image.Image) -> Image.Image:
    """In eight bits of red, green and blue, with transparency when there is some; EXIF stays for turning it."""
    if picture.mode.startswith("I"):
        # Sixteen bits of grey: converting alone would cut off at 255.
        made = picture.convert("I").point(lambda value: value / 256, "L").convert("RGB")
    elif picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        made = picture.convert("RGBA")
    else:
        made = picture.convert("RGB")
    exif = picture.getexif()
    if exif:
        made.info["exif"] = exif.tobytes()
    return made


def _refused(why: str) -> NotAnImage:
    return NotAnImage(problems=[FieldProblem("file", "not_an_image", why)])
