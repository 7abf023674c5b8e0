"""The database inside of an Anki package: a stranger's SQLite file, of which nothing but four tables is read."""

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import msgspec
import zstandard

from lyceum.bank.adapters.formats import protobuf
from lyceum.bank.adapters.formats.archive import Archive
from lyceum.bank.adapters.formats.reasons import FileMalformed, FileRefused

MAX_DATABASE = 1 << 30
MAX_CELL = 16 << 20
"""Bytes of one value; SQLite refuses to make a larger one."""
MAX_STEPS = 2_000
"""Times 100,000 instructions of SQLite for a whole collection; a million notes take a fifth of that."""
MAX_WINDOW = 1 << 27

_TABLES = ("col", "notes", "cards", "notetypes", "fields", "templates", "decks")
_PLACE = "the collection"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Notetype:
    """How the fields of notes become cards. `fronts` and `backs` are the templates of the two sides."""

    name: str = ""
    is_cloze: bool = False
    fields: tuple[str, ...] = ()
    fronts: tuple[str, ...] = ()
    backs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    guid: str
    notetype: Notetype
    tags: tuple[str, ...]
    fields: Mapping[str, str]
    deck: tuple[str, ...]
    """Names from the outermost deck to the innermost."""


class _Field(msgspec.Struct):
    name: str = ""
    ord: int = 0


class _Template(msgspec.Struct):
    qfmt: str = ""
    afmt: str = ""
    ord: int = 0


class _Model(msgspec.Struct):
    name: str = ""
    type: int = 0
    flds: list[_Field] = msgspec.field(default_factory=list)
    tmpls: list[_Template] = msgspec.field(default_factory=list)


class _Deck(msgspec.Struct):
    name: str = ""


@dataclass(slots=True)
class _Parts:
    """A note type of the newer schema, gathered from three tables."""

    name: str
    is_cloze: bool
    fields: dict[int, str] = field(default_factory=dict)
    fronts: dict[int, str] = field(default_factory=dict)
    backs: dict[int, str] = field(default_factory=dict)


def notes(archive: Archive) -> Iterator[Note]:
    """The notes of a package in the order of their making; memory does not grow with their number.

    Raise bank.file_malformed, bank.file_truncated or bank.file_refused.
    """
    with _opened(archive) as connection:
        try:
            yield from _notes(connection)
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            raise FileMalformed(place=_PLACE, why=str(error)[:200]) from error
        except (msgspec.MsgspecError, protobuf.BadMessage) as error:
            raise FileMalformed(place="the note types", why=str(error)[:200]) from error


@contextmanager
def _opened(archive: Archive) -> Iterator[sqlite3.Connection]:
    with tempfile.TemporaryDirectory(prefix="lyceum-anki-") as folder:
        path = Path(folder) / "collection"
        _unpack(archive, path)
        connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        try:
            _tame(connection)
            yield connection
        finally:
            connection.close()


def _unpack(archive: Archive, path: Path) -> None:
    """Of several databases the newest; the older ones only ask to update the program."""
    name = next((name for name in ("collection.anki21b", "collection.anki21", "collection.anki2")
                 if name in archive.files), None)  # fmt: skip
    if name is None:
        raise FileMalformed(place="the package", why="there is no collection in it")
    with archive.open(name) as packed, path.open("wb") as file:
        plain = unpacked(packed) if name.endswith("b") else packed
        size = 0
        try:
            while data := plain.read(_CHUNK):
                size += len(data)
                if size > MAX_DATABASE:
                    raise FileRefused(place=name, why="it would unpack to far more than it is")
                file.write(data)
        except zstandard.ZstdError as error:
            raise FileMalformed(place=name, why=str(error)[:200]) from error


def unpacked(packed: IO[bytes]) -> IO[bytes]:
    return zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW).stream_reader(packed)


def _tame(connection: sqlite3.Connection) -> None:
    """No code of the file's own may run: no views, triggers, virtual tables, functions, nor endless work."""
    try:
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA cell_size_check=ON")
        connection.execute("PRAGMA cache_size=-8192")
        connection.execute("PRAGMA mmap_size=0")
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_CELL)
        connection.create_collation("unicase", _compare)
        connection.text_factory = _text
        _bound(connection)
        for name, type, sql in connection.execute("SELECT name, type, sql FROM sqlite_master"):
            words = (sql or "").upper().split()
            if name.lower() in _TABLES and (type != "table" or "VIRTUAL" in words[:2] or "GENERATED" in words):
                raise FileRefused(place=_PLACE, why=f"'{name}' is no ordinary table")
        connection.set_authorizer(_allowed)
    except (sqlite3.Error, UnicodeError) as error:
        raise FileMalformed(place=_PLACE, why=str(error)[:200]) from error


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _said(value: object) -> str:
    """A cell that ought to be a text, whatever it is."""
    return _text(value) if isinstance(value, bytes) else str(value or "")


def _compare(one: str, other: str) -> int:
    a, b = one.casefold(), other.casefold()
    return (a > b) - (a < b)


def _bound(connection: sqlite3.Connection) -> None:
    """Stop a database that is made to be walked for ever."""
    steps = 0

    def tick() -> int:
        nonlocal steps
        steps += 1
        return int(steps > MAX_STEPS)

    connection.set_progress_handler(tick, 100_000)


def _allowed(action: int, one: str | None, two: str | None, database: str | None, source: str | None) -> int:
    reads = action == sqlite3.SQLITE_READ and (one or "").lower() in _TABLES
    return sqlite3.SQLITE_OK if reads or action == sqlite3.SQLITE_SELECT else sqlite3.SQLITE_DENY


def _notes(connection: sqlite3.Connection) -> Iterator[Note]:
    types, decks = _types_and_decks(connection)
    deck_of = _DeckOf(connection, decks)
    for id, guid, type, tags, fields in connection.execute("SELECT id, guid, mid, tags, flds FROM notes ORDER BY id"):
        notetype = types.get(type) if isinstance(type, int) else None
        if notetype is None or not isinstance(id, int):
            notetype = Notetype(name="?")
        values = _said(fields).split("\x1f")
        names = notetype.fields or tuple(f"Field {number}" for number in range(1, len(values) + 1))
        yield Note(
            guid=_said(guid),
            notetype=notetype,
            tags=tuple(_said(tags).split()),
            fields=dict(zip(names, values, strict=False)),
            deck=deck_of.note(id) if isinstance(id, int) else (),
        )


class _DeckOf:
    """The deck of each note's first card. Both lists are walked in step, so that neither is held."""

    def __init__(self, connection: sqlite3.Connection, decks: Mapping[int, tuple[str, ...]]) -> None:
        self._cards = connection.execute("SELECT nid, did FROM cards ORDER BY nid, ord")
        self._decks = decks
        self._next: tuple[object, object] | None = self._cards.fetchone()

    def note(self, id: int) -> tuple[str, ...]:
        found: tuple[str, ...] | None = None
        while self._next is not None and isinstance(self._next[0], int) and self._next[0] <= id:
            if self._next[0] == id and found is None and isinstance(self._next[1], int):
                found = self._decks.get(self._next[1])
            self._next = self._cards.fetchone()
        return found or ()


def _types_and_decks(connection: sqlite3.Connection) -> tuple[dict[int, Notetype], dict[int, tuple[str, ...]]]:
    row = connection.execute("SELECT models, decks FROM col").fetchone()
    models, decks = (_said(value) for value in row) if row else ("", "")
    if models.strip() not in {"", "{}"}:
        found = msgspec.json.decode(models, type=dict[int, _Model])
        named = msgspec.json.decode(decks or "{}", type=dict[int, _Deck])
        return (
            {id: _from_model(model) for id, model in found.items()},
            {id: _deck(deck.name.split("::")) for id, deck in named.items()},
        )
    names = connection.execute("SELECT id, name FROM decks")
    return _newer_types(connection), {id: _deck(_said(name).split("\x1f")) for id, name in names}


def _deck(parts: list[str]) -> tuple[str, ...]:
    found = tuple(part.strip() for part in parts if part.strip())
    return () if found in {("Default",), ("По умолчанию",)} else found


def _from_model(model: _Model) -> Notetype:
    templates = sorted(model.tmpls, key=lambda item: item.ord)
    return Notetype(
        name=model.name,
        is_cloze=model.type == 1,
        fields=tuple(item.name for item in sorted(model.flds, key=lambda item: item.ord)),
        fronts=tuple(item.qfmt for item in templates),
        backs=tuple(item.afmt for item in templates),
    )


def _newer_types(connection: sqlite3.Connection) -> dict[int, Notetype]:
    types = {
        id: _Parts(name=_said(name), is_cloze=_config(config).get(1) == 1)
        for id, name, config in connection.execute("SELECT id, name, config FROM notetypes")
    }
    for type, ord, name in connection.execute("SELECT ntid, ord, name FROM fields"):
        if type in types:
            types[type].fields[ord] = _said(name)
    for type, ord, config in connection.execute("SELECT ntid, ord, config FROM templates"):
        if type in types:
            sides = _config(config)
            types[type].fronts[ord], types[type].backs[ord] = (protobuf.text(sides.get(side, b"")) for side in (1, 2))
    return {
        id: Notetype(
            name=parts.name,
            is_cloze=parts.is_cloze,
            fields=tuple(parts.fields[ord] for ord in sorted(parts.fields)),
            fronts=tuple(parts.fronts[ord] for ord in sorted(parts.fronts)),
            backs=tuple(parts.backs[ord] for ord in sorted(parts.backs)),
        )
        for id, parts in types.items()
    }


def _config(data: object) -> dict[int, int | bytes]:
    return dict(protobuf.fields(data)) if isinstance(data, bytes) else {}
