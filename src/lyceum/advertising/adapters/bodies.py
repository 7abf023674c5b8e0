"""JSON as it comes, read without losing anything: numbers exact, no key twice, nothing that is not JSON."""

import asyncio
import json
import re
from codecs import getincrementaldecoder
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Never

from lyceum.advertising.domain.fields import NOT_A_LIST, refusal
from lyceum.kernel.errors import FieldProblem
from lyceum.platform.http_errors import AnyRequest

NOT_JSON = "is not JSON in UTF-8"
LONGEST = 1 << 22
LONG = 1 << 18
"""Bodies of more bytes are read in a thread, so that nobody waits for them."""


class _BadJson(ValueError):
    pass


async def json_of(request: AnyRequest) -> object:
    """The body as lists, mappings, texts, whole numbers and decimals; ValidationFailed for what is no JSON."""
    body = await request.body()
    return await asyncio.to_thread(parsed, body) if len(body) > LONG else parsed(body)


def parsed(body: bytes) -> object:
    try:
        return _DECODER.decode(body.decode())
    except _BadJson as error:
        raise refusal([FieldProblem("body", "not_json", str(error))]) from error
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise refusal([FieldProblem("body", "not_json", NOT_JSON)]) from error


async def items_of(request: AnyRequest) -> AsyncIterator[Sequence[object]]:
    """The items of a body that is a list, some at a time as they arrive; ValidationFailed for what is no JSON, or no
    list, once it turns out. Read all of them before you keep any."""
    reader, gathered = ListReader(), bytearray()
    async for chunk in request.stream():
        gathered += chunk
        if len(gathered) >= LONG:
            taken, gathered = bytes(gathered), bytearray()
            yield await asyncio.to_thread(reader.feed, taken)
    yield reader.feed(bytes(gathered), is_last=True)


class ListReader:
    """Takes a JSON list in pieces. An item is read again with every piece until its end is there, so the longest that
    is taken is `LONGEST` characters."""

    __slots__ = ("_decode", "_state", "_text")

    def __init__(self) -> None:
        self._decode = getincrementaldecoder("utf-8")().decode
        self._text = ""
        self._state = "before"

    def feed(self, piece: bytes, *, is_last: bool = False) -> Sequence[object]:
        """The items that end in this piece; ValidationFailed."""
        try:
            self._text += self._decode(piece, is_last)
            found, place = self._items()
        except _BadJson as error:
            raise refusal([FieldProblem("body", "not_json", str(error))]) from error
        except (ValueError, ArithmeticError, RecursionError) as error:
            raise refusal([FieldProblem("body", "not_json", NOT_JSON)]) from error
        self._text = self._text[place:]
        if (is_last and self._state != "after") or len(self._text) > LONGEST:
            raise refusal([FieldProblem("body", "not_json", NOT_JSON)])
        return found

    def _items(self) -> tuple[list[object], int]:
        """The items from here on as far as they are whole, and where the rest begins."""
        text, found = self._text, []
        place = _past_blanks(text, 0)
        while place < len(text):
            if self._state == "before":
                if text[place] != "[":
                    raise refusal([FieldProblem("body", "not_a_list", NOT_A_LIST)])
                place, self._state = _past_blanks(text, place + 1), "first"
            elif self._state == "after":
                raise _BadJson(NOT_JSON)
            elif self._state == "first" and text[place] == "]":
                place, self._state = _past_blanks(text, place + 1), "after"
            else:
                try:
                    item, end = _DECODER.raw_decode(text, place)
                except json.JSONDecodeError:
                    break
                end = _past_blanks(text, end)
                if end == len(text):
                    break  # a number may go on, and what follows says whether the list does
                if text[end] not in ",]" or end - place > LONGEST:
                    raise _BadJson(NOT_JSON)
                found.append(item)
                self._state = "next" if text[end] == "," else "after"
                place = _past_blanks(text, end + 1)
        return found, place


def _past_blanks(text: str, place: int) -> int:
    found = _BLANKS.match(text, place)
    return place if found is None else found.end()


def _refuse_constant(word: str) -> Never:
    raise _BadJson(f"holds {word}, which is no number in JSON")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _BadJson(f"names {twice[:100]!r} twice in one object")
    return made


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_object)
_BLANKS = re.compile(r"[ \t\n\r]*")
