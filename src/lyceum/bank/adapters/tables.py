"""Tables of the bank, sized for a million questions.

`bank_questions` holds the current version; `bank_question_versions` only what an edit has superseded: version N of a
question is its oldest row with `version >= N` there, or else the current one. List indexes are partial (published
questions only) and carry the filter columns, so that a filter is decided inside the index. The topic and search rows
follow their question without foreign keys, which would double the price of an import; `SqlQuestions` writes them.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

from lyceum.platform.database import StringList, UTCDateTime, metadata

questions = Table(
    "bank_questions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("find_code", String(8), nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", String(10), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("title", String(255), nullable=False),
    Column("external_id", String(255), nullable=False),
    Column("exam", String(40), nullable=True),
    Column("subject", String(40), nullable=False),
    Column("exam_task_number", SmallInteger, nullable=True),
    Column("difficulty", SmallInteger, nullable=False),
    Column("topics", StringList, nullable=False),
    Column("author_id", Uuid, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("updated_at", UTCDateTime, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("import_id", Uuid, nullable=True),
    Column("answered", Integer, nullable=False),
    Column("correct", Integer, nullable=False),
    Column("score_sum", Float, nullable=False),
    Column("rating", Float, nullable=False),
    Column("rating_error", Float, nullable=False),
    Column("rated_at", UTCDateTime, nullable=True),
    Column("discrimination", Float, nullable=True),
    Column("measured_at", UTCDateTime, nullable=True),
    Column("max_score", Float, nullable=False),
    Column("options", SmallInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("licence", Text, nullable=False),
    Column("extra", Text, nullable=False),
    Column("excerpt", Text, nullable=False),
    Column("attachments", Text, nullable=False),
    Column("content", Text, nullable=False),
    UniqueConstraint("find_code", name="uq_bank_questions_find_code"),
)
"""`difficulty` is 1 easy, 2 medium, 3 hard; `excerpt` the beginning of the stem as plain text, for lists."""

is_published = questions.c.status == literal_column("'published'")
"""Spelled out in the statement, not bound: a planner uses a partial index only for a constant that it can see."""

_FILTERS = (questions.c.exam, questions.c.exam_task_number, questions.c.difficulty, questions.c.kind)

Index(
    "ix_bank_questions_list",
    questions.c.id,
    questions.c.subject,
    *_FILTERS,
    sqlite_where=is_published,
    postgresql_where=is_published,
)
Index(
    "ix_bank_questions_subject",
    questions.c.subject,
    questions.c.id,
    *_FILTERS,
    sqlite_where=is_published,
    postgresql_where=is_published,
)
Index(
    "ix_bank_questions_rating",
    questions.c.rating,
    questions.c.id,
    questions.c.subject,
    *_FILTERS,
    sqlite_where=is_published,
    postgresql_where=is_published,
)
Index("ix_bank_questions_author", questions.c.author_id, questions.c.id)
Index("ix_bank_questions_hash", questions.c.content_hash)
Index(
    "ix_bank_questions_external",
    questions.c.author_id,
    questions.c.external_id,
    sqlite_where=text("external_id <> ''"),
    postgresql_where=text("external_id <> ''"),
)
Index(
    "ix_bank_questions_import",
    questions.c.import_id,
    sqlite_where=questions.c.import_id.is_not(None),
    postgresql_where=questions.c.import_id.is_not(None),
)

question_versions = Table(
    "bank_question_versions",
    metadata,
    Column("question_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("title", String(255), nullable=False),
    Column("exam", String(40), nullable=True),
    Column("subject", String(40), nullable=False),
    Column("exam_task_number", SmallInteger, nullable=True),
    Column("difficulty", SmallInteger, nullable=False),
    Column("topics", StringList, nullable=False),
    Column("attachments", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("archived_at", UTCDateTime, nullable=False),
    PrimaryKeyConstraint("question_id", "version", name="pk_bank_question_versions"),
)

subjects = Table(
    "bank_subjects",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("title_ru", String(120), nullable=False),
    Column("title_en", String(120), nullable=False),
    Column("position", Integer, nullable=False),
    Column("fields_schema", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
)

subject_counts = Table(
    "bank_subject_counts",
    metadata,
    Column("subject", String(40), nullable=False),
    Column("exam", String(40), nullable=False),
    Column("questions", Integer, nullable=False),
    PrimaryKeyConstraint("subject", "exam", name="pk_bank_subject_counts"),
)
"""Published questions by subject and exam (`''` for none)."""

topics = Table(
    "bank_topics",
    metadata,
    Column("subject", String(40), nullable=False),
    Column("title", String(200), nullable=False),
    Column("questions", Integer, nullable=False),
    PrimaryKeyConstraint("subject", "title", name="pk_bank_topics"),
)
"""`questions` counts the published ones."""

question_topics = Table(
    "bank_question_topics",
    metadata,
    Column("topic", String(200), nullable=False),
    Column("question_id", Uuid, nullable=False),
    Column("subject", String(40), nullable=False),
    PrimaryKeyConstraint("topic", "question_id", name="pk_bank_question_topics"),
    sqlite_with_rowid=False,
)
"""Walked newest first for one topic; subjects seldom share a topic's name."""

search = Table(
    "bank_search",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("question_id", Uuid, nullable=False),
    Column("terms", Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
    UniqueConstraint("question_id", name="uq_bank_search_question_id"),
)
"""Stemmed words of each question. PostgreSQL indexes `terms` by GIN, SQLite by the FTS5 table of `search.ddl`."""

Index("ix_bank_search_terms", search.c.terms, postgresql_using="gin").ddl_if(dialect="postgresql")

packs = Table(
    "bank_packs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("author_id", Uuid, nullable=False),
    Column("title", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("access", String(10), nullable=False),
    Column("selection", Text, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("updated_at", UTCDateTime, nullable=False),
)

exam_profiles = Table(
    "bank_exam_profiles",
    metadata,
    Column("exam", String(40), nullable=False),
    Column("subject", String(40), nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("document", Text, nullable=False),
    Column("updated_at", UTCDateTime, nullable=False),
    PrimaryKeyConstraint("exam", "subject", "year", "version", name="pk_bank_exam_profiles"),
)
"""Every version of every profile; the highest `version` of an (exam, subject, year) is the current one."""
