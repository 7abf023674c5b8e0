"""Texts of ads: from templates, and from a chat endpoint played by a server on this machine."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyceum.advertising.adapters.text_chat import ChatTexts
from lyceum.advertising.adapters.text_quota import WINDOW, FreeTexts, HourlyTexts, TextsUsedUp
from lyceum.advertising.adapters.text_templates import OPENINGS, TemplateTexts, written
from lyceum.advertising.domain.refusals import GeneratorUnreachable
from lyceum.advertising.ports import Language, TextWish
from lyceum.kernel.ids import UserId
from lyceum.platform.cache import Limits, MemoryLimits

PHYSICS = TextWish(topic="Курс физики", language=Language.RU, additional="скидка до пятницы")


async def test_the_same_wish_gives_the_same_text_and_another_variant_another() -> None:
    texts = [await TemplateTexts().write(PHYSICS) for _ in range(2)]
    assert texts[0] == texts[1]
    variants = {written(TextWish(topic="Курс физики", language=Language.RU, variant=n)) for n in range(7)}
    assert len(variants) == len(OPENINGS[Language.RU])


def test_the_text_holds_the_topic_and_what_the_sponsor_adds_as_sentences() -> None:
    text = written(PHYSICS)
    assert "урс физики" in text
    assert "Скидка до пятницы." in text


def test_the_text_is_in_the_language_that_was_asked_for() -> None:
    english = written(TextWish(topic="Physics course", language=Language.EN, additional="20% off this week"))
    assert not re.search("[а-яё]", english, re.IGNORECASE)
    russian = written(TextWish(topic="Пиццерия у дома", language=Language.RU))
    assert not re.search("[a-z]", russian, re.IGNORECASE)


def test_abbreviations_and_names_keep_their_capitals_inside_a_sentence() -> None:
    for variant in range(7):
        text = written(TextWish(topic="ЕГЭ по химии без стресса", language=Language.RU, variant=variant))
        assert "ЕГЭ по химии" in text


@given(st.text(min_size=1, max_size=200).filter(str.strip), st.sampled_from(Language), st.integers(0, 9))
def test_any_topic_gives_whole_sentences(topic: str, language: Language, variant: int) -> None:
    text = written(TextWish(topic=topic, language=language, additional=topic, variant=variant))
    assert text == text.strip()
    assert text[-1] in ".!"
    assert len(text) < 2 * len(topic) + 300


@asynccontextmanager
async def endpoint(reply: Callable[[dict[str, object]], tuple[int, bytes]], heard: list[str]) -> AsyncIterator[str]:
    """A server that answers every request by `reply`, and notes the heads it hears."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        heard.append(head)
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        status, body = reply(json.loads(await reader.readexactly(int(length[1]) if length else 0)))
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"


def completion(text: str | None) -> bytes:
    return json.dumps({"id": "1", "choices": [{"message": {"role": "assistant", "content": text}}]}).encode()


async def test_a_chat_endpoint_is_asked_for_the_topic_in_the_language_with_the_key() -> None:
    heard: list[str] = []
    asked: list[dict[str, object]] = []

    def reply(body: dict[str, object]) -> tuple[int, bytes]:
        asked.append(body)
        return 200, completion(' "Физика\nбез слёз." ')

    async with endpoint(reply, heard) as url:
        text = await ChatTexts(url, "secret", "small", 5).write(PHYSICS)
    assert text == "Физика без слёз."
    assert heard[0].startswith("POST /v1/chat/completions ")
    assert "authorization: Bearer secret" in heard[0].replace("Authorization", "authorization")
    assert asked[0]["model"] == "small"
    assert "Курс физики" in str(asked[0]["messages"])
    assert "Russian" in str(asked[0]["messages"])
    assert "скидка" in str(asked[0]["messages"])


BAD_ANSWERS = {
    "refused": (401, b"{}"),
    "busy": (429, b"{}"),
    "broken": (500, b"oops"),
    "no JSON": (200, b"<html>"),
    "no choices": (200, b'{"choices": []}'),
    "no text": (200, completion(None)),
    "blank": (200, completion("  ")),
    "another shape": (200, b'{"choices": [{"text": "x"}]}'),
    "elsewhere": (302, b""),
}


@pytest.mark.parametrize("name", sorted(BAD_ANSWERS))
async def test_an_answer_that_cannot_be_used_is_a_refusal(name: str) -> None:
    async with endpoint(lambda _: BAD_ANSWERS[name], []) as url:
        with pytest.raises(GeneratorUnreachable):
            await ChatTexts(url, "", "small", 5).write(PHYSICS)


async def test_nobody_there_and_silence_are_a_refusal() -> None:
    with pytest.raises(GeneratorUnreachable):
        await ChatTexts("http://127.0.0.1:9/v1", "", "small", 2).write(PHYSICS)
    # Connections wait in its queue, and nobody takes them.
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(GeneratorUnreachable):
        await ChatTexts(f"http://127.0.0.1:{silent.getsockname()[1]}", "", "m", 0.2).write(PHYSICS)


@asynccontextmanager
async def endless(piece: bytes, pause: float) -> AsyncIterator[str]:
    """A server whose answer never ends."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                await writer.drain()
                await asyncio.sleep(pause)
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"


@pytest.mark.parametrize(("piece", "pause", "limit"), [(b" ", 0.02, 1), (b" " * 65_536, 0, 600)])
async def test_an_answer_without_an_end_is_given_up(piece: bytes, pause: float, limit: float) -> None:
    """In drips it is over after the time that the whole answer may take; in a flood, at the size that it may have."""
    async with endless(piece, pause) as url:
        with pytest.raises(GeneratorUnreachable):
            await ChatTexts(url, "", "small", limit).write(PHYSICS)


async def test_each_sponsor_has_so_many_texts_an_hour_and_is_told_when_there_are_more() -> None:
    now = [0.0]
    quota = HourlyTexts(MemoryLimits(lambda: now[0]), 5)
    one, other = UserId(uuid4()), UserId(uuid4())
    assert [await quota.take(one, 3), await quota.take(one, 3)] == [3, 2], "what is left is not refused"
    now[0] = 60.0
    with pytest.raises(TextsUsedUp) as refused:
        await quota.take(one, 1)
    assert refused.value.facts == {"limit": 5, "minutes": 59, "retry_after": WINDOW - 60}
    assert await quota.take(other, 3) == 3
    now[0] = float(WINDOW)
    assert await quota.take(one, 5) == 5


async def test_many_windows_at_once_get_no_more_than_the_limit(limits: Limits) -> None:
    quota, one = HourlyTexts(limits, 10), UserId(uuid4())
    found = await asyncio.gather(*[quota.take(one, 3) for _ in range(20)], return_exceptions=True)
    assert sum(it for it in found if isinstance(it, int)) == 10
    assert all(isinstance(it, int | TextsUsedUp) for it in found)


async def test_what_costs_nothing_has_no_limit() -> None:
    assert await FreeTexts().take(UserId(uuid4()), 1_000) == 1_000
