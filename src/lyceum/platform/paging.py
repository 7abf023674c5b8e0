"""Keyset pages: a cursor names the last row seen, so that page 500 costs what page 1 costs."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec
from litestar.params import QueryParameter

from lyceum.kernel.errors import FieldProblem, Invalid

MAX_LIMIT = 100
DEFAULT_LIMIT = 50
Limit = Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT)]
"""The parameter of a route: how many rows a page has at most."""


class BadCursor(Invalid):
    code = "lyceum.bad_cursor"
    text = "The cursor is not one that this list gave out. Start again without it."


class BadFilter(Invalid):
    code = "lyceum.bad_filter"
    text = "A filter of the list cannot be used. See errors for the field and the values it takes."


class Page[T](msgspec.Struct, frozen=True):
    """One page of a list; `next_cursor` is null on the last."""

    items: Sequence[T]
    next_cursor: str | None = None


def encode_cursor(*parts: str | float | int | None) -> str:
    """An opaque cursor of the sort key and id of a page's last row."""
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).rstrip(b"=").decode()


def decode_cursor[T](cursor: str, shape: type[T]) -> T:
    """The parts put into a cursor, checked against the tuple type `shape`; raise BadCursor."""
    try:
        raw = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=shape)
    except (binascii.Error, msgspec.MsgspecError, UnicodeError) as error:
        raise BadCursor(problems=[FieldProblem("cursor", "bad_cursor", "Not a cursor of this list.")]) from error


def page[T](rows: Sequence[T], limit: int, cursor_of: Callable[[T], str]) -> Page[T]:
    """Cut `rows`, read with `limit + 1`, to a page."""
    if len(rows) <= limit:
        return Page(rows)
    return Page(rows[:limit], cursor_of(rows[limit - 1]))
