"""The first schema: accounts, bank, training, outbox, pending files."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from lyceum.bank.adapters import search as bank_search
from lyceum.bank.adapters import seeds as bank_seeds

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts_users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("roles", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("birth_year", sa.SmallInteger(), nullable=True),
        sa.Column("gender", sa.String(length=10), nullable=True),
        sa.Column("location", sa.String(length=100), nullable=True),
        sa.Column("ads_consent", sa.Boolean(), nullable=False),
        sa.Column("is_guest", sa.Boolean(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_users")),
        sa.UniqueConstraint("email", name="uq_accounts_users_email"),
    )
    op.create_index("ix_accounts_users_last_used_at", "accounts_users", ["last_used_at", "id"], unique=False)
    op.create_index(
        "ix_accounts_users_operators",
        "accounts_users",
        ["id"],
        unique=False,
        sqlite_where=sa.text("roles LIKE '%operator%'"),
        postgresql_where=sa.text("roles LIKE '%operator%'"),
    )
    op.create_index("ix_accounts_users_registered_at", "accounts_users", ["registered_at", "id"], unique=False)

    op.create_table(
        "bank_exam_profiles",
        sa.Column("exam", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("exam", "subject", "year", "version", name="pk_bank_exam_profiles"),
    )
    op.create_table(
        "bank_import_replacements",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("staged_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "staged_id", name="pk_bank_import_replacements"),
    )
    op.create_table(
        "bank_packs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("access", sa.String(length=10), nullable=False),
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_packs")),
    )
    op.create_table(
        "bank_question_topics",
        sa.Column("topic", sa.String(length=200), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("topic", "question_id", name="pk_bank_question_topics"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "bank_question_versions",
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("exam", sa.String(length=40), nullable=True),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("exam_task_number", sa.SmallInteger(), nullable=True),
        sa.Column("difficulty", sa.SmallInteger(), nullable=False),
        sa.Column("topics", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("attachments", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("question_id", "version", name="pk_bank_question_versions"),
    )
    op.create_table(
        "bank_questions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("find_code", sa.String(length=8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=False),
        sa.Column("exam", sa.String(length=40), nullable=True),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("exam_task_number", sa.SmallInteger(), nullable=True),
        sa.Column("difficulty", sa.SmallInteger(), nullable=False),
        sa.Column("topics", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("correct", sa.Integer(), nullable=False),
        sa.Column("score_sum", sa.Float(), nullable=False),
        sa.Column("rating", sa.Float(), nullable=False),
        sa.Column("rating_error", sa.Float(), nullable=False),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("max_score", sa.Float(), nullable=False),
        sa.Column("options", sa.SmallInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("attachments", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_questions")),
        sa.UniqueConstraint("find_code", name="uq_bank_questions_find_code"),
    )
    op.create_index("ix_bank_questions_author", "bank_questions", ["author_id", "id"], unique=False)
    op.create_index(
        "ix_bank_questions_external",
        "bank_questions",
        ["author_id", "external_id"],
        unique=False,
        sqlite_where=sa.text("external_id <> ''"),
        postgresql_where=sa.text("external_id <> ''"),
    )
    op.create_index("ix_bank_questions_hash", "bank_questions", ["content_hash"], unique=False)
    op.create_index(
        "ix_bank_questions_import",
        "bank_questions",
        ["import_id"],
        unique=False,
        sqlite_where=sa.text("import_id IS NOT NULL"),
        postgresql_where=sa.text("import_id IS NOT NULL"),
    )
    op.create_index(
        "ix_bank_questions_list",
        "bank_questions",
        ["id", "subject", "exam", "exam_task_number", "difficulty", "kind"],
        unique=False,
        sqlite_where=sa.text("status = 'published'"),
        postgresql_where=sa.text("status = 'published'"),
    )
    op.create_index(
        "ix_bank_questions_rating",
        "bank_questions",
        ["rating", "id", "subject", "exam", "exam_task_number", "difficulty", "kind"],
        unique=False,
        sqlite_where=sa.text("status = 'published'"),
        postgresql_where=sa.text("status = 'published'"),
    )
    op.create_index(
        "ix_bank_questions_subject",
        "bank_questions",
        ["subject", "id", "exam", "exam_task_number", "difficulty", "kind"],
        unique=False,
        sqlite_where=sa.text("status = 'published'"),
        postgresql_where=sa.text("status = 'published'"),
    )

    op.create_table(
        "bank_search",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("terms", sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_bank_search")),
        sa.UniqueConstraint("question_id", name="uq_bank_search_question_id"),
    )

    op.create_table(
        "bank_subject_counts",
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("exam", sa.String(length=40), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "exam", name="pk_bank_subject_counts"),
    )
    op.create_table(
        "bank_subjects",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("title_ru", sa.String(length=120), nullable=False),
        sa.Column("title_en", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("fields_schema", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_subjects")),
    )
    op.create_table(
        "bank_topics",
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "title", name="pk_bank_topics"),
    )
    op.create_table(
        "bank_transfers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("file_key", sa.String(length=255), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("guess", sa.String(length=255), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("dry_run_of", sa.Uuid(), nullable=True),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("imported", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("done_bytes", sa.BigInteger(), nullable=False),
        sa.Column("total_bytes", sa.BigInteger(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.String(length=120), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_transfers")),
        sa.UniqueConstraint("dry_run_of", name=op.f("uq_bank_transfers_dry_run_of")),
    )
    op.create_index("ix_bank_transfers_owner", "bank_transfers", ["owner_id", "id"], unique=False)
    op.create_index("ix_bank_transfers_state", "bank_transfers", ["state", "id"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_next_at", "outbox", ["next_at", "id"], unique=False)

    op.create_table(
        "pending_files",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_pending_files")),
    )
    op.create_index("ix_pending_files_since", "pending_files", ["since"], unique=False)

    op.create_table(
        "training_item_tags",
        sa.Column("tag", sa.String(length=210), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("difficulty", sa.SmallInteger(), nullable=False),
        sa.Column("place", sa.Float(), nullable=False),
        sa.Column("exam", sa.String(length=40), nullable=True),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("task_number", sa.SmallInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tag", "question_id", name="pk_training_item_tags"),
    )
    op.create_index(
        "ix_training_item_tags_place",
        "training_item_tags",
        ["tag", "place", "question_id", "difficulty", "subject", "exam", "task_number"],
        unique=False,
    )
    op.create_index("ix_training_item_tags_question", "training_item_tags", ["question_id"], unique=False)

    op.create_table(
        "training_items",
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("askable", sa.Boolean(), nullable=False),
        sa.Column("exam", sa.String(length=40), nullable=True),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("task_number", sa.SmallInteger(), nullable=True),
        sa.Column("topic", sa.String(length=200), nullable=False),
        sa.Column("difficulty", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("max_score", sa.Float(), nullable=False),
        sa.Column("options", sa.SmallInteger(), nullable=False),
        sa.Column("rating", sa.Float(), nullable=False),
        sa.Column("rating_error", sa.Float(), nullable=False),
        sa.Column("place", sa.Float(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("correct", sa.Integer(), nullable=False),
        sa.Column("score_sum", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_training_items")),
    )
    op.create_index(
        "ix_training_items_all",
        "training_items",
        ["place", "question_id"],
        unique=False,
        sqlite_where=sa.text("askable = true"),
        postgresql_where=sa.text("askable = true"),
    )
    op.create_index(
        "ix_training_items_exam",
        "training_items",
        ["exam", "place", "question_id"],
        unique=False,
        sqlite_where=sa.text("askable = true"),
        postgresql_where=sa.text("askable = true"),
    )
    op.create_index(
        "ix_training_items_exam_level",
        "training_items",
        ["exam", "difficulty", "place", "question_id"],
        unique=False,
        sqlite_where=sa.text("askable = true"),
        postgresql_where=sa.text("askable = true"),
    )
    op.create_index(
        "ix_training_items_exam_subject",
        "training_items",
        ["exam", "subject", "place", "question_id"],
        unique=False,
        sqlite_where=sa.text("askable = true"),
        postgresql_where=sa.text("askable = true"),
    )
    op.create_index(
        "ix_training_items_exam_subject_level",
        "training_items",
        ["exam", "subject", "difficulty", "place", "question_id"],
        unique=False,
        sqlite_where=sa.text("askable = true"),
        postgresql_where=sa.text("askable = true"),
    )
    op.create_index(
        "ix_training_items_level",
        "training_items",
        ["difficulty", "place", "question_id"],
        unique=False,
        sqlite_where=sa.text("askable = true"),
        postgresql_where=sa.text("askable = true"),
    )
    op.create_index(
        "ix_training_items_subject",
        "training_items",
        ["subject", "place", "question_id"],
        unique=False,
        sqlite_where=sa.text("askable = true"),
        postgresql_where=sa.text("askable = true"),
    )
    op.create_index(
        "ix_training_items_subject_level",
        "training_items",
        ["subject", "difficulty", "place", "question_id"],
        unique=False,
        sqlite_where=sa.text("askable = true"),
        postgresql_where=sa.text("askable = true"),
    )
    op.create_index(
        "ix_training_items_subject_task",
        "training_items",
        ["subject", "task_number", "place", "question_id", "exam", "difficulty"],
        unique=False,
        sqlite_where=sa.text("askable = true"),
        postgresql_where=sa.text("askable = true"),
    )
    op.create_index(
        "ix_training_items_task",
        "training_items",
        ["task_number", "place", "question_id", "exam", "difficulty"],
        unique=False,
        sqlite_where=sa.text("askable = true"),
        postgresql_where=sa.text("askable = true"),
    )

    op.create_table(
        "training_learners",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("streak", sa.Integer(), nullable=False),
        sa.Column("best_streak", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("learner_id", name=op.f("pk_training_learners")),
    )
    op.create_table(
        "training_progress",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("correct", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("max_score", sa.Float(), nullable=False),
        sa.Column("elapsed_ms", sa.BigInteger(), nullable=False),
        sa.Column("rating", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("learner_id", "kind", "subject", "name", name="pk_training_progress"),
    )
    op.create_table(
        "training_seen",
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("mistake", sa.Boolean(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("learner_id", "question_id", name="pk_training_seen"),
    )
    op.create_index("ix_training_seen_at", "training_seen", ["learner_id", "at", "question_id"], unique=False)
    op.create_index(
        "ix_training_seen_mistakes",
        "training_seen",
        ["learner_id", "at", "question_id"],
        unique=False,
        sqlite_where=sa.text("mistake = true"),
        postgresql_where=sa.text("mistake = true"),
    )

    op.create_table(
        "training_trainings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("filters", sa.Text(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=True),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("correct", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("max_score", sa.Float(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recent", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("repeats", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_trainings")),
    )
    op.create_index("ix_training_trainings_learner", "training_trainings", ["learner_id", "id"], unique=False)
    op.create_index(
        "uq_training_trainings_active",
        "training_trainings",
        ["learner_id", "mode"],
        unique=True,
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )

    op.create_table(
        "accounts_api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("hint", sa.String(length=12), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["accounts_users.id"], name=op.f("fk_accounts_api_keys_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_api_keys")),
        sa.UniqueConstraint("secret_hash", name="uq_accounts_api_keys_secret_hash"),
    )
    op.create_index("ix_accounts_api_keys_user_id", "accounts_api_keys", ["user_id", "id"], unique=False)

    op.create_table(
        "accounts_links",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["accounts_users.id"], name=op.f("fk_accounts_links_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_accounts_links")),
    )
    op.create_table(
        "accounts_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["accounts_users.id"], name=op.f("fk_accounts_sessions_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_sessions")),
    )
    op.create_index("ix_accounts_sessions_user_id", "accounts_sessions", ["user_id", "id"], unique=False)

    op.create_table(
        "bank_transfer_notes",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("fix", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["bank_transfers.id"], name=op.f("fk_bank_transfer_notes_transfer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("transfer_id", "position", name="pk_bank_transfer_notes"),
    )
    op.create_index(
        "ix_bank_transfer_notes_level", "bank_transfer_notes", ["transfer_id", "level", "position"], unique=False
    )

    op.create_table(
        "training_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("training_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("max_score", sa.Float(), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=True),
        sa.Column("elapsed_ms", sa.Integer(), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["training_id"],
            ["training_trainings.id"],
            name=op.f("fk_training_attempts_training_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_attempts")),
    )
    op.create_index("ix_training_attempts_learner", "training_attempts", ["learner_id", "id"], unique=False)
    op.create_index(
        "uq_training_attempts_open",
        "training_attempts",
        ["training_id"],
        unique=True,
        sqlite_where=sa.text("answered_at IS NULL"),
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.create_index("uq_training_attempts_question", "training_attempts", ["training_id", "question_id"], unique=True)
    if op.get_context().dialect.name == "postgresql":
        op.create_index("ix_bank_search_terms", "bank_search", ["terms"], postgresql_using="gin")
    bank_search.ddl(op.get_bind())
    bank_seeds.seed(op.get_bind())


def downgrade() -> None:
    bank_search.drop_ddl(op.get_bind())
    op.drop_index("uq_training_attempts_question", table_name="training_attempts")
    op.drop_index(
        "uq_training_attempts_open",
        table_name="training_attempts",
        sqlite_where=sa.text("answered_at IS NULL"),
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.drop_index("ix_training_attempts_learner", table_name="training_attempts")

    op.drop_table("training_attempts")
    op.drop_index("ix_bank_transfer_notes_level", table_name="bank_transfer_notes")

    op.drop_table("bank_transfer_notes")
    op.drop_index("ix_accounts_sessions_user_id", table_name="accounts_sessions")

    op.drop_table("accounts_sessions")
    op.drop_table("accounts_links")
    op.drop_index("ix_accounts_api_keys_user_id", table_name="accounts_api_keys")

    op.drop_table("accounts_api_keys")
    op.drop_index(
        "uq_training_trainings_active",
        table_name="training_trainings",
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.drop_index("ix_training_trainings_learner", table_name="training_trainings")

    op.drop_table("training_trainings")
    op.drop_index(
        "ix_training_seen_mistakes",
        table_name="training_seen",
        sqlite_where=sa.text("mistake = true"),
        postgresql_where=sa.text("mistake = true"),
    )
    op.drop_index("ix_training_seen_at", table_name="training_seen")

    op.drop_table("training_seen")
    op.drop_table("training_progress")
    op.drop_table("training_learners")
    op.drop_index(
        "ix_training_items_task",
        table_name="training_items",
        sqlite_where=sa.text("askable = true"),
        postgresql_where=sa.text("askable = true"),
    )
    op.drop_index(
        "ix_training_items_subject_task",
        table_name="training_items",
        sqlite_where=sa.text("askable = true"),
        postgresql_where=sa.text("askable = true"),
    )
    op.drop_index(
        "ix_training_items_subject_level",
        table_name="training_items",
        sqlite_where=sa.text("askable = true"),
        postgresql_where=sa.text("askable = true"),
    )
    op.drop_index(
        "ix_training_items_subject",
        table_name="training_items",
        sqlite_where=sa.text("askable = true"),
        postgresql_where=sa.text("askable = true"),
    )
    op.drop_index(
        "ix_training_items_level",
        table_name="training_items",
        sqlite_where=sa.text("askable = true"),
        postgresql_where=sa.text("askable = true"),
    )
    op.drop_index(
        "ix_training_items_exam_subject_level",
        table_name="training_items",
        sqlite_where=sa.text("askable = true"),
        postgresql_where=sa.text("askable = true"),
    )
    op.drop_index(
        "ix_training_items_exam_subject",
        table_name="training_items",
        sqlite_where=sa.text("askable = true"),
        postgresql_where=sa.text("askable = true"),
    )
    op.drop_index(
        "ix_training_items_exam_level",
        table_name="training_items",
        sqlite_where=sa.text("askable = true"),
        postgresql_where=sa.text("askable = true"),
    )
    op.drop_index(
        "ix_training_items_exam",
        table_name="training_items",
        sqlite_where=sa.text("askable = true"),
        postgresql_where=sa.text("askable = true"),
    )
    op.drop_index(
        "ix_training_items_all",
        table_name="training_items",
        sqlite_where=sa.text("askable = true"),
        postgresql_where=sa.text("askable = true"),
    )

    op.drop_table("training_items")
    op.drop_index("ix_training_item_tags_question", table_name="training_item_tags")
    op.drop_index("ix_training_item_tags_place", table_name="training_item_tags")

    op.drop_table("training_item_tags")
    op.drop_index("ix_pending_files_since", table_name="pending_files")

    op.drop_table("pending_files")
    op.drop_index("ix_outbox_next_at", table_name="outbox")

    op.drop_table("outbox")
    op.drop_index("ix_bank_transfers_state", table_name="bank_transfers")
    op.drop_index("ix_bank_transfers_owner", table_name="bank_transfers")

    op.drop_table("bank_transfers")
    op.drop_table("bank_topics")
    op.drop_table("bank_subjects")
    op.drop_table("bank_subject_counts")

    op.drop_table("bank_search")
    op.drop_index(
        "ix_bank_questions_subject",
        table_name="bank_questions",
        sqlite_where=sa.text("status = 'published'"),
        postgresql_where=sa.text("status = 'published'"),
    )
    op.drop_index(
        "ix_bank_questions_rating",
        table_name="bank_questions",
        sqlite_where=sa.text("status = 'published'"),
        postgresql_where=sa.text("status = 'published'"),
    )
    op.drop_index(
        "ix_bank_questions_list",
        table_name="bank_questions",
        sqlite_where=sa.text("status = 'published'"),
        postgresql_where=sa.text("status = 'published'"),
    )
    op.drop_index(
        "ix_bank_questions_import",
        table_name="bank_questions",
        sqlite_where=sa.text("import_id IS NOT NULL"),
        postgresql_where=sa.text("import_id IS NOT NULL"),
    )
    op.drop_index("ix_bank_questions_hash", table_name="bank_questions")
    op.drop_index(
        "ix_bank_questions_external",
        table_name="bank_questions",
        sqlite_where=sa.text("external_id <> ''"),
        postgresql_where=sa.text("external_id <> ''"),
    )
    op.drop_index("ix_bank_questions_author", table_name="bank_questions")

    op.drop_table("bank_questions")
    op.drop_table("bank_question_versions")
    op.drop_table("bank_question_topics")
    op.drop_table("bank_packs")
    op.drop_table("bank_import_replacements")
    op.drop_table("bank_exam_profiles")
    op.drop_index("ix_accounts_users_registered_at", table_name="accounts_users")
    op.drop_index(
        "ix_accounts_users_operators",
        table_name="accounts_users",
        sqlite_where=sa.text("roles LIKE '%operator%'"),
        postgresql_where=sa.text("roles LIKE '%operator%'"),
    )
    op.drop_index("ix_accounts_users_last_used_at", table_name="accounts_users")

    op.drop_table("accounts_users")
