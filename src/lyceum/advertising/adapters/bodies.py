"""JSON as it comes, read without losing anything: numbers exact, no key twice, nothing that is not JSON."""

import asyncio
import json
from decimal import Decimal
from typing import Never

from lyceum.advertising.domain.fields import refusal
from lyceum.kernel.errors import FieldProblem
from lyceum.platform.http_errors import AnyRequest

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
        return json.loads(
            body.decode(), parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_object
        )
    except _BadJson as error:
        raise refusal([FieldProblem("body", "not_json", str(error))]) from error
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise refusal([FieldProblem("body", "not_json", "is not JSON in UTF-8")]) from error


def _refuse_constant(word: str) -> Never:
    raise _BadJson(f"holds {word}, which is no number in JSON")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _BadJson(f"names {twice[:100]!r} twice in one object")
    return made
