"""Our own JSON in its three shapes, by hand and by machine."""

import base64
import io
import json

import pytest

from lyceum.bank.adapters.formats.drafting import Defaults
from lyceum.bank.adapters.formats.formats import WRITERS, open_reader
from lyceum.bank.adapters.formats.own_json import HEADER
from lyceum.bank.adapters.formats.reasons import FileMalformed, FileTruncated
from lyceum.bank.domain.content import Content, Kind
from lyceum.bank.domain.drafts import Draft, Rejected
from tests.bank.formats.reading import draft, drafts, read

ONE = {"title": 'Раз {["\\', "content": {"kind": "essay", "stem": 'Напишите } ] \\" …'}}
TWO = {"content": {"kind": "true_false", "stem": "Верно?", "key": ["true"]}, "topics": ["a"]}


def lines(*records: object) -> str:
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in records)


@pytest.mark.parametrize(
    "text",
    [
        lines(ONE, TWO),
        lines(ONE, TWO) + "\n\n",
        HEADER.decode() + lines(ONE, TWO) + "\n",
        HEADER.decode() + lines(ONE, TWO),
        json.dumps([ONE, TWO]),
        json.dumps([ONE, TWO], indent=2, ensure_ascii=False),
        json.dumps({"format": "x", "version": 1, "questions": [ONE, TWO]}, indent=1),
        json.dumps({"questions": [ONE, TWO], "more": [1]}),
        json.dumps(ONE, indent=4) + json.dumps(TWO, indent=4),
    ],
    ids=["lines", "blank", "header", "no end", "array", "pretty", "object", "object first", "one after another"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_shape_and_encoding_gives_the_same(text: str, encoding: str) -> None:
    first, second = drafts(text.encode(encoding), "a.json")
    assert (first.title, first.content.stem) == (ONE["title"], 'Напишите } ] \\" …')
    assert (second.content.kind, second.content.key, second.topics) == (Kind.TRUE_FALSE, ("true",), ("a",))
    assert (first.place, second.place) == ("question 1", "question 2")


def test_files_are_base64() -> None:
    media = {"name": "a.png", "role": "photo", "data": base64.b64encode(b"xyz").decode(), "alt": "кот"}
    assert draft(json.dumps([{**ONE, "media": [media]}]), "a.json").media[0].data == b"xyz"


def test_records_longer_than_a_chunk_are_read() -> None:
    media = {"name": "a.png", "role": "photo", "data": base64.b64encode(bytes(3 << 20)).decode()}
    items = drafts(json.dumps([ONE, {**ONE, "media": [media]}, TWO]), "a.json")
    assert [len(item.media) for item in items] == [0, 1, 0]


def test_a_broken_record_is_rejected_and_the_next_one_read() -> None:
    bad = {"title": "Плохой", "content": {"kind": "quiz", "stem": "x"}}
    first, second, third = read(json.dumps([bad, {"content": 5}, TWO], ensure_ascii=False), "a.json")
    assert isinstance(first, Rejected)
    assert (first.code, first.place, first.title) == ("broken_record", "question 1", "Плохой")
    assert isinstance(second, Rejected)
    assert isinstance(third, Draft)


def test_a_record_of_absurd_depth_is_rejected() -> None:
    deep = '{"content":' + '{"a":' * 100_000 + "1" + "}" * 100_001
    first, second = read(f"[{deep}, {json.dumps(TWO)}]", "a.json")
    assert isinstance(first, Rejected)
    assert isinstance(second, Draft)


@pytest.mark.parametrize("text", [json.dumps([ONE, TWO])[:-20], json.dumps([ONE, TWO])[:-1], lines(ONE, TWO)[:-3]])
def test_a_file_that_breaks_off_is_refused_after_its_whole_questions(text: str) -> None:
    with pytest.raises(FileTruncated) as refusal:
        read(text, "a.json")
    assert str(refusal.value.facts["place"]).startswith("question ")


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(FileMalformed):
        read('[{"content": {"kind": "essay", "stem": "x"}}, 5]', "a.json")


def test_a_record_of_more_than_32_mebibytes_is_refused() -> None:
    with pytest.raises(FileMalformed, match="32 MiB"):
        read(b'[{"title": "' + b"x" * (41 << 20), "a.json")


def test_defaults_fill_what_is_open() -> None:
    item = read(json.dumps([TWO, {**TWO, "subject": "math"}]), "a.json", Defaults(subject="history", topic="t"))
    assert [(draft.subject, draft.topics) for draft in item if isinstance(draft, Draft)] == [
        ("history", ("a",)),
        ("math", ("a",)),
    ]


def test_what_stands_at_its_default_is_not_written() -> None:
    made = Draft(content=Content(kind=Kind.ESSAY, stem="q"), place="row 5")
    data = b"".join(WRITERS["json"]([made], lambda draft, loss: None))
    assert data == HEADER + b'{"content":{"kind":"essay","stem":"q"}}\n'


def test_json_by_hand_may_be_read_slowly() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(7)

    text = json.dumps([ONE, TWO], indent=1).encode()
    assert len(list(open_reader(Slow(text), "a.json")[1])) == 2
