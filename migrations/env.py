"""Alembic's environment: runs on the connection that `lyceum.platform.migrations` hands over."""

from alembic import context
from sqlalchemy.types import TypeDecorator, TypeEngine

from lyceum.main.schema import metadata


def render_item(kind: str, item: object, _: object) -> str | bool:
    """Column types of our own are written down as the plain types they are stored in."""
    if kind == "type" and isinstance(item, TypeEngine):
        name = type(item).__name__
        if name == "UTCDateTime":
            return "sa.DateTime(timezone=True)"
        if name == "StringList":
            return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
        if isinstance(item, TypeDecorator):
            return f"sa.{item.impl_instance!r}"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=render_item,
    compare_type=True,
    transactional_ddl=False,
)
context.run_migrations()
