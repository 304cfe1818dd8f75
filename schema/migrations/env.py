"""How Alembic runs the revisions: on the connection that schema.migrations hands over."""

from alembic import context

from schema.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_object=lambda thing, name, kind, reflected, other: not (kind == "table" and thing.info.get("is_view")),
)
context.run_migrations()
