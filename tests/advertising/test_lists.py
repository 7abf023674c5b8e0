"""Long lists are read in pieces, and say the same as if they were read whole."""

import json
import random
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyceum.advertising.adapters.bodies import LONGEST, ListReader, parsed
from lyceum.advertising.adapters.piles import FilePile
from lyceum.advertising.domain.clients import Client, Gender
from lyceum.advertising.domain.ids import ClientId
from lyceum.advertising.domain.refusals import ValidationFailed
from lyceum.kernel.ids import uuid7

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
OBJECTS = st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=4), max_size=6)


def in_pieces(body: bytes, cuts: Sequence[int]) -> object:
    """What a reader makes of the body cut at those places."""
    reader, found, begin = ListReader(), [], 0
    for end in sorted(cut % (len(body) + 1) for cut in cuts):
        found += reader.feed(body[begin:end])
        begin = end
    return found + list(reader.feed(body[begin:], is_last=True))


def outcome(read: object, *rest: object) -> object:
    try:
        return read(*rest)  # type: ignore[operator]
    except ValidationFailed:
        return "refused"


@given(OBJECTS, st.booleans(), st.sampled_from([None, 1]), st.lists(st.integers(0, 10_000), max_size=6))
def test_a_list_in_pieces_is_the_list(items: list[object], ascii: bool, indent: int | None, cuts: list[int]) -> None:
    body = json.dumps(items, ensure_ascii=ascii, indent=indent).encode("utf-8", "surrogatepass")
    assert outcome(in_pieces, body, cuts) == outcome(parsed, body)


@given(st.binary(max_size=60) | st.text('[]{}",:0123456789.eE+-nultrfasNI \n', max_size=40).map(str.encode),
       st.lists(st.integers(0, 60), max_size=5))  # fmt: skip
def test_what_is_no_list_is_refused_wherever_it_is_cut(body: bytes, cuts: list[int]) -> None:
    whole = outcome(parsed, body)
    if not isinstance(whole, list):
        assert outcome(in_pieces, body, cuts) == "refused"
    elif all(isinstance(item, dict) for item in whole):
        assert in_pieces(body, cuts) == whole


NO_LISTS = (
    b"", b" ", b"[", b"[1", b"[1,", b"[1,]", b"[,1]", b"[] []", b"[]]", b"[}", b"{}", b"[{}", b"[{},", b"[{}}",
    b"[{} {}]", b"[{},{]", b'[{"a":1,"a":2}]', b'[{"a":NaN}]', b'[{"a":-Infinity}]', b'[{"a":1e}]', b'[{"a":"\xff"}]',
    b"\xef\xbb\xbf[]", b"[" * 100_000, b"[" + b"9" * 5_000 + b"]", b"[{}],", b"null", b'[{"a":"' + b"x" * LONGEST,
    b'[{"a":"' + b"x" * (LONGEST + 10) + b'"}]',
)  # fmt: skip


@pytest.mark.parametrize("body", NO_LISTS, ids=lambda body: body[:12].hex())
def test_no_list(body: bytes) -> None:
    source = random.Random(3)
    for cuts in ([], [1], [2, 3], list(range(1, min(40, len(body)))), [source.randrange(9_999_999) for _ in range(9)]):
        with pytest.raises(ValidationFailed):
            in_pieces(body, cuts)


def test_numbers_stay_exact_wherever_they_are_cut() -> None:
    body = b'[{"a": 33.333333333333333333333333333333333333, "b": 9007199254740993}, {"a": 1e2}]'
    for cut in range(len(body)):
        told = [{"a": Decimal("33.333333333333333333333333333333333333"), "b": 2**53 + 1}, {"a": Decimal("1e2")}]
        assert in_pieces(body, [cut]) == told


def test_a_pile_gives_back_what_was_put_on_it_as_often_as_asked() -> None:
    pile = FilePile(Client)
    assert (len(pile), list(pile), list(pile.parts())) == (0, [], [])
    parts = [
        [Client(ClientId(uuid7()), "анна" * 200, n % 200, " Дубна ", Gender.MALE) for n in range(size)]
        for size in (3, 0, 9_000, 1)
    ]
    for part in parts:
        pile.add(part)
    assert len(pile) == 9_004
    for _ in range(2):
        assert list(pile.parts()) == parts
    assert list(pile) == [client for part in parts for client in part]
    assert parts[2][7] in pile
    pile.close()
