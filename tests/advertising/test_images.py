"""Pictures of ads: whatever comes in, small, upright and clean pixels come out, or a refusal."""

import random
import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from lyceum.advertising.adapters.image_processing import checked
from lyceum.advertising.domain.refusals import NotAnImage

FORMATS = [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
RED, BLUE = (220, 20, 20), (20, 20, 220)


def picture(width: int, height: int) -> Image.Image:
    """Red on the left half, blue on the right."""
    made = Image.new("RGB", (width, height), RED)
    made.paste(BLUE, (width // 2, 0, width, height))
    return made


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    body = BytesIO()
    image.save(body, format, **options)  # type: ignore[arg-type]
    return body.getvalue()


def decoded(content: bytes) -> Image.Image:
    made = Image.open(BytesIO(content))
    made.load()
    return made


def is_red(pixel: object) -> bool:
    assert isinstance(pixel, tuple)
    return bool(pixel[0] > 150 and pixel[2] < 100)


@pytest.mark.parametrize(("format", "mime"), FORMATS)
def test_a_large_picture_is_made_to_fit_and_keeps_its_ratio_and_type(format: str, mime: str) -> None:
    made = checked(encoded(picture(2400, 1200), format))
    assert made.mime == mime
    assert decoded(made.content).size == (960, 480)
    assert decoded(made.content).format == format


@pytest.mark.parametrize(("format", "mime"), FORMATS)
def test_a_small_picture_keeps_its_size(format: str, mime: str) -> None:
    assert decoded(checked(encoded(picture(300, 960), format)).content).size == (300, 960)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_turned_photograph_comes_out_upright_without_what_it_told(format: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90° clockwise to see it upright
    exif[0x010E] = "taken at home"
    made = checked(encoded(picture(400, 200), format, exif=exif))
    shown = decoded(made.content)
    assert shown.size == (200, 400)
    assert is_red(shown.convert("RGB").getpixel((100, 20)))
    assert not is_red(shown.convert("RGB").getpixel((100, 380)))
    assert not shown.getexif()
    assert b"taken at home" not in made.content


def test_notes_inside_a_png_are_gone() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "secret")
    made = checked(encoded(picture(20, 20), "PNG", pnginfo=notes, dpi=(300, 300)))
    assert b"secret" not in made.content
    assert not decoded(made.content).info


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_of_a_moving_picture_the_first_frame_stays(format: str) -> None:
    frames = [Image.new("RGB", (50, 50), colour) for colour in (RED, BLUE)]
    made = checked(encoded(frames[0], format, save_all=True, append_images=frames[1:], duration=100))
    shown = decoded(made.content)
    assert getattr(shown, "n_frames", 1) == 1
    assert is_red(shown.convert("RGB").getpixel((25, 25)))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_pixels_can_be_sent(mode: str) -> None:
    format = "JPEG" if mode == "CMYK" else "PNG"
    image = Image.new(mode, (40, 30)) if mode == "I;16" else picture(40, 30).convert(mode)
    assert decoded(checked(encoded(image, format)).content).size == (40, 30)


def test_transparency_stays() -> None:
    image = Image.new("RGBA", (10, 10), (0, 0, 0, 0))
    assert decoded(checked(encoded(image, "PNG")).content).convert("RGBA").getpixel((5, 5)) == (0, 0, 0, 0)


def bomb() -> bytes:
    """A PNG of a few hundred bytes that says it is 60,000 pixels wide and high."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 100_000)) + chunk(b"IEND", b"")


REFUSED = {
    "nothing": b"",
    "a program": b"MZ" + bytes(500),
    "a Linux program": b"\x7fELF" + bytes(500),
    "a page": b"<html><script>alert(1)</script></html>",
    "a drawing": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "a GIF": encoded(picture(10, 10), "GIF"),
    "a BMP": encoded(picture(10, 10), "BMP"),
    "a TIFF": encoded(picture(10, 10), "TIFF"),
    "the beginning of a PNG": encoded(picture(600, 600), "PNG")[:60],
    "the beginning of a JPEG": encoded(picture(600, 600), "JPEG")[:400],
    "the beginning of a WebP": encoded(picture(600, 600), "WEBP")[:60],
    "signatures alone": b"\x89PNG\r\n\x1a\n",
    "a decompression bomb": bomb(),
    "many pixels": encoded(Image.new("1", (8000, 8000)), "PNG"),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_no_picture_is_refused(name: str) -> None:
    with pytest.raises(NotAnImage):
        checked(REFUSED[name])


@settings(max_examples=60)
@given(st.sampled_from(["PNG", "JPEG", "WEBP"]), st.integers(0, 2**32))
def test_a_damaged_picture_is_read_or_refused_and_nothing_else(format: str, seed: int) -> None:
    chance = random.Random(seed)
    body = bytearray(encoded(picture(60, 40), format))
    for _ in range(chance.randint(1, 8)):
        body[chance.randrange(len(body))] = chance.randrange(256)
    try:
        made = checked(bytes(body[: chance.randint(1, len(body))]))
    except NotAnImage:
        return
    assert max(decoded(made.content).size) <= 960
