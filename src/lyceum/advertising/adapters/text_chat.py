"""Texts of ads from any chat endpoint that speaks OpenAI's protocol."""

import asyncio
import re
from dataclasses import dataclass

import httpx
import msgspec
import structlog

from lyceum.advertising.domain.refusals import GeneratorUnreachable
from lyceum.advertising.ports import Language, TextWish

RETRY_AFTER = 30
MOST_BYTES = 1 << 20
LONGEST = 1000
LANGUAGES = {Language.RU: "Russian", Language.EN: "English"}
INSTRUCTION = (
    "You write texts of ads for an exam preparation site, for readers from 14 years on. Write one ad in {language}: "
    "two to four sentences, at most 300 characters, no headline, no emoji, no hashtags. Invent no facts, prices, dates "
    "or guarantees that the request does not state. Answer with the text alone."
)
CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
log = structlog.get_logger()


class Message(msgspec.Struct):
    content: str | None = None


class Choice(msgspec.Struct):
    message: Message


class Completion(msgspec.Struct):
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class ChatTexts:
    """`ports.TextGenerator` over `POST {url}/chat/completions`. `timeout` is in seconds, for the whole answer."""

    url: str
    key: str
    model: str
    timeout: float

    async def write(self, wish: TextWish) -> str:
        try:
            # httpx's own limits are for each read, so an answer that drips would hold the sponsor for ever.
            async with asyncio.timeout(self.timeout):
                return _text_of(await self._asked(wish))
        except (httpx.HTTPError, httpx.InvalidURL, msgspec.MsgspecError, TimeoutError, ValueError) as error:
            log.warning("advertising.generator_failed", url=self.url, error=repr(error)[:300])
            raise GeneratorUnreachable(retry_after=RETRY_AFTER) from error

    async def _asked(self, wish: TextWish) -> bytes:
        """The body of the answer; ValueError as soon as it is too long."""
        body = bytearray()
        async with (
            httpx.AsyncClient(timeout=self.timeout) as client,
            client.stream(
                "POST",
                f"{self.url.rstrip('/')}/chat/completions",
                headers={"Authorization": f"Bearer {self.key}"} if self.key else {},
                json={"model": self.model, "messages": _messages(wish), "temperature": 0.8, "max_tokens": 400},
            ) as answer,
        ):
            answer.raise_for_status()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise ValueError("the answer is too long")
        return bytes(body)


def _messages(wish: TextWish) -> list[dict[str, str]]:
    request = f"Topic: {wish.topic}"
    if wish.additional:
        request += f"\nAlso: {wish.additional}"
    if wish.variant:
        request += f"\nThis is attempt {wish.variant + 1}: write it differently from the obvious way."
    return [
        {"role": "system", "content": INSTRUCTION.format(language=LANGUAGES[wish.language])},
        {"role": "user", "content": request},
    ]


def _text_of(body: bytes) -> str:
    choices = msgspec.json.decode(body, type=Completion).choices
    text = CONTROLS.sub(" ", (choices[0].message.content or "") if choices else "").strip().strip('"«»“”').strip()
    if not text:
        raise ValueError("the answer holds no text")
    return text[:LONGEST]
