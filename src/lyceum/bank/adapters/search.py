"""Full-text search with the same answers on both databases.

Words are found, folded and stemmed by `platform.words`, so SQLite's FTS5 and PostgreSQL's tsvector only match finished
stems. A query is the AND of its stems; its last word may be
unfinished, so it matches as a beginning too. Nothing of the user's text but letters and digits
reaches a query language.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, text

from lyceum.platform.words import MAX_TERM, fold, stem, terms_of

MAX_TERMS = 12
MIN_PREFIX = 3

__all__ = ["MAX_TERMS", "clauses", "ddl", "drop_ddl", "fold", "fts5_query", "stem", "terms_of", "tsquery"]

type Clause = tuple[str, str]
"""A stem that must occur, or else, where the second part is not empty, any stem that begins with it."""

_FTS = (
    "CREATE VIRTUAL TABLE bank_search_fts USING fts5("
    "terms, content='bank_search', content_rowid='number', detail='none', tokenize='unicode61 remove_diacritics 0')",
    "CREATE TRIGGER bank_search_added AFTER INSERT ON bank_search BEGIN "
    "INSERT INTO bank_search_fts(rowid, terms) VALUES (new.number, new.terms); END",
    "CREATE TRIGGER bank_search_removed AFTER DELETE ON bank_search BEGIN "
    "INSERT INTO bank_search_fts(bank_search_fts, rowid, terms) VALUES ('delete', old.number, old.terms); END",
    "CREATE TRIGGER bank_search_changed AFTER UPDATE ON bank_search BEGIN "
    "INSERT INTO bank_search_fts(bank_search_fts, rowid, terms) VALUES ('delete', old.number, old.terms); "
    "INSERT INTO bank_search_fts(rowid, terms) VALUES (new.number, new.terms); END",
)


def ddl(connection: Connection) -> None:
    """Create what the metadata cannot say: SQLite's FTS5 index over `bank_search` and the triggers that feed it."""
    if connection.dialect.name == "sqlite":
        for statement in _FTS:
            connection.execute(text(statement))


def drop_ddl(connection: Connection) -> None:
    """Undo `ddl`, before the tables are dropped."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("DROP TABLE IF EXISTS bank_search_fts"))


def clauses(query: str) -> list[Clause]:
    """What all must hold of a question that `query` finds; empty when the query has no word in it."""
    words = fold(query)[:MAX_TERMS]
    found = dict.fromkeys((stem(word), "") for word in words)
    if words and query[-1:].isalnum() and len(words[-1]) >= MIN_PREFIX:
        last = words[-1]
        found.pop((stem(last), ""), None)
        found[stem(last), last[:MAX_TERM]] = None
    return list(found)


def fts5_query(found: Iterable[Clause]) -> str:
    return " AND ".join(f'("{whole}" OR "{start}"*)' if start else f'"{whole}"' for whole, start in found)


def tsquery(found: Iterable[Clause]) -> str:
    return " & ".join(f"('{whole}' | '{start}':*)" if start else f"'{whole}'" for whole, start in found)
