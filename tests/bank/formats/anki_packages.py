"""Small Anki packages of both schemas, made for tests."""

import io
import json
import sqlite3
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import zstandard

FRONT, BACK = "{{Front}}", "{{FrontSide}}<hr id=answer>{{Back}}"


@dataclass(frozen=True)
class Type:
    name: str = "Basic"
    fields: Sequence[str] = ("Front", "Back")
    sides: Sequence[tuple[str, str]] = ((FRONT, BACK),)
    cloze: bool = False


BASIC = Type()
TYPED = Type(name="Basic (type in the answer)", sides=(("{{Front}}\n{{type:Back}}", "{{Front}}<hr>{{type:Back}}"),))
CLOZE = Type(
    name="Cloze", fields=("Text", "Back Extra"), sides=(("{{cloze:Text}}", "{{cloze:Text}}{{Back Extra}}"),), cloze=True
)


@dataclass(frozen=True)
class Row:
    fields: Sequence[str]
    type: Type = BASIC
    tags: str = ""
    deck: str = "Default"
    guid: str = ""


@dataclass
class Package:
    rows: Sequence[Row]
    media: Mapping[str, bytes] = field(default_factory=dict)
    script: str = ""
    """SQL that is run on the finished database."""

    def legacy(self, name: str = "collection.anki21") -> bytes:
        files = {name: self._database(newer=False), "media": json.dumps(dict(enumerate(self.media))).encode()}
        files |= {str(number): data for number, data in enumerate(self.media.values())}
        if name == "collection.anki21":
            files["collection.anki2"] = Package([Row(("Please update.", "x"))]).one_database()
        return packed(files)

    def newer(self) -> bytes:
        press = zstandard.ZstdCompressor().compress
        entries = b"".join(message(1, text(1, name) + number(2, len(data))) for name, data in self.media.items())
        files = {
            "meta": number(1, 3),
            "collection.anki21b": press(self._database(newer=True)),
            "collection.anki2": Package([Row(("Please update.", "x"))]).one_database(),
            "media": press(entries),
        }
        files |= {str(place): press(data) for place, data in enumerate(self.media.values())}
        return packed(files)

    def one_database(self) -> bytes:
        return self._database(newer=False)

    def _database(self, *, newer: bool) -> bytes:
        types = list({id(row.type): row.type for row in self.rows}.values())
        decks = list(dict.fromkeys(row.deck for row in self.rows))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "c"
            connection = sqlite3.connect(path)
            connection.create_collation("unicase", lambda a, b: (a.lower() > b.lower()) - (a.lower() < b.lower()))
            connection.executescript(SCHEMA)
            if newer:
                self._newer(connection, types, decks)
                models, named = "", ""
            else:
                models = json.dumps({str(n): _model(type) for n, type in enumerate(types, 1)})
                named = json.dumps({str(n): {"name": deck} for n, deck in enumerate(decks, 1)})
            connection.execute("INSERT INTO col VALUES (1, ?, ?)", (models, named))
            for n, row in enumerate(self.rows, 1):
                guid = row.guid or f"guid{n}"
                values = (n * 10, guid, types.index(row.type) + 1, row.tags, "\x1f".join(row.fields))
                connection.execute("INSERT INTO notes VALUES (?, ?, ?, ?, ?)", values)
                connection.execute("INSERT INTO cards VALUES (?, ?, ?, 0)", (n, n * 10, decks.index(row.deck) + 1))
            connection.executescript(self.script)
            connection.commit()
            connection.close()
            return path.read_bytes()

    def _newer(self, connection: sqlite3.Connection, types: Sequence[Type], decks: Sequence[str]) -> None:
        connection.executescript(NEWER)
        for n, type in enumerate(types, 1):
            connection.execute("INSERT INTO notetypes VALUES (?, ?, ?)", (n, type.name, number(1, int(type.cloze))))
            for ord, name in enumerate(type.fields):
                connection.execute("INSERT INTO fields VALUES (?, ?, ?, ?)", (n, ord, name, b""))
            for ord, (front, back) in enumerate(type.sides):
                config = text(1, front) + text(2, back)
                connection.execute("INSERT INTO templates VALUES (?, ?, ?, ?)", (n, ord, "Card", config))
        for n, deck in enumerate(decks, 1):
            connection.execute("INSERT INTO decks VALUES (?, ?)", (n, deck.replace("::", "\x1f")))


SCHEMA = """
CREATE TABLE col (id integer PRIMARY KEY, models text NOT NULL, decks text NOT NULL);
CREATE TABLE notes (id integer PRIMARY KEY, guid text, mid integer, tags text, flds text);
CREATE TABLE cards (id integer PRIMARY KEY, nid integer, did integer, ord integer);
CREATE INDEX ix_cards_nid ON cards (nid);
"""
NEWER = """
CREATE TABLE notetypes (id integer PRIMARY KEY, name text NOT NULL COLLATE unicase, config blob);
CREATE TABLE fields (ntid integer, ord integer, name text COLLATE unicase, config blob, PRIMARY KEY (ntid, ord))
WITHOUT ROWID;
CREATE TABLE templates (ntid integer, ord integer, name text COLLATE unicase, config blob, PRIMARY KEY (ntid, ord))
WITHOUT ROWID;
CREATE TABLE decks (id integer PRIMARY KEY, name text NOT NULL COLLATE unicase);
CREATE UNIQUE INDEX idx_notetypes_name ON notetypes (name);
"""


def _model(type: Type) -> dict[str, object]:
    return {
        "name": type.name,
        "type": int(type.cloze),
        "flds": [{"name": name, "ord": ord} for ord, name in enumerate(type.fields)],
        "tmpls": [{"qfmt": front, "afmt": back, "ord": ord} for ord, (front, back) in enumerate(type.sides)],
    }


def packed(files: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def varint(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def message(field: int, value: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(value)) + value


def text(field: int, value: str) -> bytes:
    return message(field, value.encode())
